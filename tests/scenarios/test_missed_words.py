"""RO-8: what was said while the desk was not there, from what rooms show on entering or from their archives.

On the simulated servers alone, which show what the desk asks of rooms, and refuse it at the right moment.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest

from livechat_xmpp.usecases import transcripts
from livechat_xmpp.xmpp.rooms import PAST
from tests.people import Person
from tests.people.elements import DELAY, MAM, MUC, body_of, make, name
from tests.scenarios.slow import slow
from tests.scenarios.stage import Chat, said
from tests.scenarios.stages import SimulatedStage
from tests.servers.waiting import wait_until_async
from tests.simulation import muc_owner

pytestmark = pytest.mark.parametrize("stage", ["simulated prosody", "simulated ejabberd"], indirect=True)


class Archives:
    """The archives of all rooms. asked: how often one was; refusal: what they answer with, for the time being."""

    def __init__(self, stage: SimulatedStage) -> None:
        self.asked, self.refusal = 0, ""
        self._stage = stage
        stage.server.on_stanza(self._on_stanza)

    def _on_stanza(self, direction: str, stanza: Element) -> str | None:
        if direction != "from component" or stanza.find(f"{{{MAM}}}query") is None:
            return None
        self.asked += 1
        if not self.refusal:
            return None
        self._stage.server.router.bounce(stanza, self.refusal)
        return "drop"


async def words(stage: SimulatedStage, chat: Chat) -> list[str]:
    await stage.settled()
    return [body for _, body in said(await stage.export(chat.id))]


async def closing_in_silence(stage: SimulatedStage, chat: Chat) -> None:
    """Have the helper close the chat, on a service that does not answer when it is asked for the past."""
    asked: list[Element] = []

    def keep_silent(direction: str, stanza: Element) -> str | None:
        if direction == "from component" and stanza.find(f"{{{MUC}}}x") is not None:
            asked.append(stanza)
            return "drop"
        return None

    stage.server.on_stanza(keep_silent)
    await chat.helper.speak(chat.room, "!close solved")
    await wait_until_async(lambda: bool(asked), "the desk asking for the past")


async def under_way(stage: SimulatedStage) -> tuple[Chat, Person]:
    """Return a chat in which both have spoken, and its visitor."""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "one")
    await ana.speak(chat.room, "two")
    await stage.settled()
    return chat, chat.visitor


async def test_few_missed_words_come_with_entering_and_the_archive_is_not_asked(stage: SimulatedStage) -> None:
    chat, vic = await under_way(stage)
    archives = Archives(stage)
    await stage.break_link()
    await vic.speak(chat.room, "three")
    await chat.helper.speak(chat.room, "four")
    await stage.mend_link()
    assert await words(stage, chat) == ["one", "two", "three", "four"]
    await vic.speak(chat.room, "five")
    assert await words(stage, chat) == ["one", "two", "three", "four", "five"]
    assert [role for role, _ in said(await stage.export(chat.id))] == [
        "visitor",
        "helper",
        "visitor",
        "helper",
        "visitor",
    ]
    assert archives.asked == 0


async def test_after_a_restart_too(stage: SimulatedStage) -> None:
    chat, vic = await under_way(stage)
    await stage.kill_component()
    archives = Archives(stage)
    await vic.speak(chat.room, "three")
    await stage.start_component()
    assert await words(stage, chat) == ["one", "two", "three"]
    assert archives.asked == 0


async def test_more_than_rooms_show_comes_from_the_archive(stage: SimulatedStage) -> None:
    chat, vic = await under_way(stage)
    archives = Archives(stage)
    await stage.break_link()
    missed = [f"missed {number}" for number in range(PAST)]
    for word in missed:
        await vic.speak(chat.room, word)
    await stage.mend_link()
    assert await words(stage, chat) == ["one", "two", *missed]
    assert archives.asked > 0


async def test_words_heard_while_an_archive_refuses_do_not_hide_what_was_said_before(stage: SimulatedStage) -> None:
    """They are recorded at once, and yet nobody takes them for the end of what is complete."""
    chat, vic = await under_way(stage)
    archives = Archives(stage)
    archives.refusal = "internal-server-error"
    await stage.break_link()
    missed = [f"missed {number}" for number in range(2 * PAST)]
    for word in missed:
        await vic.speak(chat.room, word)
    await stage.mend_link()
    await wait_until_async(lambda: archives.asked > 0, "the desk asking the archive")
    await vic.speak(chat.room, "now")
    so_far = await words(stage, chat)
    assert so_far[-1] == "now"
    assert "missed 0" not in so_far
    await stage.break_link()
    archives.refusal = ""
    await stage.mend_link()
    assert await words(stage, chat) == ["one", "two", *missed, "now"]


async def test_words_said_right_after_the_archive_answered_are_in_order(stage: SimulatedStage) -> None:
    chat, vic = await under_way(stage)
    await stage.break_link()
    missed = [f"missed {number}" for number in range(PAST)]
    for word in missed:
        await vic.speak(chat.room, word)
    answers: list[Element] = []

    def keep_back(direction: str, stanza: Element) -> str | None:
        if direction != "to component" or stanza.find(f"{{{MAM}}}fin") is None:
            return None
        answers.append(stanza)
        return "drop"

    forget = stage.server.on_stanza(keep_back)
    await stage.mend_link()
    await wait_until_async(lambda: bool(answers), "the archive's answer")
    await vic.speak(chat.room, "meanwhile")
    forget()
    stage.server.router.route(answers[0])
    assert await words(stage, chat) == ["one", "two", *missed, "meanwhile"]


@pytest.mark.parametrize(("count", "usecase"), [(2, "go_on"), (PAST, "settle")])
async def test_words_said_while_the_database_writes_what_was_missed_are_in_order(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch, count: int, usecase: str
) -> None:
    chat, vic = await under_way(stage)
    await stage.break_link()
    missed = [f"missed {number}" for number in range(count)]
    for word in missed:
        await vic.speak(chat.room, word)
    with slow(monkeypatch, transcripts, usecase) as writing:
        await stage.mend_link()
        await writing.begins()
        await vic.speak(chat.room, "meanwhile")
    assert await words(stage, chat) == ["one", "two", *missed, "meanwhile"]


async def test_a_stamp_of_the_speakers_own_does_not_make_words_of_the_past(stage: SimulatedStage) -> None:
    """XEP-0203: a room's stamp is the room's"""
    chat, vic = await under_way(stage)
    await stage.break_link()
    stamped: list[bool] = []

    def stamp(direction: str, stanza: Element) -> str | None:
        if direction == "to component" and body_of(stanza) == "three" and name(stanza) == "message":
            stanza.insert(0, make(f"{{{DELAY}}}delay", from_=vic.jid, stamp="2001-01-01T00:00:00Z"))
            stamped.append(True)
        return None

    stage.server.on_stanza(stamp)
    await vic.speak(chat.room, "three")
    await stage.mend_link()
    await stage.settled()
    kept = await stage.export(chat.id)
    (third,) = [one for one in kept["messages"] if one["body"] == "three"]
    assert stamped
    assert not third["at"].startswith("2001")


async def test_who_came_while_the_desk_was_not_there_is_known_by_the_room(stage: SimulatedStage) -> None:
    chat, _ = await under_way(stage)
    mia = await stage.staff("mia", "monitor", on_duty=False)
    assert (await mia.command("join-chat", chat=chat.id)).is_completed
    await mia.is_invited(chat.room)
    await stage.settled()
    await stage.break_link()
    await mia.enter(chat.room, "The second")
    await mia.speak(chat.room, "three")
    await stage.mend_link()
    await stage.settled()
    third = (await stage.export(chat.id))["messages"][-1]
    assert (third["body"], third["jid"], third["role"]) == ("three", mia.bare, "monitor")


async def test_a_trainee_goes_with_the_monitor_while_the_room_of_an_ending_chat_is_asked_for_its_past(
    stage: SimulatedStage,
) -> None:
    """RO-3: nobody waits for the transcript with that"""
    mia, tom = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("tom", "trainee")
    chat, _ = await under_way(stage)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    await closing_in_silence(stage, chat)
    await mia.leave(chat.room)
    departure = await tom.is_out_of(chat.room)
    assert departure is not None
    assert not departure.destroyed


@pytest.mark.desk(LIVECHAT_XMPP__IQ_TIMEOUT_S="1")
async def test_words_said_while_a_chat_ends_are_kept_where_the_room_shows_no_past(
    stage: SimulatedStage,
) -> None:
    """The service is silent when it is asked for the past, and it has no archive."""
    chat, vic = await under_way(stage)
    archives = Archives(stage)
    archives.refusal = "feature-not-implemented"
    await closing_in_silence(stage, chat)
    await vic.speak(chat.room, "bye")
    assert await vic.is_out_of(chat.room)
    assert await words(stage, chat) == ["one", "two", "bye"]


@pytest.mark.parametrize("what", ["link", "room", "room and archive"])
async def test_a_chat_ends_though_something_is_lost_while_the_room_is_asked_for_its_past(
    stage: SimulatedStage, what: str
) -> None:
    chat, vic = await under_way(stage)
    asked: list[Element] = []

    def lose(direction: str, stanza: Element) -> str | None:
        if direction == "from component" and stanza.find(f"{{{MUC}}}x") is not None:
            asked.append(stanza)
            if what == "link":
                stage.server.break_link()
                return "drop"
            if len(asked) == 1:
                room = stage.server.help_rooms.rooms[chat.room]
                muc_owner.destroy(room, make("destroy"))
        return None

    if what == "room and archive":
        archives = Archives(stage)
        archives.refusal = "item-not-found"
    forget = stage.server.on_stanza(lose)
    await chat.helper.speak(chat.room, "!close solved")
    await wait_until_async(lambda: bool(asked), "the desk asking for the past")
    forget()
    assert await vic.is_out_of(chat.room)
    await stage.settled()
    kept = await stage.ended(chat.id)
    assert [one["body"] for one in kept["messages"] if one["kind"] != "desk"] == ["one", "two", "!close solved"]
    await wait_until_async(lambda: chat.room not in stage.server.help_rooms.rooms, "the room being gone")
