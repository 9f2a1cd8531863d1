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

TIMES = ROUNDS if IS_LONG else 2


async def test_killed_at_any_stanza(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(ComponentKilled() for _ in range(TIMES)))


async def test_killed_at_an_offer(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, OF-1: told or not, nobody is told of it twice"""
    world = await make_world()
    await endures(world, ComponentKilled(OFFER, 1, is_lost=True), ComponentKilled(OFFER, 1, is_lost=False))


async def test_killed_at_an_invitation(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, OF-8: the first is the visitor's, the others are staff's"""
    world = await make_world()
    when = [(1, True), (1, False), (2, True), (3, False)]
    await endures(world, *(ComponentKilled(INVITED, count, is_lost=lost) for count, lost in when))


async def test_killed_between_a_commit_and_what_follows(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(KilledAfterCommit() for _ in range(TIMES)))


async def test_killed_before_a_commit(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(KilledBeforeCommit() for _ in range(TIMES)))


async def test_stopped_and_started(make_world: MakeWorld, endures: Try) -> None:
    """RO-3"""
    await endures(await make_world(), ComponentRestarted())
