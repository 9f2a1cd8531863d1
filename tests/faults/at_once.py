"""Several faults at once, or one while the last is being mended; and one that does not stop coming."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from tests.faults.faults import Fault, TakenOver, for_so_long

if TYPE_CHECKING:
    from tests.faults.world import World


RECOVERY = 40  # stanzas that a desk sends until it knows again what there is, about


class WhileLocked(Fault):
    """The database is locked, and before that is over something else breaks."""

    excuses = ("sqlite3.OperationalError", "psycopg.")
    seconds = 6.0

    async def strike(self, world: World) -> None:
        await self.begins(world)
        await world.database.lock()
        try:
            await for_so_long(1)
            await self._break(world)
            await for_so_long(self.seconds)
        finally:
            await world.database.unlock()

    @abstractmethod
    async def _break(self, world: World) -> None: ...


class ResetWhileLocked(WhileLocked):
    name = "link reset, database locked"

    async def _break(self, world: World) -> None:
        world.cable.reset()


class KilledWhileLocked(WhileLocked):
    """Each new process waits at its migrations, or ends there, until the lock is gone."""

    name = "component killed, database locked"

    async def _break(self, world: World) -> None:
        world.desk.kill()


class ServerRestartedWhileLocked(WhileLocked):
    name = "server restarted, database locked"
    loses_words = True

    async def _break(self, world: World) -> None:
        world.server.stop()
        world.server.start()


class LinkFlapping(Fault):
    """Reset again and again, mostly before what the last reset broke is put right."""

    name = "link flapping"

    def __init__(self, times: int = 12) -> None:
        self._times = times

    async def strike(self, world: World) -> None:
        await self.begins(world)
        for _ in range(self._times):
            world.cable.reset()
            await for_so_long(world.dice.uniform(0.1, 1.5))


class StartedWithoutServer(Fault):
    """The component is started while its server is away, as after a power cut."""

    name = "component started before the server"
    loses_words = True

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.desk.kill()
        world.server.stop()
        await for_so_long(4)
        world.server.start()


class ServerGoneAtTakeover(TakenOver):
    """A standby takes over, and finds the server stopped, or it stops while the standby looks at what there is."""

    name = "server restarted while a standby takes over"
    folder = "standby at a restart"
    loses_words = True

    async def strike(self, world: World) -> None:
        await super().strike(world)
        if world.dice.random() < 0.3:
            await for_so_long(world.dice.uniform(0, 1))
        else:
            await world.sent(world.dice.randrange(1, RECOVERY))
        world.server.stop()
        world.server.start()
