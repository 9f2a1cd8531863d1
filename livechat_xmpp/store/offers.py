"""Offers in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from livechat_xmpp.domain.model import BareJid, ChatId, Offer, OfferState
from livechat_xmpp.domain.routing import PastOffers
from livechat_xmpp.store import tables as t

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


class OfferTable:
    """Offers in the database (usecases.ports.Offers)."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, chat_id: ChatId, helper: BareJid, made_at: datetime, expires_at: datetime) -> None:
        self._db.execute(
            insert(t.offer).values(
                chat_id=chat_id, helper=helper, state=OfferState.OPEN, made_at=made_at, expires_at=expires_at
            )
        )

    def decide(self, offer_id: int, state: OfferState, at: datetime) -> None:
        self._db.execute(
            update(t.offer)
            .where(t.offer.c.id == offer_id, t.offer.c.state == OfferState.OPEN)
            .values(state=state, decided_at=at)
        )

    def drop(self, chat_id: ChatId, helper: BareJid, at: datetime) -> None:
        here = (t.offer.c.chat_id == chat_id, t.offer.c.helper == helper, t.offer.c.state == OfferState.ACCEPTED)
        self._db.execute(update(t.offer).where(*here).values(state=OfferState.DROPPED, decided_at=at))

    def mark_told(self, offer_id: int, at: datetime) -> bool:
        here = (t.offer.c.id == offer_id, t.offer.c.state == OfferState.OPEN, t.offer.c.told_at.is_(None))
        return (self._db.execute(update(t.offer).where(*here).values(told_at=at))).rowcount == 1

    def find_open_of(self, helper: BareJid) -> Offer | None:
        query = select(t.offer).where(t.offer.c.helper == helper, t.offer.c.state == OfferState.OPEN)
        row = (self._db.execute(query)).first()
        return None if row is None else offer_from(row)

    def open(self) -> list[Offer]:
        return [offer_from(r) for r in self._db.execute(select(t.offer).where(t.offer.c.state == OfferState.OPEN))]

    def past(self, chat_ids: Collection[ChatId]) -> Mapping[ChatId, PastOffers]:
        if not chat_ids:
            return {}
        query = (
            select(t.offer.c.chat_id, t.offer.c.helper, func.count(), func.max(t.offer.c.decided_at))
            .where(t.offer.c.chat_id.in_(chat_ids), t.offer.c.state.in_(PASSED))
            .group_by(t.offer.c.chat_id, t.offer.c.helper)
        )
        times: dict[ChatId, dict[BareJid, int]] = {}
        last_at: dict[ChatId, dict[BareJid, datetime]] = {}
        for chat_id, helper, count, last in self._db.execute(query):
            times.setdefault(ChatId(chat_id), {})[BareJid(helper)] = count
            last_at.setdefault(ChatId(chat_id), {})[BareJid(helper)] = last
        return {c: PastOffers(times[c], last_at[c]) for c in times}
