"""Taking a waiting request by oneself: for who missed an offer, or wants to choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, Chat, ChatId, ChatState, Standing, WorkgroupName, bare
from livechat_xmpp.domain.queue import Waiting
from livechat_xmpp.domain.routing import TAKES_OFFERS
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import taking as words
from livechat_xmpp.domain.wording.training import ONLY_HELPERS
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.offers import accept_offer
from livechat_xmpp.usecases.ports import Work

CHOICES = 50  # requests to choose from; nobody reads more


def _takeable(work: Work, helper: BareJid, workgroups: Sequence[WorkgroupName]) -> Iterator[Waiting]:
    """Yield the requests that wait for anybody, in the order of each workgroup's queue."""
    for workgroup in workgroups:
        for one in work.chats.waiting(workgroup):
            if not one.is_offered and not one.is_gone and bare(one.visitor) != helper:
                yield one


def may_take(work: Work, helper: BareJid, workgroups: Sequence[WorkgroupName]) -> list[Chat]:
    """Return the first of the requests that the helper could take now, or [] if they cannot take any."""
    duty = work.duties.find(helper)
    if duty is None or duty.role not in TAKES_OFFERS or _answered(work, helper) >= duty.max_chats:
        return []
    chats = (work.chats.find(one.chat_id) for one in islice(_takeable(work, helper, workgroups), CHOICES))
    return [chat for chat in chats if chat is not None]


def take(
    work: Work, helper: BareJid, chat_id: ChatId | None, *, workgroups: Sequence[WorkgroupName], rules: DeskRules
) -> Chat:
    """Have a helper answer a request that waits and that nobody else is asked about. chat_id None: the first.

    What is offered to them is accepted with that. It is on record as an offer that was accepted at once, so that turns
    and silence count as with others; the visitor is there as far as is known. Raises NotPermitted, NotFound, BadInput.
    """
    account = work.accounts.find(helper)
    if account is None or not account.standing.reaches(Standing.HELPER):
        raise NotPermitted(ONLY_HELPERS)
    duty = work.duties.find(helper)
    if duty is None or duty.role not in TAKES_OFFERS:
        raise BadInput(words.TAKEN_ON_DUTY)
    offered = work.offers.find_open_of(helper)
    if offered is not None and chat_id in (None, offered.chat_id):
        return accept_offer(work, helper, offered.chat_id, rules=rules)
    chat = _wanted(work, helper, chat_id, workgroups)
    if offered is not None and (other := work.chats.find(offered.chat_id)) is not None:
        raise BadInput(words.ANSWER_FIRST.of(visitor=other.visitor_name))
    answered = _answered(work, helper)
    if answered >= duty.max_chats:
        raise BadInput(words.AS_MANY_AS_SET.of(count=answered, more=answered + 1))
    work.offers.add(chat.id, helper, work.now, work.now + rules.offer_timeout)
    work.duties.take_turn(helper, work.now)
    work.chats.need_room(chat.id)
    work.fact("request taken from the queue", chat=chat.id, helper=helper)
    return accept_offer(work, helper, chat.id, rules=rules)


def _wanted(work: Work, helper: BareJid, chat_id: ChatId | None, workgroups: Sequence[WorkgroupName]) -> Chat:
    """Return the request that the helper means. Raises NotFound; BadInput when it cannot be had now."""
    if chat_id is None:
        first = next(_takeable(work, helper, workgroups), None)
        chat = work.chats.find(first.chat_id) if first is not None else None
        if chat is None:
            raise NotFound(words.NOTHING_TO_TAKE)
        return chat
    chat = work.chats.find(chat_id)
    is_theirs = chat is not None and chat.workgroup in workgroups and chat.visitor_bare != helper
    if chat is None or not is_theirs or chat.state is not ChatState.WAITING:
        raise NotFound(words.NO_SUCH_REQUEST.of(chat=one_line(chat_id, 30)))
    if chat.offers:
        raise BadInput(words.ASKED_ABOUT_IT.of(visitor=chat.visitor_name))
    if chat.visitor_gone_at is not None:
        raise BadInput(words.VISITOR_AWAY.of(visitor=chat.visitor_name))
    return chat


def _answered(work: Work, helper: BareJid) -> int:
    return work.chats.loads().get(helper, 0)
