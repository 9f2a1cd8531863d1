"""Connections and transactions, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.store.chats import ChatTable
from livechat_xmpp.store.offers import OfferTable
from livechat_xmpp.store.people import AccountTable, DutyTable
from livechat_xmpp.store.rooms import InvitationTable, NoticeTable, VisitTable
from livechat_xmpp.store.words import LetterTable, MessageTable

BUSY_TIMEOUT_S = 60  # how long SQLite waits for another process, such as an export or a backup


class TouchedParts:
    """What has to be looked at after the commit (usecases.ports.Touched)."""

    def __init__(self) -> None:
        self.chats: dict[ChatId, bool] = {}
        self.queues = False
        self.letters = False
        self.staff = False
        self.facts: list[tuple[str, Mapping[str, str | int | None]]] = []


class Transaction:
    """One transaction and the tables seen through it (usecases.ports.Work)."""

    def __init__(self, db: AsyncConnection, now: datetime) -> None:
        self.now = now
        self.accounts = AccountTable(db)
        self.duties = DutyTable(db)
        self.chats = ChatTable(db)
        self.offers = OfferTable(db)
        self.invitations = InvitationTable(db)
        self.visits = VisitTable(db)
        self.messages = MessageTable(db)
        self.notices = NoticeTable(db)
        self.letters = LetterTable(db)
        self.touched = TouchedParts()

    def touch(self, chat_id: ChatId, *, is_urgent: bool = False) -> None:
        self.touched.chats[chat_id] = is_urgent or self.touched.chats.get(chat_id, False)

    def touch_queues(self) -> None:
        self.touched.queues = True

    def touch_letters(self) -> None:
        self.touched.letters = True

    def fact(self, what: str, **fields: str | int | None) -> None:
        self.touched.facts.append((what, {k: v for k, v in fields.items() if v}))

    def touch_staff(self) -> None:
        self.touched.staff = True


class Store:
    """Where transactions come from (usecases.ports.Transactions)."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        # SQLite has a single writer, and its own waiting for the lock is what makes p99 long. On PostgreSQL
        # the rules read and write as one process too, so that a check still holds at the commit.
        self._writer = asyncio.Lock()
        self.commits = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
        """Yield a store on the database at url; it has to be migrated already."""
        engine = make_engine(url)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            yield cls(engine, clock)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._writer, self._engine.connect() as db:
            await db.execution_options(livechat_write=True)
            async with db.begin():
                yield Transaction(db, self._clock())
            self.commits += 1  # before anything else is awaited: who compares it reads anew

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self._engine.connect() as db:
            if db.dialect.name == "postgresql":  # one moment for all statements, as SQLite gives by itself
                await db.execution_options(isolation_level="REPEATABLE READ")
            async with db.begin():
                yield Transaction(db, self._clock())

    async def check(self) -> None:
        """Raise what the database says when it does not answer."""
        async with self._engine.connect() as db:
            await db.execute(text("SELECT 1"))


def make_engine(url: str) -> AsyncEngine:
    """Return an engine for the URL, SQLite set up so that commits are safe and readers do not wait.

    Errors are told without the values: these are words and addresses of visitors, and errors get logged.
    """
    if not make_url(url).get_backend_name().startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # so that BEGIN is ours: the driver's would come late
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        is_write = connection.get_execution_options().get("livechat_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine
