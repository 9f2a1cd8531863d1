"""Taking a waiting request by oneself: whose it may be, and what is said to who cannot have it."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.errors import BadInput, DeskError, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, Chat, ChatId, ChatState, DutyRole, FullJid, RoomState
from livechat_xmpp.usecases import offers, staff, taking, visits
from tests.contract.story import Story
from tests.factories import SUPPORT, jid

V2, V3 = "v2@anon.localhost/x", "v3@anon.localhost/x"


async def take(story: Story, chat_id: ChatId | None = None, by: str = "ana") -> Chat:
    return await story.desk.do(taking.take, jid(by), chat_id, workgroups=(SUPPORT,), rules=story.desk.rules)


async def may_take(story: Story, by: str = "ana") -> list[ChatId]:
    return [chat.id for chat in await story.desk.ask(taking.may_take, jid(by), (SUPPORT,))]


async def test_the_first_that_waits_for_anybody_is_taken(story: Story) -> None:
    first, second, third = [await story.ask(v) for v in ("v1@anon.localhost/x", V2, V3)]
    await story.offer(first.chat_id)
    await story.desk.do(visits.visitor_gone, FullJid(V2), story.desk.rules)
    assert await may_take(story, "ben") == [third.chat_id], "one is offered to ana, the next visitor is gone"
    chat = await take(story, by="ben")
    assert (chat.id, chat.helper, chat.state, chat.offers) == (third.chat_id, jid("ben"), ChatState.OPEN, ())
    assert (await story.chat(third.chat_id)).room is RoomState.NEEDED
    assert await may_take(story, "ben") == []
    assert await story.queue() == [first.chat_id, second.chat_id]


async def test_what_is_taken_is_ones_turn(story: Story) -> None:
    """OF-2"""
    await story.ask()
    await take(story)
    second = await story.ask(V2)
    assert await story.offer(second.chat_id) == ["ben"]


async def test_what_is_offered_to_oneself_is_accepted_with_it(story: Story) -> None:
    ticket = await story.ask()
    assert await story.offer(ticket.chat_id) == ["ana"]
    assert (await take(story)).helper == jid("ana")


async def test_who_missed_an_offer_can_take_it(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.desk.do(offers.reject_offer, jid("ana"))
    assert (await take(story, ticket.chat_id)).helper == jid("ana")


async def refused(story: Story, kind: type[DeskError], chat_id: ChatId | None = None, by: str = "ana") -> str:
    with pytest.raises(kind) as refusal:
        await take(story, chat_id, by)
    return str(refusal.value)


async def test_who_may_not_take_is_told_why(story: Story) -> None:
    """OF-4, PR-3"""
    ticket, other = await story.ask(), await story.ask(V2)
    await refused(story, NotPermitted, by="tom")
    assert "on helper" in await refused(story, BadInput, by="mia")
    await story.offer(ticket.chat_id)
    assert "Somebody else is asked" in await refused(story, BadInput, ticket.chat_id, "ben")
    assert "offered to you" in await refused(story, BadInput, other.chat_id, "ana")
    await story.desk.do(visits.visitor_gone, FullJid(V2), story.desk.rules)
    assert "not there now" in await refused(story, BadInput, other.chat_id, "ben")
    assert "No request waits" in await refused(story, NotFound, None, "ben")
    assert (
        await refused(story, NotFound, ChatId("none"), "ben") == 'No request none waits. "queue" shows those that do.'
    )
    await take(story)
    in_progress = await refused(story, NotFound, ticket.chat_id, "ben")
    assert in_progress.replace(ticket.chat_id, "none") == 'No request none waits. "queue" shows those that do.'


async def test_the_cap_counts_for_what_is_taken_too(story: Story) -> None:
    """OF-4"""
    await story.desk.do(staff.go_on_duty, jid("ana"), role=DutyRole.HELPER, max_chats=1, rules=story.desk.rules)
    await story.ask()
    await take(story)
    await story.ask(V2)
    assert await may_take(story) == []
    assert '"on 2"' in await refused(story, BadInput)


async def test_of_two_who_take_the_same_one_has_it(story: Story) -> None:
    ticket = await story.ask()
    await take(story, ticket.chat_id, "ben")
    await refused(story, NotFound, ticket.chat_id)
    assert (await story.chat(ticket.chat_id)).helper == BareJid("ben@localhost")
