"""Offering requests to helpers, and what helpers answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from livechat_xmpp.domain.errors import NotFound
from livechat_xmpp.domain.escalation import rung_at
from livechat_xmpp.domain.model import (
    Availability,
    BareJid,
    Chat,
    ChatId,
    FullJid,
    Offer,
    OfferState,
    WorkgroupName,
    bare,
)
from livechat_xmpp.domain.queue import Waiting
from livechat_xmpp.domain.routing import OnDuty, PastOffers, cover, match, ring
from livechat_xmpp.domain.wording.chats import NO_OFFER
from livechat_xmpp.usecases.chats import decline_invitation, is_away, open_chat
from livechat_xmpp.usecases.cover import Outlook, on_duty, outlook
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work
from livechat_xmpp.usecases.revoking import revoke

CHUNK = 50  # requests looked at together; those who come later are looked at when helpers are left over


@dataclass(frozen=True, slots=True)
class Match:
    """A request and the helper whose turn it is; to be offered once the visitor is known to be there.

    has_room: they are in a room already, and that decides whether they are there.
    """

    chat_id: ChatId
    visitor: FullJid
    helper: BareJid
    has_room: bool = False


@dataclass(frozen=True, slots=True)
class QueueLook:
    """All that is to know of a workgroup's queue at a moment.

    waiting: in the queue's order; outlook tells each place. matches: who is offered what next.
    has_absent: an offer is open for a helper who has gone.
    repeat_at: when a request may next be offered again to somebody who passed it; None: never.
    """

    outlook: Outlook
    waiting: Sequence[Waiting]
    matches: tuple[Match, ...]
    has_absent: bool
    repeat_at: datetime | None


def look(work: Work, workgroup: WorkgroupName, *, presences: Presences, rules: DeskRules) -> QueueLook:
    """Return how the queue stands; nothing is recorded."""
    helpers = on_duty(work, presences)
    waiting = work.chats.waiting(workgroup)
    matches, repeat_at = _match(work, waiting, helpers, rules)
    offered = [o.helper for o in work.offers.open()]
    return QueueLook(
        outlook=outlook(work, workgroup, cover(helpers), rules),
        waiting=waiting,
        matches=tuple(matches),
        has_absent=any(presences.availability(jid) is Availability.OFFLINE for jid in offered),
        repeat_at=repeat_at,
    )


def _match(
    work: Work, waiting: Sequence[Waiting], helpers: Sequence[OnDuty], rules: DeskRules
) -> tuple[list[Match], datetime | None]:
    """Return who is offered what, in the queue's order, and when those passed over may be offered again.

    One helper for each request first; who is left over is asked beside, where all are asked at once.
    """
    free = [h for h in helpers if h.is_free]
    offerable = (w for w in waiting if not w.is_offered and not is_away(work, w))
    requests: dict[ChatId, Waiting] = {}
    pairs: list[tuple[ChatId, BareJid]] = []
    repeats: list[datetime] = []

    def ask(requests_now: Sequence[Waiting], how: Callable[..., list[tuple[ChatId, BareJid]]]) -> None:
        nonlocal free
        requests.update((w.chat_id, w) for w in requests_now)
        past = _past(work, requests_now, rules)
        found = how(list(past), free, past, now=work.now, repeat_after=rules.repeat_after)
        taken = {jid for _, jid in found}
        free = [h for h in free if h.duty.jid not in taken]
        pairs.extend(found)
        repeats.extend(at + rules.repeat_after for p in past.values() for at in p.last_at.values())

    while free and (chunk := list(islice(offerable, CHUNK))):
        ask(chunk, match)
    if free:
        rung = (w for w in waiting if _rung_at(w, rules, work.now) is not None and not is_away(work, w))
        ask(list(islice(rung, CHUNK)), ring)
    matches = [Match(c, requests[c].visitor, jid, has_room=requests[c].has_room) for c, jid in pairs]
    return matches, min((r for r in repeats if r > work.now), default=None)


def _past(work: Work, waiting: Sequence[Waiting], rules: DeskRules) -> dict[ChatId, PastOffers]:
    """Return what was offered before, and who is never asked, for requests in the order of the queue."""
    had = work.offers.past([w.chat_id for w in waiting])
    return {
        w.chat_id: replace(
            had.get(w.chat_id, PastOffers()), never=bare(w.visitor), rung_at=_rung_at(w, rules, work.now)
        )
        for w in waiting
    }


def _rung_at(waiting: Waiting, rules: DeskRules, now: datetime) -> datetime | None:
    return rung_at(waiting.queued_at or waiting.asked_at, rules.climb, now=now)


def make_offers(
    work: Work,
    workgroup: WorkgroupName,
    there: Collection[ChatId],
    *,
    presences: Presences,
    rules: DeskRules,
) -> int:
    """Offer those requests whose visitors are there; return how many. Matched again: people come and go."""
    made = set()
    waiting = work.chats.waiting(workgroup)
    asked_at = {w.chat_id: w.asked_at for w in waiting if not w.has_room}
    for found in (_match(work, waiting, on_duty(work, presences), rules))[0]:
        if found.chat_id not in there:
            continue
        work.offers.add(found.chat_id, found.helper, work.now, work.now + rules.offer_timeout)
        work.duties.take_turn(found.helper, work.now)
        work.chats.need_room(found.chat_id)
        work.touch(found.chat_id)
        since = asked_at.get(found.chat_id)
        waited_s = None if since is None else round((work.now - since).total_seconds())
        work.fact("request offered", chat=found.chat_id, helper=found.helper, waited_s=waited_s)
        made.add(found.chat_id)
    return len(made)


def _offered_chat(work: Work, helper: BareJid, chat_id: ChatId | None) -> tuple[Chat, Offer]:
    offer = work.offers.find_open_of(helper)
    if offer is None or chat_id not in (None, offer.chat_id):
        raise NotFound(NO_OFFER)
    chat = work.chats.find(offer.chat_id)
    if chat is None:
        raise NotFound(NO_OFFER)
    return chat, offer


@dataclass(frozen=True, slots=True)
class Offered:
    """A request as it is offered. waited: since it was asked; left: to answer."""

    chat: Chat
    waited: timedelta
    left: timedelta


def offered_to(work: Work, helper: BareJid) -> Offered:
    """Return the request that is offered to the helper. Raises NotFound when there is none."""
    chat, offer = _offered_chat(work, helper, None)
    return Offered(chat, work.now - chat.asked_at, max(timedelta(seconds=1), offer.expires_at - work.now))


def accept_offer(work: Work, helper: BareJid, chat_id: ChatId | None = None, *, rules: DeskRules) -> Chat:
    """Take the offered request; chat_id None: the one that is open. Raises NotFound when there is none."""
    chat, _ = _offered_chat(work, helper, chat_id)
    return open_chat(work, chat, helper, rules)


def reject_offer(work: Work, helper: BareJid, chat_id: ChatId | None = None) -> Chat:
    """Pass the offered request on. Raises NotFound when nothing is offered."""
    chat, offer = _offered_chat(work, helper, chat_id)
    work.offers.decide(offer.id, OfferState.REJECTED, work.now)
    work.fact("offer rejected", chat=chat.id, helper=helper)
    work.touch(chat.id)
    work.touch_queues()
    return chat


def decline(work: Work, jid: BareJid, chat_id: ChatId | None = None) -> Chat:
    """Take a person's "no": to the offer, else to the newest invitation. Raises NotFound when there is neither."""
    offer = work.offers.find_open_of(jid)
    if offer is not None and chat_id in (None, offer.chat_id):
        return reject_offer(work, jid, chat_id)
    asked = [c for c in work.invitations.of_person(jid) if chat_id in (None, c)]
    for candidate in asked:
        chat = work.chats.find(candidate)
        if chat is not None and not chat.is_inside(jid) and jid not in (chat.helper, chat.visitor_bare):
            decline_invitation(work, candidate, jid)
            return chat
    raise NotFound(NO_OFFER)


def revoke_of_absent(work: Work, *, presences: Presences, rules: DeskRules) -> None:
    """Take back the offers of helpers who have gone: the next one is asked without waiting for the deadline."""
    for offer in work.offers.open():
        if presences.availability(offer.helper) is not Availability.OFFLINE:
            continue
        chat = work.chats.find(offer.chat_id)
        if chat is not None:
            revoke(work, chat, offer, rules)
