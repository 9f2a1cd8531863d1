"""A realistic row or more of each table, as old versions of the program wrote them: what migrations have to keep.

Columns that came later are not named here: rows of a later revision get a value by the column's type, or what the
database puts there by itself. Where that is not realistic, name the value in LATER.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, DateTime, Integer, MetaData, Table, insert, select

from tests.factories import NOW

Row = dict[str, Any]
ORDINARY, FIRST = "2222222222222", "3333333333333"  # ids of chats: one that goes on, one that was over before


def _at(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


_CHAT: Row = {
    "workgroup": "support",
    "visitor": "v1@anon.localhost/page",
    "visitor_bare": "v1@anon.localhost",
    "visitor_name": "Žofie 😀",
    "question": "How do I print this page?\nIt is <b>long</b> & 'quoted'.",
    "form": {"username": "Žofie 😀", "question": "How do I print this page?", "email": ""},
    "priority": 0,
    "asked_at": _at(0),
    "closed_by": "",
    "closing": "",
    "tags": "",
    "note": "",
}
FIRST_TABLES: Mapping[str, Sequence[Row]] = {
    "account": [
        {"jid": "ada@localhost", "standing": "admin", "since_at": _at(-9000), "is_subscribed": True},
        {"jid": "ana@localhost", "standing": "helper", "since_at": _at(-8000), "is_subscribed": True},
        {"jid": "tom@localhost", "standing": "trainee", "since_at": _at(-7000), "is_subscribed": False},
    ],
    "standing_change": [
        {"jid": "ana@localhost", "old": None, "new": "trainee", "by": "ada@localhost", "reason": "new", "at": _at(-9)},
        {"jid": "ana@localhost", "old": "trainee", "new": "helper", "by": "ada@localhost", "reason": "", "at": _at(-8)},
    ],
    "duty": [
        {"jid": "ana@localhost", "role": "helper", "max_chats": 2, "since_at": _at(-60), "turn_at": _at(-50)},
        {"jid": "tom@localhost", "role": "trainee", "max_chats": 1, "since_at": _at(-40), "turn_at": _at(-40)},
    ],
    "chat": [
        {
            **_CHAT,
            "id": FIRST,
            "state": "closed",
            "room": "gone",
            "token_hash": "a" * 64,
            "helper": "ana@localhost",
            "opened_at": _at(10),
            "first_opened_at": _at(10),
            "closed_at": _at(300),
            "closed_by": "ana@localhost",
            "closing": "The helper closed the chat.",
            "outcome": "served",
            "disposition": "solved",
        },
        {
            **_CHAT,
            "id": ORDINARY,
            "state": "open",
            "room": "ready",
            "visitor": "v2@anon.localhost/page",
            "visitor_bare": "v2@anon.localhost",
            "token_hash": "b" * 64,
            "last_token_hash": "c" * 64,
            "asked_at": _at(400),
            "helper": "ana@localhost",
            "opened_at": _at(420),
            "first_opened_at": _at(420),
        },
        {
            **_CHAT,
            "id": "4444444444444",
            "state": "waiting",
            "room": "none",
            "visitor": "v3@anon.localhost/page",
            "visitor_bare": "v3@anon.localhost",
            "token_hash": "d" * 64,
            "asked_at": _at(500),
        },
    ],
    "offer": [
        {
            "chat_id": ORDINARY,
            "helper": "ana@localhost",
            "state": "accepted",
            "made_at": _at(405),
            "expires_at": _at(425),
            "told_at": _at(405),
            "decided_at": _at(420),
        },
        {
            "chat_id": "4444444444444",
            "helper": "ana@localhost",
            "state": "open",
            "made_at": _at(505),
            "expires_at": _at(525),
            "told_at": _at(505),
        },
    ],
    "invitation": [
        {"chat_id": ORDINARY, "jid": "tom@localhost", "part": "trainee", "told_at": _at(430), "times_told": 1},
    ],
    "visit": [
        {
            "chat_id": ORDINARY,
            "jid": "ana@localhost",
            "nick": "ana",
            "part": "helper",
            "standing": "helper",
            "entered_at": _at(420),
            "occupant_id": "o-1",
        },
    ],
    "message": [
        {
            "chat_id": ORDINARY,
            "position": 0,
            "at": _at(440),
            "nick": "Žofie 😀",
            "jid": "v2@anon.localhost",
            "part": "visitor",
            "kind": "speech",
            "body": "Hello?\nIs <anybody> there?",
            "stanza_id": "s-1",
            "archive_id": "a-1",
        },
    ],
    "notice": [
        {"chat_id": ORDINARY, "body": "ana is here.", "made_at": _at(421), "expires_at": _at(721)},
    ],
    "letter": [
        {
            "to": "ada@localhost/phone",
            "body": "A request waits.",
            "workgroup": "support",
            "kind": "chat",
            "chat_id": ORDINARY,
            "expires_at": _at(900),
        },
    ],
}
# Values for columns that came after the first revision, where one by type would not do: {(table, column): value}.
LATER: Mapping[tuple[str, str], Any] = {}


def fill(db: Connection) -> dict[str, list[Row]]:
    """Write sample rows into each table that the database has; return them all as the database now has them."""
    for table in _tables(db):
        for row in FIRST_TABLES.get(table.name, [{}]):
            db.execute(insert(table).values(**_completed(table, row)))
    db.commit()
    return everything(db)


def everything(db: Connection) -> dict[str, list[Row]]:
    """Return all rows of all tables, each in the order of its first column."""
    found = {}
    for table in _tables(db):
        rows = db.execute(select(table).order_by(table.columns[0])).mappings()
        found[table.name] = [dict(row) for row in rows]
    return found


def _tables(db: Connection) -> list[Table]:
    there = MetaData()
    there.reflect(db)
    return [table for table in there.sorted_tables if table.name != "alembic_version"]


def _completed(table: Table, row: Row) -> Row:
    """Return the row with a value for each column that must have one, without those that are not there any more."""
    known = {name: value for name, value in row.items() if name in table.columns}
    missing = {
        column.name: LATER.get((table.name, column.name), _value(column))
        for column in table.columns
        if column.name not in known and not _fills_itself(column)
    }
    return {**missing, **known}


def _fills_itself(column: Column[Any]) -> bool:
    is_counted = column.primary_key and isinstance(column.type, Integer) and not column.foreign_keys
    return bool(column.nullable or column.server_default is not None or is_counted)


def _value(column: Column[Any]) -> Any:
    if any(key.column.table.name == "chat" for key in column.foreign_keys):
        return ORDINARY
    if isinstance(column.type, DateTime):
        return NOW
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, JSON):
        return {}
    return 1 if isinstance(column.type, Integer) else f"a {column.name}"[: getattr(column.type, "length", None)]
