"""A little world: several chats in all states, people with real connections, a desk, a server, a database."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from livechat_xmpp import app
from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.settings import load
from tests.faults.actors import Actor, Visitor, new_account, persist, staff_opener
from tests.faults.cable import Cable
from tests.faults.database import Database
from tests.faults.evidence import Before, Evidence, Line, RoomSeen, Said
from tests.faults.faults import Fault
from tests.faults.judge import Objection, judge
from tests.faults.life import Life, finish_all
from tests.faults.owner_view import room_seen
from tests.people import NotSeen, over_tcp
from tests.servers.desk import Desk
from tests.servers.throwaway import ThrowawayServer

OFFER_TIMEOUT = "LIVECHAT_ROUTING__OFFER_TIMEOUT_S"
# Shorter than by default, so that what waits for time to pass is over soon.
SETTINGS = {
    OFFER_TIMEOUT: "25",
    "LIVECHAT_ROUTING__REPEAT_AFTER_S": "3",
    "LIVECHAT_ROUTING__PROBE_WAIT_S": "1",
    "LIVECHAT_ROOMS__REMIND_AFTER_S": "3",
    "LIVECHAT_XMPP__IQ_TIMEOUT_S": "3",
    "LIVECHAT_XMPP__PING_INTERVAL_S": "2",
    "LIVECHAT_VISITORS__STATUS_INTERVAL_S": "0.5",
}
CALM_ROUNDS = 3
RIGHT_LIMIT_S = 40.0


class World:
    """seed: for everything that is left to chance. under: the fault that is under way."""

    def __init__(
        self,
        server: ThrowawayServer,
        database: Database,
        folder: Path,
        seed: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.server, self.database, self.folder = server, database, folder
        self.dice = random.Random(seed)
        self.cable = Cable("127.0.0.1", server.ports.component)
        self.under, self.has_struck = "", False
        self._life: Life | None = None
        self.staff: dict[str, Actor] = {}
        self.visitors: list[Visitor] = []
        self.said: list[Said] = []
        self.before = Before()
        self._environment = {**SETTINGS, **(environment or {})}
        self._mark = secrets.token_hex(3)
        self._talking: asyncio.Task[None] | None = None
        self._count = 0

    # --- the beginning and the end

    async def open(self) -> None:
        """Start the desk, and have everybody where the story begins."""
        await self.cable.open()
        self._jids = {name: f"{name}-{self._mark}@{self.server.names.domain}" for name, _ in PEOPLE}
        self.desk = self.another_desk(self.folder)
        await self.desk.start_async()
        await self._hire()
        await self._begin_chats()
        recorded = await self.database.read()
        self.before.standings = dict(recorded.standings)
        self.before.duties = frozenset(recorded.duties)

    async def close(self) -> None:
        await self.stop_talking()
        for person in [*self.staff.values(), *self.visitors]:
            await person.end()
        if self.desk.is_running():
            self.desk.kill()
        await self.cable.close()
        await self.database.close()

    async def _hire(self) -> None:
        """Make the staff, with their standings, on duty: ada, helpers, monitors, trainees."""
        for name, part in PEOPLE:
            password = await new_account("127.0.0.1", self.server.ports.c2s, self._jids[name])
            opener = staff_opener("127.0.0.1", self.server.ports.c2s, self._jids[name], password)
            self.staff[name] = Actor(name, part, opener, self.server.names.component, lambda: self.under)
            await self.staff[name].begin()
        for standing in ("helper", "monitor", "trainee"):
            await self.ada.client.command(
                "promote", accounts=[self._jids[n] for n, part in PEOPLE if part == standing], standing=standing
            )
        await persist("all know their standing", self._all_told)
        await self.settled()

    async def _all_told(self) -> bool:
        return all(one.has_heard("Changed by") for one in self.staff.values() if one.part != "admin")

    async def _begin_chats(self) -> None:
        """va talks with ana, vb with ben while mia, tom and tia are there, vo is offered to cai, w1 and w2 wait."""
        self.open_chats: list[str] = []
        for helper, visitor in (("ana", "va"), ("ben", "vb")):
            await self._on_duty(helper, max_chats="1")
            self.open_chats.append((await self.newcomer(visitor)).chat_id)
            inside = partial(self._are_inside, self.room_of(self.open_chats[-1]), 2)
            await persist(f"{visitor} is inside", inside)
        watched = self.room_of(self.open_chats[1])
        await self._on_duty("tom")
        await self._on_duty("tia")
        await self.staff["mia"].client.command("join-chat", chat=self.open_chats[1])
        await persist("the monitor and both trainees are inside", lambda: self._are_inside(watched, 5))
        self.staff["cai"].follows = self.staff["dan"].follows = lambda room: False
        await self.staff["dan"].appear("dnd")
        await self._on_duty("cai", max_chats="1")
        await self._on_duty("dan", max_chats="1")
        await self.newcomer("vo")
        await persist("cai has an offer", lambda: self._has_offer("cai"))
        await self.newcomer("w1")
        await self.newcomer("w2")

    async def _has_offer(self, name: str) -> bool:
        return self.staff[name].has_heard("asks for help")

    async def _on_duty(self, name: str, **fields: str) -> None:
        await self.settled()  # their presence is known by then
        result = await self.staff[name].client.command("go-on-duty", submit=True, **fields)
        assert result.is_completed, result.notes

    async def _are_inside(self, room: str, count: int) -> bool:
        return sum(one.client.is_in(room) for one in [*self.staff.values(), *self.visitors]) == count

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

    async def newcomer(self, name: str = "") -> Visitor:
        """Have somebody new ask for help."""
        workgroup = f"{self.server.names.workgroup}@{self.server.names.component}"
        name = name or f"v{len(self.visitors)}"
        opener = over_tcp("127.0.0.1", self.server.ports.c2s, self.server.names.anonymous_domain)
        visitor = Visitor(name, opener, self.server.names.component, workgroup, lambda: self.under)

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
        said = Said(chat_id, f"{person.name} says {self._count} in {self._mark}")
        self.said.append(said)
        return await person.speak(said, self.room_of(chat_id))

    def start_talking(self) -> None:
        """Have people in the two chats talk until stop_talking()."""
        self._talking = asyncio.get_running_loop().create_task(self._talk())

    async def _talk(self) -> None:
        while True:
            chat_id = self.dice.choice(self.open_chats)
            there = [one for one in self.everybody if one.client.is_in(self.room_of(chat_id))]
            if there:
                await self.says(self.dice.choice(there), chat_id)
            await asyncio.sleep(self.dice.uniform(0.05, 0.3))

    async def stop_talking(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.wait({self._talking})
            self._talking = None

    # --- faults

    def begin_fault(self, fault: Fault) -> None:
        """From now on a fault is under way: people see what they see because of it."""
        self.under, self.has_struck = fault.name, True
        if fault.loses_rooms:
            for said in self.said:
                said.may_be_lost = True

    def another_desk(self, folder: Path) -> Desk:
        """Return a desk of the same settings, on the same database; not started."""
        ada = Account(self._jids["ada"], "", "admin")
        environment = {"LIVECHAT_XMPP__PORT": str(self.cable.port), **self._environment}
        return Desk(self.server, folder, [ada], environment, self.database.url)

    async def start_desk(self) -> None:
        """Start the desk's process, as a service manager does; it may take its time to be linked."""
        self.desk.launch()

    async def recovered(self) -> None:
        """Wait until the desk is well and everybody is where they mean to be; then the fault is over."""
        await persist("the desk is well", lambda: asyncio.to_thread(self.desk._is_up))
        try:
            await persist("everybody is back where they mean to be", self._are_back, limit_s=60)
        except NotSeen as stuck:
            raise NotSeen(f"{stuck}: {', '.join(self._missing())}") from None
        self.under = ""

    async def _are_back(self) -> bool:
        return not self._missing()

    def _missing(self) -> list[str]:
        """Return who is not where they mean to be."""
        away = [one.name for one in self.everybody if not (one.client.is_connected and one.is_back)]
        return away + [
            f"{one.name} in {room}" for one in self.everybody for room in self._meant(one) if not one.client.is_in(room)
        ]

    def _meant(self, who: Actor) -> set[str]:
        """Return the rooms that somebody means to be in: their chats that go on; trainees, where a monitor is."""
        over = {self.room_of(chat_id) for chat_id in self.before.ended}
        monitored = {room for one in self.staff.values() if one.part == "monitor" for room in one.inside}
        return {room for room in who.home - over if who.part != "trainee" or room in monitored}

    # --- waiting

    async def settled(self) -> None:
        """Wait until questions are answered without news to anybody."""
        calm = 0
        while calm < CALM_ROUNDS:
            before = self._heard()
            await persist("ada's question is answered", self._ask)
            calm = calm + 1 if self._heard() <= before + 1 else 0

    async def _ask(self) -> bool:
        return (await self.ada.client.command("my-status")).is_completed

    def _heard(self) -> int:
        return sum(len(one.client.received) for one in self.everybody)

    async def sent(self, count: int) -> None:
        """Wait until the desk has sent so many stanzas from now on."""
        target = self.cable.sent + count
        await persist(f"{count} stanzas of the desk", lambda: self._has_sent(target), limit_s=120)

    async def _has_sent(self, target: int) -> bool:
        return self.cable.sent >= target

    # --- what is judged

    async def evidence(self) -> Evidence:
        recorded = await self.database.read()
        for chat in recorded.chats:
            if chat.id in self.before.asked:
                self.before.asked_at.setdefault(chat.id, chat.asked_at)
        rooms: dict[str, RoomSeen] = {}
        for chat in recorded.chats:
            if chat.room != "none":
                rooms[chat.id] = await room_seen(self.cable, self.server.names, chat.id, is_gone=chat.room == "gone")
        settings = load(self.desk.config)
        words: dict[str, list[Line]] = {}
        for chat_id in {said.chat_id for said in self.said}:
            exported = await app.export_chat(settings, chat_id)
            words[chat_id] = [Line(one["kind"], one["body"]) for one in exported["messages"]]
        return Evidence(
            recorded,
            self.before,
            rooms,
            words,
            [one.witness(self._meant(one)) for one in self.everybody],
            self.said,
            offer_timeout_s=float(self._environment[OFFER_TIMEOUT]),
            at=time.monotonic(),
            muc=self.server.names.muc,
            desk=self.server.names.component,
        )

    async def judged(self, limit_s: float = RIGHT_LIMIT_S) -> list[Objection]:
        """Wait until nothing is objected to; return what still is at the limit."""
        give_up_at = time.monotonic() + limit_s
        objections: list[Objection] = []
        while time.monotonic() < give_up_at:
            await self.settled()
            evidence = await self.evidence()
            objections = judge(evidence)
            for said in self.said:
                said.is_kept |= any(line.body == said.body for line in evidence.transcripts[said.chat_id])
            if not [one for one in objections if one.kind != "doubled"]:
                break
            await asyncio.sleep(0.5)
        return objections

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
            return [Objection("rule", "stuck", str(stuck).partition("\n")[0]), *await self.judged()]
        return await self.judged()


PEOPLE = (
    ("ada", "admin"),
    ("ana", "helper"),
    ("ben", "helper"),
    ("cai", "helper"),
    ("dan", "helper"),
    ("mia", "monitor"),
    ("max", "monitor"),
    ("tom", "trainee"),
    ("tia", "trainee"),
)
