"""Timers on a clock that only moves when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from datetime import datetime

import pytest
import pytest_asyncio

from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.reconcile.timers import Timers
from tests.factories import NOW, at, s


class ManualClock:
    """A clock for tests (reconcile.ports.Clock)."""

    def __init__(self) -> None:
        self._now = NOW
        self._sleeping: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        done = asyncio.get_running_loop().create_future()
        self._sleeping.append((moment, done))
        await done

    async def go_to(self, seconds: float) -> None:
        """Let the clock show so many seconds after NOW, and everybody who slept until then go on."""
        await settled()
        self._now = at(seconds)
        for moment, done in self._sleeping:
            if moment <= self._now and not done.done():
                done.set_result(None)
        await settled()


async def settled() -> None:
    """Let all other tasks run until they wait again: a handful of turns of the loop."""
    for _ in range(10):
        await asyncio.sleep(0)


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.fired: list[Hashable] = []
        self.timers = Timers(self.clock, self.fired.append)


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    running = asyncio.get_running_loop().create_task(made.timers.run())
    yield made
    assert not running.done()
    running.cancel()


async def test_each_is_called_when_its_moment_has_come(desk: Desk) -> None:
    desk.timers.set("late", at(20))
    desk.timers.set("early", at(10))
    await desk.clock.go_to(9)
    assert desk.fired == []
    await desk.clock.go_to(10)
    assert desk.fired == ["early"]
    await desk.clock.go_to(20)
    assert desk.fired == ["early", "late"]


async def test_what_is_due_already_is_called_at_once(desk: Desk) -> None:
    desk.timers.set("past", at(-5))
    await settled()
    assert desk.fired == ["past"]


async def test_an_earlier_moment_is_heeded_while_it_waits_for_a_later_one(desk: Desk) -> None:
    desk.timers.set("late", at(20))
    await settled()
    desk.timers.set("early", at(5))
    await desk.clock.go_to(5)
    assert desk.fired == ["early"]


@pytest.mark.parametrize(
    ("moments", "fired_at"),
    [
        pytest.param([10, 20], [20], id="a later one replaces it"),
        pytest.param([20, 10], [10], id="an earlier one replaces it"),
        pytest.param([10, 10], [10], id="the same again changes nothing"),
        pytest.param([10, 20, 10], [10], id="back to the first: once"),
        pytest.param([10, None], [], id="none takes it away"),
        pytest.param([None], [], id="nothing to take away"),
        pytest.param([10, None, 10], [10], id="taken away and set again: once"),
    ],
)
async def test_a_key_has_one_moment(desk: Desk, moments: list[float | None], fired_at: list[float]) -> None:
    for moment in moments:
        desk.timers.set("chat", None if moment is None else at(moment))
    found: list[float] = []
    for second in (9, 10, 19, 20, 30):
        before = len(desk.fired)
        await desk.clock.go_to(second)
        found += [second] * (len(desk.fired) - before)
    assert found == fired_at


async def test_a_moment_may_be_set_anew_by_what_is_called(desk: Desk) -> None:
    desk.timers._due = lambda key: (desk.fired.append(key), desk.timers.set(key, desk.clock.now() + s(10)))[0]
    desk.timers.set("chat", at(10))
    await desk.clock.go_to(10)
    await desk.clock.go_to(20)
    await desk.clock.go_to(29)
    assert desk.fired == ["chat", "chat"]


async def test_after_keeps_an_earlier_moment_and_replaces_a_later_one(desk: Desk) -> None:
    desk.timers.set("chat", at(5))
    desk.timers.after("chat", s(10))
    desk.timers.set("queues", at(50))
    desk.timers.after("queues", s(10))
    await desk.clock.go_to(5)
    assert desk.fired == ["chat"]
    await desk.clock.go_to(10)
    assert desk.fired == ["chat", "queues"]
    await desk.clock.go_to(60)
    assert desk.fired == ["chat", "queues"]


async def test_the_machines_clock_is_aware_and_does_not_wait_for_the_past() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == s(0)
    await asyncio.wait_for(clock.sleep_until(clock.now() - s(100)), 10)
