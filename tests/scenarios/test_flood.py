"""Much in one breath: what one sender says at once is neither lost nor swapped, and does not hold up the others."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest

from livechat_xmpp.domain.wording import visitors
from tests.people import Person
from tests.people.elements import COMMANDS, MUC, make, new_id
from tests.people.forms import submitted
from tests.scenarios.stage import VISIT, WORKGROUP, Stage, has, said, until

FLOOD = 500
WORDS = [
    "My page is gone.",
    "I had it yesterday,",
    "then I changed the computer,",
    "and now I see only a cross.",
    "Why?",
]


async def test_messages_in_one_breath_are_one_question_in_their_order(stage: Stage) -> None:
    """IN-2: who writes as in any chat sends line by line"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    for line in WORDS:
        await vic.say(stage.workgroup, line)
    await vic.receives(lambda one: (mark := one.find(f"{{{VISIT}}}resume")) is not None and mark.get("token"))
    for _ in WORDS[1:]:
        await vic.receives(visitors.WORDS_ADDED.english)
    (row,) = (await ana.command("list-queue")).rows
    assert row["question"] == " ".join(WORDS)
    await stage.settled()
    assert not vic.has_unread(visitors.WORDS_ADDED.english)
    assert not vic.has_unread(visitors.BUSY_PLACE.english)


async def test_off_and_on_in_one_breath_ends_on_duty(stage: Stage) -> None:
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    for _ in range(5):
        await ana.say(stage.workgroup, "off")
        await ana.say(stage.workgroup, "on")
    for _ in range(5):
        await ana.receives("You are on duty as helper")
    assert (await ana.command("my-status")).fields["duty_role"] == "helper"
    await stage.is_offered(ana, await stage.asks(vic))


def asking(stage: Stage) -> Element:
    """Return an ask-for-help command with its form filled in."""
    form = submitted({"username": "eve", "question": "Why?"})
    command = make(f"{{{COMMANDS}}}command", form, node="ask-for-help", action="execute")
    return make("iq", command, to=stage.workgroup, type="set", id=new_id())


def answers(person: Person, asked: set[str]) -> int:
    """Return how many of these questions were answered."""
    return sum(1 for one in person.received if one.id in asked and one.type in ("result", "error"))


@pytest.mark.desk(
    LIVECHAT_XMPP__PENDING_PER_SENDER=str(2 * FLOOD), LIVECHAT_LIMITS__SENDER_STANZAS_PER_MINUTE=str(2 * FLOOD)
)
async def test_a_flood_does_not_keep_a_trainee_in_the_room(stage: Stage) -> None:
    """RO-3: all of the flood is taken to be answered, and still the trainee goes first."""
    ana = await stage.staff("ana", max_chats=1)
    mia, tom = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    eve = await stage.visitor("eve")
    flood = [asking(stage) for _ in range(FLOOD)]
    asked = {iq.get("id", "") for iq in flood}
    for iq in flood:
        await eve.send(iq)
    await eve.until(lambda: answers(eve, asked) >= 20, "the flood being answered", limit_s=60)
    await mia.leave(chat.room)
    departure = await tom.is_out_of(chat.room, limit_s=60)
    assert answers(eve, asked) < FLOOD
    assert departure is not None
    assert 321 in departure.codes


async def test_who_comes_while_the_chat_is_closed_is_on_record(stage: Stage) -> None:
    """RO-8"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    chat = await stage.chat(ana)
    await mia.command("join-chat", chat=chat.id)
    await mia.is_invited(chat.room)
    await mia.send(make("presence", make(f"{{{MUC}}}x"), to=f"{chat.room}/mia"))
    await mia.send(make("message", make("body", "!close solved"), to=chat.room, type="groupchat", id=new_id()))
    await ana.is_out_of(chat.room)
    kept = await stage.ended(chat.id)
    assert kept["disposition"] == "solved"

    async def is_there() -> bool:
        people = (await stage.export(chat.id))["people"]
        return mia.bare in {one["jid"] for one in people} and all(one["left_at"] for one in people)

    await until(is_there, "mia among the people of the chat, and everybody gone")


async def test_words_that_claim_to_be_old_stay_where_they_were_said(stage: Stage) -> None:
    """RO-8: an occupant's stamp is not the room's."""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "first")
    old = make("{urn:xmpp:delay}delay", stamp="2020-01-01T00:00:00Z")
    await chat.visitor.send(make("message", make("body", "second"), old, to=chat.room, type="groupchat", id=new_id()))
    await chat.visitor.sees(chat.room, "second")
    await ana.speak(chat.room, "third")
    await ana.speak(chat.room, "!close solved")
    await ana.is_out_of(chat.room)
    kept = await stage.ended(chat.id)
    assert said(kept) == [("visitor", "first"), ("visitor", "second"), ("helper", "third")]
    assert all(not str(message["at"]).startswith("2020") for message in kept["messages"])


@pytest.mark.desk(LIVECHAT_VISITORS__STATUS_INTERVAL_S="0.2")
async def test_who_waits_is_told_when_the_last_helper_goes(stage: Stage) -> None:
    """QU-2"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    await stage.is_offered(ana, request)
    await ana.say(stage.workgroup, "off")
    await vic.receives(visitors.NOBODY_NOW.english)
    assert await stage.place(vic) == 1, "the place is kept"
    await ana.say(stage.workgroup, "on")
    await stage.is_offered(ana, request)


@pytest.mark.desk(LIVECHAT_VISITORS__LONGEST_WAIT_S="2")
async def test_a_request_that_nobody_takes_ends_with_a_word(stage: Stage) -> None:
    """QU-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    await stage.is_offered(ana, request)
    told = await vic.receives(has(f"{{{WORKGROUP}}}depart-queue"))
    assert told.body == visitors.NOBODY_CAME.english
    assert (await stage.ended(request.chat))["outcome"] == "timed-out"
    assert (await ana.command("list-queue")).rows == []
    await stage.asks(vic)
