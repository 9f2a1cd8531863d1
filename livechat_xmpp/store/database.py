"""Connections and transactions, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from livechat_xmpp.domain.model import BareJid, Chat, ChatId, Standing
from livechat_xmpp.store.audit import AuditTable
from livechat_xmpp.store.changes import Changes
from livechat_xmpp.store.chats import ChatTable, with_standings
from livechat_xmpp.store.contact_lists import ContactListTable
from livechat_xmpp.store.fence import Fence
from livechat_xmpp.store.offers import OfferTable
from livechat_xmpp.store.people import AccountTable, DutyTable
from livechat_xmpp.store.postgresql import STATEMENT_TIMEOUT_S, arguments
from livechat_xmpp.store.registered import RegisteredTable
from livechat_xmpp.store.remembered import InTurn, Remembered
from livechat_xmpp.store.rooms import InvitationTable, NoticeTable, VisitTable
from livechat_xmpp.store.sweep import RecordTable
from livechat_xmpp.store.training import (
    ApplicationTable,
    CreditTable,
    EndorsementTable,
    EnquiryTable,
    PolicyTable,
)
from livechat_xmpp.store.words import LetterTable, MessageTable
from livechat_xmpp.store.writer import Outcome, Writer
from livechat_xmpp.usecases.ports import StoreTrouble

T = TypeVar("T")

READERS = 2  # threads that read; more only take turns with each other in one Python process
DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
BUSY_TIMEOUT_S = 60  # how long SQLite waits for another process, such as an export or a backup
SYNCHRONOUS = "FULL"  # of SQLite: what was committed is there after a loss of power, too
TRY_AGAIN_S = 0.1
WRITTEN = "livechat_written"  # in a connection's info: whether something was written
# PostgreSQL: serialization failure, deadlock: another session is let go first; read-only: a standby not promoted yet.
PASSING = ("40001", "40P01", "25006")

Unit = Callable[["Transaction"], Any]


def _nobody_counts(kind: str, seconds: float) -> None:
    pass


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

    def __init__(self, db: Connection, now: datetime, memory: Remembered, in_turn: InTurn | None = None) -> None:
        """memory: what may be taken as read. in_turn: None in transactions that take no turn with the writers."""
        self._db = db
        self.now = now
        self.changes = changes = Changes(in_turn.recall(memory) if in_turn else memory.chat)
        self.accounts = AccountTable(db, changes, memory, in_turn)
        self.duties = DutyTable(db, changes, in_turn)
        self.audit = AuditTable(db)
        self.registered = RegisteredTable(db)
        self.credits = CreditTable(db)
        self.endorsements = EndorsementTable(db)
        self.applications = ApplicationTable(db)
        self.enquiries = EnquiryTable(db)
        self.policies = PolicyTable(db)
        self.chats = ChatTable(db, changes, memory, in_turn, self.accounts)
        self.offers = OfferTable(db, changes, in_turn)
        self.invitations = InvitationTable(db, changes)
        self.visits = VisitTable(db, changes)
        self.messages = MessageTable(db)
        self.notices = NoticeTable(db, changes)
        self.letters = LetterTable(db)
        self.record = RecordTable(db)
        self.contact_lists = ContactListTable(db)
        self.touched = TouchedParts()

    def touch(self, chat_id: ChatId, *, is_urgent: bool = False) -> None:
        self.touched.chats[chat_id] = is_urgent or self.touched.chats.get(chat_id, False)

    def touch_queues(self) -> None:
        self.touched.queues = True

    def touch_letters(self) -> None:
        self.touched.letters = True

    def fact(self, what: str, **fields: str | int | None) -> None:
        self.touched.facts.append((what, {k: v for k, v in fields.items() if v not in (None, "")}))

    def touch_staff(self) -> None:
        self.touched.staff = True

    def ping(self) -> None:
        """Raise what the database says when it does not answer."""
        self._db.execute(text("SELECT 1"))


class InDoubt(StoreTrouble):
    """The connection broke during a commit: what was to be recorded may be recorded, or not."""


class Store:
    """Where transactions come from (usecases.ports.Transactions).

    A transaction is one function that runs as a whole in a thread of the store's (docs/decisions/0010): one for
    all that write, because SQLite has a single writer and because on PostgreSQL too a check then still holds at
    the commit; some for those that read, who wait for no writer.

    While PostgreSQL is away, as in a restart, units wait for it up to patience_s; one that was under way begins anew.
    Nothing is committed while the fence is closed.

    on_unit: told of each, in its thread: "read" or "write", and the seconds that it took, commit and all.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], fence: Fence | None = None, patience_s: float = 0.0
    ) -> None:
        self.fence = fence or Fence.always_open()
        self._patience_s = patience_s
        self._engine = engine
        self._clock = clock
        self._writer = Writer(self._run)
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._memory = Remembered()
        self.on_unit = _nobody_counts

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        url: str,
        clock: Callable[[], datetime],
        *,
        fence: Fence | None = None,
        patience_s: float = 0.0,
        session_name: str = "",
    ) -> AsyncIterator[Store]:
        """Yield a store on the database at url; it has to be migrated already."""
        store = cls(make_engine(url, session_name), clock, fence, patience_s)
        try:
            yield store
        finally:
            await asyncio.to_thread(store.close)

    def close(self) -> None:
        """Wait for what runs, then give the connections back."""
        self._writer.close()
        self._readers.shutdown()
        self._engine.dispose()

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run the unit in a transaction and commit; what it raises rolls back and is raised here.

        Raises StoreTrouble when the database cannot do it.
        """
        return cast(T, await self._writer.do(unit))

    async def survey(self, unit: Callable[[Transaction], T]) -> T:
        """Run the unit, which only reads, in turn with those that write: then nearly all is known without asking."""
        return cast(T, await self._writer.do(unit))

    def _run(self, units: Sequence[Unit]) -> list[Outcome]:
        """Run units of the writer's: in one transaction if all goes well, else each in one of its own."""
        begun = time.perf_counter()
        try:
            outcomes = self._together(units) if len(units) > 1 else []
        except InDoubt as doubt:
            outcomes = [Outcome(error=doubt) for _ in units]
        except Exception:
            outcomes = []  # rolled back; each may go well, or show who is to blame
        outcomes = outcomes or [self._alone(unit) for unit in units]
        for _ in units:
            self.on_unit("write", (time.perf_counter() - begun) / len(units))
        return outcomes

    def _together(self, units: Sequence[Unit]) -> list[Outcome]:
        """Run the units in one transaction. Raises what takes all of it back; a refusal before any writing does not."""
        with self._transaction() as db:
            return [self._one_of_several(db, unit) for unit in units]

    def _one_of_several(self, db: Connection, unit: Unit) -> Outcome:
        db.info[WRITTEN] = False
        work = Transaction(db, self._clock(), self._memory, self._memory.in_turn)
        try:
            return Outcome(unit(work))
        except DBAPIError:
            raise
        except Exception as error:
            if db.info[WRITTEN] or work.changes.are_any:
                raise
            return Outcome(error=error)
        finally:
            self._memory.in_turn.add(work.changes)

    def _alone(self, unit: Unit) -> Outcome:
        def once() -> Any:
            with self.writing() as work:
                return unit(work)

        try:
            return Outcome(self._patiently(once))
        except Exception as error:
            return Outcome(error=error)

    async def read(self, unit: Callable[[Transaction], T]) -> T:
        """Run the unit, which only reads, on one moment of the database."""

        def once() -> T:
            with self.reading() as work:
                return unit(work)

        def run() -> T:
            with self._timed("read"):
                return self._patiently(once)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def _patiently(self, once: Callable[[], T]) -> T:
        """Run a unit, and again if it was rolled back by what passes: a restart of PostgreSQL, a deadlock."""
        give_up_at = time.monotonic() + self._patience_s
        while True:
            try:
                return once()
            except DBAPIError as error:
                is_passing = _passes(error)
                if not is_passing or time.monotonic() > give_up_at:
                    if is_passing or isinstance(error, OperationalError) or _is_damaged(error):
                        raise StoreTrouble(_in_short(error)) from error
                    raise
            self.fence.wait()
            time.sleep(TRY_AGAIN_S)

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.on_unit(kind, time.perf_counter() - begun)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction in this thread: leaving the block commits, an exception rolls back."""
        with self._transaction() as db:
            work = Transaction(db, self._clock(), self._memory, self._memory.in_turn)
            try:
                yield work
            finally:
                self._memory.in_turn.add(work.changes)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Commit what is done in the block and take it over into memory; or forget all that it touched."""
        with self._engine.connect() as db:
            db.execution_options(livechat_write=True)
            try:
                yield db
                self.fence.wait()
                self._commit(db)
            except BaseException:  # in doubt too: what was known may have changed
                self._memory.forget(self._memory.in_turn.take_pending())
                raise
            self._memory.take_over(self._memory.in_turn.take_pending())

    def _commit(self, db: Connection) -> None:
        """Commit; nothing, when the unit asked nothing of the database."""
        try:
            db.commit()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise InDoubt(_in_short(error)) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self._engine.connect() as db:
            if db.dialect.name == "postgresql":  # one moment for all statements, as SQLite gives by itself
                db.execution_options(isolation_level="REPEATABLE READ")
            yield Transaction(db, self._clock(), self._memory)

    async def chat(self, chat_id: ChatId, also: Collection[BareJid] = ()) -> Chat | None:
        """Return the chat as committed last, as a rule from memory; also: people whose standing is wanted as well."""
        accounts = self._memory.accounts
        if accounts is None:
            ticket = self._memory.begin(None)
            accounts = {a.jid: a for a in await self.read(lambda work: work.accounts.list())}
            self._memory.keep_accounts(ticket, accounts)
        chat = self._memory.chat(chat_id)
        if chat is None:
            ticket = self._memory.begin(chat_id)
            chat = await self.read(lambda work: work.chats.load(chat_id))
            self._memory.keep_chat(chat_id, ticket, chat)
        return None if chat is None else with_standings(chat, accounts, also)

    async def standing_of(self, jid: BareJid) -> Standing | None:
        """Return the person's standing, as a rule from memory; None for visitors."""
        accounts = self._memory.accounts
        if accounts is None:
            account = await self.read(lambda work: work.accounts.find(jid))
        else:
            account = accounts.get(jid)
        return None if account is None else account.standing

    async def forget(self) -> None:
        """Forget what was committed last: a database that was away may have lost some of it."""
        await self.write(lambda work: self._memory.forget_all())

    async def check(self) -> None:
        """Raise what the database says when it does not answer."""
        await self.read(lambda work: work.ping())


