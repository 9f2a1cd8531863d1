"""The settings are changed while the desk is stopped, with requests waiting and chats open."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.stages import SimulatedStage
from tests.simulation import SimulatedServer


async def test_requests_of_a_workgroup_that_is_no_more_go_on_in_the_first(tmp_path: Path) -> None:
    """QU-1, OF-5: else nobody is asked, no list shows them, and the visitor is next in a queue that nobody looks at"""
    async with SimulatedServer() as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_ROUTING__PROBE_WAIT_S": "0.2"})
        try:
            await stage.open()
            ana, mia = await stage.staff("ana", max_chats=1), await stage.staff("mia", "monitor", on_duty=False)
            chat = await stage.chat(ana)
            waiting = await stage.asks(await stage.visitor("sam"))
            await stage.stop_component()
            stage.change_settings({"LIVECHAT_WORKGROUPS": '[{"name": "rescue"}]'})
            await stage.start_component()
            await stage.settled()
            queue = await mia.command("list-queue")
            assert [row["chat"] for row in queue.rows] == [waiting.chat]
            await stage.enters_as_monitor(mia, chat)
            await ana.speak(chat.room, "!close solved")
            await ana.is_out_of(chat.room)
            await stage.is_offered(ana, waiting)
        finally:
            await stage.close()
