"""Who changed whose standing, and what was decided, in the database (usecases.ports.Audit)."""

from __future__ import annotations

import builtins
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from livechat_xmpp.domain.model import BareJid, Standing
from livechat_xmpp.store import tables as t
from livechat_xmpp.usecases.ports import Entry


class AuditTable:
    """Append-only: there is no way to change or remove an entry."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, entry: Entry) -> None:
        values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        self._db.execute(insert(t.audit).values(**{**values, "evidence": dict(entry.evidence)}))

    def list(
        self, jid: BareJid | None = None, *, limit: int, before: int | None = None
    ) -> builtins.list[tuple[int, Entry]]:
        query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
        if jid is not None:
            query = query.where(t.audit.c.jid == jid)
        if before is not None:
            query = query.where(t.audit.c.id < before)
        return [(row.id, _entry_from(row)) for row in self._db.execute(query)]

    def last_standing(self, jid: BareJid) -> Entry | None:
        of_person = (t.audit.c.jid == jid, t.audit.c.kind == "standing")
        row = self._db.execute(select(t.audit).where(*of_person).order_by(t.audit.c.id.desc()).limit(1)).first()
        return None if row is None else _entry_from(row)

    def last(self, kind: str) -> datetime | None:
        query = select(t.audit.c.at).where(t.audit.c.kind == kind).order_by(t.audit.c.id.desc()).limit(1)
        found: datetime | None = self._db.scalar(query)
        return found


def _entry_from(row: Row[Any]) -> Entry:
    old, new = (Standing(s) if s is not None else None for s in (row.old, row.new))
    return Entry(row.at, row.kind, BareJid(row.jid), row.by, old, new, row.reason, row.policy, row.evidence)
