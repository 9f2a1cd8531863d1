"""The trainee rule in every order of events that Hypothesis finds, with the whole component on the simulated server.

After each event the machine waits until nothing is left to do, and then looks into the rooms themselves.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from livechat_xmpp.component import Component
from livechat_xmpp.domain import rooms as domain_rooms
from livechat_xmpp.domain.access import allowed_members
from livechat_xmpp.domain.model import BareJid, Chat, ChatId, ChatState, Standing
from livechat_xmpp.domain.rooms import plan
from livechat_xmpp.xmpp import link
from tests.people import Person, StanzaError
from tests.scenarios.stages import SimulatedStage
from tests.simulation import EJABBERD, PROSODY, Quirks, SimulatedServer
from tests.simulation.muc_affiliations import affiliate
from tests.simulation.muc_room import Room

STAFF = {"ana": "helper", "mia": "monitor", "kim": "admin", "tom": "trainee", "una": "trainee"}
VISITORS = ("vic", "sam")
EVERYBODY = (*STAFF, *VISITORS)
LONG = "100000"  # seconds; what is about the trainee rule shall not end because nobody came
ENVIRONMENT = {
    "LIVECHAT_VISITORS__GRACE_S": LONG,
    "LIVECHAT_ROOMS__HELPER_GRACE_S": LONG,
    "LIVECHAT_ROOMS__TRAINEE_PATIENCE_S": "300",
    "LIVECHAT_ROUTING__OFFER_TIMEOUT_S": LONG,
    "LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2",
}
RESYNC = timedelta(seconds=601)  # after this long each room has been looked at anew
BACK_OFF = timedelta(seconds=61)  # the longest wait of a chat whose step has failed

people = st.sampled_from(EVERYBODY)
staff = st.sampled_from(tuple(STAFF))
chats = st.integers(0, len(VISITORS) - 1)


class MachineClock:
    """A clock that goes on only when told to (reconcile.ports.Clock)."""

    def __init__(self) -> None:
        self._now = datetime(2024, 5, 1, 12, tzinfo=UTC)
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)  # two things never happen at the same moment
        return self._now

    def advance(self, length: timedelta) -> None:
        self._now += length
        self._changed.set()

    def follow(self) -> None:
        """It is nobody's but its own."""

    async def sleep_until(self, moment: datetime) -> None:
        while self._now < moment:
            self._changed.clear()
            await self._changed.wait()


