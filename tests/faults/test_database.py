"""The database is locked by somebody else, restarted, or has no space left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.database import Database, SQLite
from tests.faults.faults import DatabaseLocked, DiskFull, KilledAfterCommit, PostgreSQLRestarted
from tests.faults.machine import Disk, a_disk

TIMES = ROUNDS if IS_LONG else 1
LOCKED_S = 30.0 if IS_LONG else 6.0
FULL_S = 30.0 if IS_LONG else 4.0

both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = a_disk(folder)
    yield made
    made.close()


@both
async def test_locked(make_world: MakeWorld, endures: Try) -> None:
    """RU-3"""
    await endures(await make_world(), *(DatabaseLocked(LOCKED_S) for _ in range(TIMES)))


@postgresql
async def test_restarted(make_world: MakeWorld, endures: Try) -> None:
    """RU-4"""
    await endures(await make_world(), *(PostgreSQLRestarted() for _ in range(TIMES)))


@postgresql
async def test_component_killed_between_a_commit_and_what_follows(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RU-4"""
    await endures(await make_world(), *(KilledAfterCommit() for _ in range(TIMES)))


class TestFull:
    @pytest.fixture
    def database(self, disk: Disk) -> Database:
        return SQLite(disk.folder / "livechat.db")

    async def test_full(self, make_world: MakeWorld, endures: Try, disk: Disk) -> None:
        """RU-3"""
        await endures(await make_world(), *(DiskFull(disk, FULL_S) for _ in range(TIMES)))
