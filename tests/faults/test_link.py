"""The link between component and server breaks: a reset, a minute without, a black hole."""

from __future__ import annotations

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import BlackHole, LinkDown, LinkReset

TIMES = ROUNDS if IS_LONG else 1
HOLE_S = 60.0 if IS_LONG else 8.0


async def test_reset_and_down(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-8"""
    await endures(await make_world(), *(fault for _ in range(TIMES) for fault in (LinkReset(), LinkDown())))


async def test_black_hole(make_world: MakeWorld, endures: Try) -> None:
    """RU-3: only asking shows it; with the settings of the worlds that is done every two seconds"""
    await endures(await make_world(), *(BlackHole(HOLE_S) for _ in range(TIMES)))
