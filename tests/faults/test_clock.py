"""The clock of the component's machine is set, forwards and backwards."""

from __future__ import annotations

from pathlib import Path

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import ClockStepped
from tests.faults.machine import SteppedClock

TIMES = ROUNDS if IS_LONG else 1
STEP_S = 600.0
SOON = {"LIVECHAT_ROUTING__OFFER_TIMEOUT_S": "15"}  # so that the end of an offer is seen on either side of the step


async def test_set_forwards(make_world: MakeWorld, endures: Try, tmp_path: Path) -> None:
    """RU-3: nobody has waited for longer, and nobody's time is up sooner"""
    clock = SteppedClock(tmp_path)
    world = await make_world(**clock.environment, **SOON)
    await endures(world, *(ClockStepped(clock, STEP_S) for _ in range(TIMES)))


async def test_set_backwards(make_world: MakeWorld, endures: Try, tmp_path: Path) -> None:
    """RU-3: what is due is done after its time, not when the clock shows the old moment again"""
    clock = SteppedClock(tmp_path)
    world = await make_world(**clock.environment, **SOON)
    await endures(world, *(ClockStepped(clock, -STEP_S) for _ in range(TIMES)))
