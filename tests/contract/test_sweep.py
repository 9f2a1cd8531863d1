"""The sweep on each database: what is found, put right, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from livechat_xmpp.domain.model import (
    ChatId,
    ChatState,
    Disposition,
    DutyRole,
    FullJid,
    Invitation,
    Outcome,
    Part,
    RoomState,
    Standing,
)
from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.usecases import chats, offers, sweep, visits
from livechat_xmpp.usecases.ports import Letter, Work
from tests.contract.story import RULES, Story
from tests.factories import SUPPORT, VISITOR, a_duty, a_visit, jid

LATER = 60.0  # seconds after which something is overdue


class Broom:
    """Sweeps as the desk does, and says what was found."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.stuck: dict[ChatId, tuple[datetime, str]] = {}
        self.busy: set[ChatId] = set()

    async def find(self) -> list[Problem]:
        return await self.story.desk.ask(
            sweep.find, stuck=self.stuck, busy=self.busy, closed_since=None, **self.story.eyes
        )

    async def sweep(self) -> list[Trouble]:
        """Find, record and repair; return what was found."""
        found = await self.find()
        await self.story.desk.do(sweep.keep, found, workgroup=SUPPORT, rules=self.story.desk.rules)
        for problem in found:
            await self.story.desk.do(sweep.repair, problem, **self.story.eyes)
        return [problem.what for problem in found]

    async def listed(self) -> list[tuple[str, Trouble]]:
        return [(p.subject, p.what) for p in await self.story.desk.ask(sweep.list_problems)]


@pytest.fixture
def broom(story: Story) -> Broom:
    return Broom(story)


async def change(story: Story, chat_id: ChatId, **values: Any) -> None:
    """Write a chat as only a bug, or somebody's hand, could."""
    chat = await story.chat(chat_id)

    def write(work: Work) -> None:
        work.chats.save(replace(chat, **values))

    await story.desk.do(write)


async def test_where_all_is_as_it_should_be_nothing_is_found(story: Story, broom: Broom) -> None:
    await story.in_progress()
    await story.ask("v2@anon.localhost/x")
    gone = await story.ask("v3@anon.localhost/x")
    await story.desk.do(visits.visitor_gone, FullJid("v3@anon.localhost/x"), story.desk.rules)
    await story.desk.do(
        chats.close_chat, gone.chat_id, by=jid("mia"), disposition=Disposition.SPAM, rules=story.desk.rules
    )
    assert await broom.sweep() == []
    assert await broom.listed() == []


async def test_a_wait_that_should_be_over_is_ended(story: Story, broom: Broom) -> None:
    ticket = await story.ask()
    story.watch.tick(3600 + 59)
    assert await broom.sweep() == []
    story.watch.tick(1)
    assert await broom.sweep() == [Trouble.WAITED_TOO_LONG]
    chat = await story.chat(ticket.chat_id)
    assert (chat.state, chat.outcome) == (ChatState.CLOSED, Outcome.TIMED_OUT)
    assert await broom.sweep() == []


async def test_a_request_of_who_has_gone_is_ended(story: Story, broom: Broom) -> None:
    ticket = await story.ask()
    await story.desk.do(visits.visitor_gone, VISITOR, story.desk.rules)
    story.watch.tick(120 + LATER)
    assert await broom.sweep() == [Trouble.VISITOR_GONE]
    assert (await story.chat(ticket.chat_id)).outcome is Outcome.ABANDONED


async def test_an_offer_past_its_deadline_is_ended(story: Story, broom: Broom) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    story.watch.tick(20 + LATER)
    assert await broom.sweep() == [Trouble.OFFER_OVERDUE]
    assert (await story.chat(ticket.chat_id)).offers == ()


