"""Two processes of one desk: by mistake, and as a standby."""

from __future__ import annotations

from tests.faults.at_once import ServerGoneAtTakeover
from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import SecondProcess, TakenOver

TIMES = ROUNDS if IS_LONG else 1
TOGETHER_S = 30.0 if IS_LONG else 5.0


async def test_two(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RU-4: the second waits, the first goes on as if nothing was; and the second goes on where the first died"""
    faults = (fault for _ in range(TIMES) for fault in (SecondProcess(TOGETHER_S), TakenOver()))
    at_once = [ServerGoneAtTakeover()] if IS_LONG else []
    await endures(await make_world(), *faults, *at_once)
