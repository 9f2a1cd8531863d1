"""A little world: several chats in all states, people with real connections, a desk, a server, a database."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Mapping
from pathlib import Path

from livechat_xmpp.demo.accounts import Account
from tests.faults.actors import Actor, Visitor, persist
from tests.faults.beginning import PEOPLE, begin_chats, hire
from tests.faults.cable import Cable
from tests.faults.database import Database
from tests.faults.evidence import Before, Objection, Said
from tests.faults.faults import Fault
from tests.faults.hearing import OFFER_TIMEOUT, judged
from tests.faults.life import Life, finish_all
from tests.people import NotSeen, over_tcp
from tests.servers.desk import Desk, ExecutedDesk
from tests.servers.throwaway import ThrowawayServer

# Shorter than by default, so that what waits for time to pass is over soon.
SETTINGS = {
    OFFER_TIMEOUT: "15",
    "LIVECHAT_ROUTING__REPEAT_AFTER_S": "3",
    "LIVECHAT_ROUTING__PROBE_WAIT_S": "1",
    "LIVECHAT_ROOMS__REMIND_AFTER_S": "3",
    # Longer, so that nobody climbs or goes back for waiting while a test is busy elsewhere.
    "LIVECHAT_ROUTING__RING_ALL_AFTER_S": "400",
    "LIVECHAT_ROUTING__ALARM_AFTER_S": "500",
    "LIVECHAT_ROUTING__TELL_VISITOR_AFTER_S": "550",
    "LIVECHAT_ROUTING__FIRST_REPLY_S": "400",
    "LIVECHAT_XMPP__IQ_TIMEOUT_S": "3",
    "LIVECHAT_XMPP__PING_INTERVAL_S": "2",
    "LIVECHAT_VISITORS__STATUS_INTERVAL_S": "0.5",
}
CALM_ROUNDS = 3
RESTART_AFTER_S = 0.3  # a service manager starts the desk's process again so long after its end


class World:
    """seed: for all that is left to chance. kind: how the desk is started. under: the fault that is under way."""

    def __init__(
        self,
        server: ThrowawayServer,
        database: Database,
        folder: Path,
        seed: int,
        environment: Mapping[str, str] | None = None,
        kind: type[Desk] = ExecutedDesk,
    ) -> None:
        self._kind = kind
        self.server, self.database, self.folder = server, database, folder
        self.dice = random.Random(seed)
        self.cable = Cable("127.0.0.1", server.ports.component)
        self.under, self.has_struck = "", False
        self._is_losing = False  # what is said now the server may lose with the room
        self._life: Life | None = None
        self.staff: dict[str, Actor] = {}
        self.visitors: list[Visitor] = []
        self._clients: list[Visitor] = []  # also those whose request was never acknowledged
        self.open_chats: list[str] = []
        self.said: list[Said] = []
        self.before = Before()
        self.environment = {**SETTINGS, **(environment or {})}
        self._mark = secrets.token_hex(3)
        self._is_talking, self._is_kept = False, True
        self._talking: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._count = 0

    # --- the beginning and the end

    async def open(self) -> None:
        """Start the desk, and have everybody where the story begins."""
        await self.cable.open()
        self.jids = {name: f"{name}-{self._mark}@{self.server.names.domain}" for name, _ in PEOPLE}
        self.desk = self.another_desk(self.folder)
        await self.desk.start_async()
        self._keeping = asyncio.get_running_loop().create_task(self._keep_running())
        await hire(self)
        await begin_chats(self)
        recorded = await self.database.read()
        self.before.standings = dict(recorded.standings)
        self.before.duties = frozenset(recorded.duties)

    async def close(self) -> None:
        await self.stop_talking()
        self._is_kept = False
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        for person in [*self.staff.values(), *self._clients]:
            await person.end()
        if self.desk.is_running():
            self.desk.kill()
        await self.cable.close()
        await self.database.close()

    # --- people

    @property
    def ada(self) -> Actor:
        return self.staff["ada"]

    @property
    def everybody(self) -> list[Actor]:
        return [*self.staff.values(), *self.visitors]

    def room_of(self, chat_id: str) -> str:
        return f"{chat_id}@{self.server.names.muc}"

    def visitor_of(self, chat_id: str) -> Visitor:
        return next(one for one in self.visitors if one.chat_id == chat_id)

    def trainees_in(self, chat_id: str) -> list[str]:
        """Return the trainees who are inside, as they see it."""
        room = self.room_of(chat_id)
        return [one.name for one in self.staff.values() if one.part == "trainee" and one.client.is_in(room)]

    async def newcomer(self, name: str = "") -> Visitor:
        """Have somebody new ask for help."""
        workgroup = f"{self.server.names.workgroup}@{self.server.names.component}"
        name = name or f"v{len(self.visitors)}"
        opener = over_tcp("127.0.0.1", self.server.ports.c2s, self.server.names.anonymous_domain)
        visitor = Visitor(name, opener, self.server.names.component, workgroup, lambda: self.under)

        self._clients.append(visitor)

        async def arrive() -> bool:
            await visitor.begin()
            return True

        await persist(f"{name} arrives", arrive)
        await persist(f"{name}'s request is acknowledged", visitor.ask)
        self.visitors.append(visitor)
        self.before.asked.append(visitor.chat_id)
        return visitor

    async def offered_to(self, helper: Actor) -> list[str]:
        recorded = await self.database.read()
        return [o.chat_id for o in recorded.offers if o.state == "open" and o.helper == helper.client.bare]

    async def says(self, person: Actor, chat_id: str) -> bool:
        """Have somebody say something that nobody else says."""
        self._count += 1
        said = Said(chat_id, f"{person.name} says {self._count} in {self._mark}", may_be_lost=self._is_losing)
        self.said.append(said)
        return await person.speak(said, self.room_of(chat_id))

    def start_talking(self) -> None:
        """Have people in the two chats talk until stop_talking()."""
        self._is_talking = True
        self._talking = asyncio.get_running_loop().create_task(self._talk())

    async def _talk(self) -> None:
        while self._is_talking:
            chat_id = self.dice.choice(self.open_chats)
            there = [one for one in self.everybody if one.client.is_in(self.room_of(chat_id))]
            if there:
                await self.says(self.dice.choice(there), chat_id)
            await asyncio.sleep(self.dice.uniform(0.1, 0.6))

    async def stop_talking(self) -> None:
        self._is_talking = False  # a wait that ends in the moment of the cancelling swallows it in Python 3.11
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.wait({self._talking})
            self._talking = None

    # --- faults

    def begin_fault(self, fault: Fault) -> None:
        """From now on a fault is under way: people see what they see because of it."""
        self.under, self.has_struck = fault.name, True
        self._is_losing = fault.loses_words
        if fault.loses_words:
            for said in self.said:
                said.may_be_lost = True
        if fault.loses_rooms:
            self.before.rooms_lost.update(self.before.asked)

    def another_desk(self, folder: Path) -> Desk:
        """Return a desk of the same settings, on the same database; not started."""
        ada = Account(self.jids["ada"], "", "admin")
        environment = {"LIVECHAT_XMPP__PORT": str(self.cable.port), **self.environment}
        return self._kind(self.server, folder, [ada], environment, self.database.url)

    async def _keep_running(self) -> None:
        """Start the desk's process again whenever it has ended, as a service manager does."""
        while self._is_kept:
            await asyncio.sleep(RESTART_AFTER_S)
            if self._is_kept and not self.desk.is_running():
                self.desk.launch()

    async def recovered(self) -> None:
        """Wait until the desk is well and everybody is where they mean to be; then the fault is over."""
        await persist("the desk is well", self._is_well)
        try:
            await persist("everybody is back where they mean to be", self._are_back, limit_s=60)
        except NotSeen as stuck:
            raise NotSeen(f"{stuck}: {', '.join(self._missing())}") from None
        self.under, self._is_losing = "", False

    async def _is_well(self) -> bool:
        return self.desk.is_running() and await asyncio.to_thread(self.desk._is_up)

    async def _are_back(self) -> bool:
        return not self._missing()

    def _missing(self) -> list[str]:
        """Return who is not where they mean to be."""
        away = [one.name for one in self.everybody if not (one.client.is_connected and one.is_back)]
        return away + [
            f"{one.name} in {room} ({one.trouble})"
            for one in self.everybody
            for room in self.meant(one)
            if not one.client.is_in(room)
        ]

    def meant(self, who: Actor) -> set[str]:
        """Return the rooms that somebody means to be in: their chats that go on; trainees, where a monitor is."""
        over = {self.room_of(chat_id) for chat_id in self.before.ended}
        monitored = {room for one in self.staff.values() if one.part == "monitor" for room in one.inside}
        return {room for room in who.home - over if who.part != "trainee" or room in monitored}

    # --- waiting

    async def settled(self) -> None:
        """Wait until questions are answered without news to anybody."""
        calm = 0
        while calm < CALM_ROUNDS:
            before = self.heard()
            await persist("ada's question is answered", self._ask)
            calm = calm + 1 if self.heard() <= before + 1 else 0

    async def _ask(self) -> bool:
        return (await self.ada.client.command("my-status")).is_completed

    def heard(self) -> int:
        return sum(len(one.client.received) for one in self.everybody)

    async def sent(self, count: int) -> None:
        """Wait until the desk has sent so many stanzas from now on."""
        target = self.cable.sent + count
        await persist(f"{count} stanzas of the desk", lambda: self.has_sent(target), limit_s=120)

    async def has_sent(self, target: int) -> bool:
        return self.cable.sent >= target

    # --- lives

    async def live(self) -> None:
        """Have one chat's whole life lived. Raises NotSeen when it stands still."""
        self._life = Life(self, self.staff["dan"], self.staff["max"])
        await self._life.live()

    @property
    def stage(self) -> str:
        """Return how far the last life came."""
        return self._life.stage if self._life else "not begun"

    async def ended(self) -> list[Objection]:
        """Have every request come to its end; return what is objected to then."""
        try:
            await finish_all(self, [self.staff[n] for n in ("ana", "ben", "cai", "dan")], self.visitors)
        except NotSeen as stuck:
            return [Objection("rule", "stuck", str(stuck).partition("\n")[0]), *await judged(self)]
        return await judged(self)
