"""Nothing breaks, and yet nothing goes on: paused processes, a slow link; and deaths while the last one is mended."""

from __future__ import annotations

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.standstills import ComponentPaused, KilledWhileRecovering, NoMoreFiles, ServerPaused, SlowLink

TIMES = ROUNDS if IS_LONG else 1
PAUSE_S = 60.0 if IS_LONG else 6.0
SLOW_S = 30.0 if IS_LONG else 5.0


async def test_paused(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-3"""
    faults = (fault for _ in range(TIMES) for fault in (ComponentPaused(PAUSE_S), ServerPaused(PAUSE_S)))
    await endures(await make_world(), *faults)


async def test_slow(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    faults = (fault for _ in range(TIMES) for fault in (SlowLink(SLOW_S), NoMoreFiles(SLOW_S)))
    await endures(await make_world(), *faults)


async def test_killed_while_recovering(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(KilledWhileRecovering() for _ in range(TIMES)))
