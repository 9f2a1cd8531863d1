"""Migrations: up from nothing and from every revision, to the tables that the code speaks of; data survives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store, make_engine
from livechat_xmpp.store.tables import chat, metadata
from tests.contract.conftest import Watch
from tests.factories import a_request, an_admin, jid


def within(url: str, look: Callable[[Connection], Any]) -> Any:
    engine = make_engine(url)
    try:
        with engine.connect() as db:
            return look(db)
    finally:
        engine.dispose()


async def test_an_empty_database_has_no_revision(empty: Callable[[], str]) -> None:
    assert await migrate.current(empty()) is None


async def test_from_nothing_to_the_newest(empty: Callable[[], str]) -> None:
    url = empty()
    await migrate.upgrade(url)
    assert await migrate.current(url) == migrate.newest()
    tables = within(url, lambda db: set(inspect(db).get_table_names()))
    assert tables == {*metadata.tables, "alembic_version"}


async def test_the_migrated_tables_are_those_of_the_code(empty: Callable[[], str]) -> None:
    url = empty()
    await migrate.upgrade(url)
    differences = within(url, lambda db: compare_metadata(MigrationContext.configure(db), metadata))
    assert differences == []


async def test_partial_indexes_are_migrated_too(empty: Callable[[], str]) -> None:
    """The comparison above does not see to which rows an index is restricted."""
    url = empty()
    await migrate.upgrade(url)
    query = "SELECT sql FROM sqlite_master WHERE name = :name"
    if url.startswith("postgresql"):
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = :name"
    for name in ("uq_offer_open_chat", "uq_offer_open_helper"):
        definition = within(url, lambda db, name=name: db.scalar(text(query), {"name": name}))
        assert "UNIQUE" in definition
        assert "WHERE" in definition
        assert "'open'" in definition


async def test_upgrading_twice_is_harmless_and_keeps_the_data(empty: Callable[[], str], watch: Watch) -> None:
    url = empty()
    await migrate.upgrade(url)
    async with Store.opened(url, watch.now) as store:
        with store.writing() as work:
            work.accounts.put(an_admin("ada"))
            work.chats.add(a_request(), token_hash="h")
    await migrate.upgrade(url)
    async with Store.opened(url, watch.now) as store:
        with store.reading() as work:
            assert work.accounts.find(jid("ada")) == an_admin("ada")
            assert work.chats.find(a_request().id) == a_request()


async def test_up_from_every_revision_with_what_was_there(empty: Callable[[], str]) -> None:
    url = empty()
    for script in migrate.revisions():
        await migrate.upgrade(url, script.revision)
        assert await migrate.current(url) == script.revision
    assert within(url, lambda db: list(db.execute(select(chat)))) == []


def test_there_is_one_line_of_revisions() -> None:
    revisions = migrate.revisions()
    assert [r.down_revision for r in revisions] == [None, *(r.revision for r in revisions[:-1])]
    assert revisions[-1].revision == migrate.newest()
