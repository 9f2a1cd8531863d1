"""Graces: whole however long somebody was inside before, and not used up while nobody could come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.property.test_room_machine import MachineClock
from tests.scenarios.stage import Chat
from tests.scenarios.stages import SimulatedStage
from tests.simulation import WAYS, SimulatedServer

LONG = timedelta(minutes=10)
SHORT = timedelta(seconds=50)
GRACE = timedelta(seconds=121)  # of all, the longest
HOUR = timedelta(hours=1)  # that anybody may wait


class AgingStage(SimulatedStage):
    clock: MachineClock


@pytest_asyncio.fixture(params=list(WAYS))
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[AgingStage]:
    clock = MachineClock()
    async with SimulatedServer(quirks=WAYS[request.param], clock=clock.now) as server:
        stage = AgingStage(server, tmp_path, {"LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2"}, clock)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()


async def connection_lost(_stage: AgingStage, chat: Chat) -> None:
    await chat.helper.drop()
    await chat.visitor.drop()


async def while_the_desk_was_away(stage: AgingStage, chat: Chat) -> None:
    await stage.kill_component()
    await connection_lost(stage, chat)
    await stage.start_component()


async def with_the_server(stage: AgingStage, _chat: Chat) -> None:
    await stage.restart_server(keep_rooms=True)


@pytest.mark.parametrize("goes", [connection_lost, while_the_desk_was_away, with_the_server])
async def test_a_chat_goes_on_when_its_people_are_back(
    stage: AgingStage, goes: Callable[[AgingStage, Chat], Awaitable[None]]
) -> None:
    """RU-3: helper and visitor of an old chat, out for a moment"""
    chat = await stage.chat(await stage.staff("ana"))
    stage.clock.advance(LONG)
    await chat.helper.speak(chat.room, "Still here.")
    await stage.settled()
    await goes(stage, chat)
    await stage.settled()
    stage.clock.advance(SHORT)
    await stage.settled()
    for person in (chat.helper, chat.visitor, stage.ada):
        if not person.is_connected:
            await person.arrive()
    await stage.comes_back(chat.visitor, chat.token)
    await chat.helper.enter(chat.room)
    await chat.visitor.is_invited(chat.room)
    await chat.visitor.enter(chat.room)
    await stage.settled()
    rows = (await stage.ada.command("list-chats")).rows
    assert [(row["chat"], row["helper"]) for row in rows] == [(chat.id, chat.helper.bare)]


async def test_a_visitor_who_comes_back_while_there_is_no_link_keeps_the_place(stage: AgingStage) -> None:
    """IN-6: the token is worth something for a whole grace after the link is back"""
    await stage.staff("ben")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    await vic.drop()
    await stage.settled()
    await stage.break_link()
    await vic.arrive()
    stage.clock.advance(GRACE)
    await stage.mend_link()
    await stage.settled()
    assert (await stage.comes_back(vic, request.token))["chat"] == request.chat


async def test_a_helper_who_leaves_right_before_the_server_goes_has_a_grace_when_it_is_back(
    stage: AgingStage,
) -> None:
    """RU-3"""
    chat = await stage.chat(await stage.staff("ana"))
    await chat.helper.drop()
    await stage.settled()
    stage.clock.advance(timedelta(seconds=5))
    await stage.settled()
    await stage.break_link()
    stage.clock.advance(GRACE)
    await stage.mend_link()
    await stage.settled()
    rows = (await stage.ada.command("list-chats")).rows
    assert [(row["chat"], row["helper"]) for row in rows] == [(chat.id, chat.helper.bare)]


async def test_who_takes_an_offer_at_the_last_moment_while_the_desk_is_away_has_taken_it(
    stage: AgingStage,
) -> None:
    """QU-1: found out together with the end of the longest wait"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    for wait in (timedelta(seconds=30), HOUR - timedelta(seconds=40)):
        stage.clock.advance(wait)
        await stage.settled()
    await stage.kill_component()
    await ana.enter(room)
    stage.clock.advance(timedelta(seconds=15))
    await stage.start_component()
    await stage.settled()
    rows = (await stage.ada.command("list-chats")).rows
    assert [(row["chat"], row["helper"]) for row in rows] == [(request.chat, ana.bare)]


async def test_who_had_an_offer_on_a_link_that_was_lost_stays_on_duty(stage: AgingStage) -> None:
    """OF-1: a "yes" went nowhere; of somebody whose presence nobody sees silence is all there is"""
    ben = await stage.person("ben")
    ben.accepts_subscriptions = False
    await stage.gives(ben, "helper")
    await ben.presence(to=stage.workgroup, type="unsubscribed")
    assert (await ben.command("go-on-duty", submit=True)).is_completed
    await stage.is_offered(ben, await stage.asks(await stage.visitor()))
    await stage.settled()
    await stage.break_link()
    stage.clock.advance(timedelta(seconds=25))
    await stage.mend_link()
    await stage.settled()
    assert not [one.body for one in ben.received if "off duty" in one.body]


async def test_a_monitor_who_stops_being_seen_is_in_the_room_all_the_same(stage: AgingStage) -> None:
    """RO-3: with "unsubscribed" servers send an "unavailable" that is about the desk's eyes, not about the person"""
    chat = await stage.chat(await stage.staff("ana"))
    mia, tom = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("tom", "trainee")
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    await mia.presence(to=stage.workgroup, type="unsubscribed")
    await stage.settled()
    for _ in range(3):
        stage.clock.advance(timedelta(seconds=31))
        await stage.settled()
    assert tom.is_in(chat.room)


async def test_a_helper_who_stops_being_seen_is_offered_requests(stage: AgingStage) -> None:
    """OF-1"""
    ben = await stage.staff("ben")
    await ben.presence(to=stage.workgroup, type="unsubscribed")
    await stage.settled()
    await stage.is_offered(ben, await stage.asks(await stage.visitor()))


async def test_a_visitor_who_is_out_of_the_room_is_offered_to_nobody_until_they_are_back(stage: AgingStage) -> None:
    """OF-7: also when there was a helper before"""
    chat = await stage.chat(await stage.staff("ana"))
    await chat.helper.speak(chat.room, "Hello.")
    await chat.visitor.leave(chat.room)
    await stage.settled()
    stage.clock.advance(timedelta(seconds=20))
    await chat.helper.leave(chat.room)
    await chat.helper.command("go-off-duty")
    ben = await stage.staff("ben")
    for _ in range(7):
        stage.clock.advance(timedelta(seconds=11))
        await stage.settled()
    rows = (await stage.ada.command("list-queue")).rows
    assert [(row["chat"], row["state"]) for row in rows] == [(chat.id, "away")]
    assert not [one.body for one in ben.received if "asks for help" in one.body]
    await chat.visitor.enter(chat.room)
    await ben.is_invited(chat.room)
