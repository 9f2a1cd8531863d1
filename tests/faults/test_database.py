"""The database is locked by somebody else, restarted, or has no space left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.at_once import KilledWhileLocked, ResetWhileLocked, ServerRestartedWhileLocked
from tests.faults.conftest import IS_LONG, ROUNDS, MakeWorld, Try
from tests.faults.database import Database, SQLite
from tests.faults.faults import ComponentKilled, DatabaseLocked, DiskFull, KilledAfterCommit, PostgreSQLRestarted
from tests.faults.machine import Disk, a_disk
from tests.faults.sessions import ReadOnly, SessionsEnded

TIMES = ROUNDS if IS_LONG else 1
LOCKED_S = 30.0 if IS_LONG else 5.0
FULL_S = 30.0 if IS_LONG else 4.0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_postgresql(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RU-4"""
    faults = (DatabaseLocked(LOCKED_S), PostgreSQLRestarted(), KilledAfterCommit(), ComponentKilled())
    await endures(await make_world(), *(fault for _ in range(TIMES) for fault in faults))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_sessions_of_postgresql(make_world: MakeWorld, endures: Try) -> None:
    """RU-3, RU-4"""
    faults = (SessionsEnded(), ReadOnly(FULL_S))
    await endures(await make_world(), *(fault for _ in range(TIMES) for fault in faults))


class TestSQLite:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Disk]:
        folder = tmp_path / "disk"
        folder.mkdir()
        made = a_disk(folder)
        yield made
        made.close()

    @pytest.fixture
    def database(self, disk: Disk) -> Database:
        return SQLite(disk.folder / "livechat.db")

    async def test_sqlite(self, make_world: MakeWorld, endures: Try, disk: Disk) -> None:
        """RU-3"""
        world = await make_world()
        locked = (DatabaseLocked(LOCKED_S), ResetWhileLocked(), KilledWhileLocked(), ServerRestartedWhileLocked())
        faults = (*(locked if IS_LONG else world.dice.sample(locked, 1)), DiskFull(disk, FULL_S))
        await endures(world, *(fault for _ in range(TIMES) for fault in faults))
