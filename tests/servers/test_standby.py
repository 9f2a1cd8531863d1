"""Two processes with the same settings: one has the desk, the other waits, and takes over when the first is gone.

RU-4. docs/decisions/0012
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.places import database_url, is_free
from livechat_xmpp.store.advisory_lock import lock_key
from tests.people import Person, RealServer
from tests.people.elements import make, new_id
from tests.servers.desk import Desk
from tests.servers.postgresql import PostgreSQL
from tests.servers.throwaway import ThrowawayServer
from tests.servers.waiting import wait_until_async

PING = "{urn:xmpp:ping}ping"
SOON = {"LIVECHAT_DATABASE__TAKEOVER_S": "3"}
ENDED = 1  # exit status: the service manager starts it again


@dataclass
class Pair:
    """A server, and processes on one database. account: of ada, an admin, who is on duty."""

    real: RealServer
    server: ThrowawayServer
    folder: Path
    database: str
    account: Account
    ada: Person | None = None
    desks: list[Desk] = field(default_factory=list)

    @property
    def workgroup(self) -> str:
        return f"support@{self.real.component}"

    def desk(self, environment: Mapping[str, str] | None = None) -> Desk:
        """Return one more process, not started yet."""
        folder = self.folder / f"process-{len(self.desks)}"
        folder.mkdir()
        self.desks.append(Desk(self.server, folder, [self.account], environment or {}, self.database))
        return self.desks[-1]

    async def first(self, environment: Mapping[str, str] | None = None) -> Desk:
        """Return a process that has the desk."""
        desk = self.desk(environment)
        await desk.start_async()
        self.ada = await self.real.person("ada")
        assert (await self.ada.command("go-on-duty", submit=True)).is_completed
        return desk

    async def standby(self, environment: Mapping[str, str] | None = None) -> Desk:
        """Return one more process, which waits for the one that has the desk."""
        desk = self.desk(environment)
        desk.launch()
        await says(desk, "waits for the other process")
        return desk

    async def asks(self, visitor: Person) -> None:
        await visitor.presence(to=self.workgroup)
        request = await visitor.command("ask-for-help", at=self.workgroup, username="vic", question="How?")
        assert request.is_completed, request.notes

    async def waiting(self) -> int:
        """Return how many requests an admin is shown."""
        assert self.ada is not None
        return len((await self.ada.command("list-queue")).rows)


@contextlib.asynccontextmanager
async def pair(server: ThrowawayServer, folder: Path, database: str) -> AsyncIterator[Pair]:
    async with RealServer.of(server) as real:
        made = Pair(real, server, folder, database, Account(await real.register("ada"), "", "admin"))
        try:
            yield made
        finally:
            for desk in made.desks:
                if desk.is_running():
                    os.kill(desk.pid, signal.SIGCONT)
                    desk.kill()


@pytest.fixture(params=["prosody", "ejabberd"])
def server(request: pytest.FixtureRequest) -> ThrowawayServer:
    process: ThrowawayServer = request.getfixturevalue(request.param)
    return process


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def two(request: pytest.FixtureRequest, server: ThrowawayServer, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both kinds of database, beside each server."""
    async with pair(server, tmp_path, database_of(request, tmp_path)) as made:
        yield made


