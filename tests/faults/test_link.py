"""The link between component and server breaks: a reset, some seconds without, a black hole."""

from __future__ import annotations

from tests.faults.at_once import LinkFlapping
from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import BlackHole, LinkDown, LinkReset

TIMES = ROUNDS if IS_LONG else 1
HOLE_S = 60.0 if IS_LONG else 8.0  # with the settings of the worlds, only asking every two seconds shows it


async def test_broken(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-8"""
    faults = (fault for _ in range(TIMES) for fault in (LinkReset(), LinkDown(), BlackHole(HOLE_S)))
    flapping = [LinkFlapping() for _ in range(TIMES)] if IS_LONG else []
    await endures(await make_world(), *faults, *flapping)
