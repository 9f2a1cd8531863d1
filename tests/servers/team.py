"""A desk's people around a chat that goes on, for who comes new to it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.people import Person, RealServer
from tests.servers.desk import Desk

# One chat is enough to be ready.
SOON = {
    "LIVECHAT_APPRENTICESHIP__SIGN_UP_NEW_ACCOUNTS": "true",
    "LIVECHAT_APPRENTICESHIP__WATCH_S": "0.001",  # the chat is short
    "LIVECHAT_APPRENTICESHIP__SAID_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__WATCHED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__HELPED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__DAYS_NEEDED": "1",
}


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

    async def is_over(self) -> None:
        await self.ana.speak(self.room, "!close solved")
        await self.mia.is_out_of(self.room)

    async def endorse(self, name: str) -> None:
        """Have both who saw somebody there say that they are ready, when they are asked."""
        for judge in (self.ana, self.mia):
            await judge.receives(f'"endorse {name}"')
            await judge.say(judge.desk, f"endorse {name} knows the way")
            await judge.receives("Your word for")
