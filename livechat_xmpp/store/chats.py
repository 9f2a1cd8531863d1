"""The table of chats, and the chat put together from all that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from livechat_xmpp.domain.model import (
    BareJid,
    Chat,
    ChatId,
    ChatState,
    Disposition,
    FullJid,
    Invitation,
    Notice,
    OfferState,
    Outcome,
    Part,
    RoomState,
    Standing,
    Visit,
    WorkgroupName,
)
from livechat_xmpp.domain.queue import Waiting, in_order
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.offers import offer_from
from livechat_xmpp.usecases.ports import Count


def _values(chat: Chat) -> dict[str, Any]:
    return {
        "workgroup": chat.workgroup,
        "state": chat.state,
        "room": chat.room,
        "visitor": chat.visitor,
        "visitor_bare": chat.visitor_bare,
        "visitor_name": chat.visitor_name,
        "question": chat.question,
        "form": dict(chat.form),
        "asked_at": chat.asked_at,
        "queued_at": chat.queued_at,
        "replied_at": chat.replied_at,
        "alarmed_at": chat.alarmed_at,
        "visitor_told_at": chat.visitor_told_at,
        "helper": chat.helper,
        "opened_at": chat.opened_at,
        "first_opened_at": chat.first_opened_at,
        "visitor_gone_at": chat.visitor_gone_at,
        "closed_at": chat.closed_at,
        "closing": chat.closing,
        "outcome": chat.outcome,
        "disposition": chat.disposition,
    }


def visit_from(row: Row[Any]) -> Visit:
    return Visit(
        BareJid(row.jid),
        row.nick,
        Part(row.part),
        row.entered_at,
        row.left_at,
        Standing(row.standing) if row.standing else None,
        row.occupant_id,
    )


class ChatTable:
    """Chats in the database (usecases.ports.Chats)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def find(self, chat_id: ChatId, also: Collection[BareJid] = ()) -> Chat | None:
        found = self._load([chat_id], also)
        return found[0] if found else None

    def find_of_visitor(self, visitor: BareJid) -> Chat | None:
        wanted = and_(t.chat.c.visitor_bare == visitor, t.chat.c.state != ChatState.CLOSED)
        return self._first(select(t.chat.c.id).where(wanted))

    def find_by_token(self, token_hash: str) -> Chat | None:
        mine = or_(t.chat.c.token_hash == token_hash, t.chat.c.last_token_hash == token_hash)
        return self._first(select(t.chat.c.id).where(mine))

    def _first(self, query: Any) -> Chat | None:
        chat_id = self._db.scalar(query.limit(1))
        return None if chat_id is None else self.find(chat_id)

    def _load(self, chat_ids: Sequence[ChatId], also: Collection[BareJid] = ()) -> list[Chat]:
        """Return these chats with all that hangs on them, in the order of asking; six queries for any number."""
        if not chat_ids:
            return []
        rows = (
            self._db.execute(select(t.chat).where(t.chat.c.id.in_(chat_ids)).order_by(t.chat.c.asked_at, t.chat.c.id))
        ).all()
        offers = self._hanging(t.offer, chat_ids, t.offer.c.state == OfferState.OPEN)
        invitations = self._hanging(t.invitation, chat_ids, t.invitation.c.ended_at.is_(None))
        visits = self._hanging(t.visit, chat_ids)
        notices = self._hanging(t.notice, chat_ids, t.notice.c.done_at.is_(None))
        people = {r.helper for r in rows if r.helper} | set(also)
        people |= {r.helper for of in offers.values() for r in of}
        people |= {r.jid for of in (*invitations.values(), *visits.values()) for r in of}
        standings = self._standings(people)
        return [
            Chat(
                id=ChatId(r.id),
                workgroup=WorkgroupName(r.workgroup),
                visitor=FullJid(r.visitor),
                visitor_name=r.visitor_name,
                question=r.question,
                asked_at=r.asked_at,
                returned_at=r.queued_at if r.queued_at != r.asked_at else None,
                replied_at=r.replied_at,
                alarmed_at=r.alarmed_at,
                visitor_told_at=r.visitor_told_at,
                state=ChatState(r.state),
                room=RoomState(r.room),
                form=r.form,
                helper=BareJid(r.helper) if r.helper else None,
                opened_at=r.opened_at,
                first_opened_at=r.first_opened_at,
                closed_at=r.closed_at,
                visitor_gone_at=r.visitor_gone_at,
                outcome=Outcome(r.outcome) if r.outcome else None,
                disposition=Disposition(r.disposition) if r.disposition else None,
                closing=r.closing,
                offers=tuple(offer_from(o) for o in sorted(offers.get(r.id, []), key=lambda o: o.id)),
                invitations=tuple(
                    Invitation(BareJid(i.jid), Part(i.part), i.told_at, i.times_told)
                    for i in sorted(invitations.get(r.id, []), key=lambda i: i.jid)
                ),
                visits=_newest(visit_from(v) for v in visits.get(r.id, [])),
                notices=tuple(
                    Notice(n.id, n.body, n.expires_at) for n in sorted(notices.get(r.id, []), key=lambda n: n.id)
                ),
                standings=standings,
            )
            for r in rows
        ]

    def _hanging(self, table: Any, chat_ids: Sequence[ChatId], *only: Any) -> Mapping[str, list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = {}
        for row in self._db.execute(select(table).where(table.c.chat_id.in_(chat_ids), *only)):
            found.setdefault(row.chat_id, []).append(row)
        return found

    def _standings(self, people: Collection[str]) -> Mapping[BareJid, Standing]:
        if not people:
            return {}
        query = select(t.account.c.jid, t.account.c.standing).where(t.account.c.jid.in_(people))
        return {BareJid(r.jid): Standing(r.standing) for r in self._db.execute(query)}

    def add(self, chat: Chat, *, token_hash: str) -> None:
        self._db.execute(
            insert(t.chat).values(
                id=chat.id, priority=0, token_hash=token_hash, closed_by="", tags="", note="", **_values(chat)
            )
        )

    def need_room(self, chat_id: ChatId) -> None:
        none_yet = (t.chat.c.id == chat_id, t.chat.c.room == RoomState.NONE)
        self._db.execute(update(t.chat).where(*none_yet).values(room=RoomState.NEEDED))

    def set_room(self, chat_id: ChatId, state: RoomState) -> None:
        self._db.execute(update(t.chat).where(t.chat.c.id == chat_id).values(room=state))

    def save(self, chat: Chat) -> None:
        self._db.execute(update(t.chat).where(t.chat.c.id == chat.id).values(**_values(chat)))

    def set_token(self, chat_id: ChatId, token_hash: str, *, used: str) -> None:
        self._db.execute(
            update(t.chat).where(t.chat.c.id == chat_id).values(token_hash=token_hash, last_token_hash=used)
        )

    def set_closing(self, chat_id: ChatId, *, by: str, tags: str, note: str) -> None:
        self._db.execute(update(t.chat).where(t.chat.c.id == chat_id).values(closed_by=by, tags=tags, note=note))

    def waiting(self, workgroup: WorkgroupName) -> list[Waiting]:
        is_offered = exists().where(t.offer.c.chat_id == t.chat.c.id, t.offer.c.state == OfferState.OPEN)
        query = select(
            t.chat.c.id,
            t.chat.c.asked_at,
            t.chat.c.priority,
            t.chat.c.visitor,
            is_offered.label("is_offered"),
            t.chat.c.visitor_gone_at,
            t.chat.c.first_opened_at,
            t.chat.c.queued_at,
        ).where(t.chat.c.state == ChatState.WAITING, t.chat.c.workgroup == workgroup)
        return in_order(
            Waiting(
                ChatId(r.id),
                r.asked_at,
                r.priority,
                FullJid(r.visitor),
                is_offered=bool(r.is_offered),
                is_gone=r.visitor_gone_at is not None,
                has_room=r.first_opened_at is not None,
                queued_at=r.queued_at,
            )
            for r in self._db.execute(query)
        )

    def open(self, workgroup: WorkgroupName | None = None) -> list[Chat]:
        has_room = and_(t.chat.c.state == ChatState.WAITING, t.chat.c.first_opened_at.is_not(None))
        query = select(t.chat.c.id).where(or_(t.chat.c.state == ChatState.OPEN, has_room))
        if workgroup is not None:
            query = query.where(t.chat.c.workgroup == workgroup)
        return self._load([ChatId(i) for i in self._db.scalars(query)])

    def counts(self) -> list[Count]:
        query = select(t.chat.c.workgroup, t.chat.c.state, func.count(), func.min(t.chat.c.asked_at))
        query = query.where(t.chat.c.state != ChatState.CLOSED).group_by(t.chat.c.workgroup, t.chat.c.state)
        return [
            Count(WorkgroupName(workgroup), ChatState(state), number, first_at)
            for workgroup, state, number, first_at in self._db.execute(query)
        ]

    def unfinished(self) -> list[ChatId]:
        watched = exists().where(
            t.invitation.c.chat_id == t.chat.c.id,
            t.invitation.c.part == Part.TRAINEE,
            t.invitation.c.ended_at.is_(None),
        )
        query = (
            select(t.chat.c.id)
            .where(or_(t.chat.c.state != ChatState.CLOSED, t.chat.c.room != RoomState.GONE))
            .order_by(watched.desc(), t.chat.c.asked_at)
        )
        return [ChatId(i) for i in self._db.scalars(query)]

    def naming(self, jid: BareJid) -> list[ChatId]:
        offered = exists().where(
            t.offer.c.chat_id == t.chat.c.id, t.offer.c.helper == jid, t.offer.c.state == OfferState.OPEN
        )
        invited = exists().where(
            t.invitation.c.chat_id == t.chat.c.id, t.invitation.c.jid == jid, t.invitation.c.ended_at.is_(None)
        )
        query = select(t.chat.c.id).where(
            t.chat.c.state != ChatState.CLOSED, or_(t.chat.c.helper == jid, offered, invited)
        )
        return [ChatId(i) for i in self._db.scalars(query)]

    def loads(self) -> Mapping[BareJid, int]:
        query = (
            select(t.chat.c.helper, func.count())
            .where(t.chat.c.state == ChatState.OPEN, t.chat.c.helper.is_not(None))
            .group_by(t.chat.c.helper)
        )
        return {BareJid(jid): count for jid, count in self._db.execute(query)}

    def handle_times(self, workgroup: WorkgroupName, limit: int) -> Sequence[timedelta]:
        query = (
            select(t.chat.c.first_opened_at, t.chat.c.closed_at)
            .where(
                t.chat.c.workgroup == workgroup,
                t.chat.c.closed_at.is_not(None),
                t.chat.c.outcome == Outcome.SERVED,
            )
            .order_by(t.chat.c.closed_at.desc())
            .limit(limit)
        )
        return [closed - opened for opened, closed in self._db.execute(query)]


def _newest(visits: Any) -> tuple[Visit, ...]:
    """Return the visits not ended, and the last one of each person and nick."""
    kept: dict[tuple[BareJid, str], Visit] = {}
    running = []
    for visit in sorted(visits, key=lambda v: v.entered_at):
        if visit.left_at is None:
            running.append(visit)
        else:
            kept[visit.jid, visit.nick] = visit
    return (*kept.values(), *running)
