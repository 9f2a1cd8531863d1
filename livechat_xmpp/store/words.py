"""What people say and are told, in the database: transcripts and letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, exists, func, insert, select, update

from livechat_xmpp.domain.model import BareJid, ChatId, FullJid, Message, Part, WorkgroupName
from livechat_xmpp.store import tables as t
from livechat_xmpp.usecases.ports import Expired, Letter


def _new(name: str) -> BindParameter[Any]:
    return bindparam(f"new_{name}", type_=t.message.c[name].type)


# One after the other of those that are not known yet, each after the last that is there.
WORDS = ("chat_id", "at", "nick", "jid", "part", "kind", "body", "stanza_id", "archive_id")
_of_its_chat = t.message.c.chat_id == _new("chat_id")
_next_position = select(func.coalesce(func.max(t.message.c.position), -1) + 1).where(_of_its_chat).scalar_subquery()
ADD = insert(t.message).from_select(
    [*WORDS, "position"],
    select(*map(_new, WORDS), _next_position).where(
        ~exists().where(_of_its_chat, t.message.c.archive_id == _new("archive_id"))
    ),
)
LIST = (
    select(t.message).where(t.message.c.chat_id == bindparam("chat_id")).order_by(t.message.c.position, t.message.c.id)
)


class MessageTable:
    """Transcripts in the database (usecases.ports.Messages). position: the place in the room's order."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, chat_id: ChatId, messages: Sequence[Message]) -> None:
        rows = [{f"new_{name}": value for name, value in _values(chat_id, m).items()} for m in messages]
        if rows:
            self._db.execute(ADD, rows)

    def list(self, chat_id: ChatId) -> list[Message]:
        return [_message_from(r) for r in self._db.execute(LIST, {"chat_id": chat_id})]

    def replace(self, chat_id: ChatId, messages: Sequence[Message]) -> None:
        self._db.execute(delete(t.message).where(t.message.c.chat_id == chat_id))
        rows = [{**_values(chat_id, m), "position": position} for position, m in enumerate(messages)]
        if rows:
            self._db.execute(insert(t.message), rows)

    def has_reply(self, chat_id: ChatId, *, since: datetime) -> bool:
        since = since.replace(microsecond=0)  # archives tell whole seconds: what is read from one may seem to be older
        is_of_staff = t.message.c.part.not_in((Part.VISITOR, Part.DESK))
        here = (t.message.c.chat_id == chat_id, t.message.c.at >= since, t.message.c.kind == "speech", is_of_staff)
        return self._db.scalar(select(t.message.c.id).where(*here).limit(1)) is not None


def _values(chat_id: ChatId, message: Message) -> dict[str, Any]:
    return {
        "chat_id": chat_id,
        "at": message.at,
        "nick": message.nick,
        "jid": message.jid,
        "part": message.part,
        "kind": message.kind,
        "body": message.body,
        "stanza_id": message.stanza_id,
        "archive_id": message.archive_id or None,
    }


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


ADD_LETTER = insert(t.letter)
DUE = (
    select(t.letter)
    .where(t.letter.c.sent_at.is_(None), t.letter.c.expires_at > bindparam("now"))
    .order_by(t.letter.c.id)
    .limit(bindparam("most"))
)
MARK_LETTERS = (
    update(t.letter).where(t.letter.c.id.in_(bindparam("ids", expanding=True))).values(sent_at=bindparam("at"))
)


class LetterTable:
    """Messages to single people, in the database (usecases.ports.Letters)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, letter: Letter) -> None:
        values = {k: v for k, v in asdict(letter).items() if k != "id"}
        self._db.execute(ADD_LETTER, values)

    def expired(self, now: datetime) -> Expired:
        late = (t.letter.c.sent_at.is_(None), t.letter.c.expires_at <= now)
        number, since_at = self._db.execute(select(func.count(), func.min(t.letter.c.expires_at)).where(*late)).one()
        return Expired(number, since_at or now)

    def drop_expired(self, now: datetime) -> None:
        self._db.execute(delete(t.letter).where(t.letter.c.sent_at.is_(None), t.letter.c.expires_at <= now))

    def put_back(self, ids: Collection[int]) -> None:
        self._db.execute(MARK_LETTERS, {"ids": list(ids), "at": None})

    def take_due(self, now: datetime, limit: int) -> list[Letter]:
        rows = self._db.execute(DUE, {"now": now, "most": limit}).all()
        if rows:
            self._db.execute(MARK_LETTERS, {"ids": [r.id for r in rows], "at": now})
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
