"""One store after the other: every test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store, make_engine
from livechat_xmpp.store.tables import metadata
from livechat_xmpp.usecases import staff
from tests.contract.story import RULES, Story
from tests.contract.watch import Watch
from tests.factories import jid
from tests.memory import assert_remembered_truly
from tests.servers.postgresql import PostgreSQL

KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session", params=KINDS)
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a migrated database for the whole run."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("store")
        url = f"sqlite+aiosqlite:///{folder}/migrated.db"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.new_database()
    asyncio.run(migrate.upgrade(url))
    return url


@pytest_asyncio.fixture
async def url(migrated: str, tmp_path: Path) -> str:
    """The URL of a migrated database with nothing in it."""
    if migrated.startswith("sqlite"):
        copy = tmp_path / "livechat.db"
        shutil.copy(migrated.partition("///")[2], copy)
        return f"sqlite+aiosqlite:///{copy}"
    engine = make_engine(migrated)
    with engine.begin() as db:
        for table in reversed(metadata.sorted_tables):
            db.execute(table.delete())
    engine.dispose()
    return migrated


@pytest_asyncio.fixture
async def store(url: str, watch: Watch) -> AsyncIterator[Store]:
    async with Store.opened(url, watch.now) as opened:
        yield opened
        assert_remembered_truly(opened)


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """`empty()` is the URL of a database without any table."""
    if request.param == "sqlite":
        return lambda: f"sqlite+aiosqlite:///{tmp_path}/empty.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.new_database


@pytest_asyncio.fixture
async def story(store: Store, watch: Watch) -> Story:
    """Ana and ben are on duty; ada is admin, mia monitor, tom trainee."""
    made = Story(store, watch)
    people = {"ada": "admin", "mia": "monitor", "ana": "helper", "ben": "helper", "tom": "trainee"}
    await made.desk.do(staff.set_initial, {jid(n): Standing(s) for n, s in people.items()}, made.desk.rules)
    for name in ("ana", "ben"):
        await made.desk.do(staff.go_on_duty, jid(name), rules=RULES)
        watch.tick(1)
    made.woken.parts.clear()
    return made