@pytest.mark.parametrize("state", [ChatState.OPEN, ChatState.CLOSED])
async def test_an_offer_for_a_chat_that_does_not_wait_is_taken_back(
    story: Story, broom: Broom, state: ChatState
) -> None:
    chat_id = await story.in_progress()
    if state is ChatState.CLOSED:
        await story.desk.do(
            chats.close_chat, chat_id, by=jid("ana"), disposition=Disposition.SOLVED, rules=story.desk.rules
        )
        await change(story, chat_id, room=RoomState.GONE)

    def offer(work: Work) -> None:
        work.offers.add(chat_id, jid("ben"), work.now, work.now)

    await story.desk.do(offer)
    story.watch.tick(LATER)
    assert Trouble.OFFER_ASTRAY in await broom.sweep()
    assert (await story.chat(chat_id)).offers == ()


@pytest.mark.parametrize("how", ["nobody", "a stranger", "demoted"])
async def test_a_chat_without_a_helper_waits_again(story: Story, broom: Broom, how: str) -> None:
    chat_id = await story.in_progress()
    await change(story, chat_id, room=RoomState.READY)
    if how == "demoted":
        await story.change("ana@localhost", to=Standing.TRAINEE, up=False)
    else:
        await change(story, chat_id, helper=None if how == "nobody" else jid("eve"))
    asked_at = (await story.chat(chat_id)).asked_at
    story.watch.tick(LATER)
    assert await broom.sweep() == [Trouble.NO_HELPER]
    chat = await story.chat(chat_id)
    assert (chat.state, chat.asked_at, chat.helper) == (ChatState.WAITING, asked_at, None)


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_chat_without_a_room_gets_one(story: Story, broom: Broom, is_open: bool) -> None:
    chat_id = await story.in_progress()
    if not is_open:
        await change(story, chat_id, state=ChatState.WAITING, helper=None)
    await change(story, chat_id, room=RoomState.GONE)
    story.watch.tick(LATER)
    assert await broom.sweep() == [Trouble.NO_ROOM]
    assert (await story.chat(chat_id)).room is RoomState.NEEDED
    assert chat_id in story.woken.chats


async def test_a_room_that_is_not_ready_is_looked_at_again(story: Story, broom: Broom) -> None:
    chat_id = await story.in_progress()
    story.watch.tick(LATER)
    story.woken.chats.clear()
    assert await broom.sweep() == [Trouble.ROOM_NOT_READY]
    assert (await story.chat(chat_id)).room is RoomState.NEEDED
    assert story.woken.chats == [chat_id]


@pytest.mark.parametrize(("room", "then"), [(RoomState.READY, RoomState.READY), (RoomState.NONE, RoomState.GONE)])
async def test_the_room_of_a_chat_that_is_over_is_looked_at_again(
    story: Story, broom: Broom, room: RoomState, then: RoomState
) -> None:
    chat_id = await story.in_progress()
    await story.desk.do(
        chats.close_chat, chat_id, by=jid("ana"), disposition=Disposition.SOLVED, rules=story.desk.rules
    )
    await change(story, chat_id, room=room)
    story.watch.tick(LATER)
    story.woken.chats.clear()
    assert await broom.sweep() == [Trouble.ROOM_LEFT]
    assert (await story.chat(chat_id)).room is then
    assert story.woken.chats == [chat_id]


async def over(story: Story) -> ChatId:
    """Return a chat that is over, and its room gone."""
    chat_id = await story.in_progress()
    await story.desk.do(
        chats.close_chat, chat_id, by=jid("ana"), disposition=Disposition.SOLVED, rules=story.desk.rules
    )
    await change(story, chat_id, room=RoomState.GONE)
    return chat_id


@pytest.mark.parametrize("what", ["invited", "inside"])
async def test_nobody_is_left_in_a_chat_that_is_over(story: Story, broom: Broom, what: str) -> None:
    chat_id = await over(story)

    def leave(work: Work) -> None:
        if what == "invited":
            work.invitations.put(chat_id, Invitation(jid("tom"), Part.TRAINEE))
        else:
            work.visits.add(chat_id, a_visit("tom", part=Part.TRAINEE))

    await story.desk.do(leave)
    story.watch.tick(LATER)
    assert await broom.sweep() == [Trouble.PEOPLE_LEFT]
    chat = await story.chat(chat_id)
    assert chat.invitations == ()
    assert [v for v in chat.visits if v.left_at is None] == []


