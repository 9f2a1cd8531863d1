"""The lock on a PostgreSQL database: an advisory lock that ends with the connection that took it.

Besides the lock there is a record of who had it last, in a table of its own: it has to be there before any migration.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import secrets
import socket
from math import ceil
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import make_url

from livechat_xmpp.store.fence import LockLost, moment_s
from livechat_xmpp.store.lock import DeskLock, this_process
from livechat_xmpp.store.postgresql import arguments, session_name

log = logging.getLogger(__name__)

TRY_AGAIN_S = 0.2  # while the database is away: sooner than a standby, which then finds the lock taken
END_LIMIT_S = 5.0  # for the sessions of the process before us to be gone; they are ended, not asked
HAS_IDLE_SESSION_TIMEOUT = 140_000  # PostgreSQL 14

IS_THERE = "SELECT to_regclass('desk_lock') IS NOT NULL"
TABLE = """
    CREATE TABLE IF NOT EXISTS desk_lock (
        key bigint PRIMARY KEY, owner text NOT NULL, process text NOT NULL, since_at timestamptz NOT NULL
    )
"""
OWN = """
    INSERT INTO desk_lock (key, owner, process, since_at) VALUES (%(key)s, %(owner)s, %(process)s, now())
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, process = excluded.process, since_at = excluded.since_at
"""
# A bigint key is shown in two halves (PostgreSQL manual, "pg_locks").
HOLDER = """
    SELECT a.pid, a.backend_start FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = %(key)s
"""
END_SESSIONS = """
    SELECT count(*), count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = %(name)s
"""
THIS_SESSION = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


def lock_key(component: str) -> int:
    """Return the number of the component's lock: several components may share one database."""
    return int.from_bytes(hashlib.sha256(component.encode()).digest()[:8], "big", signed=True)


