"""What passes by itself: PostgreSQL restarted, sessions ended, deadlocks. Units wait for it, and begin anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import InDoubt, Store, Transaction
from livechat_xmpp.usecases.ports import StoreTrouble
from tests.contract.conftest import Watch
from tests.factories import a_helper, jid
from tests.servers.postgresql import PostgreSQL

PATIENCE_S = 30.0
END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """One that may be stopped without taking it from other tests."""
    made = PostgreSQL()
    yield made
    made.stop()


@pytest.fixture
def database(server: PostgreSQL) -> str:
    url = server.new_database()
    asyncio.run(migrate.upgrade(url))
    return url


@pytest_asyncio.fixture
async def patient(database: str, watch: Watch) -> AsyncIterator[Store]:
    async with Store.opened(database, watch.now, patience_s=PATIENCE_S) as store:
        yield store


def end_sessions(database: str) -> None:
    """Have the server end all sessions, and wait until they are gone."""
    with psycopg.connect(database, autocommit=True) as db:
        while db.execute(END_OTHERS).fetchall():
            pass


async def test_units_wait_for_a_restart(patient: Store, server: PostgreSQL) -> None:
    await patient.check()
    server.halt()
    writing = asyncio.ensure_future(patient.write(lambda work: work.accounts.put(a_helper("ana"))))
    reading = asyncio.ensure_future(patient.read(lambda work: work.accounts.list()))
    server.start()
    await writing
    await reading
    assert await patient.read(lambda work: work.accounts.find(jid("ana"))) == a_helper("ana")


async def test_patience_has_an_end(database: str, watch: Watch, server: PostgreSQL) -> None:
    async with Store.opened(database, watch.now, patience_s=0.3) as store:
        server.halt()
        try:
            with pytest.raises(StoreTrouble, match="Connection refused"):
                await store.check()
        finally:
            server.start()
        await store.check()


async def test_a_unit_that_loses_its_session_begins_anew(patient: Store, database: str) -> None:
    tries: list[Transaction] = []

    def unit(work: Transaction) -> None:
        work.accounts.put(a_helper(f"try-{len(tries)}"))
        tries.append(work)
        if len(tries) == 1:
            end_sessions(database)
        work.accounts.put(a_helper("ana"))

    await patient.write(unit)
    assert len(tries) == 2
    assert [a.jid for a in await patient.read(lambda work: work.accounts.list())] == [jid("ana"), jid("try-1")]


async def test_a_deadlock_is_resolved_by_trying_again(patient: Store, database: str) -> None:
    await patient.write(lambda work: work.accounts.put(a_helper("ana")))
    await patient.write(lambda work: work.accounts.put(a_helper("ben")))
    admin = database.replace("livechat@", "postgres@")  # who alone may set the time after which a session looks
    async with await psycopg.AsyncConnection.connect(admin) as other:
        lock = "UPDATE account SET is_subscribed = true WHERE jid = %s"
        await other.execute("SET deadlock_timeout = '30s'")
        await other.execute(lock, (jid("ben"),))
        crossing: list[asyncio.Future[object]] = []
        tries = 0
        loop = asyncio.get_running_loop()

        def unit(work: Transaction) -> None:
            nonlocal tries
            tries += 1
            work.accounts.put(a_helper("ana", is_subscribed=True))
            if tries == 1:  # from here on each waits for the other
                loop.call_soon_threadsafe(
                    lambda: crossing.append(asyncio.ensure_future(other.execute(lock, (jid("ana"),))))
                )
            work.accounts.put(a_helper("ben", is_subscribed=True))

        writing = asyncio.ensure_future(patient.write(unit))
        while not crossing:
            await asyncio.wait({writing}, timeout=0.01)
        await crossing[0]  # as the writer, whose session looks for deadlocks sooner, was rolled back
        await other.commit()
        await writing
    assert tries == 2


async def test_a_commit_in_doubt_is_not_repeated(
    patient: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Transaction] = []

    def unit(work: Transaction) -> None:
        tries.append(work)
        work.accounts.put(a_helper("ana"))

    monkeypatch.setattr(patient.fence, "wait", lambda: end_sessions(database))  # the last thing before the commit
    with pytest.raises(InDoubt):
        await patient.write(unit)
    assert len(tries) == 1


async def test_what_does_not_pass_is_said_at_once(patient: Store, database: str) -> None:
    tries: list[Transaction] = []

    def unit(work: Transaction) -> None:
        tries.append(work)
        work._db.exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(DBAPIError):
        await patient.write(unit)
    assert len(tries) == 1


def make_read_only(database: str, how: str) -> None:
    """Have all sessions from now on be as on a standby that is not promoted yet; how: on or off."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("SET default_transaction_read_only = off")
        db.execute(f"ALTER DATABASE {db.info.dbname} SET default_transaction_read_only = {how}".encode())
    end_sessions(database)


async def test_what_a_standby_refuses_to_write_is_trouble_and_no_bug(database: str, watch: Watch) -> None:
    async with Store.opened(database, watch.now, patience_s=0.3) as store:
        make_read_only(database, "on")
        with pytest.raises(StoreTrouble, match="read-only transaction"):
            await store.write(lambda work: work.accounts.put(a_helper("ana")))
        assert await store.read(lambda work: work.accounts.list()) == []


async def test_units_wait_until_the_standby_is_promoted(patient: Store, database: str) -> None:
    make_read_only(database, "on")
    writing = asyncio.ensure_future(patient.write(lambda work: work.accounts.put(a_helper("ana"))))
    await patient.check()
    make_read_only(database, "off")
    await writing
    assert [a.jid for a in await patient.read(lambda work: work.accounts.list())] == [jid("ana")]