def _passes(error: DBAPIError) -> bool:
    """Return whether the same may go well a little later, or on a new connection; SQLite has waited by itself."""
    if getattr(error.orig, "sqlstate", None) in PASSING:
        return True
    is_away = error.statement is None and isinstance(error, OperationalError)  # no connection could be made
    return error.connection_invalidated or (is_away and type(error.orig).__module__.startswith("psycopg"))


def _is_damaged(error: DBAPIError) -> bool:
    """Return whether the database's own data are broken: not our statement, and not what we wrote."""
    is_internal = (getattr(error.orig, "sqlstate", None) or "").startswith("XX")  # of PostgreSQL
    return is_internal or type(error) is DatabaseError  # of SQLite: malformed, not a database


def _in_short(error: DBAPIError) -> str:
    """Return what the database said, in one line; it never carries values of ours."""
    return " ".join(str(error.orig).split())[:200]


def _mark_writing(db: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """Note on the connection that something was written; whatever is no question counts as that."""
    if not statement.startswith(("SELECT", "BEGIN")):
        db.info[WRITTEN] = True


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None for one in memory, and for PostgreSQL."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if is_file else None


def _make_for_owner(file: Path) -> None:
    """Have a new database be for its owner alone, as it keeps what visitors said; SQLite's other files are as it is.

    One that is there is not even opened: closing it again would end the locks that SQLite has on it.
    """
    with contextlib.suppress(OSError):  # SQLite says what is wrong
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def make_engine(url: str, session_name: str = "", statement_timeout_s: float | None = STATEMENT_TIMEOUT_S) -> Engine:
    """Return an engine for the URL, SQLite set up so that commits are safe and readers do not wait.

    session_name, statement_timeout_s: for PostgreSQL; None: statements may take as long as they like.
    The URL says which database; the driver is ours to choose, so one named for async code is as good.
    Errors are told without the values: these are words and addresses of visitors, and errors get logged.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    parsed = parsed.set(drivername=DRIVERS[kind])
    if kind != "sqlite":
        ours = arguments(parsed, session_name, statement_timeout_s)
        engine = create_engine(parsed, connect_args=ours, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "before_cursor_execute", _mark_writing)
        return engine
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)
    event.listen(engine, "before_cursor_execute", _mark_writing)
    if (file := file_of(url)) is not None:
        event.listen(engine, "do_connect", lambda *_: _make_for_owner(file))

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # so that BEGIN is ours: the driver's would come late
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", f"synchronous={SYNCHRONOUS}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        is_write = connection.get_execution_options().get("livechat_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine
