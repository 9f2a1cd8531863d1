"""Faults of PostgreSQL's sessions: they end one by one, or may only read, as on a standby that is not promoted yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tests.faults.faults import Fault, for_so_long

if TYPE_CHECKING:
    from tests.faults.world import World

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random()
"""


def _end_sessions(url: str, most: str = "ALL") -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"{END_OTHERS} LIMIT {most}".encode())


class SessionsEnded(Fault):
    """Somebody ends session after session: those that write, that read, that hold the lock."""

    name = "PostgreSQL's sessions ended one by one"
    excuses = ("psycopg.",)

    async def strike(self, world: World) -> None:
        await self.begins(world)
        for _ in range(8):
            _end_sessions(world.database.url, "1")
            await for_so_long(0.3)


class ReadOnly(Fault):
    name = "PostgreSQL read-only"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def strike(self, world: World) -> None:
        await self.begins(world)
        self._set(world.database.url, "on")
        try:
            await for_so_long(self._seconds)
        finally:
            self._set(world.database.url, "off")

    @staticmethod
    def _set(url: str, how: str) -> None:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("SET default_transaction_read_only = off")
            db.execute(f"ALTER DATABASE {db.info.dbname} SET default_transaction_read_only = {how}".encode())
        _end_sessions(url)
