"""Taking offers back, and telling staff in one line what has become of something."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import BareJid, Chat, FullJid, Offer, OfferState
from livechat_xmpp.usecases.ports import Letter, Work

LETTER_EXPIRY = timedelta(minutes=5)  # what is said about a chat is of no use later


def tell_staff(work: Work, chat: Chat, jid: BareJid, text: str) -> None:
    """Queue one line for a member of the staff, from the chat's workgroup."""
    work.letters.add(Letter(FullJid(jid), text, chat.workgroup, work.now + LETTER_EXPIRY, "fleeting"))
    work.touch_letters()


def revoke(
    work: Work,
    chat: Chat,
    offer: Offer,
    state: OfferState = OfferState.REVOKED,
    *,
    taken_by: BareJid | None = None,
    is_said: bool = True,
) -> None:
    """Take an offer back, or end one whose time is up; the helper is told, and their membership goes with it.

    taken_by: who was faster, where several were asked. is_said: whether the helper is told.
    An offer that was never sent cannot have been passed: it counts as taken back, and nobody is told.
    """
    state = state if offer.told_at is not None else OfferState.REVOKED
    work.offers.decide(offer.id, state, work.now)
    work.fact("offer over", chat=chat.id, helper=offer.helper, how=state)
    if offer.told_at is not None and is_said:
        text = texts.offer_over(chat.visitor_name, taken_by=taken_by)
        if state is OfferState.EXPIRED:
            text = texts.offer_expired(chat.visitor_name)
        tell_staff(work, chat, offer.helper, text)
    work.touch(chat.id)
    work.touch_queues()