def database_of(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return database_url(folder)
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    return postgresql.new_database()


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def on_prosody(request: pytest.FixtureRequest, prosody: ThrowawayServer, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both kinds of database, where it does not matter which server it is."""
    async with pair(prosody, tmp_path, database_of(request, tmp_path)) as made:
        yield made


@pytest_asyncio.fixture
async def on_postgresql(server: ThrowawayServer, postgresql: PostgreSQL, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair(server, tmp_path, postgresql.new_database()) as made:
        yield made


@pytest.fixture(scope="module")
def own_postgresql() -> Iterator[PostgreSQL]:
    """One that a test may stop without taking it from others."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def on_own(prosody: ThrowawayServer, own_postgresql: PostgreSQL, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair(prosody, tmp_path, own_postgresql.new_database()) as made:
        yield made


# --- looking at processes


def log_of(desk: Desk) -> str:
    return desk.log.read_text("utf-8", errors="replace")


async def says(desk: Desk, text: str, count: int = 1) -> None:
    def is_said() -> bool:
        assert desk.is_running(), f"it has ended: {log_of(desk)}"
        return log_of(desk).count(text) >= count

    await wait_until_async(is_said, f"{text!r} in {desk.log}")


async def serves(desk: Desk) -> None:
    """Wait until it is linked and says that it is well."""
    await wait_until_async(desk._is_up, f"{desk.web} is well")


async def status_of_end(desk: Desk) -> int | None:
    assert desk._process is not None
    await wait_until_async(lambda: not desk.is_running(), f"{desk.log.parent} ends")
    return desk._process.returncode


def health(desk: Desk) -> tuple[int, str]:
    """Return status and reason; blocks."""
    try:
        with urllib.request.urlopen(f"{desk.web}healthz", timeout=5) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["reason"]


class Rival:
    """Somebody else who wants the desk's lock: next in line, so that who loses it cannot have it again."""

    def __init__(self, database: str, component: str) -> None:
        self._database, self._values = database, {"key": lock_key(component)}
        self._waiting: asyncio.Future[object] | None = None

    async def __aenter__(self) -> Rival:
        self._db = await psycopg.AsyncConnection.connect(self._database, autocommit=True)
        self._other = await psycopg.AsyncConnection.connect(self._database, autocommit=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.let_go()
        await self._other.close()

    async def let_go(self) -> None:
        await self._db.close()

    async def takes_it(self) -> None:
        """Get in line, have the server end the session that holds the lock, and wait until it is ours."""
        taking = asyncio.ensure_future(self._db.execute("SELECT pg_advisory_lock(%(key)s)", self._values))
        await self._until("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        await self.ends_session()
        await asyncio.wait_for(taking, 10)

    async def ends_session(self) -> None:
        """Have the server end the session that holds the lock."""
        await self._other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND (classid::bigint << 32 | objid::bigint) = %(key)s",
            self._values,
        )

    async def _until(self, question: str) -> None:
        async with asyncio.timeout(10):
            while True:
                row = await (await self._other.execute(question)).fetchone()
                if row is not None and row[0]:
                    return


class Tap:
    """A process' link, for counting what it says. count: bytes said so far."""

    def __init__(self, port: int) -> None:
        self._port, self.count = port, 0

    async def __aenter__(self) -> Tap:
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for source, sink, is_ours in ((reader, back, True), (there, writer, False)):
            self._tasks.add(asyncio.ensure_future(self._carry(source, sink, is_ours=is_ours)))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_ours: bool) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65_536):
                    self.count += len(data) if is_ours else 0
                    sink.write(data)
        finally:
            sink.close()


# --- the stories


async def test_a_second_process_waits_and_takes_over_when_the_first_is_killed(two: Pair) -> None:
    first = await two.first()
    second = await two.standby()
    assert "link up" not in log_of(second)
    await wait_until_async(lambda: not is_free(second.ports.web), "the standby tells how it is")
    status, reason = await asyncio.to_thread(health, second)
    assert (status, reason) == (503, "another process has the desk; this one is its standby")
    visitor = await two.real.visitor("vic")
    await two.asks(visitor)
    assert log_of(first).count("link up") == 1, "the first was disturbed"
    first.kill()
    await serves(second)
    assert "takes over" in log_of(second)
    assert await two.waiting() == 1
    await visitor.ping(two.workgroup)
    assert second.log_errors() == []


async def test_an_orderly_stop_hands_over_too(on_prosody: Pair) -> None:
    first = await on_prosody.first()
    second = await on_prosody.standby()
    await first.stop_async()
    await serves(second)
    assert first.log_errors() + second.log_errors() == []


async def test_a_standby_that_is_told_to_stop_does(on_prosody: Pair) -> None:
    await on_prosody.first()
    second = await on_prosody.standby()
    await second.stop_async()
    assert await status_of_end(second) == 0
    assert second.log_errors() == []


async def test_of_two_standbys_one_takes_over(on_prosody: Pair) -> None:
    first = await on_prosody.first()
    others = [await on_prosody.standby(), await on_prosody.standby()]
    first.kill()
    await wait_until_async(lambda: any(desk._is_up() for desk in others), "one takes over")
    assert sum("link up" in log_of(desk) for desk in others) == 1


async def test_who_loses_the_lock_to_another_stops_at_once(on_postgresql: Pair) -> None:
    first = await on_postgresql.first()
    visitor = await on_postgresql.real.visitor("vic")
    await on_postgresql.asks(visitor)
    async with Rival(on_postgresql.database, on_postgresql.real.component) as rival:
        second = await on_postgresql.standby()
        await rival.takes_it()
        assert await status_of_end(first) == ENDED
        assert [line for line in first.log_errors() if "the lock is lost, this process stops" not in line] == []
        assert "link up" not in log_of(second)
    await serves(second)
    assert await on_postgresql.waiting() == 1


async def test_who_loses_the_lock_to_nobody_goes_on(on_postgresql: Pair) -> None:
    """Nobody else acted meanwhile, so what this process knows is still true: the link is kept."""
    desk = await on_postgresql.first()
    visitor = await on_postgresql.real.visitor("vic")
    async with Rival(on_postgresql.database, on_postgresql.real.component) as rival:
        for times in (1, 2):
            await rival.ends_session()
            await says(desk, "the lock is ours again", times)
    await on_postgresql.asks(visitor)
    assert await on_postgresql.waiting() == 1
    assert log_of(desk).count("link up") == 1


async def test_a_restart_of_postgresql_is_waited_for(on_own: Pair, own_postgresql: PostgreSQL) -> None:
    desk = await on_own.first()
    standby = await on_own.standby()
    visitor = await on_own.real.visitor("vic")
    await visitor.presence(to=on_own.workgroup)
    await visitor.sees_presence(on_own.workgroup)
    own_postgresql.halt()
    asking = asyncio.ensure_future(on_own.asks(visitor))
    await says(desk, "the connection of the lock is lost")
    status, reason = await asyncio.to_thread(health, desk)
    assert (status, "the lock" in reason) == (503, True)
    own_postgresql.start()
    await asking
    assert await on_own.waiting() == 1
    assert log_of(desk).count("link up") == 1
    assert "link up" not in log_of(standby)
    await serves(desk)


async def test_when_postgresql_stays_away_the_process_ends_for_its_manager(
    on_own: Pair, own_postgresql: PostgreSQL
) -> None:
    desk = await on_own.first(SOON)
    standby = await on_own.standby(SOON)
    own_postgresql.halt()
    try:
        assert await status_of_end(desk) == ENDED
    finally:
        own_postgresql.start()
    await serves(standby)


async def test_a_frozen_process_is_replaced_and_says_nothing_when_it_wakes(on_postgresql: Pair) -> None:
    """PostgreSQL ends its session for the silence; on the same machine it even has the port of the pages."""
    async with Tap(on_postgresql.server.ports.component) as tap:
        first = await on_postgresql.first({**SOON, "LIVECHAT_XMPP__PORT": str(tap.port)})
        visitor = await on_postgresql.real.visitor("vic")
        await on_postgresql.asks(visitor)
        second = await on_postgresql.standby({**SOON, "LIVECHAT_WEB__PORT": str(first.ports.web)})
        os.kill(first.pid, signal.SIGSTOP)
        await questions_to(visitor, on_postgresql.workgroup)
        await says(second, "link up")
        said = tap.count
        os.kill(first.pid, signal.SIGCONT)
        assert await status_of_end(first) == ENDED
        assert tap.count == said, "it spoke, although another process had the desk"
    second.web = first.web  # the pages' port, which has become free
    await serves(second)
    assert await on_postgresql.waiting() == 1


async def test_a_process_frozen_for_a_moment_only_sees_that_the_lock_is_gone(on_postgresql: Pair) -> None:
    """By the clock its last look at the lock is good still; that its session has ended is seen before it speaks."""
    async with (
        Tap(on_postgresql.server.ports.component) as tap,
        Rival(on_postgresql.database, on_postgresql.real.component) as rival,
    ):
        desk = await on_postgresql.first({"LIVECHAT_XMPP__PORT": str(tap.port)})
        visitor = await on_postgresql.real.visitor("vic")
        await on_postgresql.asks(visitor)
        await visitor.ping(on_postgresql.workgroup)
        os.kill(desk.pid, signal.SIGSTOP)
        await questions_to(visitor, on_postgresql.workgroup)
        await rival.takes_it()
        said = tap.count
        os.kill(desk.pid, signal.SIGCONT)
        assert await status_of_end(desk) == ENDED
        assert tap.count == said, "it spoke, although another process had the desk"


async def questions_to(visitor: Person, workgroup: str) -> None:
    """Ask what a process answers without a look into the database, and do not wait for the answers."""
    for _ in range(20):
        await visitor.send(make("{jabber:client}iq", make(PING), type="get", to=workgroup, id=new_id()))
