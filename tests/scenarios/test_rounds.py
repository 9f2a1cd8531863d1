"""The rounds of the reconciler where moments meet: what is seen while the database writes, at a stop, after a new link.

On the simulated servers alone, which show every stanza, and where the database is as slow as a test wants it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from livechat_xmpp.domain.model import ChatId, Offer
from livechat_xmpp.domain.wording.visitors import STOPS_IN_ROOM
from livechat_xmpp.reconcile import rounds
from livechat_xmpp.reconcile.rounds import Round
from livechat_xmpp.usecases import rooms
from livechat_xmpp.usecases.ports import Work
from tests.people import Person
from tests.people.elements import DELAY, MAM, MUC_ADMIN, bare, body_of, name
from tests.scenarios.slow import slow
from tests.scenarios.stage import Chat, Stage
from tests.scenarios.stages import SimulatedStage

SLOW_S = 0.5  # for what a room is told, on a server that is busy

pytestmark = pytest.mark.parametrize("stage", ["simulated prosody", "simulated ejabberd"], indirect=True)


def affiliations(stanza: Element) -> list[tuple[str, str]]:
    """Return who is given which affiliation by a stanza of the desk."""
    if name(stanza) != "iq" or stanza.get("type") != "set":
        return []
    items = stanza.iter(f"{{{MUC_ADMIN}}}item")
    return [(item.get("jid", ""), item.get("affiliation", "")) for item in items]


def given(stage: SimulatedStage) -> list[tuple[str, str]]:
    """Return the list to which the affiliations are added that the desk gives from now on."""
    seen: list[tuple[str, str]] = []

    def note(direction: str, stanza: Element) -> None:
        if direction == "from component":
            seen.extend(affiliations(stanza))

    stage.server.on_stanza(note)
    return seen


async def watched(stage: Stage, *, visitor: str = "vic") -> tuple[Chat, Person, Person]:
    """Return a chat with a monitor and a trainee inside."""
    ana = await stage.staff("ana")
    mia, tom = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("tom", "trainee")
    chat = await stage.chat(ana, await stage.visitor(visitor))
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    return chat, mia, tom


async def test_a_monitor_leaves_while_the_round_waits_for_the_database(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RO-3: the round's next look is too late, so somebody else looks"""
    chat, mia, tom = await watched(stage)
    with slow(monkeypatch, rooms, "record") as recording:
        await chat.helper.leave(chat.room)
        await recording.begins()
        await mia.leave(chat.room)
        assert await tom.is_out_of(chat.room) is not None
        assert not recording.goes_on.is_set()
    await stage.settled()


