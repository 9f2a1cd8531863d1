"""The lock that one process of a component holds, on both databases, and the fence that closes without it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from livechat_xmpp.store.advisory_lock import AdvisoryLock
from livechat_xmpp.store.database import Store
from livechat_xmpp.store.fence import Fence, LockLost, moment_s
from livechat_xmpp.store.file_lock import FileLock
from livechat_xmpp.store.lock import DeskLock
from livechat_xmpp.store.locks import lock_for
from livechat_xmpp.store.postgresql import session_name
from tests.contract.conftest import Watch
from tests.factories import a_helper, jid
from tests.servers.postgresql import PostgreSQL
from tests.servers.waiting import wait_until_async

US, THEM = "workgroup.localhost", "workgroup.example.org"
TAKEOVER_S, LIMIT_S = 10.0, 20.0
BACK_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture
def locks(empty: Callable[[], str]) -> Callable[..., DeskLock]:
    """`locks()` is one more process' lock on the same database; `locks(THEM)` another component's."""
    url = empty()
    return lambda component=US: lock_for(url, component, TAKEOVER_S)


@pytest.fixture
def database(postgresql: PostgreSQL) -> str:
    return postgresql.new_database()


async def is_free(lock: DeskLock) -> bool:
    """Return whether somebody else could take it."""
    try:
        return await lock.take()
    finally:
        await lock.release()


@asynccontextmanager
async def taken(lock: DeskLock) -> AsyncIterator[DeskLock]:
    """Take it; the server may take a moment to see that the one before has gone."""
    async with asyncio.timeout(LIMIT_S):
        while not await lock.take():
            pass
    async with lock.kept():
        yield lock


async def run(database: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as db:
        cursor = await db.execute(statement.encode(), values)
        return await cursor.fetchall() if cursor.description else []


# --- one at a time


async def test_the_second_has_to_wait_and_is_told_for_whom(locks: Callable[..., DeskLock]) -> None:
    second = locks()
    async with taken(locks()) as first:
        assert not await second.take()
        assert f"pid {os.getpid()}" in second.holder
        assert first.fence.is_open()
        assert not second.fence.is_open()
    async with taken(second):
        assert second.fence.is_open()
    assert not first.fence.lost_because


async def test_a_file_lock_is_of_the_database_whatever_its_path_is_called(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    async with taken(lock_for(f"sqlite:///{tmp_path}/real/x.db", US, TAKEOVER_S)):
        assert not await is_free(lock_for(f"sqlite:///{tmp_path}/link/x.db", US, TAKEOVER_S))


async def test_components_on_one_postgresql_do_not_wait_for_each_other(database: str) -> None:
    async with taken(lock_for(database, US, TAKEOVER_S)), taken(lock_for(database, THEM, TAKEOVER_S)):
        assert not await is_free(lock_for(database, US, TAKEOVER_S))


async def test_a_lock_file_that_was_replaced_is_lost(tmp_path: Path) -> None:
    """Whoever starts now locks the new file: two would have the desk."""
    lock = FileLock(str(tmp_path / "x.db"), takeover_s=0.1)
    async with taken(lock):
        (tmp_path / "x.db.lock").unlink()
        await asyncio.wait_for(lock.fence.lost.wait(), LIMIT_S)
        assert not lock.fence.is_open()


@pytest.mark.parametrize("becomes", ["removed", "replaced"])
async def test_with_the_database_file_the_lock_is_lost(tmp_path: Path, becomes: str) -> None:
    """What is written to a file without a name is written for nobody."""
    lock, file = FileLock(str(tmp_path / "x.db"), takeover_s=0.1), tmp_path / "x.db"
    async with taken(lock):
        confirmed = asyncio.Event()
        lock.fence.on_open = confirmed.set
        file.touch()  # by the migrations, which come after the lock
        await asyncio.wait_for(confirmed.wait(), LIMIT_S)
        assert not lock.fence.lost_because
        (tmp_path / "copy.db").touch()
        if becomes == "replaced":
            (tmp_path / "copy.db").replace(file)
        else:
            file.unlink()
        await asyncio.wait_for(lock.fence.lost.wait(), LIMIT_S)
        assert lock.fence.lost_because == f"x.db was {becomes}"


async def test_who_may_not_make_the_table_is_told_so(database: str) -> None:
    """And does not wait for ever, as if another process had the desk."""
    name = database.rpartition("/")[2]
    await run(database, f"ALTER ROLE livechat IN DATABASE {name} SET search_path = nowhere")
    with pytest.raises(psycopg.ProgrammingError, match="schema"):
        await AdvisoryLock(database, US, TAKEOVER_S).take()


# --- without it nothing is done


async def test_a_session_that_ended_closes_the_fence_before_anybody_is_told(database: str) -> None:
    lock = AdvisoryLock(database, US, TAKEOVER_S)
    assert await lock.take()  # nobody watches over it: as if the process had not come to it yet
    assert lock.fence.is_open()
    await run(database, BACK_END, f"{session_name(US)} lock")
    await wait_until_async(lambda: not lock.fence.is_open(), "the fence is closed")
    await lock.release()


async def test_a_session_without_a_word_is_ended_by_the_server(database: str) -> None:
    """The process is frozen, as far as the server sees."""
    lock = AdvisoryLock(database, US, takeover_s=1.0)
    assert await lock.take()
    other = AdvisoryLock(database, US, takeover_s=1.0)
    taken_after = moment_s()
    async with asyncio.timeout(20):
        while not await other.take():
            assert await run(database, "SELECT 1")
    assert moment_s() - taken_after > 0.5, "it was taken while the first still believed in it"
    assert not lock.fence.is_open()
    await lock.release()
    await other.release()


async def test_the_lock_is_had_again_if_nobody_else_had_it(database: str) -> None:
    regained = asyncio.Event()
    lock = AdvisoryLock(database, US, TAKEOVER_S)
    lock.on_regained = regained.set
    async with taken(lock):
        await run(database, BACK_END, f"{session_name(US)} lock")
        await asyncio.wait_for(regained.wait(), LIMIT_S)
        assert lock.fence.is_open()
        assert not await is_free(AdvisoryLock(database, US, TAKEOVER_S))


async def test_the_lock_is_lost_if_another_had_it_meanwhile(database: str) -> None:
    """Also if the other one is gone again: what we know is not true any more."""
    lock = AdvisoryLock(database, US, TAKEOVER_S)
    async with taken(lock):
        await run(database, "UPDATE desk_lock SET owner = 'another'")
        await run(database, BACK_END, f"{session_name(US)} lock")
        await asyncio.wait_for(lock.fence.lost.wait(), LIMIT_S)
    assert lock.fence.lost_because == "another process had it meanwhile"


async def test_an_old_session_of_our_own_is_not_taken_for_another_process(database: str) -> None:
    """The network forgot the connection; the server does not know yet."""
    regained = asyncio.Event()
    lock = AdvisoryLock(database, US, TAKEOVER_S)
    lock.on_regained = regained.set
    async with taken(lock):
        forgotten, lock._db = lock._db, None  # stays open, and has the lock
        assert forgotten is not None
        asyncio.get_running_loop().remove_reader(forgotten.fileno())
        await lock._regain()
        assert regained.is_set()
        assert lock.fence.is_open()
        await forgotten.close()


async def test_who_takes_over_ends_the_sessions_of_the_process_before(database: str, watch: Watch) -> None:
    """A transaction that it had begun is not committed, whenever it wakes."""

    async def is_overtaken(store: Store) -> None:
        with store.writing() as work:
            work.ping()
            async with taken(AdvisoryLock(database, US, TAKEOVER_S)):
                work.ping()

    async with Store.opened(database, watch.now, session_name=session_name(US)) as store:
        with pytest.raises(OperationalError):
            await is_overtaken(store)


async def test_sessions_of_others_are_left_alone(database: str, watch: Watch) -> None:
    async with (
        Store.opened(database, watch.now, session_name=session_name(THEM)) as theirs,
        Store.opened(database, watch.now) as export,
    ):
        with theirs.writing() as work, export.reading() as other:
            work.ping()
            other.ping()
            async with taken(AdvisoryLock(database, US, TAKEOVER_S)):
                work.ping()
                other.ping()


# --- the fence


def test_a_fence_believes_a_confirmation_for_so_long_and_no_longer() -> None:
    fence = Fence(longest_s=5.0)
    assert not fence.is_open()
    fence.confirm(moment_s() - 4.0)
    assert fence.is_open()
    fence.confirm(moment_s() - 5.0)
    assert not fence.is_open()


async def test_a_commit_waits_for_the_fence(url: str, watch: Watch) -> None:
    fence = Fence()
    async with Store.opened(url, watch.now, fence=fence) as store:
        writing = asyncio.ensure_future(store.write(lambda work: work.accounts.put(a_helper("ana"))))
        assert await store.read(lambda work: work.accounts.find(jid("ana"))) is None
        fence.confirm(moment_s())
        await writing
        assert await store.read(lambda work: work.accounts.find(jid("ana"))) == a_helper("ana")


async def test_nothing_is_committed_without_the_lock(url: str, watch: Watch) -> None:
    fence = Fence()
    async with Store.opened(url, watch.now, fence=fence) as store:
        writing = asyncio.ensure_future(store.write(lambda work: work.accounts.put(a_helper("ana"))))
        fence.lose("another process has it")
        with pytest.raises(LockLost, match="another process has it"):
            await writing
        assert await store.read(lambda work: work.accounts.find(jid("ana"))) is None


def test_whoever_waits_for_a_fence_hears_of_its_end() -> None:
    fence = Fence()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fence.wait)
        fence.lose("it was taken")
        with pytest.raises(LockLost):
            waiting.result(LIMIT_S)


# --- names


@pytest.mark.parametrize(
    ("component", "name"),
    [
        pytest.param(US, f"livechat_xmpp {US}", id="as it is"),
        pytest.param("a" * 60 + ".example.org", None, id="longer than PostgreSQL's names"),
        pytest.param("hilfe.müller.example", None, id="other letters"),
    ],
)
async def test_names_of_sessions_are_those_that_postgresql_shows(
    database: str, component: str, name: str | None
) -> None:
    named = session_name(component)
    assert named == name or (name is None and named != session_name(component + "x"))
    async with taken(AdvisoryLock(database, component, TAKEOVER_S)):
        rows = await run(database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", f"{named} lock")
    assert rows == [(1,)]
