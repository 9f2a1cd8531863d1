"""The faults: each strikes in the middle of a life, and heals as it would heal in a real place.

A component that ended is started again by the world, as a service manager does; a server is started by hand.
"""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from tests.faults.actors import persist
from tests.faults.database import Commit, PostgreSQLDatabase
from tests.faults.machine import Disk, SteppedClock
from tests.faults.owner_view import Owner
from tests.servers.waiting import wait_until_async

if TYPE_CHECKING:
    from tests.faults.world import World

LIFE = 55  # stanzas that the desk sends in one life, about: a fault strikes at one of them
ANYTHING = rb"^"
OFFER = rb"^\s*<message[^>]*>(?=.*asks for help(?: and has waited [^:]*)?:)"
INVITED = rb"^\s*<message[^>]*>(?=.*(Please come in|a room monitor is there|is open for you))"


async def for_so_long(seconds: float) -> None:
    """Let a fault last. It is the fault that takes its time; nothing is waited for."""
    until = time.monotonic() + seconds
    await wait_until_async(lambda: time.monotonic() >= until, "the fault is over", seconds + 10)


class Fault(ABC):
    """name: as in the table. loses_words: what the server keeps afterwards decides what may be missed.

    loses_rooms: the server may have none of the rooms afterwards, so all are asked in again.

    excuses: what errors in the desk's log may be about.
    """

    name: str
    loses_words: ClassVar[bool] = False
    loses_rooms: ClassVar[bool] = False
    excuses: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    async def strike(self, world: World) -> None:
        """Wait for a moment in the life, have it happen, and heal it."""

    async def begins(self, world: World) -> None:
        """Wait for a moment that chance decides; from here on the fault is under way."""
        await world.sent(world.dice.randrange(1, LIFE))
        world.begin_fault(self)


class ComponentKilled(Fault):
    """SIGKILL at the n-th stanza: right before it leaves, what was committed is not told; or right after."""

    name = "component killed (-9)"

    def __init__(self, pattern: bytes = ANYTHING, count: int = 0, *, is_lost: bool | None = None) -> None:
        """Without a count, and without is_lost, chance decides."""
        self._pattern, self._count, self._is_lost = pattern, count, is_lost

    async def strike(self, world: World) -> None:
        def kill() -> None:
            world.begin_fault(self)
            world.desk.kill()

        count = self._count or world.dice.randrange(1, LIFE)
        is_lost = world.dice.random() < 0.6 if self._is_lost is None else self._is_lost
        trap = world.cable.trap(self._pattern, count, kill, is_lost=is_lost)
        await persist("the desk sends what it dies of", lambda: _true(trap.is_sprung), limit_s=120)
        world.cable.burst()


class KilledAfterCommit(Fault):
    """SIGKILL after the n-th commit, with nothing sent since: all stanzas that follow it are lost."""

    name = "component killed between commit and stanzas"

    async def strike(self, world: World) -> None:
        await world.sent(world.dice.randrange(1, LIFE))
        world.begin_fault(self)
        world.cable.dam()
        commits = world.dice.randrange(1, 4)
        for _ in range(commits):
            last = await Commit.last(world.database)
            try:
                await persist("a commit", last.is_passed, limit_s=2)
            except AssertionError:
                break  # it waits for an answer to what we hold back: there will be none
        world.desk.kill()
        world.cable.burst()


class KilledBeforeCommit(Fault):
    """SIGKILL while nothing can be committed: what was said by then must not rest on what is not recorded."""

    name = "component killed before a commit"

    async def strike(self, world: World) -> None:
        await world.sent(world.dice.randrange(1, LIFE))
        world.begin_fault(self)
        await world.database.lock()
        try:
            await persist("more stanzas", partial(world.has_sent, world.cable.sent + 2), limit_s=1)
        except AssertionError:
            pass  # it waits for the commit before it says more
        finally:
            world.desk.kill()
            await world.database.unlock()


class ComponentRestarted(Fault):
    """SIGTERM and a start, as for a new version; or SIGHUP, as for a new configuration."""

    name = "component stopped and started"

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.before.stops += 1
        await world.desk.stop_async(world.dice.choice((signal.SIGTERM, signal.SIGHUP)))


