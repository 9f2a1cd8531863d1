"""Faults in which nothing ends: a process stands still, the link is slow; and a start that is broken off repeatedly.

Who is stopped in this way wakes up with connections, timers and beliefs of long ago.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.actors import persist
from tests.faults.faults import ANYTHING, Fault, for_so_long

if TYPE_CHECKING:
    from tests.faults.world import World


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Have a process stand still, as a paused machine does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class ComponentPaused(Fault):
    """The desk's process stands still; the server holds what comes for it meanwhile."""

    name = "component paused"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        with stopped(world.desk.pid):
            await for_so_long(self._seconds)


class ServerPaused(Fault):
    """The XMPP server stands still, for everybody: it answers nothing, and no connection ends."""

    name = "server paused"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        with stopped(world.server.pid):
            await for_so_long(self._seconds)


class KilledWhileRecovering(Fault):
    """SIGKILL, and again before what it found is put right: while it starts, and after a few stanzas."""

    name = "component killed while it recovers"

    def __init__(self, times: int = 2) -> None:
        self._times = times

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.desk.kill()
        world.cable.reset()
        for _ in range(self._times):
            await persist("a new process", lambda: _is_running(world))
            await for_so_long(world.dice.uniform(0, 1))
            world.desk.kill()
            await self._kill_at_a_stanza(world)

    @staticmethod
    async def _kill_at_a_stanza(world: World) -> None:
        trap = world.cable.trap(ANYTHING, world.dice.randrange(1, 30), world.desk.kill)
        await persist("the new process sends what it dies of", lambda: _true(trap.is_sprung), limit_s=60)
        world.cable.burst()


class SlowLink(Fault):
    """Everything takes its time, both ways, and little fits through; no connection ends."""

    name = "link slow"

    def __init__(self, seconds: float, delay_s: float = 0.2, bytes_per_s: int = 4096) -> None:
        self._seconds, self._delay_s, self._bytes_per_s = seconds, delay_s, bytes_per_s

    async def strike(self, world: World) -> None:
        await self.begins(world)
        world.before.slow += 1
        world.cable.slow(self._delay_s, self._bytes_per_s)
        await for_so_long(self._seconds)
        world.cable.mend()


class NoMoreFiles(Fault):
    """The desk's process may not open anything more, and loses its link meanwhile."""

    name = "file descriptors used up"
    excuses = ("Too many open files", "unable to open database file")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        limits = resource.prlimit(world.desk.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(world.desk.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            await for_so_long(self._seconds / 2)
            world.cable.reset()
            await for_so_long(self._seconds / 2)
        finally:
            if world.desk.is_running():
                resource.prlimit(world.desk.pid, resource.RLIMIT_NOFILE, limits)


async def _is_running(world: World) -> bool:
    return world.desk.is_running()


async def _true(value: object) -> bool:
    return bool(value)
