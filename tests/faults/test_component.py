"""The component dies: at any stanza of a chat's life, between a commit and what follows from it, in an orderly way."""

from __future__ import annotations

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.faults import OFFER, ComponentKilled, ComponentRestarted, KilledAfterCommit, KilledBeforeCommit

TIMES = ROUNDS if IS_LONG else 2


async def test_killed_before_any_stanza(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    world = await make_world()
    await endures(world, ComponentKilled(OFFER, 1), *(ComponentKilled() for _ in range(TIMES)))


async def test_killed_between_a_commit_and_what_follows(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(KilledAfterCommit() for _ in range(TIMES)))


async def test_killed_before_a_commit(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(KilledBeforeCommit() for _ in range(TIMES)))


async def test_stopped_and_started(make_world: MakeWorld, endures: Try) -> None:
    """RO-3"""
    await endures(await make_world(), ComponentRestarted())