class LinkReset(Fault):
    name = "link reset"

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.cable.reset()


class LinkDown(Fault):
    """Cut, and connections refused for some seconds: what is said meanwhile bounces."""

    name = "link down"

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.cable.cut()
        await for_so_long(world.dice.uniform(0.2, 3))
        world.cable.mend()


class BlackHole(Fault):
    """Nothing comes through, and no connection ends: only asking shows it."""

    name = "link black-holed"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.cable.swallow()
        await for_so_long(self._seconds)
        world.cable.mend()


class ServerRestarted(Fault):
    name = "server stopped and started"
    loses_words = True  # a store on the disk may be behind what the room repeated

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.server.stop()
        await for_so_long(world.dice.uniform(0, 1))
        world.server.start()


class ServerKilled(Fault):
    name = "server killed (-9)"
    loses_words = loses_rooms = True  # ejabberd loses rooms that are seconds old

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.server.kill()
        await for_so_long(world.dice.uniform(0, 1))
        world.server.start()


class RoomsLost(Fault):
    """The MUC service's data is gone after a restart, as with a lost disk."""

    name = "server lost its rooms"
    loses_words = loses_rooms = True

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.server.stop()
        world.server.lose_help_rooms()
        world.server.start()


class RoomsDestroyed(Fault):
    """Somebody with the power destroys the rooms by hand, while all goes on."""

    name = "rooms destroyed by an admin"
    loses_words = loses_rooms = True

    async def strike(self, world: World) -> None:
        await self.begins(world)
        for chat_id in world.open_chats:
            await Owner(world.cable, world.server.names, chat_id).destroy()


class RoomsOpened(Fault):
    """Somebody with the power changes the rooms' settings by hand: open to all, shown to all, moderated."""

    name = "rooms opened by an admin"

    async def strike(self, world: World) -> None:
        await self.begins(world)
        for chat_id in world.open_chats:
            owner = Owner(world.cable, world.server.names, chat_id)
            await owner.configure(membersonly=False, publicroom=True, moderatedroom=True)


class DatabaseLocked(Fault):
    name = "database locked"
    excuses = ("sqlite3.OperationalError", "psycopg.")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        await world.database.lock()
        try:
            await for_so_long(self._seconds)
        finally:
            await world.database.unlock()


class PostgreSQLRestarted(Fault):
    name = "PostgreSQL restarted"
    excuses = ("psycopg.",)

    async def strike(self, world: World) -> None:
        assert isinstance(world.database, PostgreSQLDatabase)
        await self.begins(world)
        world.database.server.halt()
        world.database.server.start()


class DiskFull(Fault):
    """Not a byte can be written for some seconds, then there is space again."""

    excuses = ("sqlite3.OperationalError",)

    def __init__(self, disk: Disk, seconds: float) -> None:
        self.name, self._disk, self._seconds = f"disk full ({disk.how})", disk, seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        self._disk.fill(world.desk.pid)
        try:
            await for_so_long(self._seconds)
        finally:
            self._disk.free(world.desk.pid)


class ClockStepped(Fault):
    """The clock of the component's machine is set; nothing else notices, and no time has passed."""

    def __init__(self, clock: SteppedClock, seconds: float) -> None:
        self.name = f"clock stepped {'forwards' if seconds > 0 else 'backwards'}"
        self._clock, self._seconds = clock, seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        self._clock.step(self._seconds)
        await for_so_long(SteppedClock.NOTICED_S)


class SecondProcess(Fault):
    """A second desk is started with the same settings by mistake, and stopped again when that is noticed."""

    name = "two components started"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        folder = world.folder / "second"
        folder.mkdir(exist_ok=True)
        second = world.another_desk(folder)
        second.launch()
        await for_so_long(self._seconds)
        await second.stop_async()


class TakenOver(Fault):
    """A second desk stands by; the first is killed, and the second goes on without it."""

    name = "component killed, a standby takes over"
    folder = "standby"

    async def strike(self, world: World) -> None:
        folder = world.folder / self.folder
        folder.mkdir(exist_ok=True)
        standby = world.another_desk(folder)
        standby.launch()
        await self.begins(world)
        world.desk.kill()
        world.desk = standby


async def _true(value: object) -> bool:
    return bool(value)
