"""What the waiting were told last is their place, whoever told them, in whatever order news come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from livechat_xmpp.domain.model import FullJid
from livechat_xmpp.usecases.visits import Ticket
from livechat_xmpp.xmpp.queue_door import QueueDoor
from tests.people import Person, StanzaError
from tests.property.test_room_machine import MachineClock
from tests.scenarios.stage import Request, Stage, status_of
from tests.scenarios.stages import SimulatedStage
from tests.simulation import SimulatedServer

LATER = timedelta(seconds=30)


def places_told(visitor: Person) -> list[int]:
    return [place for one in visitor.inbox if (place := status_of(one)) is not None]


class Waiting:
    """A desk whose only helper is busy, and two who wait."""

    def __init__(self, stage: SimulatedStage, clock: MachineClock) -> None:
        self.stage, self.clock = stage, clock

    async def begin(self) -> None:
        await self.stage.open()
        await self.stage.chat(await self.stage.staff("ana", max_chats="1"))
        self.first, self.second = await self.stage.visitor("first"), await self.stage.visitor("second")
        await self.stage.asks(self.first)
        self.request = await self.stage.asks(self.second)
        await self.stage.settled()

    async def later(self) -> None:
        await self.stage.settled()
        self.clock.advance(LATER)
        await self.stage.settled()


@pytest_asyncio.fixture
async def waiting(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Waiting]:
    """Settings: by indirect parametrisation."""
    clock = MachineClock()
    async with SimulatedServer(clock=clock.now) as server:
        stage = SimulatedStage(server, tmp_path, getattr(request, "param", {}), clock)
        try:
            waiting = Waiting(stage, clock)
            await waiting.begin()
            yield waiting
        finally:
            await stage.close()


async def asks_again(stage: Stage, visitor: Person, _request: Request) -> None:
    with pytest.raises(StanzaError, match="conflict"):
        await stage.asks(visitor)
    await stage.settled()
    assert places_told(visitor)[-1] == 2


async def comes_back(stage: Stage, visitor: Person, request: Request) -> None:
    assert (await stage.comes_back(visitor, request.token))["position"] == "2"


@pytest.mark.parametrize("waiting", [{"LIVECHAT_ROUTING__PING_TIMEOUT_S": "0.1"}], indirect=True)
@pytest.mark.parametrize("learns", [asks_again, comes_back])
async def test_who_asked_for_the_place_is_told_when_it_changes_back(
    waiting: Waiting, learns: Callable[[Stage, Person, Request], Awaitable[None]]
) -> None:
    """QU-3: the queues have to know of what the door has told, and not only of what they have told themselves"""
    stage, first, second = waiting.stage, waiting.first, waiting.second
    first.answers_pings = False
    await first.presence(to=stage.workgroup, type="unavailable")
    await waiting.later()
    assert places_told(second)[-1] == 1
    await first.presence(to=stage.workgroup)
    await stage.settled()  # too soon for the queues to tell it
    await learns(stage, second, waiting.request)
    known = len(places_told(second))
    await first.presence(to=stage.workgroup, type="unavailable")
    await waiting.later()
    assert places_told(second)[known:] == [1]


@pytest.mark.parametrize("waiting", [{"LIVECHAT_VISITORS__STATUS_INTERVAL_S": "0"}], indirect=True)
async def test_news_that_overtake_an_answer_are_told_again(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """QU-3: the answer of the door may be older than what the queues have told meanwhile"""
    stage, first, second = waiting.stage, waiting.first, waiting.second
    is_asked, goes_on = asyncio.Event(), asyncio.Event()
    tell = QueueDoor._tell_ticket

    async def tell_late(door: QueueDoor, visitor: FullJid, ticket: Ticket) -> None:
        is_asked.set()
        await goes_on.wait()
        await tell(door, visitor, ticket)

    monkeypatch.setattr(QueueDoor, "_tell_ticket", tell_late)
    await second.say(stage.workgroup, "?")
    await is_asked.wait()
    await first.command("leave-queue", at=stage.workgroup)
    await second.until(lambda: places_told(second)[-1] == 1, "the place in front")
    goes_on.set()
    await second.until(lambda: places_told(second)[-1] == 2, "the late answer")
    await stage.settled()
    assert places_told(second)[-1] == 1


async def test_who_comes_back_by_another_way_is_told_the_place_there(waiting: Waiting) -> None:
    """QU-3: what was told to an address that is gone was told to nobody"""
    eve = await waiting.stage.person("eve")
    await eve.presence(to=waiting.stage.workgroup)
    await waiting.stage.asks(eve)
    await waiting.stage.settled()
    known, before = len(places_told(eve)), eve.jid
    await eve.drop()
    await eve.arrive()
    assert eve.jid != before
    await eve.presence(to=waiting.stage.workgroup)
    await waiting.later()
    assert places_told(eve)[known:] == [3]
