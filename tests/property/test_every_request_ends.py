"""Stuck is impossible: whatever has happened, with time and one helper who takes what is offered, every request ends.

The whole component runs on the simulated server. Hypothesis brings it into any state; then everybody who has been of
use so far goes, time passes, and zoe takes what she is offered, says a word and closes it. All that is left over counts
as stuck.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import or_, select

from livechat_xmpp.domain import learning
from livechat_xmpp.domain.model import ChatState
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.database import make_engine
from livechat_xmpp.usecases import sweep
from livechat_xmpp.xmpp import link
from tests.people import Person, StanzaError
from tests.property.test_room_machine import BACK_OFF, MachineClock
from tests.scenarios.stages import SimulatedStage
from tests.simulation import EJABBERD, PROSODY, Quirks, SimulatedServer

STAFF = {"ana": "helper", "ben": "helper", "mia": "monitor", "tom": "trainee"}
VISITORS = ("vic", "sam", "uma")
ENVIRONMENT = {"LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2", "LIVECHAT_ROUTING__PING_TIMEOUT_S": "0.2"}
STEP = timedelta(seconds=20)
STEPS = 60  # of 20 s: longer than all that anybody waits for, one after the other, and shorter than a request may wait

staff = st.sampled_from(tuple(STAFF))
helpers = st.sampled_from(("ana", "ben"))
visitors = st.sampled_from(VISITORS)
chats = st.integers(0, len(VISITORS) - 1)


class Shift:
    """Two helpers, a monitor and a trainee on duty, three visitors, and zoe who comes at the end.

    ana has answered vic, and ben has taken sam's request without a word.
    """

    def __init__(self, folder: Path, quirks: Quirks) -> None:
        self.clock = MachineClock()
        self.server = SimulatedServer(clock=self.clock.now, quirks=quirks)
        self.folder = folder
        self.people: dict[str, Person] = {}
        self.spoke: set[str] = set()

    async def begin(self) -> None:
        await self.server.__aenter__()
        self.stage = SimulatedStage(self.server, self.folder, ENVIRONMENT, self.clock)
        await self.stage.open()
        for name, standing in {**STAFF, "zoe": "helper"}.items():
            person = self.people[name] = await self.stage.person(name)
            await self.stage.gives(person, standing)
        for name in STAFF:
            await self.command(name, "go-on-duty")
        for name in VISITORS:
            self.people[name] = await self.stage.visitor(name)
        await self.settle()

    async def end(self) -> None:
        await self.stage.close()
        await self.server.__aexit__(None, None, None)

    async def settle(self) -> None:
        """Wait until nothing is left to do; steps that failed are tried again after their back-off."""
        await self.stage.settled()
        for _ in range(6):
            if not self.stage.running.component.reconciler._failures:
                return
            await self.passes(BACK_OFF)
        raise AssertionError("a chat is stuck")

    async def passes(self, length: timedelta) -> None:
        self.clock.advance(length)
        await self.stage.settled()

    # what happens

    def room(self, number: int) -> str | None:
        """Return one of the rooms that there are."""
        rooms = sorted(self.server.help_rooms.rooms)
        return rooms[number % len(rooms)] if rooms else None

    async def command(self, name: str, node: str, **fields: object) -> None:
        if self.people[name].is_connected:
            try:
                await self.people[name].command(node, submit=True, **fields)
            except StanzaError:
                return

    async def asks(self, name: str) -> None:
        fields = {"username": name, "question": "Where are my bookmarks?"}
        if self.people[name].is_connected:
            try:
                await self.people[name].command("ask-for-help", at=self.stage.workgroup, **fields)
            except StanzaError:
                return

    async def enters(self, name: str, room: str | None) -> None:
        if room is not None and self.people[name].is_connected:
            try:
                await self.people[name].enter(room)
            except StanzaError:
                return

    async def follows(self, name: str) -> None:
        """Have somebody enter the room that they were last invited to."""
        invitations = self.people[name].invitations
        await self.enters(name, invitations[-1] if invitations else None)

    async def speaks(self, name: str) -> None:
        """Have somebody say something in every room that they are in."""
        person = self.people[name]
        for room in person.rooms:
            if person.is_connected and person.is_in(room):
                with contextlib.suppress(StanzaError):
                    await person.speak(room, "Hello")
                    self.spoke.add(name)

    async def leaves(self, name: str) -> None:
        person = self.people[name]
        for room in person.rooms:
            if person.is_connected and person.is_in(room):
                await person.presence(to=f"{room}/{person.view_of(room).nick}", type="unavailable")

    async def is_taken(self, name: str, helper: str, *, is_answered: bool) -> None:
        """Have a visitor ask, a helper take it, and both come in; chance alone seldom brings that about."""
        await self.asks(name)
        await self.settle()
        await self.follows(helper)
        await self.settle()
        await self.follows(name)
        if is_answered:
            await self.speaks(helper)

    async def drops_or_is_back(self, name: str) -> None:
        person = self.people[name]
        if person.is_connected:
            await person.drop()
            return
        await person.arrive()
        if name in VISITORS:
            await person.presence(to=self.stage.workgroup)

    # the end

    async def everything_ends(self) -> list[str]:
        """Let time pass with zoe on duty, the others idle; return what is left over."""
        await self.settle()
        for name in self.spoke:  # who has begun to help does not stay for ever; who was silent, stays silent
            if self.people[name].is_connected:
                await self.people[name].drop()
        await self.command("zoe", "go-on-duty", max_chats=20)
        for _ in range(STEPS):
            await self._zoe_works()
            await self.passes(STEP)
            if not self.unfinished():
                break
        for _ in range(4):  # the room goes, and a sweep looks
            await self.passes(timedelta(seconds=61))
        return [*self.unfinished(), *self.left_over(), *await self.problems()]

    async def _zoe_works(self) -> None:
        zoe = self.people["zoe"]
        for room in dict.fromkeys(zoe.invitations):
            if room not in self.server.help_rooms.rooms:
                continue
            await self.enters("zoe", room)
            await self.stage.settled()
            if zoe.is_in(room):
                await self.speaks("zoe")
                await self.command("zoe", "close-chat", chat=room.partition("@")[0], disposition="solved")
                await self.stage.settled()

    def _read(self, *queries: Any) -> list[Any]:
        engine = make_engine(self.stage.settings.database.url.get_secret_value())
        with engine.connect() as db:
            found = [tuple(row) for query in queries for row in db.execute(query)]
        engine.dispose()
        return found

    def unfinished(self) -> list[str]:
        """Return the requests without an outcome."""
        c = t.chat.c
        query = select(c.id, c.state, c.helper, c.room).where(or_(c.state != ChatState.CLOSED, c.outcome.is_(None)))
        return [f"unfinished: {row}" for row in self._read(query)]

    def left_over(self) -> list[str]:
        """Return what is open still although every request has ended."""
        queries = (
            select(t.offer.c.chat_id, t.offer.c.helper).where(t.offer.c.state == "open"),
            select(t.visit.c.chat_id, t.visit.c.jid).where(t.visit.c.left_at.is_(None)),
            select(t.invitation.c.chat_id, t.invitation.c.jid).where(t.invitation.c.ended_at.is_(None)),
            select(t.chat.c.id, t.chat.c.room).where(t.chat.c.room != "gone"),
        )
        rooms = sorted(self.server.help_rooms.rooms)
        return [f"left over: {row}" for row in self._read(*queries)] + [f"room: {room}" for room in rooms]

    async def problems(self) -> list[str]:
        return [f"problem: {p}" for p in await self.stage.running.component.desk.ask(sweep.list_problems)]


class DeskMachine(RuleBasedStateMachine):
    """Everything that may happen to requests."""

    quirks: ClassVar[Quirks] = PROSODY

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="desk-machine-"))
        self.runner = asyncio.Runner()
        self.shift = Shift(self.folder, self.quirks)
        self.has_begun = False

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something happen, and wait until all that follows from it has happened."""

        async def then_settle() -> None:
            await work
            await self.shift.settle()

        self.runner.run(then_settle())

    @initialize()
    def a_shift(self) -> None:
        async def begin() -> None:
            await self.shift.begin()
            await self.shift.is_taken("vic", "ana", is_answered=True)
            await self.shift.is_taken("sam", "ben", is_answered=False)
            await self.shift.settle()

        self.has_begun = True
        self.runner.run(begin())

    def teardown(self) -> None:
        try:
            if self.has_begun:
                stuck = self.runner.run(self.shift.everything_ends())
                assert not stuck, stuck
        finally:
            if self.has_begun:
                self.runner.run(self.shift.end())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- visitors

    @rule(name=visitors)
    def asks(self, name: str) -> None:
        self.run(self.shift.asks(name))

    @rule(name=visitors)
    def gives_up(self, name: str) -> None:
        self.run(self.shift.command(name, "leave-queue"))

    # --- staff

    @rule(name=visitors, helper=helpers, is_answered=st.booleans())
    def is_taken(self, name: str, helper: str, is_answered: bool) -> None:
        self.run(self.shift.is_taken(name, helper, is_answered=is_answered))

    @rule(name=staff, node=st.sampled_from(("go-on-duty", "go-off-duty")))
    def comes_on_or_goes_off_duty(self, name: str, node: str) -> None:
        self.run(self.shift.command(name, node))

    @rule(name=staff, answer=st.sampled_from(("yes", "no")))
    def answers(self, name: str, answer: str) -> None:
        async def work() -> None:
            if self.shift.people[name].is_connected:
                await self.shift.people[name].say(self.shift.stage.workgroup, answer)

        self.run(work())

    @rule(name=staff, standing=st.sampled_from(("trainee", "helper", "monitor")))
    def gets_a_standing(self, name: str, standing: str) -> None:
        async def work() -> None:
            for node in ("promote", "demote"):
                accounts = [self.shift.people[name].bare]
                await self.shift.stage.ada.command(node, accounts=accounts, standing=standing)

        self.run(work())

    @rule(name=helpers, show=st.sampled_from((None, "away", "dnd")))
    def shows(self, name: str, show: str | None) -> None:
        async def work() -> None:
            if self.shift.people[name].is_connected:
                await self.shift.people[name].presence(show)

        self.run(work())

    # --- anybody

    @rule(name=st.sampled_from((*STAFF, *VISITORS)))
    def follows_the_last_invitation(self, name: str) -> None:
        self.run(self.shift.follows(name))

    @rule(name=st.sampled_from((*STAFF, *VISITORS)), number=chats)
    def tries_a_door(self, name: str, number: int) -> None:
        self.run(self.shift.enters(name, self.shift.room(number)))

    @rule(name=st.sampled_from((*STAFF, *VISITORS)))
    def leaves_all_rooms(self, name: str) -> None:
        self.run(self.shift.leaves(name))

    @rule(name=st.sampled_from((*STAFF, *VISITORS)))
    def loses_the_connection_or_is_back(self, name: str) -> None:
        self.run(self.shift.drops_or_is_back(name))

    # --- faults, and time

    @rule(name=st.sampled_from((*STAFF, *VISITORS)))
    def the_link_breaks_while_somebody_moves(self, name: str) -> None:
        async def work() -> None:
            await self.shift.stage.break_link()
            await self.shift.leaves(name)
            await self.shift.stage.mend_link()

        self.run(work())

    @rule(name=st.sampled_from((*STAFF, *VISITORS)))
    def the_component_is_killed_while_somebody_moves(self, name: str) -> None:
        async def work() -> None:
            await self.shift.stage.kill_component()
            await self.shift.follows(name)
            await self.shift.stage.start_component()

        self.run(work())

    @rule()
    def the_rooms_are_lost(self) -> None:
        async def work() -> None:
            self.shift.server.restart_muc(keep_rooms=False)

        self.run(work())

    @rule(length=st.sampled_from((1, 21, 61, 121, 301)))
    def time_passes(self, length: int) -> None:
        async def work() -> None:
            self.shift.clock.advance(timedelta(seconds=length))

        self.run(work())


