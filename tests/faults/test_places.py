"""What the waiting were told last is their place, whoever told them: also when only the order of news goes wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.people import Person, StanzaError
from tests.property.test_room_machine import MachineClock
from tests.scenarios.stage import status_of
from tests.scenarios.stages import SimulatedStage
from tests.simulation import SimulatedServer

LATER = timedelta(seconds=30)


def place_told(visitor: Person) -> int | None:
    return [place for one in visitor.inbox if (place := status_of(one)) is not None][-1]


async def test_who_asked_for_the_place_is_told_when_it_changes_back(tmp_path: Path) -> None:
    """QU-3: the queues have to know of what the door has told, and not only of what they have told themselves"""
    clock = MachineClock()
    async with SimulatedServer(clock=clock.now) as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_ROUTING__PING_TIMEOUT_S": "0.1"}, clock)
        try:
            await stage.open()
            await stage.chat(await stage.staff("ana", max_chats="1"))
            first, second = await stage.visitor("first"), await stage.visitor("second")
            first.answers_pings = False
            await stage.asks(first)
            await stage.asks(second)
            await first.presence(to=stage.workgroup, type="unavailable")
            await stage.settled()
            clock.advance(LATER)
            await stage.settled()
            assert place_told(second) == 1
            await first.presence(to=stage.workgroup)
            await stage.settled()  # too soon for the queues to tell it
            with pytest.raises(StanzaError, match="conflict"):
                await stage.asks(second)
            await stage.settled()
            assert place_told(second) == 2
            await first.presence(to=stage.workgroup, type="unavailable")
            await stage.settled()
            clock.advance(LATER)
            await stage.settled()
            assert place_told(second) == 1
        finally:
            await stage.close()
