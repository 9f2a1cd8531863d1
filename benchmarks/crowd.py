"""Visitors and helpers who live whole chats, on the two links of their domains: the load, the same for every driver.

A chat: the visitor says that they are there and asks; a helper gets the offer and enters; the visitor is asked in and
enters; ten messages, each said when the one before was seen; the helper types `!close`; both are put out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Self

from benchmarks.wire import Numbers, Stanza, Wire, is_own

VISITORS, STAFF = "visitors.localhost", "staff.localhost"
MESSAGES = 10
LIFE_LIMIT_S = 120.0  # of a chat; a driver that takes longer is broken, not slow
_ROOM = re.compile(r"""jabber:x:conference[^>]*?\bjid=["']([^"']+)|\bjid=["']([^"']+)[^>]*jabber:x:conference""")
_CHAT = re.compile(r"""<resume\b[^>]*\bchat=["']([^"']+)""")
MUC = "http://jabber.org/protocol/muc"


@dataclass(frozen=True, slots=True)
class Target:
    """A desk to ask. muc: the service of its rooms."""

    component: str
    muc: str

    @property
    def workgroup(self) -> str:
        return f"support@{self.component}"


OURS = Target("workgroup.localhost", "chats.workgroup.localhost")
BARE = Target("bare.localhost", "chats.bare.localhost")


def helper_jid(number: int) -> str:
    return f"h{number}@{STAFF}"


@dataclass(slots=True)
class Times:
    """Seconds of each stage, one or more for each chat; moments at which chats were over."""

    stages: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ends: list[float] = field(default_factory=list)

    def add(self, stage: str, begun_at: float, ended_at: float) -> None:
        self.stages[stage].append(ended_at - begun_at)


@dataclass(frozen=True, slots=True)
class Seen:
    """A stanza that somebody waited for. at: the performance counter's seconds."""

    at: float
    stanza: Stanza


class Crowd:
    """Everybody's clients. helpers: how many there are, h0 to h…"""

    def __init__(self, helpers: int) -> None:
        self.helpers = [helper_jid(number) for number in range(helpers)]
        self._awaited: dict[Hashable, asyncio.Future[Seen]] = {}
        self._offers: dict[str, Seen] = {}
        self._numbers, self._visits = Numbers("c"), itertools.count(1)

    @classmethod
    async def arrive(cls, port: int, secret: str, helpers: int) -> Self:
        crowd = cls(helpers)
        crowd._visitors = await Wire.connect(port, VISITORS, secret, crowd._on_visitors)
        crowd._staff = await Wire.connect(port, STAFF, secret, crowd._on_staff)
        return crowd

    _visitors: Wire
    _staff: Wire

    def leave(self) -> None:
        self._visitors.close()
        self._staff.close()

    # --- what comes in

    def _expect(self, *key: Hashable) -> asyncio.Future[Seen]:
        future = self._awaited[key] = asyncio.get_running_loop().create_future()
        return future

    def _saw(self, stanza: Stanza, *key: Hashable) -> None:
        future = self._awaited.pop(key, None)
        if future is not None and not future.done():
            future.set_result(Seen(time.perf_counter(), stanza))

    def _on_visitors(self, stanza: Stanza) -> None:
        visitor, body = stanza.to, stanza.body
        if stanza.kind == "message":
            if stanza.type == "groupchat":
                self._saw(stanza, visitor, stanza.id)
            elif "token=" in body:
                self._saw(stanza, visitor, "place")
            elif "jabber:x:conference" in body:
                self._saw(stanza, visitor, "invited")
            elif "<ended" in body:
                self._saw(stanza, visitor, "ended")
        elif stanza.kind == "presence":
            self._on_room_presence(stanza, visitor)
        else:
            self._on_iq(stanza, self._visitors)

    def _on_staff(self, stanza: Stanza) -> None:
        if stanza.kind == "message":
            if stanza.type == "groupchat":
                what = "story" if "Who is who" in stanza.body else stanza.id
                self._saw(stanza, _bare(stanza.sender), what)
            elif found := _ROOM.search(stanza.body):
                self._on_offer(found[1] or found[2], stanza)
            elif "asks for help" not in stanza.body:  # an offer in words, which comes beside the invitation
                self._saw(stanza, _bare(stanza.to), "told")
        elif stanza.kind == "presence":
            if stanza.type in ("subscribe", "probe"):
                self._show_helper(stanza)
            self._on_room_presence(stanza, _bare(stanza.sender))
        else:
            self._on_iq(stanza, self._staff)

    def _on_room_presence(self, stanza: Stanza, who: str) -> None:
        """Note that somebody is in or out of a room; who: the visitor, or for helpers the room."""
        if stanza.type == "error":
            self._saw(stanza, who, "inside")
        elif stanza.type == "unavailable":
            self._saw(stanza, who, "outside")
        elif "muc#user" not in stanza.body:
            self._saw(stanza, who, "greeted")
        elif is_own(stanza):
            self._saw(stanza, who, "inside")

    def _on_iq(self, stanza: Stanza, wire: Wire) -> None:
        if stanza.type in ("result", "error"):
            self._saw(stanza, stanza.id)
        else:  # a ping, from a desk that does not know whether the client is there
            wire.send(f"<iq type='result' id='{stanza.id}' from='{stanza.to}' to='{stanza.sender}'/>")

    def _on_offer(self, room: str, stanza: Stanza) -> None:
        if ("offer", room) in self._awaited:
            self._saw(stanza, "offer", room)
        else:
            self._offers[room] = Seen(time.perf_counter(), stanza)

    def _show_helper(self, stanza: Stanza) -> None:
        helper, desk = _bare(stanza.to), stanza.sender
        if stanza.type == "subscribe":
            self._staff.send(f"<presence type='subscribed' from='{helper}' to='{desk}'/>")
        self._staff.send(f"<presence from='{helper}/bench' to='{desk}'/>")

    async def _offered(self, room: str) -> Seen:
        found = self._offers.pop(room, None)
        return found or await self._expect("offer", room)

    # --- what people do

    async def go_on_duty(self, desk: Target, max_chats: int = 20) -> None:
        """Have all helpers write that they are on duty, and wait until each was told that they are."""
        async with asyncio.timeout(LIFE_LIMIT_S):
            for helper in self.helpers:
                told = self._expect(helper, "told")
                body = f"on helper {max_chats}"
                self._staff.send(
                    f"<message type='chat' from='{helper}/bench' to='{desk.workgroup}'><body>{body}</body></message>"
                )
                answer = (await told).stanza.body
                assert "on duty" in answer, answer

    def new_visitor(self) -> str:
        return f"v{next(self._visits)}@{VISITORS}/page"

    async def live(self, desk: Target, times: Times) -> None:
        """Live one chat."""
        visitor = self.new_visitor()
        async with asyncio.timeout(LIFE_LIMIT_S):
            begun_at = time.perf_counter()
            room, offer = await self._ask(desk, visitor, times)
            helper = f"{_bare(offer.stanza.to)}/bench"
            await self._meet(room, visitor, helper, times)
            await self._talk(room, visitor, helper, times)
            await self._part(desk, room, visitor, helper, times)
            times.add("whole", begun_at, time.perf_counter())
            times.ends.append(time.perf_counter())

    async def _ask(self, desk: Target, visitor: str, times: Times) -> tuple[str, Seen]:
        room, asked_at = await self._join(desk, visitor, times)
        offer = await self._offered(room)
        times.add("offered", asked_at, offer.at)
        return room, offer

    async def _join(self, desk: Target, visitor: str, times: Times) -> tuple[str, float]:
        """Say that the visitor is there, and ask; return the chat's room, and when it was asked for."""
        greeted, place = self._expect(visitor, "greeted"), self._expect(visitor, "place")
        self._visitors.send(f"<presence from='{visitor}' to='{desk.workgroup}'/>")
        await greeted
        question = f"How do I print page {visitor.partition('@')[0]} without the pictures?"
        join = (
            "<join-queue xmlns='http://jabber.org/protocol/workgroup'><queue-notifications/>"
            "<x xmlns='jabber:x:data' type='submit'>"
            f"<field var='username'><value>Vic {visitor.partition('@')[0]}</value></field>"
            f"<field var='question'><value>{question}</value></field></x></join-queue>"
        )
        asked_at = time.perf_counter()
        answer = await self._iq(visitor, desk.workgroup, join)
        assert answer.stanza.type == "result", answer.stanza.body
        times.add("queued", asked_at, answer.at)
        found = _CHAT.search((await place).stanza.body)
        assert found is not None
        return f"{found[1]}@{desk.muc}", asked_at

    def _iq(self, visitor: str, to: str, payload: str, kind: str = "set") -> asyncio.Future[Seen]:
        number = self._numbers.next()
        answered = self._expect(number)
        self._visitors.send(f"<iq type='{kind}' id='{number}' from='{visitor}' to='{to}'>{payload}</iq>")
        return answered

    async def _meet(self, room: str, visitor: str, helper: str, times: Times) -> None:
        inside, invited = self._expect(room, "inside"), self._expect(visitor, "invited")
        story, begun_at = self._expect(room, "story"), time.perf_counter()
        self._staff.send(_entering(room, helper, helper.partition("@")[0]))
        seen = await inside
        assert seen.stanza.type != "error", seen.stanza.body
        times.add("helper in", begun_at, seen.at)
        times.add("accepted", begun_at, (await invited).at)
        inside, entering_at = self._expect(visitor, "inside"), time.perf_counter()
        self._visitors.send(_entering(room, visitor, f"Vic {visitor.partition('@')[0]}"))
        seen = await inside
        assert seen.stanza.type != "error", seen.stanza.body
        times.add("visitor in", entering_at, seen.at)
        times.add("story", begun_at, (await story).at)

    async def enter(self, room: str, who: str, nick: str) -> None:
        """Enter a room, and no more; who: a full JID of either domain."""
        is_visitor = VISITORS in who
        async with asyncio.timeout(LIFE_LIMIT_S):
            inside = self._expect(who if is_visitor else room, "inside")
            (self._visitors if is_visitor else self._staff).send(_entering(room, who, nick))
            seen = await inside
        assert seen.stanza.type != "error", seen.stanza.body

    async def answered_at(self, desk: Target, patience_s: float) -> float:
        """Ask the desk whether it is there until it answers, again after patience_s at the latest; return when."""
        while True:
            with contextlib.suppress(TimeoutError):  # what was sent as the desk went down is not answered by anybody
                async with asyncio.timeout(patience_s):
                    pong = self._iq(f"p@{VISITORS}/page", desk.workgroup, "<ping xmlns='urn:xmpp:ping'/>", "get")
                    if (await pong).stanza.type == "result":
                        return pong.result().at
                    await asyncio.sleep(patience_s)  # an error, in the desk's name

    async def ask(self, desk: Target, times: Times) -> None:
        """Ask as a new visitor, and wait for nothing but the answer."""
        async with asyncio.timeout(LIFE_LIMIT_S):
            await self._join(desk, self.new_visitor(), times)

    async def _talk(self, room: str, visitor: str, helper: str, times: Times) -> None:
        for number in range(MESSAGES):
            begun_at, heard = await self._say(room, visitor, helper, number)
            times.add("message", begun_at, heard.at)

    async def talk(self, room: str, visitor: str, helper: str, messages: int) -> list[Stanza]:
        """Have visitor and helper, by full JIDs, speak in turn; return what each heard of the other."""
        async with asyncio.timeout(LIFE_LIMIT_S):
            return [(await self._say(room, visitor, helper, number))[1].stanza for number in range(messages)]

    async def _say(self, room: str, visitor: str, helper: str, number: int) -> tuple[float, Seen]:
        """Say the message with this number, the visitor those that are even; return when, and as the other heard it."""
        by_visitor = number % 2 == 0
        speaker, wire = (visitor, self._visitors) if by_visitor else (helper, self._staff)
        message_id = self._numbers.next()
        heard = self._expect(room if by_visitor else visitor, message_id)
        begun_at = time.perf_counter()
        wire.send(_groupchat(room, speaker, message_id, f"Message {number}: have you tried to turn it off and on?"))
        return begun_at, await heard

    async def _part(self, desk: Target, room: str, visitor: str, helper: str, times: Times) -> float:
        """Close the chat and see it end; return when the closing was typed."""
        outs = self._expect(visitor, "outside"), self._expect(room, "outside"), self._expect(visitor, "ended")
        begun_at = time.perf_counter()
        self._staff.send(_groupchat(room, helper, self._numbers.next(), "!close solved"))
        times.add("closed", begun_at, max([(await out).at for out in outs]))
        self._visitors.send(f"<presence type='unavailable' from='{visitor}' to='{desk.workgroup}'/>")
        return begun_at


class Shift(Crowd):
    """A crowd whose helpers take our desk's requests as they come from a queue that is never empty.

    visitor_of: asks by room, for requests that others made.
    """

    def __init__(self, helpers: int) -> None:
        super().__init__(helpers)
        self.visitor_of: dict[str, str] = {}

    def _on_offer(self, room: str, stanza: Stanza) -> None:
        super()._on_offer(_bare(stanza.to) if room.endswith(OURS.muc) else room, stanza)

    async def serve(self, chats: int, times: Times) -> None:
        """Have every helper live chats with who is next, until there were so many; each is followed by a new request.

        offered is here the time from typing `!close` to the offer of the next request.
        """
        left = itertools.count()

        async def one_helper(helper: str) -> None:
            closed_at: float | None = None
            while next(left) < chats:
                async with asyncio.timeout(LIFE_LIMIT_S):
                    closed_at = await self._serve_next(helper, closed_at, times)

        async with asyncio.TaskGroup() as group:
            for helper in self.helpers:
                group.create_task(one_helper(helper))

    async def _serve_next(self, helper: str, closed_at: float | None, times: Times) -> float:
        offer = await self._offered(helper)
        if closed_at is not None:
            times.add("offered", closed_at, offer.at)
        newcomer = self.new_visitor()
        its_room, _ = await self._join(OURS, newcomer, times)
        self.visitor_of[its_room] = newcomer
        found = _ROOM.search(offer.stanza.body)
        assert found is not None
        room = found[1] or found[2]
        visitor, full = self.visitor_of.pop(room), f"{helper}/bench"
        await self._meet(room, visitor, full, times)
        await self._talk(room, visitor, full, times)
        return await self._part(OURS, room, visitor, full, times)


def _bare(jid: str) -> str:
    return jid.partition("/")[0]


def _entering(room: str, who: str, nick: str) -> str:
    return f"<presence from='{who}' to='{room}/{nick}'><x xmlns='{MUC}'><history maxstanzas='0'/></x></presence>"


def _groupchat(room: str, who: str, message_id: str, text: str) -> str:
    return f"<message type='groupchat' id='{message_id}' from='{who}' to='{room}'><body>{text}</body></message>"


async def closed_loop(crowd: Crowd, desk: Target, chats: int, at_once: int, times: Times) -> None:
    """Live so many chats, so many at once, each next one when one is over."""
    left = itertools.count()

    async def one_after_the_other() -> None:
        while next(left) < chats:
            await crowd.live(desk, times)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, chats)):
            group.create_task(one_after_the_other())
