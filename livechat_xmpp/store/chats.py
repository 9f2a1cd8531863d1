"""The table of chats, and the chat put together from all that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from livechat_xmpp.domain.escalation import Climber
from livechat_xmpp.domain.model import (
    Account,
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
from livechat_xmpp.domain.queue import Waiting, in_order, places
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.changes import Change, Changes, newest
from livechat_xmpp.store.offers import offer_from
from livechat_xmpp.store.people import AccountTable
from livechat_xmpp.store.remembered import Board, Brief, InTurn, Remembered
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


def with_standings(chat: Chat, accounts: Mapping[BareJid, Account], also: Collection[BareJid] = ()) -> Chat:
    """Return the chat with the standings and languages of all it names and of `also`."""
    people = {*_people(chat), *also}
    known = [accounts[jid] for jid in people if jid in accounts]
    languages = {a.jid: a.language for a in known if a.language}
    return replace(chat, standings={a.jid: a.standing for a in known}, languages=languages)


def _people(chat: Chat) -> Iterator[BareJid]:
    """Yield everybody named in the chat who may be of the staff."""
    yield from (invitation.jid for invitation in chat.invitations)
    yield from (visit.jid for visit in chat.visits)
    if chat.helper is not None:
        yield chat.helper
    yield from (offer.helper for offer in chat.offers)


# What hangs on chats; expanding to any number of them, compiled once.
_chat_ids: BindParameter[Any] = bindparam("chat_ids", expanding=True)
CHATS = select(t.chat).where(t.chat.c.id.in_(_chat_ids)).order_by(t.chat.c.asked_at, t.chat.c.id)
OFFERS = (
    select(t.offer).where(t.offer.c.chat_id.in_(_chat_ids), t.offer.c.state == OfferState.OPEN).order_by(t.offer.c.id)
)
INVITATIONS = (
    select(t.invitation)
    .where(t.invitation.c.chat_id.in_(_chat_ids), t.invitation.c.ended_at.is_(None))
    .order_by(t.invitation.c.jid)
)
VISITS = select(t.visit).where(t.visit.c.chat_id.in_(_chat_ids)).order_by(t.visit.c.id)
NOTICES = (
    select(t.notice).where(t.notice.c.chat_id.in_(_chat_ids), t.notice.c.done_at.is_(None)).order_by(t.notice.c.id)
)
_is_offered = exists().where(t.offer.c.chat_id == t.chat.c.id, t.offer.c.state == OfferState.OPEN)
BRIEF = select(
    t.chat.c.id,
    t.chat.c.workgroup,
    t.chat.c.state,
    t.chat.c.helper,
    t.chat.c.asked_at,
    t.chat.c.priority,
    t.chat.c.visitor,
    _is_offered.label("is_offered"),
    t.chat.c.visitor_gone_at,
    t.chat.c.first_opened_at,
    t.chat.c.queued_at,
).where(t.chat.c.state.in_((ChatState.WAITING, ChatState.OPEN)))
BRIEF_OF = BRIEF.where(t.chat.c.id.in_(_chat_ids))
_same_visitor = and_(t.chat.c.visitor_bare == bindparam("visitor"), t.chat.c.state != ChatState.CLOSED)
OF_VISITOR = select(t.chat.c.id).where(_same_visitor).limit(1)
LOADS = (
    select(t.chat.c.helper, func.count())
    .where(t.chat.c.state == ChatState.OPEN, t.chat.c.helper.is_not(None))
    .group_by(t.chat.c.helper)
)
SERVED_LAST = (
    select(t.chat.c.first_opened_at, t.chat.c.closed_at)
    .where(t.chat.c.workgroup == bindparam("here"), t.chat.c.closed_at.is_not(None), t.chat.c.outcome == Outcome.SERVED)
    .order_by(t.chat.c.closed_at.desc())
    .limit(bindparam("most"))
)
ADD = insert(t.chat)
CHANGE = update(t.chat).where(t.chat.c.id == bindparam("chat_id"))
ADD_ROOM_NEED = (
    update(t.chat)
    .where(t.chat.c.id == bindparam("chat_id"), t.chat.c.room == RoomState.NONE)
    .values(room=RoomState.NEEDED)
)


def _brief_from(row: Row[Any]) -> Brief:
    waiting = Waiting(
        ChatId(row.id),
        row.asked_at,
        row.priority,
        FullJid(row.visitor),
        is_offered=bool(row.is_offered),
        is_gone=row.visitor_gone_at is not None,
        has_room=row.first_opened_at is not None,
        queued_at=row.queued_at,
    )
    helper = BareJid(row.helper) if row.helper else None
    return Brief(WorkgroupName(row.workgroup), ChatState(row.state), helper, waiting)


# What has its own tables and is not written with the chat.
NOTHING_HANGS_ON_IT: Mapping[str, Any] = {
    "offers": (),
    "invitations": (),
    "visits": (),
    "notices": (),
    "standings": {},
    "languages": {},
}


def _hanging_on(chat: Chat) -> dict[str, Any]:
    return {name: getattr(chat, name) for name in NOTHING_HANGS_ON_IT}


def _with_room_need(chat: Chat) -> Chat:
    return replace(chat, room=RoomState.NEEDED) if chat.room is RoomState.NONE else chat


class ChatTable:
    """Chats in the database (usecases.ports.Chats)."""

    def __init__(
        self,
        db: Connection,
        changes: Changes,
        memory: Remembered,
        in_turn: InTurn | None,
        accounts: AccountTable,
    ) -> None:
        self._db = db
        self._changes = changes
        self._memory = memory
        self._in_turn = in_turn
        self._accounts = accounts

    def find(self, chat_id: ChatId, also: Collection[BareJid] = ()) -> Chat | None:
        chat = self._find(chat_id)
        return None if chat is None else self._with_standings([chat], also)[0]

    def _find(self, chat_id: ChatId) -> Chat | None:
        if chat_id in self._changes.chats:
            chat = self._changes.chats[chat_id]
            if chat is None:
                chat = self._changes.chats[chat_id] = self.load(chat_id)
            return chat
        chat = self._changes.recall(chat_id)
        if chat is None and self._in_turn is not None and chat_id in self._in_turn.pending.chats:
            return self.load(chat_id)  # not for others to see
        if chat is None:
            ticket = self._memory.begin(chat_id)
            chat = self.load(chat_id)
            self._memory.keep_chat(chat_id, ticket, chat)
        return chat

    def load(self, chat_id: ChatId) -> Chat | None:
        """Return the chat as it stands in the database, without standings."""
        return next(iter(self._load([chat_id])), None)

    def _with_standings(self, chats: Sequence[Chat], also: Collection[BareJid] = ()) -> list[Chat]:
        accounts = self._accounts.known()
        if accounts is None:
            people = {*also, *(jid for chat in chats for jid in _people(chat))}
            accounts = {a.jid: a for a in self._accounts.named(people)}
        return [with_standings(chat, accounts, also) for chat in chats]

    def find_of_visitor(self, visitor: BareJid) -> Chat | None:
        board = self._board()
        chat_id = board.of_visitor(visitor) if board else self._db.scalar(OF_VISITOR, {"visitor": visitor})
        return None if chat_id is None else self.find(ChatId(chat_id))

    def find_by_token(self, token_hash: str) -> Chat | None:
        mine = or_(t.chat.c.token_hash == token_hash, t.chat.c.last_token_hash == token_hash)
        chat_id = self._db.scalar(select(t.chat.c.id).where(mine).limit(1))
        return None if chat_id is None else self.find(ChatId(chat_id))

    def _load(self, chat_ids: Sequence[ChatId]) -> list[Chat]:
        """Return these chats with all that hangs on them, the oldest first; five queries for any number."""
        if not chat_ids:
            return []
        rows = self._db.execute(CHATS, {"chat_ids": chat_ids}).all()
        offers, invitations = self._hanging(OFFERS, chat_ids), self._hanging(INVITATIONS, chat_ids)
        visits, notices = self._hanging(VISITS, chat_ids), self._hanging(NOTICES, chat_ids)
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
                offers=tuple(offer_from(o) for o in offers.get(r.id, ())),
                invitations=tuple(
                    Invitation(BareJid(i.jid), Part(i.part), i.told_at, i.times_told, i.has_voice)
                    for i in invitations.get(r.id, ())
                ),
                visits=newest(visit_from(v) for v in visits.get(r.id, ())),
                notices=tuple(Notice(n.id, n.body, n.expires_at) for n in notices.get(r.id, ())),
            )
            for r in rows
        ]

    def _hanging(self, query: Select[Any], chat_ids: Sequence[ChatId]) -> Mapping[str, list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = {}
        for row in self._db.execute(query, {"chat_ids": chat_ids}):
            found.setdefault(row.chat_id, []).append(row)
        return found

    def add(self, chat: Chat, *, token_hash: str) -> None:
        self._changes.chats[chat.id] = None
        rest = {"id": chat.id, "priority": 0, "token_hash": token_hash, "closed_by": "", "tags": "", "note": ""}
        self._db.execute(ADD, {**rest, **_values(chat)})
        self._changes.chats[chat.id] = replace(chat, **NOTHING_HANGS_ON_IT)

    def _change(self, chat_id: ChatId, change: Change, **values: Any) -> None:
        self._changes.change(chat_id, change)
        self._db.execute(CHANGE, {"chat_id": chat_id, **values})

    def need_room(self, chat_id: ChatId) -> None:
        self._changes.change(chat_id, _with_room_need)
        self._db.execute(ADD_ROOM_NEED, {"chat_id": chat_id})

    def set_room(self, chat_id: ChatId, state: RoomState) -> None:
        self._change(chat_id, lambda chat: replace(chat, room=state), room=state)

    def save(self, chat: Chat) -> None:
        self._changes.has_closed |= chat.state is ChatState.CLOSED
        returned_at = chat.returned_at if chat.returned_at != chat.asked_at else None  # as it will be read
        self._change(
            chat.id, lambda known: replace(chat, returned_at=returned_at, **_hanging_on(known)), **_values(chat)
        )

    def set_token(self, chat_id: ChatId, token_hash: str, *, used: str) -> None:
        self._change(chat_id, lambda chat: chat, token_hash=token_hash, last_token_hash=used)

    def set_closing(self, chat_id: ChatId, *, by: str, tags: str, note: str) -> None:
        self._change(chat_id, lambda chat: chat, closed_by=by, tags=tags, note=note)

    def _board(self) -> Board | None:
        """Return the queues and loads as they were before this transaction, or None once it has changed chats."""
        if self._in_turn is None or self._changes.chats:
            return None
        self._in_turn.board.update(self._briefs)
        return self._in_turn.board

    def _briefs(self, chat_ids: Iterable[ChatId] | None) -> Mapping[ChatId, Brief]:
        these = None if chat_ids is None else {"chat_ids": list(chat_ids)}
        rows = self._db.execute(BRIEF if these is None else BRIEF_OF, these)
        return {ChatId(r.id): _brief_from(r) for r in rows}

    def waiting(self, workgroup: WorkgroupName) -> Sequence[Waiting]:
        if (board := self._board()) is not None:
            return board.waiting(workgroup)
        query = BRIEF.where(t.chat.c.state == ChatState.WAITING, t.chat.c.workgroup == workgroup)
        return in_order(_brief_from(r).waiting for r in self._db.execute(query))

    def count_waiting(self, workgroup: WorkgroupName, *, are_there: bool = False) -> int:
        if (board := self._board()) is not None:
            return board.count(workgroup, are_there=are_there)
        here = [t.chat.c.state == ChatState.WAITING, t.chat.c.workgroup == workgroup]
        if are_there:
            here.append(t.chat.c.visitor_gone_at.is_(None))
        return self._db.scalar(select(func.count()).select_from(t.chat).where(*here)) or 0

    def last_asked_at(self, workgroup: WorkgroupName) -> datetime | None:
        waiting = self.waiting(workgroup)  # all of one priority so far: the last is the newest
        return waiting[-1].asked_at if waiting else None

    def position(self, workgroup: WorkgroupName, chat_id: ChatId) -> int:
        if (board := self._board()) is not None:
            return board.position(chat_id)
        place = next((place for place, w in places(self.waiting(workgroup)) if w.chat_id == chat_id), None)
        if place is None:
            raise ValueError(f"{chat_id} does not wait")
        return place

    def open(self, workgroup: WorkgroupName | None = None) -> list[Chat]:
        has_room = and_(t.chat.c.state == ChatState.WAITING, t.chat.c.first_opened_at.is_not(None))
        query = select(t.chat.c.id).where(or_(t.chat.c.state == ChatState.OPEN, has_room))
        if workgroup is not None:
            query = query.where(t.chat.c.workgroup == workgroup)
        return self._with_standings(self._load([ChatId(i) for i in self._db.scalars(query)]))

    def answered_by(self, helper: BareJid) -> list[ChatId]:
        theirs = (t.chat.c.state == ChatState.OPEN, t.chat.c.helper == helper)
        query = select(t.chat.c.id).where(*theirs).order_by(t.chat.c.asked_at, t.chat.c.id)
        return [ChatId(i) for i in self._db.scalars(query)]

    def never_asked(self, jid: BareJid) -> list[ChatId]:
        asked = exists().where(t.invitation.c.chat_id == t.chat.c.id, t.invitation.c.jid == jid)
        query = select(t.chat.c.id).where(t.chat.c.state == ChatState.OPEN, ~asked)
        return [ChatId(i) for i in self._db.scalars(query)]

    def counts(self) -> list[Count]:
        query = select(t.chat.c.workgroup, t.chat.c.state, func.count(), func.min(t.chat.c.asked_at))
        query = query.where(t.chat.c.state != ChatState.CLOSED).group_by(t.chat.c.workgroup, t.chat.c.state)
        return [
            Count(WorkgroupName(workgroup), ChatState(state), number, first_at)
            for workgroup, state, number, first_at in self._db.execute(query)
        ]

    def climbers(self, *, alarm_before: datetime, tell_before: datetime, limit: int) -> list[Climber]:
        c = t.chat.c
        is_due = or_(
            and_(c.queued_at <= alarm_before, c.alarmed_at.is_(None)),
            and_(c.queued_at <= tell_before, c.visitor_told_at.is_(None)),
        )
        waits = (c.state == ChatState.WAITING, c.queued_at <= max(alarm_before, tell_before))
        query = select(
            c.id, c.workgroup, c.visitor, c.queued_at, c.alarmed_at, c.visitor_told_at, c.first_opened_at
        ).where(*waits, is_due, c.visitor_gone_at.is_(None))
        return [
            Climber(
                ChatId(r.id),
                WorkgroupName(r.workgroup),
                FullJid(r.visitor),
                r.queued_at,
                r.alarmed_at,
                r.visitor_told_at,
                has_room=r.first_opened_at is not None,
            )
            for r in self._db.execute(query.order_by(c.queued_at).limit(limit))
        ]

    def first_queued_after(self, moment: datetime) -> datetime | None:
        here = (t.chat.c.state == ChatState.WAITING, t.chat.c.queued_at > moment)
        found: datetime | None = self._db.scalar(select(func.min(t.chat.c.queued_at)).where(*here))
        return found

    def last_alarm(self, workgroup: WorkgroupName) -> datetime | None:
        query = select(func.max(t.chat.c.alarmed_at)).where(t.chat.c.workgroup == workgroup)
        found: datetime | None = self._db.scalar(query)
        return found

    def mark_alarmed(self, chat_ids: Collection[ChatId], at: datetime) -> None:
        for chat_id in chat_ids:
            self._change(chat_id, lambda chat: replace(chat, alarmed_at=at), alarmed_at=at)

    def mark_visitor_told(self, chat_ids: Collection[ChatId], at: datetime) -> None:
        for chat_id in chat_ids:
            self._change(chat_id, lambda chat: replace(chat, visitor_told_at=at), visitor_told_at=at)

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

    def ended_last(self, within: timedelta, limit: int) -> list[ChatId]:
        query = (
            select(t.chat.c.id, t.chat.c.closed_at)
            .where(t.chat.c.closed_at.is_not(None), t.chat.c.room == RoomState.GONE)
            .order_by(t.chat.c.closed_at.desc())
            .limit(limit)
        )
        rows = self._db.execute(query).all()
        return [ChatId(i) for i, closed_at in rows if closed_at >= rows[0][1] - within]

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
        if (board := self._board()) is not None:
            return board.loads()
        return {BareJid(jid): count for jid, count in self._db.execute(LOADS)}

    def handle_times(self, workgroup: WorkgroupName, limit: int) -> Sequence[timedelta]:
        if self._in_turn is None or self._changes.has_closed:
            return self._read_handle_times(workgroup, limit)
        known = self._in_turn.handle_times.get((workgroup, limit))
        if known is None:
            known = self._in_turn.handle_times[workgroup, limit] = self._read_handle_times(workgroup, limit)
        return known

    def _read_handle_times(self, workgroup: WorkgroupName, limit: int) -> Sequence[timedelta]:
        times = self._db.execute(SERVED_LAST, {"here": workgroup, "most": limit})
        return [closed - opened for opened, closed in times]
