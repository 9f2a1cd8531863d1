"""Where the stories take place: a server, the component on it, and the people, by the same names everywhere."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from livechat_xmpp import app
from livechat_xmpp.settings import Settings, load
from tests.people import Person, Received, Server, StanzaError
from tests.people.elements import CLIENT, make
from tests.people.forms import submitted
from tests.servers.waiting import wait_until_async
from tests.simulation import Quirks

WORKGROUP = "http://jabber.org/protocol/workgroup"
VISIT = "urn:livechat-xmpp:visit:0"
QUESTION = "How do I print this page?"


@dataclass
class Request:
    """What a visitor holds after asking. position: as told at the asking."""

    chat: str
    token: str
    position: int


@dataclass
class Chat:
    """A chat in progress, visitor and helper inside."""

    id: str
    room: str
    visitor: Person
    helper: Person
    token: str


def status_of(received: Received) -> int | None:
    """Return the place that a queue-status message tells, None for other messages."""
    status = received.find(f"{{{WORKGROUP}}}queue-status")
    position = None if status is None else status.findtext(f"{{{WORKGROUP}}}position")
    return None if position is None else int(position)


def has(tag: str) -> Any:
    """Return the condition for `receives`: a message with this element in it."""
    return lambda received: received.find(tag) is not None


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Have only these LIVECHAT_* variables for as long as the settings are read."""
    before = dict(os.environ)
    try:
        for name in [name for name in os.environ if name.startswith("LIVECHAT_")]:
            del os.environ[name]
        os.environ.update(values)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@lru_cache(maxsize=1)  # stories that wait ask for them again and again
def _settings(config: Path, environment: tuple[tuple[str, str], ...]) -> Settings:
    with _environment(dict(environment)):
        return load(config)


class Stage(ABC):
    """A server with the component linked, and what stories say about people.

    server: its addresses, and people of any kind. quirks: its ways, where a story goes differently on other servers.
    config: the component's configuration file; environment: LIVECHAT_* settings that override it. ada is an admin
    from the beginning, and logged in.
    """

    ada: Person
    config: Path
    environment: Mapping[str, str]

    def __init__(self, server: Server, quirks: Quirks) -> None:
        self.server, self.quirks = server, quirks
        self.workgroup = f"support@{server.component}"
        self.people: list[Person] = []

    # --- the component and its surroundings

    @property
    def lists_accounts(self) -> bool:
        """Whether the server tells the component of all its accounts when it is asked."""
        return False

    @abstractmethod
    async def start_component(self) -> None: ...
    @abstractmethod
    async def stop_component(self) -> None:
        """Stop it in an orderly way."""

    @abstractmethod
    async def kill_component(self) -> None:
        """End it at once, as a crash would."""

    @property
    def writes_bookmarks(self) -> bool:
        """Whether the server lets the component write bookmarks of its accounts."""
        return False

    async def restart_component(self, **settings: str) -> None:
        """Restart it in an orderly way. settings: LIVECHAT_* from now on.

        For waits that a story must not run into before it has come to them: it begins with the usual ones.
        """
        await self.stop_component()
        self.change_settings(settings)
        await self.start_component()

    @abstractmethod
    def change_settings(self, settings: Mapping[str, str]) -> None:
        """Have these settings (LIVECHAT_*) from the next start on."""

    @abstractmethod
    async def break_link(self) -> None:
        """Cut the component's connection, and keep it down until mend_link."""

    @abstractmethod
    async def mend_link(self) -> None:
        """Let the component connect again, and wait until it has."""

    @abstractmethod
    async def restart_server(self, *, keep_rooms: bool) -> None:
        """Restart the whole server; everybody is disconnected. keep_rooms: else the help rooms are lost."""

    @abstractmethod
    async def settled(self) -> None:
        """Wait until nothing more happens by itself: what has not been said by then is not said.

        Exact on the simulated server. On a real one: until the component has nothing to do, and rounds of questions
        brought nothing new to anybody.
        """

    @property
    def settings(self) -> Settings:
        return _settings(self.config, tuple(self.environment.items()))

    async def open(self) -> None:
        """Start the component, and have ada arrive."""
        await self.start_component()
        self.ada = await self.person("ada")

    # --- people

    async def person(self, name: str) -> Person:
        """Return somebody with an account of the staff's domain and no standing."""
        person = await self.server.person(name)
        self.people.append(person)
        return person

    async def visitor(self, name: str = "vic") -> Person:
        """Return somebody without account, whose client has said to the workgroup that it is there."""
        visitor = await self.server.visitor(name)
        self.people.append(visitor)
        await visitor.presence(to=self.workgroup)
        return visitor

    async def staff(self, name: str, standing: str = "helper", *, on_duty: bool = True, **duty: object) -> Person:
        """Return a member of the staff, whose presence the desk knows. duty: fields of go-on-duty."""
        person = await self.person(name)
        await self.gives(person, standing)
        if on_duty:
            assert (await person.command("go-on-duty", submit=True, **duty)).is_completed
        await self.settled()
        return person

    async def gives(self, person: Person, standing: str, *, demote: bool = False) -> None:
        """Have ada promote (or demote) somebody, and wait until they are told."""
        result = await self.ada.command("demote" if demote else "promote", accounts=[person.bare], standing=standing)
        assert result.is_completed, result.notes
        if person.is_connected:
            await person.receives(f"{self.ada.bare} decided this")

    # --- asking

    async def asks(self, visitor: Person, question: str = QUESTION, *, by: str = "command") -> Request:
        """Have a visitor ask: by "command", by "queue" (XEP-0142), or by plain "words"."""
        answers = {"username": visitor.name, "question": question}
        if by == "command":
            result = await visitor.command("ask-for-help", at=self.workgroup, **answers)
            assert result.is_completed, result.notes
            return Request(str(result.fields["chat"]), str(result.fields["token"]), int(str(result.fields["position"])))
        if by == "queue":
            await self.joins_queue(visitor, question)
        else:
            await visitor.say(self.workgroup, question)
        told = await visitor.receives(
            lambda one: (mark := one.find(f"{{{VISIT}}}resume")) is not None and mark.get("token")
        )
        mark, position = told.find(f"{{{VISIT}}}resume"), status_of(told)
        assert mark is not None
        assert position is not None
        return Request(mark.get("chat", ""), mark.get("token", ""), position)

    async def joins_queue(self, visitor: Person, question: str = QUESTION, **answers: str) -> None:
        """Send join-queue with the form filled in. answers: to other fields. Raises StanzaError."""
        form = submitted({"username": visitor.name, "question": question, **answers})
        notify = make(f"{{{WORKGROUP}}}queue-notifications")
        await visitor.iq(self.workgroup, make(f"{{{WORKGROUP}}}join-queue", notify, form))

    async def place(self, visitor: Person) -> int:
        """Ask for the place in the queue (XEP-0142 §3.2.3). Raises StanzaError."""
        answer = await visitor.iq(self.workgroup, make(f"{{{WORKGROUP}}}queue-status"), "get")
        position = answer.findtext(f"{{{WORKGROUP}}}queue-status/{{{WORKGROUP}}}position")
        assert position is not None
        return int(position)

    async def comes_back(self, visitor: Person, token: str) -> dict[str, str]:
        """Have a visitor resume by the token; return the result's fields: chat, token, position or room."""
        await visitor.presence(to=self.workgroup)
        result = await visitor.command("resume", at=self.workgroup, token=token)
        assert result.is_completed, result.notes
        assert not result.error, result.error
        return {var: str(value) for var, value in result.fields.items()}

    # --- chats

    def room_of(self, chat: str) -> str:
        return f"{chat}@{self.server.muc}"

    async def is_offered(self, helper: Person, request: Request) -> str:
        """Wait for the offer, and return the room that it leads to."""
        room = await helper.is_invited(self.room_of(request.chat))
        await helper.receives(lambda one: "asks for help" in one.body and room in one.body)
        return room

    async def chat(self, helper: Person, visitor: Person | None = None) -> Chat:
        """Return a chat that the helper has taken by entering; the visitor is inside."""
        visitor = visitor or await self.visitor()
        request = await self.asks(visitor)
        room = await self.is_offered(helper, request)
        await helper.enter(room)
        await visitor.is_invited(room)
        await visitor.enter(room)
        await helper.sees_inside(room, visitor.name)
        await helper.sees(room, "Who is who")
        return Chat(request.chat, room, visitor, helper, request.token)

    async def enters_as_monitor(self, monitor: Person, chat: Chat) -> None:
        """Have a monitor come in by join-chat."""
        result = await monitor.command("join-chat", chat=chat.id)
        assert result.is_completed, result.notes
        await monitor.is_invited(chat.room)
        await monitor.enter(chat.room)

    async def enters_as_trainee(self, trainee: Person, chat: Chat) -> None:
        """Have a trainee follow the invitation."""
        await trainee.is_invited(chat.room)
        await trainee.enter(chat.room)

    async def refuses(self, who: Person, room: str) -> str:
        """Have somebody try to enter a room; return the condition that they are refused with."""
        try:
            codes = await who.enter(room)
        except StanzaError as refusal:
            return refusal.condition
        raise AssertionError(f"{who} was let into {room}: {codes}")

    # --- what is kept

    async def export(self, chat: str) -> dict[str, Any]:
        """Return all that is kept of a chat, as `livechat-xmpp export` writes it."""
        return await app.export_chat(self.settings, chat)

    async def ended(self, chat: str) -> dict[str, Any]:
        """Wait until the chat has its outcome; return what is kept of it."""
        kept: dict[str, Any] = {}

        async def look() -> bool:
            kept.update(await self.export(chat))
            return bool(kept["outcome"])

        await until(look, f"the outcome of {chat}")
        return kept


async def until(condition: Any, what: str) -> None:
    """Wait for a condition that has to be awaited itself."""
    is_true = False

    async def look() -> None:
        nonlocal is_true
        while not is_true:
            is_true = bool(await condition())

    task = asyncio.ensure_future(look())
    try:
        await wait_until_async(lambda: is_true or task.done(), what)
        await task
    finally:
        task.cancel()


def said(kept: dict[str, Any]) -> list[tuple[str, str]]:
    """Return role and text of what people said, in the order of the transcript."""
    return [(message["role"], message["body"]) for message in kept["messages"] if message["kind"] == "speech"]


def shown(person: Person, jid: str) -> tuple[str, str]:
    """Return how somebody was last seen, and the status text."""
    seen = [one for sender, one in person.presences.items() if sender.partition("/")[0] == jid]
    text = seen[-1].stanza.findtext(f"{{{CLIENT}}}status") if seen else None
    return person.sight_of(jid), text or ""
