"""Taking offers back, and telling staff in one line what has become of something."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.model import BareJid, Chat, Offer, OfferState
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import chats as words
from livechat_xmpp.domain.wording.taking import OFFER_EXPIRED
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.telling import tell

LETTER_EXPIRY = timedelta(minutes=5)  # what is said about a chat is of no use later


def tell_staff(work: Work, chat: Chat, jid: BareJid, text: Sayable, rules: DeskRules) -> None:
    """Queue one line for a member of the staff, from the chat's workgroup."""
    tell(work, jid, text, chat.workgroup, rules, kind="fleeting", expires_after=LETTER_EXPIRY)


def revoke(
    work: Work,
    chat: Chat,
    offer: Offer,
    rules: DeskRules,
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
        text = words.offer_over(chat.visitor_name, taken_by=taken_by)
        if state is OfferState.EXPIRED:
            is_on_duty = work.duties.find(offer.helper) is not None
            expired = OFFER_EXPIRED if is_on_duty else words.OFFER_EXPIRED
            text = expired.of(visitor=chat.visitor_name)
        tell_staff(work, chat, offer.helper, text, rules)
    work.touch(chat.id)
    work.touch_queues()
