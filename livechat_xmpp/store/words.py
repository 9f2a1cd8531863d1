"""What people say and are told, in the database: transcripts and letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from livechat_xmpp.domain.model import BareJid, ChatId, FullJid, Message, Part, WorkgroupName
from livechat_xmpp.store import tables as t
from livechat_xmpp.usecases.ports import Expired, Letter


class MessageTable:
    """Transcripts in the database (usecases.ports.Messages). position: the place in the room's order."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, chat_id: ChatId, messages: Sequence[Message]) -> None:
        ids = [m.archive_id for m in messages if m.archive_id]
        known = set(
            self._db.scalars(
                select(t.message.c.archive_id).where(t.message.c.chat_id == chat_id, t.message.c.archive_id.in_(ids))
            )
        )
        last = self._db.scalar(select(func.max(t.message.c.position)).where(t.message.c.chat_id == chat_id))
        new = []
        for message in messages:
            if message.archive_id not in known:
                new.append(message)
                known |= {message.archive_id} - {""}
        self._insert(chat_id, new, -1 if last is None else last)

    def list(self, chat_id: ChatId) -> list[Message]:
        query = select(t.message).where(t.message.c.chat_id == chat_id).order_by(t.message.c.position, t.message.c.id)
        return [_message_from(r) for r in self._db.execute(query)]

    def replace(self, chat_id: ChatId, messages: Sequence[Message]) -> None:
        self._db.execute(delete(t.message).where(t.message.c.chat_id == chat_id))
        self._insert(chat_id, messages, -1)

    def has_reply(self, chat_id: ChatId, *, since: datetime) -> bool:
        since = since.replace(microsecond=0)  # archives tell whole seconds: what is read from one may seem to be older
        is_of_staff = t.message.c.part.not_in((Part.VISITOR, Part.DESK))
        here = (t.message.c.chat_id == chat_id, t.message.c.at >= since, t.message.c.kind == "speech", is_of_staff)
        return self._db.scalar(select(t.message.c.id).where(*here).limit(1)) is not None

    def _insert(self, chat_id: ChatId, messages: Sequence[Message], last: int) -> None:
        rows = [
            {**asdict(m), "archive_id": m.archive_id or None, "chat_id": chat_id, "position": position}
            for position, m in enumerate(messages, start=last + 1)
        ]
        if rows:
            self._db.execute(insert(t.message), rows)


def _message_from(row: Row[Any]) -> Message:
    return Message(
        row.at,
        row.nick,
        BareJid(row.jid) if row.jid else None,
        Part(row.part),
        row.kind,
        row.body,
        row.stanza_id,
        row.archive_id or "",
    )


class LetterTable:
    """Messages to single people, in the database (usecases.ports.Letters)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, letter: Letter) -> None:
        values = {k: v for k, v in asdict(letter).items() if k != "id"}
        self._db.execute(insert(t.letter).values(**values))

    def expired(self, now: datetime) -> Expired:
        late = (t.letter.c.sent_at.is_(None), t.letter.c.expires_at <= now)
        number, since_at = self._db.execute(select(func.count(), func.min(t.letter.c.expires_at)).where(*late)).one()
        return Expired(number, since_at or now)

    def drop_expired(self, now: datetime) -> None:
        self._db.execute(delete(t.letter).where(t.letter.c.sent_at.is_(None), t.letter.c.expires_at <= now))

    def put_back(self, ids: Collection[int]) -> None:
        self._db.execute(update(t.letter).where(t.letter.c.id.in_(ids)).values(sent_at=None))

    def take_due(self, now: datetime, limit: int) -> list[Letter]:
        query = (
            select(t.letter)
            .where(t.letter.c.sent_at.is_(None), t.letter.c.expires_at > now)
            .order_by(t.letter.c.id)
            .limit(limit)
        )
        rows = (self._db.execute(query)).all()
        if rows:
            self._db.execute(update(t.letter).where(t.letter.c.id.in_([r.id for r in rows])).values(sent_at=now))
        return [
            Letter(
                FullJid(r.to),
                r.body,
                WorkgroupName(r.workgroup),
                r.expires_at,
                r.kind,
                ChatId(r.chat_id) if r.chat_id else None,
                r.id,
            )
            for r in rows
        ]
