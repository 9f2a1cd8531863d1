"""The component dies: at any stanza of a chat's life, between a commit and what follows from it, in an orderly way."""

from __future__ import annotations

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import (
    INVITED,
    OFFER,
    ComponentKilled,
    ComponentRestarted,
    KilledAfterCommit,
    KilledBeforeCommit,
)

TIMES = ROUNDS if IS_LONG else 1


async def test_killed_at_a_stanza(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, OF-1, OF-8: told or not, nobody is told twice. The first invitation is the visitor's, others are staff's"""
    told = [(OFFER, 1, True), (OFFER, 1, False), (INVITED, 1, True), (INVITED, 2, False)]
    if IS_LONG:
        told += [(INVITED, 1, False), (INVITED, 2, True), (INVITED, 3, True), (INVITED, 3, False)]
    exact = [ComponentKilled(pattern, count, is_lost=is_lost) for pattern, count, is_lost in told]
    await endures(await make_world(), *exact, *(ComponentKilled() for _ in range(2 * TIMES)))


async def test_killed_at_a_commit_and_stopped(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RO-3"""
    faults = (KilledAfterCommit, KilledBeforeCommit, ComponentRestarted)
    await endures(await make_world(), *(fault() for _ in range(TIMES) for fault in faults))
