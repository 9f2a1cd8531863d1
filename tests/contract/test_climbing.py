"""What is recorded of requests that nobody takes, and of helpers who are silent, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_xmpp.domain.learning import Entered, HelperMissing, HelperSilent
from livechat_xmpp.domain.model import (
    ChatId,
    ChatState,
    Part,
    RoomState,
    Visit,
    bare,
)
from livechat_xmpp.usecases import escalation, offers, rooms, staff, transcripts, visits
from livechat_xmpp.usecases.transcripts import Heard
from tests.contract.story import RULES, Story
from tests.factories import VISITOR, at, jid, s

# --- climbing


async def test_what_nobody_takes_climbs_step_by_step_and_each_is_told_once(story: Story) -> None:
    ticket = await story.ask()
    asked_at = story.watch.now()
    assert await story.climb() == asked_at + s(60)
    story.watch.tick(60)
    story.woken.parts.clear()
    assert await story.climb() == asked_at + s(120)
    assert story.woken.parts == {"queues"}, "all can be asked now"
    story.watch.tick(60)
    assert await story.climb() == asked_at + s(180)
    assert await story.letters() == [("ada@localhost", "plain"), (RULES.contributors, "room")]
    story.watch.tick(60)
    await story.climb()
    assert await story.letters() == [(VISITOR, "fleeting")]
    story.watch.tick(600)
    await story.climb()
    assert await story.letters() == []
    chat = await story.chat(ticket.chat_id)
    assert (chat.alarmed_at, chat.visitor_told_at) == (asked_at + s(120), asked_at + s(180))


async def test_the_alarm_says_what_is_the_matter_and_not_who_asks_what(story: Story) -> None:
    await story.ask()
    for name in ("ana", "ben"):
        await story.desk.do(staff.go_off_duty, jid(name), story.desk.rules)
    story.watch.tick(120)
    await story.climb()
    with story.store.writing() as work:
        bodies = {letter.body for letter in work.letters.take_due(work.now, 50)}
    said = "A request has been waiting for 2 minutes: nobody is on duty."
    assert bodies == {said, f'{said} If you can help now, write "on" to me.'}


async def test_in_a_long_queue_alarms_are_bundled(story: Story) -> None:
    await story.ask()
    story.watch.tick(60)
    await story.ask("v2@anon.localhost/x")
    await story.ask("v3@anon.localhost/x")
    story.watch.tick(60)
    await story.climb()
    assert len(await story.letters()) == 2
    first_alarm = story.watch.now()
    story.watch.tick(61)
    assert await story.climb() <= first_alarm + s(120)
    assert ("ada@localhost", "plain") not in await story.letters()
    story.watch.tick(59)
    await story.climb()
    with story.store.writing() as work:
        bodies = [letter.body for letter in work.letters.take_due(work.now, 50) if letter.kind == "plain"]
    assert [body.partition(":")[0] for body in bodies] == ["2 requests are waiting, the longest for 4 minutes"]


async def test_a_visitor_in_a_room_is_told_there(story: Story) -> None:
    chat_id = await story.in_progress()
    await both_inside(story, chat_id)
    await story.desk.do(rooms.record, chat_id, [HelperMissing(jid("ana"))], **story.eyes)
    await story.letters()
    story.watch.tick(180)
    await story.climb()
    assert (VISITOR, "fleeting") not in await story.letters()
    assert "nobody has been free" in (await story.chat(chat_id)).notices[-1].body


async def test_what_returns_climbs_anew(story: Story) -> None:
    chat_id = await story.in_progress()
    await both_inside(story, chat_id)
    await story.desk.do(rooms.record, chat_id, [HelperMissing(jid("ana"))], **story.eyes)
    story.watch.tick(120)
    await story.climb()
    await story.letters()
    story.watch.tick(60)
    await story.offer(chat_id)
    await story.desk.do(offers.accept_offer, jid("ben"), rules=story.desk.rules)
    await story.desk.do(rooms.record, chat_id, [HelperMissing(jid("ben"))], **story.eyes)
    story.watch.tick(120)
    await story.climb()
    assert ("ada@localhost", "plain") in await story.letters()


async def test_nobody_is_alarmed_for_who_has_gone_until_they_are_back(story: Story) -> None:
    await story.ask()
    await story.desk.do(visits.visitor_gone, VISITOR, story.desk.rules)
    await story.letters()
    story.watch.tick(120)
    await story.climb()
    assert await story.letters() == []
    await story.desk.do(visits.visitor_back, VISITOR)
    story.watch.tick(60)
    await story.climb()
    assert (VISITOR, "fleeting") in await story.letters()


async def test_many_steps_are_taken_in_several_goes(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "AT_ONCE", 2)
    for number in range(3):
        await story.ask(f"v{number}@anon.localhost/x")
    story.watch.tick(180)
    assert await story.climb() == story.watch.now()
    await story.climb()
    told = [to for to, kind in await story.letters() if kind == "fleeting"]
    assert sorted(told) == [f"v{number}@anon.localhost/x" for number in range(3)]


# --- accepted, and then silent


async def both_inside(story: Story, chat_id: ChatId) -> None:
    """Have ana, who answers, and the visitor come into the room."""
    for who, nick, part in ((jid("ana"), "ana", Part.HELPER), (bare(VISITOR), "Vera", Part.VISITOR)):
        came = Entered(Visit(who, nick, part, story.watch.now()))
        await story.desk.do(rooms.record, chat_id, [came], **story.eyes)


async def test_who_is_silent_loses_the_request_and_is_asked_again_as_after_a_pass(story: Story) -> None:
    first = await story.in_progress()
    await both_inside(story, first)
    await story.letters()
    later = await story.ask("v2@anon.localhost/x")
    asked_at = (await story.chat(first)).asked_at
    story.watch.tick(120)
    await story.desk.do(rooms.record, first, [HelperSilent(jid("ana"))], **story.eyes)
    chat = await story.chat(first)
    assert (chat.state, chat.helper, chat.asked_at) == (ChatState.WAITING, None, asked_at)
    assert (chat.queued_at, chat.room) == (story.watch.now(), RoomState.NEEDED)
    assert await story.letters() == [("ana@localhost", "fleeting")]
    assert [n.body for n in chat.notices if "has not answered" in n.body and "you are next" in n.body]
    assert await story.queue() == [first, later.chat_id]
    assert await story.offer(first) == ["ben"]
    await story.desk.do(offers.decline, jid("ben"))
    assert await story.offer(first) == []
    story.watch.tick(60)
    assert "ana" in await story.offer(first)


async def test_a_reply_in_the_transcript_counts_though_it_was_not_heard_on_this_link(story: Story) -> None:
    chat_id = await story.in_progress()
    await both_inside(story, chat_id)
    opened_at = story.watch.now()
    story.watch.tick(120)
    said = [Heard(opened_at, "ana", "Hello Vera", jid=jid("ana"), archive_id="1")]
    await story.desk.do(transcripts.record_heard, {chat_id: said})
    await story.desk.do(rooms.record, chat_id, [HelperSilent(jid("ana"))], **story.eyes)
    chat = await story.chat(chat_id)
    assert (chat.state, chat.helper, chat.replied_at) == (ChatState.OPEN, jid("ana"), story.watch.now())


async def test_a_reply_that_was_heard_counts_though_the_archive_dates_it_from_before(story: Story) -> None:
    """The XMPP server's clock may be another machine's; after a new link its stamps are in the transcript."""
    chat_id = await story.in_progress()
    await both_inside(story, chat_id)
    said = Heard(story.watch.now(), "ana", "Hello Vera", jid=jid("ana"), archive_id="1")
    await story.desk.do(transcripts.record_heard, {chat_id: [said]})
    await story.desk.do(transcripts.settle, chat_id, [replace(said, at=said.at - s(600))])
    story.watch.tick(120)
    await story.desk.do(rooms.record, chat_id, [HelperSilent(jid("ana"))], **story.eyes)
    assert (await story.chat(chat_id)).state is ChatState.OPEN


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(Heard(at(100), "Vera", "Hello?", jid=bare(VISITOR)), id="the visitor's words"),
        pytest.param(Heard(at(100), "ana", "!help", jid=jid("ana")), id="a command"),
        pytest.param(Heard(at(100), "Help desk", "Vera asked", is_desk=True), id="the desk's words"),
        pytest.param(Heard(at(-100), "ana", "Hello Vera", jid=jid("ana")), id="words from before"),
    ],
)
async def test_what_is_no_reply(story: Story, said: Heard) -> None:
    chat_id = await story.in_progress()
    await both_inside(story, chat_id)
    await story.desk.do(transcripts.record_heard, {chat_id: [said]})
    await story.desk.do(rooms.record, chat_id, [HelperSilent(jid("ana"))], **story.eyes)
    assert (await story.chat(chat_id)).state is ChatState.WAITING


async def test_a_silence_that_ended_meanwhile_is_none(story: Story) -> None:
    chat_id = await story.in_progress()
    assert not await story.desk.do(rooms.record, chat_id, [HelperSilent(jid("ben"))], **story.eyes)
    await story.desk.do(rooms.record, chat_id, [HelperMissing(jid("ana"))], **story.eyes)
    assert not await story.desk.do(rooms.record, chat_id, [HelperSilent(jid("ana"))], **story.eyes)
