"""Offers in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, insert, select, update

from livechat_xmpp.domain.model import BareJid, ChatId, Offer, OfferState
from livechat_xmpp.domain.routing import PastOffers
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.changes import Change, Changes, with_offer, with_offer_told, without_offer
from livechat_xmpp.store.remembered import InTurn

# How an offer ends that its helper has had; one that was taken back does not count as passed.
PASSED = (OfferState.ACCEPTED, OfferState.REJECTED, OfferState.EXPIRED, OfferState.DROPPED)


def offer_from(row: Row[Any]) -> Offer:
    return Offer(
        row.id,
        ChatId(row.chat_id),
        BareJid(row.helper),
        row.made_at,
        row.expires_at,
        OfferState(row.state),
        row.told_at,
        row.decided_at,
    )


_is_open = t.offer.c.state == OfferState.OPEN
OPEN = select(t.offer).where(_is_open)
ADD = insert(t.offer).returning(t.offer.c.id)
DECIDE = (
    update(t.offer)
    .where(t.offer.c.id == bindparam("offer_id"), _is_open)
    .values(state=bindparam("state"), decided_at=bindparam("decided_at"))
    .returning(t.offer.c.chat_id)
)
MARK_TOLD = (
    update(t.offer)
    .where(t.offer.c.id == bindparam("offer_id"), _is_open, t.offer.c.told_at.is_not_distinct_from(bindparam("was")))
    .values(told_at=bindparam("told_at"), expires_at=bindparam("expires_at"))
    .returning(t.offer.c.chat_id)
)

_chat_ids: BindParameter[Any] = bindparam("chat_ids", expanding=True)
PAST = (
    select(t.offer.c.chat_id, t.offer.c.helper, func.count(), func.max(t.offer.c.decided_at))
    .where(t.offer.c.chat_id.in_(_chat_ids), t.offer.c.state.in_(PASSED))
    .group_by(t.offer.c.chat_id, t.offer.c.helper)
)


class OfferTable:
    """Offers in the database (usecases.ports.Offers)."""

    def __init__(self, db: Connection, changes: Changes, in_turn: InTurn | None) -> None:
        self._db = db
        self._changes = changes
        self._in_turn = in_turn

    def add(self, chat_id: ChatId, helper: BareJid, made_at: datetime, expires_at: datetime) -> None:
        values = {"chat_id": chat_id, "helper": helper, "made_at": made_at, "expires_at": expires_at}
        offer_id = self._db.scalar(ADD, {**values, "state": OfferState.OPEN})
        self._changed([chat_id], with_offer(Offer(offer_id, chat_id, helper, made_at, expires_at)))

    def decide(self, offer_id: int, state: OfferState, at: datetime) -> None:
        values = {"offer_id": offer_id, "state": state, "decided_at": at}
        self._changed(self._db.scalars(DECIDE, values), without_offer(offer_id))

    def drop(self, chat_id: ChatId, helper: BareJid, at: datetime) -> None:
        here = (t.offer.c.chat_id == chat_id, t.offer.c.helper == helper, t.offer.c.state == OfferState.ACCEPTED)
        self._db.execute(update(t.offer).where(*here).values(state=OfferState.DROPPED, decided_at=at))

    def mark_told(self, told: Offer, *, was: datetime | None) -> bool:
        values = {"offer_id": told.id, "told_at": told.told_at, "expires_at": told.expires_at, "was": was}
        chats = self._db.scalars(MARK_TOLD, values).all()
        self._changed(chats, with_offer_told(told))
        return bool(chats)

    def _changed(self, chat_ids: Iterable[str], change: Change) -> None:
        self._changes.offers = True
        for chat_id in chat_ids:
            self._changes.change(ChatId(chat_id), change)

    def find_open_of(self, helper: BareJid) -> Offer | None:
        return next((offer for offer in self.open() if offer.helper == helper), None)

    def open(self) -> Sequence[Offer]:
        if self._in_turn is None or self._changes.offers:
            return self._read_open()
        if self._in_turn.open_offers is None:
            self._in_turn.open_offers = tuple(self._read_open())
        return self._in_turn.open_offers

    def _read_open(self) -> list[Offer]:
        return [offer_from(r) for r in self._db.execute(OPEN)]

    def past(self, chat_ids: Collection[ChatId]) -> Mapping[ChatId, PastOffers]:
        if not chat_ids:
            return {}
        times: dict[ChatId, dict[BareJid, int]] = {}
        last_at: dict[ChatId, dict[BareJid, datetime]] = {}
        for chat_id, helper, count, last in self._db.execute(PAST, {"chat_ids": list(chat_ids)}):
            times.setdefault(ChatId(chat_id), {})[BareJid(helper)] = count
            last_at.setdefault(ChatId(chat_id), {})[BareJid(helper)] = last
        return {c: PastOffers(times[c], last_at[c]) for c in times}