class Scene:
    """Two chats with one helper, each with a monitor and a trainee inside."""

    def __init__(self, folder: Path, quirks: Quirks) -> None:
        self.clock = MachineClock()
        self.server = SimulatedServer(clock=self.clock.now, quirks=quirks)
        self.folder = folder
        self.people: dict[str, Person] = {}
        self.chats: list[ChatId] = []

    async def begin(self) -> None:
        await self.server.__aenter__()
        self.stage = SimulatedStage(self.server, self.folder, ENVIRONMENT, self.clock)
        await self.stage.open()
        for name, standing in STAFF.items():
            person = self.people[name] = await self.stage.person(name)
            await self.stage.gives(person, standing)
        for name in ("ana", "tom", "una"):
            await self.people[name].command("go-on-duty", submit=True)
        for name in VISITORS:
            visitor = self.people[name] = await self.stage.visitor(name)
            await self.stage.settled()
            chat = await self.stage.chat(self.people["ana"], visitor)
            self.chats.append(ChatId(chat.id))
        await self.watch(0, "mia", "tom")
        await self.watch(1, "kim", "una")
        assert len(self.inside(0)) == len(self.inside(1)) == 4

    async def end(self) -> None:
        await self.stage.close()
        await self.server.__aexit__(None, None, None)

    # what is true

    @property
    def component(self) -> Component:
        return self.stage.running.component

    def room(self, number: int) -> Room | None:
        return self.server.help_rooms.rooms.get(self.jid(number))

    def jid(self, number: int) -> str:
        return f"{self.chats[number]}@{self.server.muc}"

    def inside(self, number: int) -> set[BareJid]:
        """Return the bare JIDs of those inside, the desk left out."""
        room = self.room(number)
        jids = {BareJid(one.bare_jid) for one in room.occupants.values()} if room else set()
        return {jid for jid in jids if not jid.endswith(f"@{self.server.component}")}

    async def chat(self, number: int) -> Chat:
        chat = await self.component.store.chat(self.chats[number], frozenset(self.inside(number)))
        assert chat is not None
        return chat

    async def settle(self) -> None:
        """Wait until nothing is left to do; steps that failed are tried again after their back-off."""
        await self.stage.settled()
        for _ in range(6):
            if not self.component.reconciler._failures:
                return
            self.clock.advance(BACK_OFF)
            await self.stage.settled()
        raise AssertionError("a chat is stuck")

    # what happens

    async def enter(self, name: str, number: int) -> None:
        person = self.people[name]
        if person.is_connected:
            try:
                await person.enter(self.jid(number))
            except StanzaError:
                return

    async def leave(self, name: str, number: int) -> None:
        person, room = self.people[name], self.room(number)
        occupant = room.occupant_of(person.jid) if room is not None else None
        if person.is_connected and occupant is not None:
            await person.presence(to=f"{self.jid(number)}/{occupant.nick}", type="unavailable")

    async def come_and_go(self, name: str, number: int) -> None:
        """Have who is inside leave, and who is outside try to enter."""
        is_inside = self.people[name].bare in self.inside(number)
        await (self.leave if is_inside else self.enter)(name, number)

    async def command(self, name: str, node: str, **fields: object) -> None:
        if self.people[name].is_connected:
            try:
                await self.people[name].command(node, submit=True, **fields)
            except StanzaError:
                return

    async def watch(self, number: int, monitor: str, trainee: str) -> None:
        """Have a monitor come in, then a trainee, whatever was before: chance alone seldom brings both together."""
        for name, standing in ((monitor, "monitor"), (trainee, "trainee")):
            if not self.people[name].is_connected:
                await self.arrive(name)
            await self.has_standing(name, standing)
        await self.people[trainee].presence()
        await self.command(trainee, "go-on-duty")
        await self.command(monitor, "join-chat", chat=self.chats[number])
        await self.stage.settled()
        await self.enter(monitor, number)
        await self.stage.settled()
        await self.enter(trainee, number)
        await self.stage.settled()

    async def has_standing(self, name: str, standing: str) -> None:
        """Have ada promote or demote; the one that is wrong is refused."""
        for command in ("promote", "demote"):
            await self.stage.ada.command(command, accounts=[self.people[name].bare], standing=standing)

    async def arrive_all(self) -> None:
        for name, person in self.people.items():
            if not person.is_connected:
                await self.arrive(name)

    async def arrive(self, name: str) -> None:
        await self.people[name].arrive()
        if name in VISITORS:
            await self.people[name].presence(to=self.stage.workgroup)


