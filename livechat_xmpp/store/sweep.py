"""What a sweep reads of the record, and what it found, in the database.

No chat is read whole. What waits or is open is gone through by its state, once a sweep; what is closed, as far as it
was closed lately.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, literal_column, or_, select

from livechat_xmpp.domain.model import BareJid, ChatId, ChatState, Outcome, RoomState, Standing, WorkgroupName
from livechat_xmpp.domain.sweep import Problem, Suspect, SweepRules, Trouble
from livechat_xmpp.store import tables as t
from livechat_xmpp.usecases.ports import Found

MOST = 500  # suspects of each kind in one sweep; the next one finds the rest
NO_ROOM = (RoomState.NONE, RoomState.GONE)
HELPS = tuple(s for s in Standing if s.reaches(Standing.HELPER))

c = t.chat.c
# As it is written in the index of open offers, which a bound value would not be known to fit.
_is_open_offer = literal_column("offer.state") == literal_column("'open'")


class RecordTable:
    """The record as a sweep sees it (usecases.ports.Record)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def suspects(self, rules: SweepRules, *, now: datetime, closed_since: datetime | None) -> list[Suspect]:
        overdue = now - rules.overdue
        ids: set[str] = set()
        for query in (*_unfinished(rules, overdue), _offered(overdue), *_closed(overdue, closed_since)):
            ids |= set(self._db.scalars(query.limit(MOST)))
        return [one for some in _in_parts(sorted(ids)) for one in self._suspects(some)]

    def suspect(self, chat_id: ChatId) -> Suspect | None:
        return next(iter(self._suspects([chat_id])), None)

    def _suspects(self, ids: Collection[str]) -> list[Suspect]:
        is_here = t.offer.c.chat_id == c.id
        offered_until = select(func.min(t.offer.c.expires_at)).where(is_here, t.offer.c.state == "open")
        invited = select(t.invitation.c.jid).where(t.invitation.c.chat_id == c.id, t.invitation.c.ended_at.is_(None))
        inside = select(t.visit.c.id).where(t.visit.c.chat_id == c.id, t.visit.c.left_at.is_(None))
        columns: tuple[Any, ...] = (
            *(c.id, c.workgroup, c.state, c.room, c.queued_at, c.helper, c.opened_at, c.first_opened_at),
            *(c.visitor_gone_at, c.closed_at, c.outcome, t.account.c.standing),
            offered_until.scalar_subquery().label("offered_until"),
            or_(invited.exists(), inside.exists()).label("has_people"),
        )
        query = select(*columns).outerjoin(t.account, t.account.c.jid == c.helper).where(c.id.in_(ids))
        return [_suspect_from(r) for r in self._db.execute(query)]

    # --- what was found

    def problems(self) -> list[Found]:
        return [
            Found(Problem(r.subject, Trouble(r.what), r.since_at, r.reason), r.found_at, r.told_at)
            for r in self._db.execute(select(t.problem))
        ]

    def replace_problems(self, found: Sequence[Found]) -> None:
        self._db.execute(delete(t.problem))
        rows = [
            {
                "subject": f.problem.subject,
                "what": f.problem.what,
                "since_at": f.problem.since_at,
                "reason": f.problem.reason,
                "found_at": f.found_at,
                "told_at": f.told_at,
            }
            for f in found
        ]
        if rows:
            self._db.execute(insert(t.problem), rows)


def _unfinished(rules: SweepRules, overdue: datetime) -> Iterator[Select[Any]]:
    """Yield queries for chats that wait or are open, and may be in trouble."""
    yield select(c.id).where(
        c.state == ChatState.WAITING,
        or_(
            c.queued_at <= overdue - rules.longest_wait,
            c.visitor_gone_at <= overdue - rules.visitor_grace,
            c.first_opened_at.is_not(None) & c.room.in_(NO_ROOM),
        ),
    )
    may_help = t.account.c.standing.in_(HELPS)
    yield (
        select(c.id)
        .outerjoin(t.account, t.account.c.jid == c.helper)
        .where(
            c.state == ChatState.OPEN,
            or_(c.helper.is_(None), t.account.c.jid.is_(None), ~may_help, c.room != RoomState.READY),
        )
    )


def _offered(overdue: datetime) -> Select[Any]:
    """Return the query for chats with offers whose time is over, or that do not wait."""
    is_wrong = or_(t.offer.c.expires_at <= overdue, c.state != ChatState.WAITING)
    return select(t.offer.c.chat_id).join(t.chat, c.id == t.offer.c.chat_id).where(_is_open_offer, is_wrong)


def _closed(overdue: datetime, since: datetime | None) -> Iterator[Select[Any]]:
    """Yield queries for closed chats with something left: rooms at any time, the rest as far as closed lately."""
    yield select(c.id).where(c.room != RoomState.GONE, c.state == ChatState.CLOSED, c.closed_at <= overdue)
    lately: list[Any] = [c.state == ChatState.CLOSED, c.closed_at <= overdue]
    if since is not None:
        lately.append(c.closed_at >= since)
    invited = select(t.invitation.c.jid).where(t.invitation.c.chat_id == c.id, t.invitation.c.ended_at.is_(None))
    inside = select(t.visit.c.id).where(t.visit.c.chat_id == c.id, t.visit.c.left_at.is_(None))
    offered = select(t.offer.c.id).where(t.offer.c.chat_id == c.id, t.offer.c.state == "open")
    left = or_(c.outcome.is_(None), invited.exists(), inside.exists(), offered.exists())
    yield select(c.id).where(*lately, left)


def _in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), MOST):
        yield ids[start : start + MOST]


def _suspect_from(row: Any) -> Suspect:
    return Suspect(
        chat_id=ChatId(row.id),
        workgroup=WorkgroupName(row.workgroup),
        state=ChatState(row.state),
        room=RoomState(row.room),
        queued_at=row.queued_at,
        helper=BareJid(row.helper) if row.helper else None,
        helper_standing=Standing(row.standing) if row.standing else None,
        opened_at=row.opened_at,
        first_opened_at=row.first_opened_at,
        visitor_gone_at=row.visitor_gone_at,
        closed_at=row.closed_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        offered_until=row.offered_until,
        has_people=bool(row.has_people),
    )
