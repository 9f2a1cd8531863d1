"""What belongs to rooms in the database: invitations, visits, and what is to be spoken there."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, distinct, func, insert, or_, select, update

from livechat_xmpp.domain.model import BareJid, ChatId, ChatState, Invitation, Notice, Part, Standing, Visit
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.changes import (
    Changes,
    with_invitation,
    with_invitation_marked,
    with_notice,
    with_visit,
    with_visits_ended,
    without_invitation,
    without_notices,
)
from livechat_xmpp.store.chats import visit_from
from livechat_xmpp.store.people import put, rows_of

_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_here: BindParameter[Any] = bindparam("here")
_who: BindParameter[Any] = bindparam("who")
CHANGE_INVITATION = update(t.invitation).where(
    t.invitation.c.chat_id == _here, t.invitation.c.jid == _who, t.invitation.c.ended_at.is_(None)
)
ADD_VISIT = insert(t.visit)
END_VISITS = update(t.visit).where(t.visit.c.chat_id == _here, t.visit.c.left_at.is_(None))
END_VISIT = END_VISITS.where(t.visit.c.jid == _who, t.visit.c.nick == bindparam("under"))
VISITS = select(t.visit).where(t.visit.c.chat_id == _here).order_by(t.visit.c.entered_at, t.visit.c.id)
ADD_NOTICE = insert(t.notice).returning(t.notice.c.id)
MARK_DONE = (
    update(t.notice).where(t.notice.c.id.in_(_ids)).values(done_at=bindparam("at")).returning(t.notice.c.chat_id)
)


class InvitationTable:
    """Invitations in the database (usecases.ports.Invitations)."""

    def __init__(self, db: Connection, changes: Changes) -> None:
        self._db = db
        self._changes = changes

    def put(self, chat_id: ChatId, invitation: Invitation) -> None:
        self._changes.change(chat_id, with_invitation(invitation))
        values = {
            "part": invitation.part,
            "told_at": invitation.told_at,
            "times_told": invitation.times_told,
            "has_voice": invitation.has_voice,
            "ended_at": None,
        }
        put(self._db, t.invitation, {"chat_id": chat_id, "jid": invitation.jid}, values)

    def mark(self, chat_id: ChatId, invitation: Invitation) -> bool:
        self._changes.change(chat_id, with_invitation_marked(invitation))
        values = {
            "told_at": invitation.told_at,
            "times_told": invitation.times_told,
            "has_voice": invitation.has_voice,
        }
        marked = self._db.execute(CHANGE_INVITATION, {"here": chat_id, "who": invitation.jid, **values})
        return marked.rowcount == 1

    def end(self, chat_id: ChatId, jid: BareJid, at: datetime) -> None:
        self._changes.change(chat_id, without_invitation(jid))
        self._db.execute(CHANGE_INVITATION, {"here": chat_id, "who": jid, "ended_at": at})

    def asked_before(self, chat_id: ChatId) -> frozenset[BareJid]:
        query = select(t.invitation.c.jid).where(t.invitation.c.chat_id == chat_id)
        return frozenset(BareJid(j) for j in self._db.scalars(query))

    def ever_asked(self, jids: Collection[BareJid]) -> frozenset[BareJid]:
        query = select(t.invitation.c.jid).distinct().where(t.invitation.c.part == Part.TRAINEE)
        return frozenset(BareJid(row.jid) for row in rows_of(self._db, query, t.invitation.c.jid, jids))

    def places_held(self, jids: Collection[BareJid]) -> Mapping[BareJid, int]:
        query = (
            select(t.invitation.c.jid, func.count().label("places"))
            .join(t.chat, t.chat.c.id == t.invitation.c.chat_id)
            .where(t.invitation.c.ended_at.is_(None), t.chat.c.state != ChatState.CLOSED)
            .group_by(t.invitation.c.jid)
        )
        return {BareJid(row.jid): row.places for row in rows_of(self._db, query, t.invitation.c.jid, jids)}

    def of_person(self, jid: BareJid) -> list[ChatId]:
        query = (
            select(t.invitation.c.chat_id)
            .where(t.invitation.c.jid == jid, t.invitation.c.ended_at.is_(None))
            .order_by(t.invitation.c.told_at.desc().nulls_last())
        )
        return [ChatId(c) for c in self._db.scalars(query)]


class VisitTable:
    """Who was in which room when, in the database (usecases.ports.Visits)."""

    def __init__(self, db: Connection, changes: Changes) -> None:
        self._db = db
        self._changes = changes

    def add(self, chat_id: ChatId, visit: Visit) -> None:
        self._changes.change(chat_id, with_visit(visit))
        values = {
            "chat_id": chat_id,
            "jid": visit.jid,
            "nick": visit.nick,
            "part": visit.part,
            "standing": visit.standing,
            "entered_at": visit.entered_at,
            "left_at": visit.left_at,
            "occupant_id": visit.occupant_id,
        }
        self._db.execute(ADD_VISIT, values)

    def end(self, chat_id: ChatId, jid: BareJid, nick: str, at: datetime) -> None:
        self._changes.change(chat_id, with_visits_ended(at, jid, nick))
        self._db.execute(END_VISIT, {"here": chat_id, "who": jid, "under": nick, "left_at": at})

    def end_all(self, chat_id: ChatId, at: datetime) -> None:
        self._changes.change(chat_id, with_visits_ended(at))
        self._db.execute(END_VISITS, {"here": chat_id, "left_at": at})

    def list(self, chat_id: ChatId) -> list[Visit]:
        return [visit_from(r) for r in self._db.execute(VISITS, {"here": chat_id})]

    def counts(self, jids: Collection[BareJid]) -> Mapping[BareJid, int]:
        query = select(t.visit.c.jid, func.count(distinct(t.visit.c.chat_id)).label("chats")).group_by(t.visit.c.jid)
        return {BareJid(row.jid): row.chats for row in rows_of(self._db, query, t.visit.c.jid, jids)}

    def met(self, trainee: BareJid, other: BareJid) -> builtins.list[ChatId]:
        latest = func.max(_trainee.c.entered_at)
        query = (
            select(_trainee.c.chat_id)
            .where(*_MET, _trainee.c.jid == trainee, _other.c.jid == other)
            .group_by(_trainee.c.chat_id)
            .order_by(latest.desc())
        )
        return [ChatId(c) for c in self._db.scalars(query)]

    def trainees_met(self, other: BareJid) -> frozenset[BareJid]:
        query = select(_trainee.c.jid).distinct().where(*_MET, _other.c.jid == other)
        return frozenset(BareJid(jid) for jid in self._db.scalars(query))

    def judges_of(self, trainee: BareJid) -> builtins.list[tuple[BareJid, ChatId]]:
        query = (
            select(_other.c.jid, _other.c.chat_id)
            .where(*_MET, _trainee.c.jid == trainee)
            .order_by(_trainee.c.entered_at)
        )
        return sorted({BareJid(jid): ChatId(chat_id) for jid, chat_id in self._db.execute(query)}.items())


_trainee, _other = t.visit.alias("trainee"), t.visit.alias("other")
_MET = (
    _trainee.c.chat_id == _other.c.chat_id,
    _trainee.c.standing == Standing.TRAINEE,
    _trainee.c.part != Part.VISITOR,
    _other.c.standing.in_([s for s in Standing if s.reaches(Standing.HELPER)]),
    _other.c.part != Part.VISITOR,
    or_(_trainee.c.left_at.is_(None), _trainee.c.left_at > _other.c.entered_at),
    or_(_other.c.left_at.is_(None), _other.c.left_at > _trainee.c.entered_at),
)


class NoticeTable:
    """What is to be spoken in rooms, in the database (usecases.ports.Notices)."""

    def __init__(self, db: Connection, changes: Changes) -> None:
        self._db = db
        self._changes = changes

    def add(self, chat_id: ChatId, body: str, *, at: datetime, expires_at: datetime) -> None:
        values = {"chat_id": chat_id, "body": body, "made_at": at, "expires_at": expires_at}
        notice_id = self._db.scalar(ADD_NOTICE, values)
        self._changes.change(chat_id, with_notice(Notice(notice_id, body, expires_at)))

    def mark_done(self, ids: Collection[int], at: datetime) -> None:
        for chat_id in set(self._db.scalars(MARK_DONE, {"ids": list(ids), "at": at})):
            self._changes.change(ChatId(chat_id), without_notices(ids))
