"""Who is out of a room for a moment has the whole grace, however long they were inside before."""

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


@pytest_asyncio.fixture(params=list(WAYS))
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedStage]:
    clock = MachineClock()
    async with SimulatedServer(quirks=WAYS[request.param], clock=clock.now) as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2"}, clock)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()


async def connection_lost(_stage: SimulatedStage, chat: Chat) -> None:
    await chat.helper.drop()
    await chat.visitor.drop()


async def while_the_desk_was_away(stage: SimulatedStage, chat: Chat) -> None:
    await stage.kill_component()
    await connection_lost(stage, chat)
    await stage.start_component()


async def with_the_server(stage: SimulatedStage, _chat: Chat) -> None:
    await stage.restart_server(keep_rooms=True)


@pytest.mark.parametrize("goes", [connection_lost, while_the_desk_was_away, with_the_server])
async def test_a_chat_goes_on_when_its_people_are_back(
    stage: SimulatedStage, goes: Callable[[SimulatedStage, Chat], Awaitable[None]]
) -> None:
    """RU-3: helper and visitor of an old chat, out for a moment"""
    chat = await stage.chat(await stage.staff("ana"))
    assert isinstance(stage.clock, MachineClock)
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
