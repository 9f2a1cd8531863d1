"""The server's accounts as its lists have named them, in the database (usecases.ports.Registered)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.store import tables as t


class RegisteredTable:
    """A domain itself, as an address without localpart, stands for its list having been taken whole."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def is_begun(self, domain: str) -> bool:
        return bool(self._among([BareJid(domain)]))

    def begin(self, domain: str, at: datetime) -> None:
        self.add([BareJid(domain)], at)

    def of_domain(self, domain: str) -> frozenset[BareJid]:
        ends = t.registered.c.jid.endswith(f"@{domain}", autoescape=True)
        return frozenset(BareJid(jid) for jid in self._db.scalars(select(t.registered.c.jid).where(ends)))

    def add(self, jids: Collection[BareJid], at: datetime) -> None:
        new = set(jids) - self._among(jids)
        if new:
            self._db.execute(insert(t.registered), [{"jid": jid, "first_seen_at": at} for jid in sorted(new)])

    def _among(self, jids: Collection[BareJid]) -> set[BareJid]:
        found = self._db.scalars(select(t.registered.c.jid).where(t.registered.c.jid.in_(jids)))
        return {BareJid(jid) for jid in found}
