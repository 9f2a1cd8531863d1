"""The XMPP server is stopped, killed, or loses the rooms."""

from __future__ import annotations

from tests.faults.at_once import StartedWithoutServer
from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import RoomsDestroyed, RoomsLost, RoomsOpened, ServerKilled, ServerRestarted

TIMES = ROUNDS if IS_LONG else 1


async def test_stopped_and_killed(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    faults = (fault for _ in range(TIMES) for fault in (ServerRestarted(), ServerKilled()))
    before = [StartedWithoutServer() for _ in range(TIMES)] if IS_LONG else []
    await endures(await make_world(), *faults, *before)


async def test_rooms_changed_and_lost(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-1"""
    faults = (fault for _ in range(TIMES) for fault in (RoomsOpened(), RoomsDestroyed(), RoomsLost()))
    await endures(await make_world(), *faults)
