"""What trainees have done, who speaks for them, and the decisions about them, in the database."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Row, cast, func, insert, select, update

from livechat_xmpp.domain.apprenticeship import Application, Credit, Endorsement
from livechat_xmpp.domain.model import BareJid, ChatId
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.people import put, rows_of
from livechat_xmpp.usecases.ports import Enquiry

_stands = t.endorsement.c.withdrawn_at.is_(None)
_is_open = t.application.c.closed_at.is_(None)


class CreditTable:
    """What chats count for (usecases.ports.Credits)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def put(self, chat_id: ChatId, credit: Credit, at: datetime) -> None:
        values = {"watched": credit.watched, "helped": credit.helped, "seconds": credit.seconds, "said": credit.said}
        put(self._db, t.credit, {"chat_id": chat_id, "jid": credit.jid}, {**values, "at": at})

    def last(self, jid: BareJid) -> Credit | None:
        query = select(t.credit).where(t.credit.c.jid == jid).order_by(t.credit.c.at.desc()).limit(1)
        row = self._db.execute(query).first()
        return None if row is None else Credit(jid, row.watched, row.helped, row.seconds, row.said)

    def totals(self, jids: Collection[BareJid] | None = None) -> Mapping[BareJid, tuple[int, int]]:
        watched = func.sum(cast(t.credit.c.watched, Integer)).label("watched")
        helped = func.sum(cast(t.credit.c.helped, Integer)).label("helped")
        query = select(t.credit.c.jid, watched, helped).group_by(t.credit.c.jid)
        rows = rows_of(self._db, query, t.credit.c.jid, jids)
        return {BareJid(row.jid): (int(row.watched), int(row.helped)) for row in rows}


class EndorsementTable:
    """Endorsements (usecases.ports.Endorsements)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def find(self, trainee: BareJid, by: BareJid) -> Endorsement | None:
        query = select(t.endorsement).where(t.endorsement.c.trainee == trainee, t.endorsement.c.by == by, _stands)
        row = self._db.execute(query).first()
        return None if row is None else _endorsement_from(row)

    def add(self, trainee: BareJid, endorsement: Endorsement) -> None:
        values = {"by": endorsement.by, "at": endorsement.at, "chat_id": endorsement.chat_id}
        self._db.execute(insert(t.endorsement).values(trainee=trainee, comment=endorsement.comment, **values))

    def add_comment(self, trainee: BareJid, by: BareJid, comment: str) -> None:
        bare = (t.endorsement.c.trainee == trainee, t.endorsement.c.by == by, t.endorsement.c.comment == "", _stands)
        self._db.execute(update(t.endorsement).where(*bare).values(comment=comment))

    def withdraw(self, trainee: BareJid, by: BareJid, at: datetime) -> None:
        theirs = (t.endorsement.c.trainee == trainee, t.endorsement.c.by == by, _stands)
        self._db.execute(update(t.endorsement).where(*theirs).values(withdrawn_at=at))

    def end_all(self, trainee: BareJid, at: datetime) -> None:
        theirs = (t.endorsement.c.trainee == trainee, _stands)
        self._db.execute(update(t.endorsement).where(*theirs).values(withdrawn_at=at))

    def of(self, trainees: Collection[BareJid] | None = None) -> Mapping[BareJid, builtins.list[Endorsement]]:
        found: defaultdict[BareJid, builtins.list[Endorsement]] = defaultdict(list)
        query = select(t.endorsement).where(_stands).order_by(t.endorsement.c.at, t.endorsement.c.id)
        for row in rows_of(self._db, query, t.endorsement.c.trainee, trainees):
            found[BareJid(row.trainee)].append(_endorsement_from(row))
        return found

    def given_by(self, by: BareJid) -> frozenset[BareJid]:
        query = select(t.endorsement.c.trainee).where(t.endorsement.c.by == by, _stands)
        return frozenset(BareJid(jid) for jid in self._db.scalars(query))


def _endorsement_from(row: Row[Any]) -> Endorsement:
    return Endorsement(BareJid(row.by), row.at, ChatId(row.chat_id), row.comment)


class ApplicationTable:
    """Decisions that are open (usecases.ports.Applications)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def open(self, trainee: BareJid, *, by: str, comment: str, at: datetime, decide_by: datetime) -> None:
        values = {"trainee": trainee, "by": by, "comment": comment, "opened_at": at, "decide_by": decide_by}
        self._db.execute(insert(t.application).values(**values))

    def find(self, trainee: BareJid) -> Application | None:
        found = self._read(t.application.c.trainee == trainee)
        return found[0] if found else None

    def list(self) -> builtins.list[Application]:
        return self._read()

    def _read(self, *conditions: ColumnElement[bool]) -> builtins.list[Application]:
        query = (
            select(t.application).where(_is_open, *conditions).order_by(t.application.c.decide_by, t.application.c.id)
        )
        rows = self._db.execute(query).all()
        votes: defaultdict[int, builtins.list[BareJid]] = defaultdict(list)
        if rows:
            given = select(t.vote).join(t.application).where(_is_open, *conditions).order_by(t.vote.c.at, t.vote.c.by)
            for vote in self._db.execute(given):
                votes[vote.application_id].append(BareJid(vote.by))
        return [
            Application(
                row.id,
                BareJid(row.trainee),
                row.by,
                row.comment,
                row.opened_at,
                row.decide_by,
                row.reminded_at,
                row.overdue_at,
                tuple(votes[row.id]),
            )
            for row in rows
        ]

    def vote(self, application_id: int, by: BareJid, at: datetime) -> None:
        put(self._db, t.vote, {"application_id": application_id, "by": by}, {"at": at})

    def mark_reminded(self, application_id: int, at: datetime) -> None:
        self._set(application_id, reminded_at=at)

    def mark_overdue(self, application_id: int, at: datetime) -> None:
        self._set(application_id, overdue_at=at)

    def close(self, application_id: int, outcome: str, at: datetime) -> None:
        self._set(application_id, closed_at=at, outcome=outcome)

    def _set(self, application_id: int, **values: Any) -> None:
        self._db.execute(update(t.application).where(t.application.c.id == application_id).values(**values))