class RoomMachine(RuleBasedStateMachine):
    """Everything that may happen around two rooms."""

    quirks: ClassVar[Quirks] = PROSODY
    looks_at_all: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="room-machine-"))
        self.runner = asyncio.Runner()
        self.scene: Scene | None = None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something happen, and wait until all that follows from it has happened."""

        async def then_settle() -> None:
            await work
            await self.s.settle()

        self.runner.run(then_settle())

    @property
    def s(self) -> Scene:
        assert self.scene is not None
        return self.scene

    @initialize()
    def two_chats(self) -> None:
        async def begin() -> None:
            self.scene = Scene(self.folder, self.quirks)
            await self.scene.begin()

        self.runner.run(begin())

    def teardown(self) -> None:
        try:
            if self.scene is not None:
                self.runner.run(self.scene.end())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- assign, unassign

    @rule(name=st.sampled_from(("mia", "kim")), number=chats)
    def joins_chat(self, name: str, number: int) -> None:
        async def work() -> None:
            await self.s.command(name, "join-chat", chat=self.s.chats[number])
            await self.s.enter(name, number)

        self.run(work())

    @rule(number=chats, monitor=st.sampled_from(("mia", "kim")), trainee=st.sampled_from(("tom", "una")))
    def is_watched(self, number: int, monitor: str, trainee: str) -> None:
        self.run(self.s.watch(number, monitor, trainee))

    @rule(name=staff)
    def goes_on_duty(self, name: str) -> None:
        self.run(self.s.command(name, "go-on-duty"))

    @rule(name=staff)
    def goes_off_duty(self, name: str) -> None:
        self.run(self.s.command(name, "go-off-duty"))

    @rule(name=staff)
    def declines(self, name: str) -> None:
        async def work() -> None:
            if self.s.people[name].is_connected:
                await self.s.people[name].say(self.s.stage.workgroup, "no")

        self.run(work())

    @rule(number=chats, is_sure=st.integers(0, 3))
    def is_closed(self, number: int, is_sure: int) -> None:
        if is_sure == 3:
            self.run(self.s.command("kim", "close-chat", chat=self.s.chats[number], disposition="solved"))

    # --- coming and going

    @rule(name=people, number=chats)
    def comes_or_goes(self, name: str, number: int) -> None:
        self.run(self.s.come_and_go(name, number))

    @rule(number=chats, names=st.lists(people, min_size=2, max_size=4))
    def several_come_and_go_at_once(self, number: int, names: list[str]) -> None:
        async def work() -> None:
            await self.s.watch(number, "mia", "tom")
            await asyncio.gather(*(self.s.come_and_go(name, number) for name in dict.fromkeys(names)))

        self.run(work())

    @rule(name=people)
    def loses_the_connection_or_is_back(self, name: str) -> None:
        async def work() -> None:
            person = self.s.people[name]
            await (person.drop() if person.is_connected else self.s.arrive(name))

        self.run(work())

    @rule(name=staff, show=st.sampled_from((None, "away", "dnd")))
    def shows(self, name: str, show: str | None) -> None:
        async def work() -> None:
            if self.s.people[name].is_connected:
                await self.s.people[name].presence(show)

        self.run(work())

    # --- standing

    @rule(name=staff, standing=st.sampled_from(tuple(Standing)))
    def gets_a_standing(self, name: str, standing: Standing) -> None:
        self.run(self.s.has_standing(name, standing))

    @rule(number=chats, leaving=people, name=staff, standing=st.sampled_from(tuple(Standing)))
    def gets_a_standing_while_somebody_moves(self, number: int, leaving: str, name: str, standing: Standing) -> None:
        async def work() -> None:
            await self.s.watch(number, "mia", "tom")
            accounts = [self.s.people[name].bare]
            await asyncio.gather(
                self.s.stage.ada.command("demote", accounts=accounts, standing=standing.value),
                self.s.come_and_go(leaving, number),
            )

        self.run(work())

    # --- by hand

    @rule(name=people, number=chats, affiliation=st.sampled_from(("member", "none", "outcast", "admin")))
    def somebody_changes_an_affiliation_by_hand(self, name: str, number: int, affiliation: str) -> None:
        async def work() -> None:
            room = self.s.room(number)
            if room is not None:
                affiliate(room, None, self.s.people[name].bare, affiliation)

        self.run(work())

    # --- faults

    @rule()
    def the_link_breaks(self) -> None:
        self.run(self._away(lambda: self.s.stage.break_link(), lambda: self.s.stage.mend_link(), [], 0))

    @rule(number=chats, names=st.lists(people, max_size=3))
    def the_link_breaks_and_people_move(self, number: int, names: list[str]) -> None:
        self.run(self._away(self.s.stage.break_link, self.s.stage.mend_link, names, number))

    @rule(number=chats, names=st.lists(people, max_size=3))
    def the_component_is_killed_and_people_move(self, number: int, names: list[str]) -> None:
        self.run(self._away(self.s.stage.kill_component, self.s.stage.start_component, names, number))

    @rule()
    def the_component_is_restarted(self) -> None:
        self.run(self.s.stage.restart_component())

    async def _away(
        self,
        go: Callable[[], Coroutine[Any, Any, None]],
        come_back: Callable[[], Coroutine[Any, Any, None]],
        names: list[str],
        number: int,
    ) -> None:
        if names:
            await self.s.watch(number, "kim", "una")
        await go()
        for name in names:
            await self.s.come_and_go(name, number)
        await come_back()

    @rule(keep_rooms=st.booleans())
    def the_muc_service_restarts_alone(self, keep_rooms: bool) -> None:
        """Nobody is told, so it shows at the next look (XEP-0410 §1): that is what the slow resync is for."""

        async def work() -> None:
            self.s.server.restart_muc(keep_rooms=keep_rooms)
            self.s.clock.advance(RESYNC)

        self.run(work())

    @rule(keep_rooms=st.booleans())
    def the_server_restarts(self, keep_rooms: bool) -> None:
        async def work() -> None:
            await self.s.stage.restart_server(keep_rooms=keep_rooms)
            await self.s.stage.ada.arrive()
            await self.s.arrive_all()

        self.run(work())

    @rule(length=st.sampled_from((1, 31, 301)))
    def time_passes(self, length: int) -> None:
        async def work() -> None:
            self.s.clock.advance(timedelta(seconds=length))

        self.run(work())

    # --- what is true whenever it is quiet

    @invariant()
    def no_trainee_is_inside_without_a_monitor(self) -> None:
        if self.scene is None:
            return

        async def look() -> None:
            for number in range(len(self.s.chats)):
                chat, inside = await self.s.chat(number), self.s.inside(number)
                standings = {jid: chat.standings.get(jid) for jid in inside}
                if Standing.TRAINEE in standings.values():
                    assert {Standing.MONITOR, Standing.ADMIN} & set(standings.values()), (
                        f"trainees without a monitor: {standings}"
                    )

        self.runner.run(look())

    @invariant()
    def the_members_are_who_may_be_there_and_nothing_is_left_to_do(self) -> None:
        if self.scene is None or not self.looks_at_all:
            return

        async def look() -> None:
            for number in range(len(self.s.chats)):
                await self._is_settled(number)

        self.runner.run(look())

    async def _is_settled(self, number: int) -> None:
        chat, room = await self.s.chat(number), self.s.room(number)
        if chat.state is ChatState.CLOSED:
            assert room is None
            return
        assert room is not None
        view = self.s.component.rooms.view(chat.id)
        assert view is not None
        affiliations = {jid: held for jid, held in room.affiliations.items() if held != "owner"}
        members = {jid for jid, held in affiliations.items() if held == "member"}
        others = {jid for jid, held in affiliations.items() if held != "member"}
        inside = frozenset(self.s.inside(number))
        assert view.present == inside
        assert view.members == members
        assert members - others == allowed_members(chat, inside) - others
        assert plan(chat, view, self.s.component.desk.rules.rooms, now=self.s.clock.now()) == ()


MACHINE = settings(
    max_examples=8,
    stateful_step_count=20,
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


def test_the_trainee_rule_holds_in_every_order_of_events() -> None:
    """RO-2, RO-3"""
    run_state_machine_as_test(RoomMachine, settings=MACHINE)


class OnEjabberd(RoomMachine):
    """The same, where the server has ejabberd's ways."""

    quirks = EJABBERD


def test_it_holds_on_a_server_with_ejabberds_ways() -> None:
    """RO-2, RO-3"""
    run_state_machine_as_test(OnEjabberd, settings=settings(MACHINE, max_examples=3))


class OnlyTheRule(RoomMachine):
    """Looks at the trainee rule alone."""

    looks_at_all = False


def test_the_machine_notices_when_removals_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_rooms, "_removals", lambda *_: iter(()))
    with pytest.raises(AssertionError, match="trainees without a monitor"):
        run_state_machine_as_test(OnlyTheRule, settings=settings(MACHINE, phases=[Phase.generate]))
