"""The machine's clock was wrong by a day, and is set right while people wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livechat_xmpp.reconcile.clock import SystemClock
from tests.scenarios.stages import SimulatedStage
from tests.servers.waiting import wait_until_async
from tests.simulation import SimulatedServer

SOON = {"LIVECHAT_DESK__SWEEP_S": "0.5", "LIVECHAT_DESK__OVERDUE_S": "1"}
NEAR = timedelta(minutes=1)


class Wall:
    off = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("day", [timedelta(days=1), timedelta(days=-1)], ids=["forwards", "backwards"])
async def test_no_request_and_no_offer_ends_by_it(tmp_path: Path, day: timedelta) -> None:
    """QU-1, RU-3; once nobody waits the desk shows the right time"""
    wall = Wall()
    clock = SystemClock(wall.now, time.monotonic)
    async with SimulatedServer(clock=wall.now) as server:
        stage = SimulatedStage(server, tmp_path, SOON, clock)
        try:
            await stage.open()
            ana = await stage.staff("ana", max_chats=1)
            fay, sam = await stage.visitor("fay"), await stage.visitor("sam")
            offered, waiting = await stage.asks(fay), await stage.asks(sam)
            room = await stage.is_offered(ana, offered)
            wall.off = day
            sue = await stage.visitor("sue")
            late = await stage.asks(sue)  # so that everything is looked at
            await stage.settled()
            assert [(await stage.export(one.chat))["outcome"] for one in (offered, waiting, late)] == [None] * 3
            assert not any("Time is up" in one.body for one in ana.inbox)
            assert [await stage.place(one) for one in (fay, sam, sue)] == [1, 2, 3]
            await ana.enter(room)
            await ana.sees(room, "Who is who")
            for visitor in (fay, sam, sue):
                assert (await visitor.command("leave-queue", at=stage.workgroup)).is_completed
            await wait_until_async(lambda: abs(clock.now() - wall.now()) < NEAR, "the desk shows the right time")
        finally:
            await stage.close()
