"""Offering requests to helpers, and what helpers answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.errors import NotFound
from livechat_xmpp.domain.model import (
    Availability,
    BareJid,
    Chat,
    ChatId,
    FullJid,
    Offer,
    OfferState,
    RoomState,
    WorkgroupName,
)
from livechat_xmpp.domain.queue import in_order
from livechat_xmpp.domain.routing import match
from livechat_xmpp.usecases.chats import decline_invitation, open_chat, tell_staff
from livechat_xmpp.usecases.cover import on_duty
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work

NO_OFFER = "Nothing is offered to you at the moment."


@dataclass(frozen=True, slots=True)
class Match:
    """A request and the helper whose turn it is; to be offered once the visitor is known to be there."""

    chat_id: ChatId
    visitor: FullJid
    helper: BareJid


async def find_matches(work: Work, workgroup: WorkgroupName, *, presences: Presences, rules: DeskRules) -> list[Match]:
    """Return which waiting request goes to whom now, in the queue's order; nothing is recorded."""
    order = [w.chat_id for w in in_order(await work.chats.offerable(workgroup))]
    helpers = [h for h in await on_duty(work, presences) if h.is_free]
    if not order or not helpers:
        return []
    considered = order[: max(10, 4 * len(helpers))]  # who comes later would wait in any case
    past = await work.offers.past(considered)
    pairs = match(considered, helpers, past, now=work.now, repeat_after=rules.repeat_after)
    chats = {chat_id: await work.chats.find(chat_id) for chat_id, _ in pairs}
    return [Match(c.id, c.visitor, jid) for chat_id, jid in pairs if (c := chats[chat_id]) is not None]


async def make_offers(
    work: Work,
    workgroup: WorkgroupName,
    there: Collection[ChatId],
    *,
    presences: Presences,
    rules: DeskRules,
) -> list[Match]:
    """Offer those requests whose visitors are there; matched again, since people may have come and gone."""
    made = []
    for found in await find_matches(work, workgroup, presences=presences, rules=rules):
        chat = await work.chats.find(found.chat_id)
        if chat is None or found.chat_id not in there:
            continue
        await work.offers.add(chat.id, found.helper, work.now, work.now + rules.offer_timeout)
        duty = await work.duties.find(found.helper)
        if duty is not None:
            await work.duties.put(replace(duty, turn_at=work.now))
        if chat.room is RoomState.NONE:
            await work.chats.save(replace(chat, room=RoomState.NEEDED))
        work.touch(chat.id)
        work.fact("request offered", chat=chat.id, helper=found.helper)
        made.append(found)
    return made


async def next_repeat(work: Work, workgroup: WorkgroupName, *, rules: DeskRules) -> datetime | None:
    """Return when a waiting request may next be offered again to somebody who has passed it; None: never."""
    considered = [w.chat_id for w in await work.chats.offerable(workgroup)][:100]
    pasts = (await work.offers.past(considered)).values()
    moments = [at + rules.repeat_after for past in pasts for at in past.last_at.values()]
    return min((m for m in moments if m > work.now), default=None)


async def _offered_chat(work: Work, helper: BareJid, chat_id: ChatId | None) -> tuple[Chat, Offer]:
    offer = await work.offers.find_open_of(helper)
    if offer is None or chat_id not in (None, offer.chat_id):
        raise NotFound(NO_OFFER)
    chat = await work.chats.find(offer.chat_id)
    if chat is None:
        raise NotFound(NO_OFFER)
    return chat, offer


async def accept_offer(work: Work, helper: BareJid, chat_id: ChatId | None = None) -> Chat:
    """Take the offered request; chat_id None: the one that is open. Raises NotFound when there is none."""
    chat, offer = await _offered_chat(work, helper, chat_id)
    await work.offers.decide(offer.id, OfferState.ACCEPTED, work.now)
    return await open_chat(work, replace(chat, offer=None), helper)


async def reject_offer(work: Work, helper: BareJid, chat_id: ChatId | None = None) -> Chat:
    """Pass the offered request on. Raises NotFound when nothing is offered."""
    chat, offer = await _offered_chat(work, helper, chat_id)
    await work.offers.decide(offer.id, OfferState.REJECTED, work.now)
    work.fact("offer rejected", chat=chat.id, helper=helper)
    work.touch(chat.id)
    work.touch_queues()
    return chat


async def decline(work: Work, jid: BareJid, chat_id: ChatId | None = None) -> Chat:
    """Take a person's "no": to the offer, else to the newest invitation. Raises NotFound when there is neither."""
    offer = await work.offers.find_open_of(jid)
    if offer is not None and chat_id in (None, offer.chat_id):
        return await reject_offer(work, jid, chat_id)
    asked = [c for c in await work.invitations.of_person(jid) if chat_id in (None, c)]
    for candidate in asked:
        chat = await work.chats.find(candidate)
        if chat is not None and not chat.is_inside(jid) and jid not in (chat.helper, chat.visitor_bare):
            await decline_invitation(work, candidate, jid)
            return chat
    raise NotFound(NO_OFFER)


async def revoke(work: Work, chat: Chat, offer: Offer, state: OfferState = OfferState.REVOKED) -> None:
    """Take an offer back and tell the helper, whose membership goes with it."""
    await work.offers.decide(offer.id, state, work.now)
    work.fact("offer over", chat=chat.id, helper=offer.helper, how=state)
    if offer.told_at is not None:
        text = texts.offer_over(chat.visitor_name, taken_by=None)
        if state is OfferState.EXPIRED:
            text = texts.offer_expired(chat.visitor_name)
        await tell_staff(work, chat, offer.helper, text)
    work.touch(chat.id)
    work.touch_queues()


async def revoke_of_absent(work: Work, *, presences: Presences) -> None:
    """Take back the offers of helpers who have gone: the next one is asked without waiting for the deadline."""
    for offer in await work.offers.open():
        if presences.availability(offer.helper) is not Availability.OFFLINE:
            continue
        chat = await work.chats.find(offer.chat_id)
        if chat is not None:
            await revoke(work, chat, offer)
