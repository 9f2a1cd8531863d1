"""The desk is not in somebody's contact list any more, and nothing tells it: they are there all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.people.contacts import entry
from tests.scenarios.stages import SimulatedStage
from tests.servers.waiting import wait_until_async
from tests.simulation import WAYS, SimulatedServer


@pytest_asyncio.fixture(params=list(WAYS))
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedStage]:
    async with SimulatedServer(quirks=WAYS[request.param]) as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2"})
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()


async def test_a_helper_whose_list_lost_the_desk_while_it_was_away_is_asked_as_before(stage: SimulatedStage) -> None:
    """OF-1, RU-3: the server says nothing of who may not be seen, as of who is offline"""
    ana = await stage.staff("ana")
    await stage.kill_component()
    await ana.iq(ana.bare, entry(stage.workgroup, subscription="remove"))
    await stage.start_component()
    await stage.settled()
    request = await stage.asks(await stage.visitor())
    await stage.is_offered(ana, request)


async def test_who_is_offline_is_offered_nothing_while_the_desk_makes_sure_of_it(
    stage: SimulatedStage, caplog: pytest.LogCaptureFixture
) -> None:
    """OF-1: the server's "yes, you may see them" says nothing of whether they are there"""
    await stage.chat(await stage.staff("ben", max_chats="1"))  # so that the desk is open
    ana = await stage.staff("ana")
    await stage.kill_component()
    await ana.drop()
    caplog.set_level("INFO")
    await stage.start_component()
    book = stage.running.component.book
    request = await stage.asks(await stage.visitor("eve"))
    await wait_until_async(lambda: book.is_settled, "silence means offline")
    await stage.settled()
    assert "request offered" not in caplog.messages
    await ana.arrive()
    await stage.is_offered(ana, request)


async def test_a_desk_under_another_name_sees_its_staff(stage: SimulatedStage) -> None:
    """OF-1: the contact that people have in their lists is of the workgroup's name of before"""
    ana = await stage.staff("ana")
    await stage.stop_component()
    stage.change_settings({"LIVECHAT_WORKGROUPS": '[{"name": "rescue"}]'})
    stage.workgroup = f"rescue@{stage.server.component}"
    await stage.start_component()
    await stage.settled()
    request = await stage.asks(await stage.visitor())
    await stage.is_offered(ana, request)


async def test_a_monitor_who_is_off_duty_is_seen_as_soon_as_they_want_something(stage: SimulatedStage) -> None:
    """RO-3: who counts as offline would be no monitor for the trainees"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.kill_component()
    await mia.iq(mia.bare, entry(stage.workgroup, subscription="remove"))
    await stage.start_component()
    await stage.settled()
    book = stage.running.component.book
    await wait_until_async(lambda: book.is_settled, "silence means offline")
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    assert book.offline_since(mia.bare) is None