async def test_a_chat_that_is_over_gets_its_outcome(story: Story, broom: Broom) -> None:
    chat_id = await over(story)
    await change(story, chat_id, outcome=None)
    story.watch.tick(LATER)
    assert await broom.sweep() == [Trouble.NO_OUTCOME]
    assert (await story.chat(chat_id)).outcome is Outcome.ABANDONED


@pytest.mark.parametrize("name", ["tom", "eve"])
async def test_who_may_not_be_on_duty_is_off(story: Story, broom: Broom, name: str) -> None:
    ticket = await story.ask()

    def put(work: Work) -> None:
        work.duties.put(a_duty(name, DutyRole.HELPER))
        work.offers.add(ticket.chat_id, jid(name), work.now, work.now + RULES.offer_timeout)

    await story.desk.do(put)
    assert await broom.sweep() == [Trouble.NO_STANDING]
    with story.store.reading() as work:
        assert work.duties.find(jid(name)) is None
    assert (await story.chat(ticket.chat_id)).offers == ()


async def test_letters_that_were_not_sent_in_time_are_dropped(story: Story, broom: Broom) -> None:
    def write(work: Work) -> None:
        for seconds in (1, 2, 999):
            expires_at = work.now + RULES.offer_timeout * seconds
            work.letters.add(Letter(VISITOR, "hello", SUPPORT, expires_at))

    await story.desk.do(write)
    story.watch.tick(60)
    (problem,) = await broom.find()
    assert (problem.what, problem.reason) == (Trouble.LETTERS_EXPIRED, "2 of them")
    assert await broom.sweep() == [Trouble.LETTERS_EXPIRED]
    assert await broom.find() == []
    assert len(await story.letters()) == 1


async def test_what_came_right_by_itself_is_left_alone(story: Story, broom: Broom) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    story.watch.tick(20 + LATER)
    found = await broom.find()
    await story.desk.do(offers.accept_offer, jid("ana"), ticket.chat_id, rules=story.desk.rules)
    for problem in found:
        assert not await story.desk.do(sweep.repair, problem, **story.eyes)
    assert (await story.chat(ticket.chat_id)).helper == jid("ana")


async def test_what_is_being_worked_on_is_not_looked_at(story: Story, broom: Broom) -> None:
    ticket = await story.ask()
    story.watch.tick(3600 + LATER)
    broom.busy = {ticket.chat_id}
    assert await broom.sweep() == []


async def test_admins_are_told_once_of_what_only_the_server_can_put_right(story: Story, broom: Broom) -> None:
    chat_id = await story.in_progress()
    await change(story, chat_id, room=RoomState.READY)
    await story.letters()
    broom.stuck = {chat_id: (story.watch.now(), "forbidden: by the server")}
    story.watch.tick(LATER - 1)
    assert await broom.sweep() == []
    story.watch.tick(1)
    for _ in range(3):
        assert await broom.sweep() == [Trouble.STUCK]
        story.watch.tick(60)
    with story.store.writing() as work:
        letters = work.letters.take_due(work.now, 50)
    assert [(letter.to, letter.kind) for letter in letters] == [("ada@localhost", "plain")]
    assert f"- {chat_id}: " in letters[0].body
    assert "(forbidden: by the server)" in letters[0].body
    assert await broom.listed() == [(chat_id, Trouble.STUCK)]
    broom.stuck = {}
    assert await broom.sweep() == []
    assert await broom.listed() == []


async def test_admins_are_told_of_what_is_there_again_after_it_was_put_right(story: Story, broom: Broom) -> None:
    for name in ("eve", "eve"):
        await story.desk.do(lambda work, name=name: work.duties.put(a_duty(name, DutyRole.HELPER)))
        assert await broom.sweep() == [Trouble.NO_STANDING]
    assert await story.letters() == [("ada@localhost", "plain")]


async def test_many_chats_are_gone_through(story: Story, broom: Broom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat_xmpp.store.sweep.MOST", 2)
    for number in range(3):
        await story.ask(f"v{number}@anon.localhost/x")
    story.watch.tick(3600 + LATER)
    assert len(await broom.sweep()) == 2, "the rest next time"
    assert len(await broom.sweep()) == 1