async def test_a_monitor_leaves_while_it_is_recorded_that_a_trainee_is_let_in_again(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RO-3: what was planned before the database wrote is not done after it"""
    chat, mia, tom = await watched(stage)
    await mia.leave(chat.room)
    await tom.is_out_of(chat.room)
    await stage.settled()
    let_in = given(stage)
    with slow(monkeypatch, rooms, "mark_untold") as recording:
        await mia.enter(chat.room)
        await recording.begins()
        await mia.leave(chat.room)
        await stage.server.ping_component()
    await stage.settled()
    assert (tom.bare, "member") not in let_in
    await mia.enter(chat.room)
    await stage.enters_as_trainee(tom, chat)
    assert (tom.bare, "member") in let_in


async def test_an_offers_time_does_not_run_out_while_the_database_is_locked(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OF-1: who is told of it has the whole of it"""
    ana = await stage.staff("ana")
    monkeypatch.setattr(rounds, "LATE", timedelta(seconds=SLOW_S / 2))
    told: list[Offer] = []
    mark = rooms.mark_offer_told

    def note(work: Work, offer: Offer) -> Offer | None:
        marked = mark(work, offer)
        assert marked is not None
        told.append(marked)
        return marked

    monkeypatch.setattr(rooms, "mark_offer_told", note)
    with slow(monkeypatch, rooms, "mark_offer_told") as marking:
        request = await stage.asks(await stage.visitor())
        await marking.begins()
        let_go = asyncio.Event()
        asyncio.get_running_loop().call_later(SLOW_S, let_go.set)
        await let_go.wait()
        assert not ana.has_unread("asks for help")
        marking.goes_on.set()
    await stage.is_offered(ana, request)
    late, right = told
    assert right.told_at is not None
    assert late.told_at is not None
    assert (right.told_at - late.told_at).total_seconds() >= SLOW_S
    assert right.expires_at - right.told_at == late.expires_at - late.told_at


@pytest.mark.desk(LIVECHAT_ROOMS__MONITOR_GRACE_S="0.3", LIVECHAT_ROUTING__PROBE_WAIT_S="1")
async def test_a_monitor_who_is_only_listed_stops_counting_when_silence_means_offline(stage: SimulatedStage) -> None:
    """RO-3: a room may list somebody long after they have gone, and a server may say nothing of who is offline"""
    chat, mia, tom = await watched(stage)
    await stage.break_link()

    silent = {mia.bare, chat.helper.bare}  # whoever is on duty is waited for, before silence means anything

    def silence(_: str, stanza: Element) -> str | None:
        return "drop" if name(stanza) == "presence" and bare(stanza.get("from", "")) in silent else None

    stage.server.on_stanza(silence)
    await stage.mend_link()
    assert await tom.is_out_of(chat.room) is not None
    assert mia.is_in(chat.room), "the room lists mia all the same"
    assert chat.visitor.is_in(chat.room)


async def test_at_a_stop_the_chats_with_trainees_come_first_and_trainees_are_out_before_anything_is_said(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RO-3: there may not be the time for all of it"""
    others = [await stage.chat(await stage.staff("bea", max_chats=1), await stage.visitor("sam"))]
    chat, _, tom = await watched(stage)
    others.append(await stage.chat(chat.helper, await stage.visitor("sue")))
    await stage.settled()
    order: list[ChatId] = []
    settle = Round.settle

    async def noted(self: Round, chat_id: ChatId) -> Any:
        order.append(chat_id)
        return await settle(self, chat_id)

    said: list[str] = []

    def take_out(stanza: Element) -> None:
        said.append("tom is out")
        stage.server.router.route(stanza)

    def note(direction: str, stanza: Element) -> str | None:
        if direction == "from component" and (tom.bare, "none") in affiliations(stanza):
            asyncio.get_running_loop().call_later(SLOW_S, take_out, stanza)
            return "drop"
        if direction == "from component" and (body_of(stanza) or "").startswith(STOPS_IN_ROOM.english):
            said.append("the desk stops")
        return None

    stage.server.on_stanza(note)
    monkeypatch.setattr(Round, "settle", noted)
    await stage.stop_component()
    assert order[0] == chat.id
    assert {one.id for one in others} <= set(order)
    assert said == ["tom is out", *["the desk stops"] * 3]
    await stage.start_component()


@pytest.mark.desk(LIVECHAT_ROOMS__ARCHIVE_PATIENCE_S="0.8")
async def test_an_archive_that_refuses_for_good_keeps_a_closed_room_but_not_for_ever(stage: SimulatedStage) -> None:
    """RO-8: what was heard live is in the transcript anyway"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "Thank you")
    await stage.settled()
    refused: list[bool] = []  # whether the room was there still

    def refuse(direction: str, stanza: Element) -> str | None:
        if direction == "to component" and stanza.find(f"{{{DELAY}}}delay") is not None:
            return "drop"  # a room that shows nothing of the past: only the archive can tell
        if direction != "from component" or stanza.find(f"{{{MAM}}}query") is None:
            return None
        refused.append(ana.is_in(chat.room))
        stage.server.router.bounce(stanza, "internal-server-error")
        return "drop"

    stage.server.on_stanza(refuse)
    await ana.speak(chat.room, "!close solved")
    departure = await ana.is_out_of(chat.room)
    assert departure is not None
    assert departure.destroyed
    assert refused == [True, True], "tried once more before the room went"
    kept = await stage.ended(chat.id)
    assert "Thank you" in [one["body"] for one in kept["messages"]]
