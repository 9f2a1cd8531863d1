"""The desk's clock, when somebody sets the machine's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from livechat_xmpp.reconcile.clock import CATCH_UP, FAR, SystemClock
from tests.factories import NOW, s


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.wall, self.steady_s = NOW, 1000.0
        self.clock = SystemClock(lambda: self.wall, lambda: self.steady_s)

    def passes(self, seconds: float) -> datetime:
        self.wall += s(seconds)
        self.steady_s += seconds
        return self.clock.now()

    def is_set(self, by_s: float) -> datetime:
        self.wall += s(by_s)
        return self.clock.now()

    @property
    def difference_s(self) -> float:
        return (self.clock.now() - self.wall).total_seconds()


def test_as_a_rule_it_shows_what_the_machine_shows() -> None:
    machine = Machine()
    assert [machine.passes(t) for t in (0, 1, 3600)] == [NOW, NOW + s(1), NOW + s(3601)]


@pytest.mark.parametrize("step_s", [-600, -5, 5, 600])
def test_a_step_changes_nothing_at_once(step_s: float) -> None:
    machine = Machine()
    machine.passes(10)
    assert machine.is_set(step_s) == NOW + s(10)


@pytest.mark.parametrize("step_s", [-600, 600])
def test_after_a_step_it_comes_near_at_a_tenth(step_s: float) -> None:
    machine = Machine()
    machine.is_set(step_s)
    machine.passes(1000)
    assert machine.difference_s == pytest.approx(-step_s + (100 if step_s > 0 else -100))
    for _ in range(600):
        machine.passes(10)
    assert machine.difference_s == 0


def test_it_never_goes_backwards_after_a_step_it_takes_slowly() -> None:
    machine = Machine()
    shown = [machine.clock.now()]
    for number in range(200):
        shown += [machine.is_set(-3 if number % 3 else 5), machine.passes(0.5)]
    assert shown == sorted(shown)


@pytest.mark.parametrize("way", [-1, 1])
def test_a_clock_that_was_wrong_by_far_is_followed_once_nobody_waits(way: int) -> None:
    machine = Machine()
    step = way * (FAR + timedelta(seconds=1))
    assert machine.is_set(step.total_seconds()) == NOW
    machine.clock.follow()
    assert machine.clock.now() == NOW + step


def test_one_that_was_wrong_by_little_goes_on_as_it_does() -> None:
    machine = Machine()
    machine.is_set(FAR.total_seconds())
    machine.clock.follow()
    assert machine.clock.now() == NOW


def test_a_machine_that_slept_is_no_step() -> None:
    machine = Machine()
    assert machine.passes(8 * 3600) == NOW + s(8 * 3600)


def test_what_a_time_service_does_all_the_time_is_followed() -> None:
    machine = Machine()
    assert machine.is_set(-0.05) == NOW - s(0.05)


def test_the_rate_is_one_that_nobody_notices() -> None:
    assert 0 < CATCH_UP <= 0.1
