"""Migrations: up from nothing and from every revision, to the tables that the code speaks of; data survives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text

from livechat_xmpp.domain.model import BareJid, ChatId, ChatState, OfferState, Standing
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store, Transaction, make_engine
from livechat_xmpp.store.tables import metadata
from livechat_xmpp.usecases import transcripts
from livechat_xmpp.usecases.ports import Entry
from tests.contract import samples
from tests.contract.samples import FIRST, ORDINARY
from tests.contract.watch import Watch
from tests.factories import NOW, a_request, an_admin, jid


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
    definition = within(url, lambda db: db.scalar(text(query), {"name": "uq_offer_open_helper"}))
    assert "UNIQUE" in definition
    assert "WHERE" in definition
    assert "'open'" in definition


async def test_requests_from_before_they_climbed_begin_where_they_are(empty: Callable[[], str], watch: Watch) -> None:
    """0002: what waits has waited since it was asked; what had returned begins anew, and nothing is lost."""
    url = empty()
    await migrate.upgrade(url, "0001")
    old = MetaData()

    def fill(db: Connection) -> None:
        old.reflect(db)
        common = {"workgroup": "support", "room": "ready", "visitor_name": "Vera", "question": "?", "form": {}}
        common |= {
            "priority": 0,
            "token_hash": "",
            "asked_at": NOW,
            "closed_by": "",
            "closing": "",
            "tags": "",
            "note": "",
        }
        rows = [
            {"id": "waiting", "state": "waiting", "first_opened_at": None},
            {"id": "returned", "state": "waiting", "first_opened_at": NOW},
            {"id": "open", "state": "open", "first_opened_at": NOW},
        ]
        for row in rows:
            visitor = {"visitor": f"{row['id']}@anon.localhost/x", "visitor_bare": f"{row['id']}@anon.localhost"}
            db.execute(old.tables["chat"].insert().values(**common, **row, **visitor))
            offer = {"chat_id": row["id"], "helper": f"{row['id']}@localhost", "state": "open"}
            db.execute(old.tables["offer"].insert().values(**offer, made_at=NOW, expires_at=NOW))
        db.commit()

    within(url, fill)
    await migrate.upgrade(url)
    async with Store.opened(url, watch.now) as store:
        with store.reading() as work:
            found = {name: work.chats.find(ChatId(name)) for name in ("waiting", "returned", "open")}
    queued = {name: chat.queued_at for name, chat in found.items() if chat is not None}
    assert (queued["waiting"], queued["open"]) == (NOW, NOW)
    assert queued["returned"] > NOW
    assert [len(chat.offers) for chat in found.values() if chat is not None] == [1, 1, 1]


async def test_changes_of_standing_become_the_beginning_of_the_audit(empty: Callable[[], str], watch: Watch) -> None:
    """0004: as they were, and what comes later is numbered after them; whoever was here is no newcomer."""
    url = empty()
    await migrate.upgrade(url, "0003")
    within(url, samples.fill)
    await migrate.upgrade(url)
    async with Store.opened(url, watch.now) as store:
        with store.writing() as work:
            work.audit.add(Entry(NOW, "standing", jid("ana"), jid("ada"), Standing.HELPER, Standing.MONITOR))
            kept = [(e.jid, e.old, e.new, e.by, e.reason) for _, e in work.audit.list(limit=10)]
            assert [account.welcomed_at for account in work.accounts.list()] == [
                account.since_at for account in work.accounts.list()
            ]
    assert kept == [
        (jid("ana"), Standing.HELPER, Standing.MONITOR, jid("ada"), ""),
        (jid("ana"), Standing.TRAINEE, Standing.HELPER, jid("ada"), ""),
        (jid("ana"), None, Standing.TRAINEE, jid("ada"), "new"),
    ]


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


@pytest.mark.parametrize("revision", [script.revision for script in migrate.revisions()])
async def test_data_survives_from_every_revision(empty: Callable[[], str], watch: Watch, revision: str) -> None:
    """Rows of each table, as that version had them, are there with the same values in the newest, and can be read."""
    url = empty()
    await migrate.upgrade(url, revision)
    assert await migrate.current(url) == revision
    before = within(url, samples.fill)
    assert all(before.values()), "a table without a row shows nothing"
    await migrate.upgrade(url)
    assert await migrate.current(url) == migrate.newest()
    after = within(url, samples.everything)
    for name in before.keys() & after.keys():
        kept = before[name][0].keys() & after[name][0].keys()
        assert [{k: row[k] for k in kept} for row in after[name]] == [{k: row[k] for k in kept} for row in before[name]]
    async with Store.opened(url, watch.now) as store:
        with store.writing() as work:
            everything_is_read(work)


def everything_is_read(work: Transaction) -> None:
    """Read the samples through the repositories, as the program does."""
    assert [account.jid for account in work.accounts.list()] == jids_of("ada", "ana", "tom")
    assert {duty.jid for duty in work.duties.list()} == set(jids_of("ana", "tom"))
    assert set(work.chats.unfinished()) >= {ORDINARY}
    chat = work.chats.find(ChatId(ORDINARY))
    assert chat is not None
    assert (chat.state, chat.helper, chat.visitor_name) == (ChatState.OPEN, jid("ana"), "Žofie 😀")
    assert [invitation.jid for invitation in chat.invitations] == jids_of("tom")
    assert [notice.body for notice in chat.notices] == ["ana is here."]
    assert [message.body for message in work.messages.list(ChatId(ORDINARY))] == ["Hello?\nIs <anybody> there?"]
    assert [visit.nick for visit in work.visits.list(ChatId(ORDINARY))] == ["ana"]
    offered = work.chats.find_of_visitor(BareJid("v3@anon.localhost"))
    assert offered is not None
    assert [(offer.helper, offer.state) for offer in offered.offers] == [(jid("ana"), OfferState.OPEN)]
    assert transcripts.export(work, ChatId(FIRST))["outcome"] == "served"
    assert [letter.body for letter in work.letters.take_due(work.now, 10)] == ["A request waits."]


def jids_of(*names: str) -> list[BareJid]:
    return [jid(name) for name in names]


def test_there_is_one_line_of_revisions() -> None:
    revisions = migrate.revisions()
    assert [r.down_revision for r in revisions] == [None, *(r.revision for r in revisions[:-1])]
    assert revisions[-1].revision == migrate.newest()
