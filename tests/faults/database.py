"""The desk's database as the judge reads it: plain SQL, read-only, in this one place. And what faults do to it."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from tests.faults.evidence import (
    ChatRow,
    DutyRow,
    InvitationRow,
    LetterRow,
    OfferRow,
    Recorded,
)
from tests.servers.postgresql import PostgreSQL

Row = dict[str, Any]
T = TypeVar("T")

CHATS = """
    SELECT id, state, room, visitor_bare, visitor_name, asked_at, helper, opened_at, closed_at, outcome,
           visitor_gone_at
    FROM chat ORDER BY priority DESC, asked_at, id
"""
OFFERS = "SELECT id, chat_id, helper, state, made_at, expires_at, told_at, decided_at FROM offer ORDER BY id"
INVITATIONS = "SELECT chat_id, jid, part, told_at, ended_at FROM invitation"
DUTIES = "SELECT jid, role, max_chats FROM duty"
STANDINGS = "SELECT jid, standing FROM account"
LETTERS = 'SELECT id, "to", kind, sent_at FROM letter'
WRITTEN = ("chat", "offer", "invitation", "visit", "message", "notice", "letter", "duty", "account")


class Database(ABC):
    """kind: sqlite or postgresql. url: as in the desk's configuration."""

    kind: str
    url: str

    @abstractmethod
    async def rows(self, query: str) -> list[Row]: ...

    @abstractmethod
    async def commits(self) -> object:
        """Return what is another after each commit that changed anything."""

    @abstractmethod
    async def lock(self) -> None:
        """Keep everybody from writing until unlock(), as a backup or an administrator's session can."""

    @abstractmethod
    async def unlock(self) -> None: ...

    async def close(self) -> None:
        await self.unlock()

    async def read(self) -> Recorded:
        """Return all that is recorded, except the words: these are judged as they are exported."""
        return Recorded(
            chats=_values(ChatRow, await self.rows(CHATS)),
            offers=_values(OfferRow, await self.rows(OFFERS)),
            invitations=_values(InvitationRow, await self.rows(INVITATIONS)),
            duties=_values(DutyRow, await self.rows(DUTIES)),
            letters=_values(LetterRow, await self.rows(LETTERS)),
            standings={row["jid"]: row["standing"] for row in await self.rows(STANDINGS)},
        )


def _values(kind: type[T], rows: list[Row]) -> tuple[T, ...]:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return tuple(kind(**{name: row[name] for name in names}) for row in rows)


class SQLite(Database):
    kind = "sqlite"

    def __init__(self, file: Path) -> None:
        self.file, self.url = file, f"sqlite:///{file}"
        self._watching: sqlite3.Connection | None = None
        self._locking: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=5)
        connection.row_factory = sqlite3.Row
        return connection

    async def rows(self, query: str) -> list[Row]:
        with closing(self._open()) as connection:
            return [dict(row) for row in connection.execute(query)]

    async def commits(self) -> object:
        self._watching = self._watching or self._open()
        return self._watching.execute("PRAGMA data_version").fetchone()[0]

    async def lock(self) -> None:
        self._locking = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        self._locking.execute("BEGIN EXCLUSIVE")

    async def unlock(self) -> None:
        if self._locking is not None:
            self._locking.close()
            self._locking = None

    async def close(self) -> None:
        await super().close()
        if self._watching is not None:
            self._watching.close()


class PostgreSQLDatabase(Database):
    kind = "postgresql"

    def __init__(self, server: PostgreSQL) -> None:
        self.server, self.url = server, server.new_database()
        self._locking: psycopg.Connection[Any] | None = None

    async def rows(self, query: str) -> list[Row]:
        """Raises ConnectionError when the server is away, or when somebody holds a lock: maybe this test itself."""
        patience = "-c lock_timeout=200"
        try:
            with psycopg.connect(self.url, autocommit=True, row_factory=dict_row, options=patience) as connection:
                return connection.execute(query.encode()).fetchall()
        except psycopg.Error as error:
            raise ConnectionError(str(error)) from error

    async def commits(self) -> object:
        return (await self.rows("SELECT pg_current_wal_insert_lsn()::text AS at"))[0]["at"]

    async def lock(self) -> None:
        self._locking = psycopg.connect(self.url)
        while True:
            try:
                self._locking.execute(f"LOCK TABLE {', '.join(WRITTEN)} IN ACCESS EXCLUSIVE MODE".encode())
            except psycopg.errors.DeadlockDetected:  # the desk had one of the tables, and wanted another one
                self._locking.rollback()
            else:
                return

    async def unlock(self) -> None:
        if self._locking is not None:
            self._locking.close()
            self._locking = None


@dataclass(frozen=True)
class Commit:
    """A moment of the database, to see whether something was committed since."""

    database: Database
    at: object

    @classmethod
    async def last(cls, database: Database) -> Commit:
        return cls(database, await database.commits())

    async def is_passed(self) -> bool:
        return bool(await self.database.commits() != self.at)
