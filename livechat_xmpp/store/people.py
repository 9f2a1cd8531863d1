"""Accounts and duty in the database."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from livechat_xmpp.domain.model import Account, BareJid, Duty, DutyRole, Standing
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.changes import Changes, with_accounts
from livechat_xmpp.store.remembered import InTurn, Remembered
from livechat_xmpp.usecases.ports import Welcomed

AT_ONCE = 500  # people named in one statement: databases take only so many values


@cache
def _change_by_key(table: Table, *keys: str) -> Update:
    return update(table).where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))


def put(db: Connection, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Write a row by its key, made if missing; inside a write transaction, so that nobody comes between."""
    here = {f"key_{name}": value for name, value in keys.items()}
    changed = db.execute(_change_by_key(table, *keys), {**values, **here})
    if changed.rowcount == 0:
        db.execute(insert(table), {**keys, **values})


def rows_of(
    db: Connection, query: Select[Any], column: ColumnElement[Any], jids: Collection[BareJid] | None
) -> Iterator[Row[Any]]:
    """Yield the rows of these people, or of everybody (None)."""
    if jids is None:
        yield from db.execute(query)
        return
    named = sorted(jids)
    for begin in range(0, len(named), AT_ONCE):
        yield from db.execute(query.where(column.in_(named[begin : begin + AT_ONCE])))


class AccountTable:
    """Accounts in the database (usecases.ports.Accounts)."""

    def __init__(self, db: Connection, changes: Changes, memory: Remembered, in_turn: InTurn | None) -> None:
        self._db = db
        self._in_turn = in_turn
        self._changes = changes
        self._memory = memory

    def known(self) -> Mapping[BareJid, Account] | None:
        """Return all accounts, by address, where they need not be read, else None."""
        committed, changed = self._committed(), self._changed()
        if committed is not None:
            for changes in changed:
                committed = with_accounts(committed, changes)
        return committed

    def _committed(self) -> Mapping[BareJid, Account] | None:
        """Return all accounts as committed last; None where nobody knows them, as others have changed some since."""
        if self._memory.accounts is None and not any(self._changed()):
            ticket = self._memory.begin(None)
            self._memory.keep_accounts(ticket, {a.jid: a for a in self._read()})
        return self._memory.accounts

    def _changed(self) -> tuple[Mapping[BareJid, Account | None], ...]:
        """Return what has changed since the last commit, the latest last."""
        before = () if self._in_turn is None else (self._in_turn.pending.accounts,)
        return (*before, self._changes.accounts)

    def find(self, jid: BareJid) -> Account | None:
        for changes in reversed(self._changed()):
            if jid in changes:
                return changes[jid]
        if (committed := self._committed()) is not None:
            return committed.get(jid)
        row = (self._db.execute(select(t.account).where(t.account.c.jid == jid))).first()
        return None if row is None else _account_from(row)

    def list(self, standing: Standing | None = None) -> list[Account]:
        if (known := self.known()) is not None:
            return [a for a in known.values() if standing in (None, a.standing)]
        return self._read(standing)

    def _read(self, standing: Standing | None = None) -> builtins.list[Account]:
        query = select(t.account)
        if standing is not None:
            query = query.where(t.account.c.standing == standing)
        return sorted((_account_from(r) for r in self._db.execute(query)), key=lambda a: a.jid)

    def named(self, jids: Collection[BareJid]) -> builtins.list[Account]:
        """Return the accounts of these people; who has none is left out."""
        if not jids:
            return []
        return [_account_from(r) for r in self._db.execute(select(t.account).where(t.account.c.jid.in_(jids)))]

    def put(self, account: Account) -> None:
        self._changes.accounts[account.jid] = account
        values = {k: v for k, v in asdict(account).items() if k != "jid"}
        put(self._db, t.account, {"jid": account.jid}, values)

    def remove(self, jid: BareJid) -> None:
        self._changes.accounts[jid] = None
        self._db.execute(delete(t.account).where(t.account.c.jid == jid))

    def unwelcomed(self, limit: int) -> builtins.list[Account]:
        query = (
            select(t.account)
            .outerjoin(t.duty, t.duty.c.jid == t.account.c.jid)
            .where(t.account.c.welcomed_at.is_(None), t.account.c.standing == Standing.TRAINEE)
            .order_by(t.duty.c.jid.is_(None), t.account.c.since_at, t.account.c.jid)
            .limit(limit)
        )
        return [_account_from(r) for r in self._db.execute(query)]

    def welcomed_since(self, moment: datetime) -> Welcomed:
        since = (t.account.c.welcomed_at > moment, t.account.c.standing == Standing.TRAINEE)
        number, first_at = self._db.execute(select(func.count(), func.min(t.account.c.welcomed_at)).where(*since)).one()
        return Welcomed(number, first_at)

    def set_welcomed(self, jid: BareJid, at: datetime) -> None:
        account = self.find(jid)
        if account is not None:
            self._changes.accounts[jid] = replace(account, welcomed_at=at)
            self._db.execute(update(t.account).where(t.account.c.jid == jid).values(welcomed_at=at))


def _account_from(row: Row[Any]) -> Account:
    return Account(
        BareJid(row.jid),
        Standing(row.standing),
        row.since_at,
        row.is_subscribed,
        row.language,
        row.is_language_chosen,
        row.active_at,
        row.welcomed_at,
    )


DUTIES = select(t.duty).order_by(t.duty.c.jid)
DUTY = select(t.duty).where(t.duty.c.jid == bindparam("jid"))


class DutyTable:
    """Who is on duty, in the database (usecases.ports.Duties)."""

    def __init__(self, db: Connection, changes: Changes, in_turn: InTurn | None) -> None:
        self._db = db
        self._changes = changes
        self._in_turn = in_turn

    def find(self, jid: BareJid) -> Duty | None:
        row = self._db.execute(DUTY, {"jid": jid}).first()
        return None if row is None else _duty_from(row)

    def list(self) -> list[Duty]:
        if self._in_turn is None or self._changes.duties:
            return self._read()
        if self._in_turn.duties is None:
            self._in_turn.duties = tuple(self._read())
        return [*self._in_turn.duties]

    def _read(self) -> builtins.list[Duty]:
        return [_duty_from(r) for r in self._db.execute(DUTIES)]

    def put(self, duty: Duty) -> None:
        self._changes.duties = True
        values = {k: v for k, v in asdict(duty).items() if k != "jid"}
        put(self._db, t.duty, {"jid": duty.jid}, values)

    def take_turn(self, jid: BareJid, at: datetime) -> None:
        self._changes.duties = True
        self._db.execute(_change_by_key(t.duty, "jid"), {"key_jid": jid, "turn_at": at})

    def remove(self, jid: BareJid) -> None:
        self._changes.duties = True
        self._db.execute(delete(t.duty).where(t.duty.c.jid == jid))


def _duty_from(row: Row[Any]) -> Duty:
    return Duty(BareJid(row.jid), DutyRole(row.role), row.max_chats, row.since_at, row.turn_at)