class EnquiryTable:
    """What people were asked (usecases.ports.Enquiries)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def ask(self, kind: str, to: BareJid, about: BareJid, chat_id: ChatId, at: datetime) -> None:
        values = {"kind": kind, "to": to, "about": about, "chat_id": chat_id, "asked_at": at}
        self._db.execute(insert(t.enquiry).values(**values))

    def last(self, kind: str, to: BareJid, about: BareJid) -> datetime | None:
        query = select(func.max(t.enquiry.c.asked_at)).where(*_enquiry(kind, to), t.enquiry.c.about == about)
        found: datetime | None = self._db.scalar(query)
        return found

    def find_open(self, kind: str, to: BareJid) -> Enquiry | None:
        is_open = t.enquiry.c.answered_at.is_(None)
        query = select(t.enquiry).where(*_enquiry(kind, to), is_open).order_by(t.enquiry.c.id.desc()).limit(1)
        row = self._db.execute(query).first()
        if row is None:
            return None
        return Enquiry(row.id, row.kind, BareJid(row.to), BareJid(row.about), ChatId(row.chat_id), row.asked_at)

    def answer(self, kind: str, to: BareJid, about: BareJid, answer: str, at: datetime) -> None:
        is_it = (*_enquiry(kind, to), t.enquiry.c.about == about, t.enquiry.c.answered_at.is_(None))
        self._db.execute(update(t.enquiry).where(*is_it).values(answer=answer, answered_at=at))


def _enquiry(kind: str, to: BareJid) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return t.enquiry.c.kind == kind, t.enquiry.c.to == to


class PolicyTable:
    """The settings that decisions followed (usecases.ports.Policies)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def put(self, version: str, settings: Mapping[str, Any], at: datetime) -> None:
        is_known = self._db.scalar(select(t.policy.c.version).where(t.policy.c.version == version))
        if is_known is None:
            self._db.execute(insert(t.policy).values(version=version, settings=dict(settings), since_at=at))

    def list(self) -> builtins.list[tuple[str, Mapping[str, Any], datetime]]:
        query = select(t.policy).order_by(t.policy.c.since_at, t.policy.c.version)
        return [(row.version, row.settings, row.since_at) for row in self._db.execute(query)]
