"""A newcomer's whole way, in a client that people really use: from no account to being a helper."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.people import Person, RealServer
from tests.servers.desk import Desk
from tests.servers.profanity import Profanity
from tests.servers.throwaway import ThrowawayServer

SOON = {
    "LIVECHAT_APPRENTICESHIP__SIGN_UP_NEW_ACCOUNTS": "true",
    "LIVECHAT_APPRENTICESHIP__WATCH_S": "0.001",  # the chat is short
    "LIVECHAT_APPRENTICESHIP__SAID_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__WATCHED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__HELPED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__DAYS_NEEDED": "1",
}
PASSWORD = "between-us-two"


@pytest.fixture
def desk_server(each_server: ThrowawayServer) -> ThrowawayServer:
    return each_server


@pytest.fixture
def profanity(tmp_path: Path) -> Iterator[Profanity]:
    client = Profanity(tmp_path)
    yield client
    client.close()


@dataclass
class Team:
    """The desk's people, who come when they are called; workgroup: where they write to the desk."""

    desk: Desk
    server: RealServer

    @property
    def workgroup(self) -> str:
        return str(self.desk.addresses["workgroup"])

    async def arrives(self, name: str) -> Person:
        account = self.desk.account(name)
        self.server.adopt(name, account.jid, account.password)
        person = await self.server.person(name)
        person.desk = self.workgroup
        return person

    async def goes_on_duty(self, name: str) -> Person:
        person = await self.arrives(name)
        await person.say(self.workgroup, "on")
        await person.receives("You are on duty")
        return person

    async def talks(self) -> Talk:
        """Return a chat that ana answers and mia oversees."""
        ana, mia = await self.goes_on_duty("ana"), await self.arrives("mia")
        visitor = await self.server.visitor("vera")
        await visitor.presence(to=self.workgroup)
        asked = await visitor.command("ask-for-help", at=self.workgroup, username="Vera", question="Where is it?")
        chat = asked.fields["chat"]
        room = f"{chat}@{self.desk.addresses['muc']}"
        await ana.is_invited(room)
        await ana.enter(room)
        await visitor.is_invited(room)
        await visitor.enter(room, "Vera")
        assert (await mia.command("join-chat", chat=chat)).is_completed
        await mia.is_invited(room)
        await mia.enter(room)
        return Talk(chat, room, ana, mia, visitor)


@dataclass
class Talk:
    chat: str
    room: str
    ana: Person
    mia: Person
    visitor: Person


@pytest_asyncio.fixture
async def team(desk: Desk) -> AsyncIterator[Team]:
    async with RealServer.of(desk.server) as server:
        yield Team(desk, server)


@pytest.mark.desk(**SOON)
async def test_from_no_account_to_a_helper_in_profanity(team: Team, profanity: Profanity) -> None:
    """AP-1 to AP-7, RO-4: no admin is there until the last step."""
    desk, name = team.desk, f"nina{secrets.token_hex(2)}"
    jid, port = f"{name}@{desk.server.names.domain}", desk.addresses["c2s_port"]
    talk = await team.talks()
    await profanity.signs_up(name, desk.server.names.domain, port, PASSWORD)
    await profanity.logs_in(jid, port, PASSWORD)
    profanity.types(f"/msg {team.workgroup} ready")
    await profanity.shows("Welcome")
    await profanity.shows(f"xmpp:{talk.room}?join")
    profanity.types(f"/join {talk.room}")
    await talk.ana.sees_inside(talk.room, name)
    profanity.types("It may be under Tools.")
    await talk.visitor.sees(talk.room, "It may be under Tools.")
    await talk.visitor.speak(talk.room, "There it is, thank you.")
    await talk.ana.speak(talk.room, "!close solved")
    await talk.mia.is_out_of(talk.room)
    for judge in (talk.ana, talk.mia):
        await judge.receives(f'"endorse {name}"')
        await judge.say(team.workgroup, f"endorse {name} knows the way")
        await judge.receives("Your word for")
    await profanity.shows("Room destroyed")
    profanity.types("/win 2")
    await profanity.shows("says that you are ready")
    await talk.ana.fetch_contacts()
    await talk.ana.sees_in_groups(jid, "trainees")
    ada = await team.arrives("ada")
    await ada.receives(f'"promote {jid} helper"')
    await ada.say(team.workgroup, f"promote {name} helper")
    await profanity.shows("You are a helper now")
    await talk.ana.sees_in_groups(jid, "support")
    profanity.types("/win 1")
    await profanity.shows("logged in successfully")
    profanity.types("/roster by group")
    await profanity.shows("support (")
    await profanity.shows("trainees (")
    profanity.types(f"/msg {team.workgroup} on")
    await profanity.shows("You are on duty as helper")
    assert not desk.log_errors()


@pytest.mark.desk(**SOON)
async def test_who_signs_up_while_the_desk_is_down_is_welcomed_at_their_first_word(
    team: Team, profanity: Profanity
) -> None:
    """AP-1: also where the server tells nobody later on of what happened meanwhile"""
    desk, name = team.desk, f"nino{secrets.token_hex(2)}"
    jid, port = f"{name}@{desk.server.names.domain}", desk.addresses["c2s_port"]
    desk.kill()
    await profanity.signs_up(name, desk.server.names.domain, port, PASSWORD)
    await desk.start_async()
    await profanity.logs_in(jid, port, PASSWORD)
    profanity.types(f"/msg {team.workgroup} ready")
    await profanity.shows("Welcome")
    profanity.types(f"/msg {team.workgroup} status")
    await profanity.shows("trainee")
    assert not desk.log_errors()
