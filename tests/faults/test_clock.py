"""The clock of the component's machine is set, forwards and backwards."""

from __future__ import annotations

from pathlib import Path

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import ClockStepped
from tests.faults.machine import SteppedClock

TIMES = ROUNDS if IS_LONG else 1
STEP_S = 600.0


async def test_set(make_world: MakeWorld, endures: Try, tmp_path: Path) -> None:
    """RU-3: nobody's time is up sooner than they were told, or only when the clock shows the old moment again"""
    clock = SteppedClock(tmp_path)
    steps = (seconds for _ in range(TIMES) for seconds in (STEP_S, -STEP_S))
    await endures(await make_world(**clock.environment), *(ClockStepped(clock, seconds) for seconds in steps))
