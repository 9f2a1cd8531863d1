"""The XMPP server is stopped, killed, or loses the rooms."""

from __future__ import annotations

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import RoomsDestroyed, RoomsLost, ServerKilled, ServerRestarted

TIMES = ROUNDS if IS_LONG else 1


async def test_stopped_and_started(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(ServerRestarted() for _ in range(TIMES)))


async def test_killed(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(ServerKilled() for _ in range(TIMES)))


async def test_rooms_lost(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-1"""
    await endures(await make_world(), *(RoomsLost() for _ in range(TIMES)))


async def test_rooms_destroyed(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-1"""
    await endures(await make_world(), *(RoomsDestroyed() for _ in range(TIMES)))
