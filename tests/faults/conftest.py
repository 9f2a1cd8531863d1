"""Fixtures of the fault suite: servers of its own, databases, worlds; and the seed.

FAULTS_SEED: what is left to chance comes from it; without it each run has another, which the table names.
FAULTS_ROUNDS: how often each fault strikes in the long form (`make faults`); without it the short form is run.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from zlib import crc32

import pytest
import pytest_asyncio

from tests.faults.database import Database, PostgreSQLDatabase, SQLite
from tests.faults.faults import Fault
from tests.faults.report import PROPERTY, SEED
from tests.faults.trial import Judged, trial
from tests.faults.world import World
from tests.servers.desk import Desk, ExecutedDesk
from tests.servers.ejabberd import Ejabberd
from tests.servers.postgresql import PostgreSQL
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

SERVERS: dict[str, type[ThrowawayServer]] = {"prosody": Prosody, "ejabberd": Ejabberd}
ROUNDS = int(os.environ.get("FAULTS_ROUNDS") or 0)
IS_LONG = ROUNDS > 0


@pytest.fixture(scope="session")
def fault_seed() -> str:
    """The seed of the run, the same in all its processes."""
    one_for_all = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    own = crc32(one_for_all.encode()) if one_for_all else random.SystemRandom().randrange(10**9)
    return os.environ.get("FAULTS_SEED") or str(own % 10**6)


@pytest.fixture(scope="session")
def fault_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ThrowawayServer]]:
    """Return a function that gives the server of a kind; it is started when first asked for."""
    started: dict[str, ThrowawayServer] = {}

    def server(kind: str) -> ThrowawayServer:
        if kind not in started:
            started[kind] = SERVERS[kind](tmp_path_factory.mktemp(f"faults-{kind}"))
            started[kind].start()
        return started[kind]

    yield server
    for one in started.values():
        one.stop()


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest, fault_servers: Callable[[str], ThrowawayServer]) -> ThrowawayServer:
    return fault_servers(request.param)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database; parametrised indirectly where another kind than SQLite is at stake."""
    if request.param == "sqlite":
        return SQLite(tmp_path / "livechat.db")
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    return PostgreSQLDatabase(postgresql)


def bugs_told_of(log: Path, faults: Sequence[Fault]) -> list[str]:
    """Return the errors in a desk's log, without those that a broken database explains."""
    entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log.read_text("utf-8", errors="replace"))
    errors = [entry for entry in entries if " ERROR " in entry.partition("\n")[0]]
    excused = tuple(excuse for fault in faults for excuse in fault.excuses)
    return [entry for entry in errors if not any(excuse in entry for excuse in excused)]


MakeWorld = Callable[..., Awaitable[World]]
Try = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture
async def make_world(
    server: ThrowawayServer, database: Database, tmp_path: Path, fault_seed: str, request: pytest.FixtureRequest
) -> AsyncIterator[MakeWorld]:
    """`await make_world(LIVECHAT_…="…")`: a world with the story begun."""
    request.node.user_properties.append((SEED, fault_seed))
    own_seed = crc32(f"{fault_seed} {request.node.name}".encode())
    async with AsyncExitStack() as stack:

        async def make(**environment: str) -> World:
            # In the short form forked, which takes a tenth of the time to start; faketime is there from the start.
            kind = ExecutedDesk if IS_LONG or "LD_PRELOAD" in environment else Desk
            world = World(server, database, tmp_path, own_seed, environment, kind)
            stack.push_async_callback(world.close)
            await world.open()
            return world

        yield make


@pytest.fixture
def endures(request: pytest.FixtureRequest) -> Try:
    """`await endures(world, fault, …)`: each fault in turn, then everything to its end; fails with all objections."""

    async def run(world: World, *faults: Fault) -> None:
        judged: list[Judged] = []
        for fault in faults:
            judged.append(await trial(world, fault))
            if judged[-1].objections:
                break
        else:
            judged[-1].objections += await world.ended()
        for one in judged:
            request.node.user_properties.append((PROPERTY, one.as_row()))
        objections = [f"{one.fault}: {objection}" for one in judged for objection in one.objections]
        assert not objections, "\n".join(objections)
        assert not bugs_told_of(world.desk.log, faults)

    return run