class AdvisoryLock(DeskLock):
    """For PostgreSQL. The server gives the lock to another after takeover_s without a word from us, however it comes.

    The session of a process that is stopped, or cut off, is ended by the server's own timeouts, which are set for
    this session. Long before, the fence is closed: it believes a confirmation for half of takeover_s.
    """

    def __init__(self, url: str, component: str, takeover_s: float) -> None:
        super().__init__(takeover_s, longest_s=takeover_s / 2)
        self._url = make_url(url)
        self._takeover_s = takeover_s
        name = session_name(component)
        self._session_name = f"{name} lock"
        self._owner = secrets.token_hex(16)
        self._values = {
            "key": lock_key(component),
            "owner": self._owner,
            "process": this_process(),
            "name": name,
        }
        self._db: psycopg.AsyncConnection[Any] | None = None
        self._is_known = False  # all went well once: trouble later is no mistake in the configuration
        self._not_before = 0.0  # of the next try; 0: the database answers
        self._our_sessions: set[tuple[Any, ...] | None] = set()

    # --- as a standby

    async def take(self) -> bool:
        if moment_s() < self._not_before:
            return False
        asked_at = moment_s()
        try:
            if self._db is None:
                await self._connect()
            self._not_before = 0.0
            if not await self._ask("SELECT pg_try_advisory_lock(%(key)s)"):
                self.holder = await self._last_holder()
                self._is_known = True
                return False
            await self._own()
        except psycopg.Error as error:
            await self.release()
            if not self._is_known or not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
                raise
            if not self._not_before:
                log.warning("the database does not answer", extra={"error": type(error).__name__})
            # Whoever had the lock may be there still, and is to be the first to ask for it again.
            self._not_before = moment_s() + self._takeover_s / 2
            return False
        self._believe(asked_at)
        return True

    async def _last_holder(self) -> str:
        if not await self._ask(IS_THERE):
            return ""  # the other one is at its very beginning
        return str(await self._ask("SELECT process FROM desk_lock WHERE key = %(key)s") or "")

    async def _own(self) -> None:
        """Write down that the lock is ours, then end what is left in the database of the process before us."""
        if not await self._ask(IS_THERE):
            with contextlib.suppress(psycopg.errors.UniqueViolation):  # another component made it at this moment
                await self._ask(TABLE)
        await self._ask(OWN)
        give_up_at = moment_s() + END_LIMIT_S
        while count := await self._ask(END_SESSIONS):
            if moment_s() > give_up_at:
                log.warning("sessions of another process do not end", extra={"count": count})
                return
            await asyncio.sleep(TRY_AGAIN_S)

    # --- with the lock

    async def _look(self) -> None:
        asked_at = moment_s()
        try:
            await self._ask("SELECT 1")
        except psycopg.Error as error:
            self.fence.close()
            log.warning("the connection of the lock is lost", extra={"error": type(error).__name__})
            await self._regain()
        else:
            self._believe(asked_at)

    async def _regain(self) -> None:
        """Get the lock again, unless another process had it meanwhile. Until then nothing is sent or committed."""
        give_up_at = moment_s() + self._takeover_s
        while not self._is_ending:
            await self.release()
            asked_at = moment_s()
            try:
                await self._connect()
                if await self._try_again():
                    log.info("the lock is ours again, nobody else had it")
                    self._believe(asked_at)
                    self.on_regained()
                    return
            except psycopg.Error as error:
                if moment_s() > give_up_at:
                    raise LockLost(f"the database does not answer: {type(error).__name__}") from error
            await asyncio.sleep(TRY_AGAIN_S)

    async def _try_again(self) -> bool:
        """Try once; False when only an old session of our own is in the way, which is ended. Raises LockLost."""
        if await self._ask("SELECT pg_try_advisory_lock(%(key)s)"):
            if await self._ask("SELECT owner FROM desk_lock WHERE key = %(key)s") != self._owner:
                raise LockLost("another process had it meanwhile")
            return True
        holder = await self._row(HOLDER)
        if holder is not None:
            if holder not in self._our_sessions:
                raise LockLost("another process has it")
            await self._ask("SELECT pg_terminate_backend(%(pid)s)", pid=holder[0])
        return False

    # --- the connection

    async def _connect(self) -> None:
        """Open a session that does not outlive us by more than takeover_s, whatever happens to us or the network."""
        self._db = await psycopg.AsyncConnection.connect(
            **arguments(self._url, self._session_name), autocommit=True, row_factory=tuple_row
        )
        probe_s, all_ms = ceil(self._takeover_s / 4), ceil(self._takeover_s * 1000)
        ours = {
            "tcp_keepalives_idle": 2 * probe_s,
            "tcp_keepalives_interval": probe_s,
            "tcp_keepalives_count": 2,
            "tcp_user_timeout": all_ms,
            "statement_timeout": all_ms,
        }
        if self._db.info.server_version >= HAS_IDLE_SESSION_TIMEOUT:
            ours["idle_session_timeout"] = all_ms
        for name, value in ours.items():
            await self._ask(f"SET {name} = {value}")
        self._our_sessions.add(await self._row(THIS_SESSION))

    async def _ask(self, statement: str, **values: object) -> Any:
        """Return the first value of the answer; None: there is no row."""
        row = await self._row(statement, **values)
        return None if row is None else row[0]

    async def _row(self, statement: str, **values: object) -> tuple[Any, ...] | None:
        """Return the first row of the answer. Raises psycopg.Error, also when none comes for takeover_s."""
        assert self._db is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._db.fileno())
        hang_up = loop.call_later(self._takeover_s, _hang_up, self._db.fileno())
        try:
            cursor = await self._db.execute(statement.encode(), {**self._values, **values})
            return await cursor.fetchone() if cursor.description else None
        finally:
            hang_up.cancel()

    def _believe(self, asked_at: float) -> None:
        """Tell the fence that the lock was ours after asked_at; look again once the server says a word unasked."""
        assert self._db is not None
        asyncio.get_running_loop().add_reader(self._db.fileno(), self._on_word, self._db.fileno())
        self.fence.confirm(asked_at, self._db.fileno())

    def _on_word(self, connection: int) -> None:
        asyncio.get_running_loop().remove_reader(connection)
        self._wake.set()

    async def release(self) -> None:
        self.fence.close()
        if self._db is not None:
            if not self._db.closed:
                asyncio.get_running_loop().remove_reader(self._db.fileno())
            await self._db.close()
            self._db = None


def _hang_up(connection: int) -> None:
    """Have whoever waits for the connection see its end; the descriptor stays theirs to close."""
    with socket.socket(fileno=os.dup(connection)) as double, contextlib.suppress(OSError):
        double.shutdown(socket.SHUT_RDWR)
