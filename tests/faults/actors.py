"""People who live through faults as people do: their clients come back by themselves, and try again what failed.

What they saw is kept for the judge, with the fault that was under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Set
from xml.etree.ElementTree import Element

from tests.faults.evidence import Said, Shown, Told, Witness
from tests.people import LoginFailed, NotSeen, Person, StanzaError, over_tcp, register
from tests.people.c2s import Connection, Opener, Receiver
from tests.people.elements import DELAY, bare
from tests.people.received import Received
from tests.scenarios.stage import VISIT, status_of

TRY_AGAIN_S = 0.4  # between two tries of the same: quicker than a person, so that a test is over soon
ANSWER_S = 4.0  # how long a person waits before they try again
TROUBLE = (StanzaError, NotSeen, ConnectionError, OSError, TimeoutError, LoginFailed)


class Client(Person):
    """A client that tells its actor of everything that happens."""

    on_news: Callable[[], None] = staticmethod(lambda: None)

    def on_stanza(self, stanza: Element) -> None:
        super().on_stanza(stanza)
        self.on_news()

    def on_lost(self, reason: str) -> None:
        super().on_lost(reason)
        self.on_news()


class Actor:
    """One person. home: the rooms that they mean to be in, where they go back to by themselves.

    follows: which invitations they follow. fault: returns what is under way, "" for nothing.
    """

    def __init__(self, name: str, part: str, opener: Opener, desk: str, fault: Callable[[], str]) -> None:
        self.name, self.part = name, part
        self.client = Client(opener, name, desk=desk)
        self.home: set[str] = set()
        self.follows: Callable[[str], bool] = lambda room: True
        self.fault = fault
        self.told: list[Told] = []
        self.shown: list[Shown] = []
        self.addresses: set[str] = set()
        self.losses = 0
        self.wishes: Counter[str] = Counter()
        self.place: int | None = None
        self.show: str | None = None
        self.trouble = ""  # the last
        self.is_back = True
        self._is_alive = True
        self._read = 0
        self._leaving: set[str] = set()
        self._was_in: set[str] = set()
        self._was_connected = False
        self._try_at: dict[str, float] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<{self.part} {self.name}>"

    async def begin(self) -> None:
        """Arrive, and live until end()."""
        self.client.on_news = self._on_news
        await self._arrive()
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def end(self) -> None:
        self._is_alive = False  # a wait that ends in the moment of the cancelling swallows it in Python 3.11
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self.client.close()

    async def appear(self, show: str | None) -> None:
        """Be available, or away, dnd; also after coming back."""
        self.show = show
        with contextlib.suppress(*TROUBLE):
            await self.client.presence(show)

    async def _arrive(self) -> None:
        await self.client.arrive(available=False)
        await self.client.presence(self.show)
        self.addresses.add(self.client.bare)
        self._was_connected = True

    # --- what happens

    def _on_news(self) -> None:
        for received in self.client.inbox[self._read :]:
            self._take(received)
        self._read = len(self.client.inbox)
        inside = {room for room in self.client.rooms if self.client.is_in(room)}
        for room in self._was_in - inside:
            self._was_shown_out(room)
        self._was_in = inside
        if self._was_connected and not self.client.is_connected:
            self._was_connected = False
            self.losses += 1
        self._news.set()

    def _take(self, received: Received) -> None:
        error = StanzaError(received.stanza).condition if received.type == "error" else ""
        room = received.invited_to or ""
        is_kept = received.find(f"{{{DELAY}}}delay") is not None
        told = Told(time.monotonic(), bare(received.sender), received.body, room, error, self.fault(), is_kept)
        self.told.append(told)
        if (place := status_of(received)) is not None:
            self.place = place
        if room and self.follows(room):
            self.home.add(room)
            self._try_at.pop(room, None)

    def _was_shown_out(self, room: str) -> None:
        how = self.client.view_of(room).departure
        self.shown.append(
            Shown(
                time.monotonic(),
                room,
                how.codes if how else frozenset(),
                how.reason if how else "",
                is_destroyed=how is not None and how.destroyed,
                is_own=room in self._leaving,
                is_lost=how is None,
                during=self.fault(),
            )
        )
        is_over = how is not None and how.destroyed and "ended" in how.reason
        if room in self._leaving or is_over or (self.part == "trainee" and how is not None):
            self.home.discard(room)  # a trainee who was put out waits to be asked in again

    async def _live(self) -> None:
        while self._is_alive:
            try:
                await self._mind()
            except TROUBLE as trouble:
                self.trouble = f"{type(trouble).__name__}: {str(trouble).partition(chr(10))[0]}"
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), TRY_AGAIN_S)

    async def _mind(self) -> None:
        """Do what is to be done now: come back, go where one is expected."""
        if not self.client.is_connected:
            await self._come_back()
        for room in sorted(self.home):
            if not self.client.is_in(room) and time.monotonic() >= self._try_at.get(room, 0):
                self._try_at[room] = time.monotonic() + 1
                await self.client.enter(room, limit_s=ANSWER_S)

    async def _come_back(self) -> None:
        await self._arrive()

    # --- what they do

    async def speak(self, said: Said, room: str) -> bool:
        """Say something once; return whether the room repeated it."""
        with contextlib.suppress(*TROUBLE):
            await self.client.speak(room, said.body, ANSWER_S)
            said.is_heard = True
        return said.is_heard

    async def leave(self, room: str) -> None:
        self._leaving.add(room)
        self.home.discard(room)
        try:
            await self.client.leave(room)
        finally:
            self._leaving.discard(room)

    def has_heard(self, text: str, since: int = 0) -> bool:
        return any(text in one.body for one in self.told[since:])

    @property
    def inside(self) -> frozenset[str]:
        return frozenset(room for room in self.home if self.client.is_in(room))

    def witness(self, meant: Set[str]) -> Witness:
        """Return what the person knows; meant: the rooms that they mean to be in."""
        return Witness(
            self.name,
            self.part,
            self.client.bare,
            list(self.told),
            list(self.shown),
            losses=self.losses,
            inside=frozenset(meant),
            place=self.place,
            addresses=frozenset(self.addresses),
            wishes=dict(self.wishes),
        )


class Visitor(Actor):
    """Somebody who asks, holds on to the place with the token, and goes into the room when a helper is there."""

    def __init__(self, name: str, opener: Opener, desk: str, workgroup: str, fault: Callable[[], str]) -> None:
        super().__init__(name, "visitor", opener, desk, fault)
        self.workgroup = workgroup
        self.chat_id = ""
        self.token = ""

    async def _arrive(self) -> None:
        await super()._arrive()
        await self.client.presence(to=self.workgroup)
        self.is_back = not self.chat_id

    async def ask(self) -> bool:
        """Ask for help; return whether the desk has acknowledged it.

        Who asks again, because the answer was lost, may be told that they have asked already, and their place.
        """
        question = f"What is wrong with {self.name}?"
        try:
            result = await self.client.command("ask-for-help", at=self.workgroup, username=self.name, question=question)
        except StanzaError as refusal:
            if refusal.condition != "conflict":
                raise
            told = [mark for one in self.client.inbox if (mark := one.find(f"{{{VISIT}}}resume")) is not None]
            self.chat_id = told[-1].get("chat", "") if told else ""
            return bool(self.chat_id)
        if "chat" not in result.fields:
            return False
        self.chat_id, self.token = str(result.fields["chat"]), str(result.fields["token"])
        return True

    async def _mind(self) -> None:
        if self.client.is_connected and not self.is_back:
            await self._resume()
        await super()._mind()

    async def _come_back(self) -> None:
        await super()._come_back()
        self.home.clear()  # the old address was let in, not the new one: they wait to be asked in
        if self.chat_id:
            await self._resume()

    async def _resume(self) -> None:
        await self.client.presence(to=self.workgroup)
        result = await self.client.command("resume", at=self.workgroup, token=self.token)
        if "token" in result.fields:
            self.token = str(result.fields["token"])
            self.is_back = True
            if "position" in result.fields:
                self.place = int(str(result.fields["position"]))
        elif "visit is over" in result.error:
            self.is_back = True

    def witness(self, meant: Set[str]) -> Witness:
        seen = super().witness(meant)
        seen.chat_id = self.chat_id
        return seen


def staff_opener(host: str, port: int, jid: str, password: str) -> Opener:
    """Return how to log in; with an account that a killed server has lost (ejabberd may) it is made again."""
    log_in = over_tcp(host, port, jid, password)

    async def open_stream(receiver: Receiver) -> Connection:
        try:
            return await log_in(receiver)
        except LoginFailed as refused:
            if "not-authorized" not in str(refused):
                raise
            await register(host, port, jid, password)
            return await log_in(receiver)

    return open_stream


async def new_account(host: str, port: int, jid: str) -> str:
    """Make the account, and return its password."""
    password = secrets.token_hex(8)
    await register(host, port, jid, password)
    return password


async def persist(what: str, attempt: Callable[[], Awaitable[object]], limit_s: float = 120.0) -> object:
    """Try until it is true, as a person would; what goes wrong with connections and answers is tried again.

    limit_s: longer than any fault lasts.

    Raises NotSeen at the limit, naming what, and what went wrong last.
    """
    give_up_at = time.monotonic() + limit_s
    last = "it did not come true"
    while time.monotonic() < give_up_at:
        try:
            if outcome := await attempt():
                return outcome
        except TROUBLE as trouble:
            last = f"{type(trouble).__name__}: {str(trouble).splitlines()[0] if str(trouble) else ''}"
        await asyncio.sleep(0.1)
    raise NotSeen(f"not within {limit_s:.0f} s: {what} ({last})")