MACHINE = settings(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have no waiting between the tries to connect, and little in the log."""
    monkeypatch.setattr(link, "DELAYS_S", (0.0, 0.01, 0.05))
    logging.getLogger("livechat_xmpp").setLevel(logging.ERROR)
    yield
    logging.getLogger("livechat_xmpp").setLevel(logging.NOTSET)


def test_every_request_ends_whatever_has_happened() -> None:
    """QU-1, OF-5, OF-6"""
    run_state_machine_as_test(DeskMachine, settings=MACHINE)


class OnEjabberd(DeskMachine):
    """The same, where the server has ejabberd's ways."""

    quirks = EJABBERD


def test_it_does_on_a_server_with_ejabberds_ways() -> None:
    """QU-1"""
    run_state_machine_as_test(OnEjabberd, settings=settings(MACHINE, max_examples=3))


@pytest.mark.parametrize("rule", ["_helper_due", "_reply_due"])
def test_the_machine_notices_when_nothing_returns_to_the_queue(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """rule: who has gone, or who is silent, keeps the request."""
    monkeypatch.setattr(learning, rule, lambda *_: None)
    with pytest.raises(AssertionError, match="unfinished"):
        run_state_machine_as_test(DeskMachine, settings=settings(MACHINE, phases=[Phase.generate]))
