"""A newcomer's whole way, in a client that people really use: from no account to being a helper."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.people import RealServer
from tests.servers.desk import Desk
from tests.servers.profanity import Profanity
from tests.servers.team import SOON, Team
from tests.servers.throwaway import ThrowawayServer

PASSWORD = "between-us-two"


@pytest.fixture
def desk_server(each_server: ThrowawayServer) -> ThrowawayServer:
    return each_server


@pytest.fixture
def profanity(tmp_path: Path) -> Iterator[Profanity]:
    client = Profanity(tmp_path)
    yield client
    client.close()


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
    await talk.is_over()
    await talk.endorse(name)
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
