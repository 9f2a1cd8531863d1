"""The seat in the contributors' room: taken, looked at, and taken again, less and less eagerly."""

from __future__ import annotations

import logging

import pytest

from livechat_xmpp.reconcile.attendance import ATTENDANCE, BACK_OFF, Attendance
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.reconcile.timers import Timers
from tests.contract.watch import Watch
from tests.factories import s

EVERY = s(600)


class Room:
    """What a room answers: it lets the desk in, has it still inside (True), or raises."""

    room = "contributors@conference.example.org"

    def __init__(self) -> None:
        self.answers: list[bool | LinkTrouble] = []

    async def look(self) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, LinkTrouble):
            raise answer
        return answer


class Clock(Watch):
    async def sleep_until(self, moment: object) -> None:
        raise AssertionError("nobody waits here")


class Case:
    def __init__(self) -> None:
        self.room, self.clock = Room(), Clock()
        self.timers = Timers(self.clock, lambda key: None)  # type: ignore[arg-type]
        self.attendance = Attendance(self.room, self.clock, self.timers, every=EVERY)  # type: ignore[arg-type]
        self.attendance.begin()

    async def looks(self, answer: bool | LinkTrouble) -> float:
        """Have it look; return in how many seconds it looks again."""
        self.timers.set(ATTENDANCE, None)  # that moment has come
        self.room.answers.append(answer)
        await self.attendance.look()
        return self.wait_s()

    def wait_s(self) -> float:
        moment = self.timers._moments[ATTENDANCE]
        return (moment - self.clock.now()).total_seconds()


@pytest.fixture
def case() -> Case:
    return Case()


async def test_with_a_new_link_it_looks_at_once(case: Case) -> None:
    assert case.attendance.may_look.is_set()


async def test_inside_it_looks_now_and_then(case: Case) -> None:
    assert await case.looks(False) == 600
    assert await case.looks(True) == 600


async def test_where_it_is_refused_it_comes_back_later_each_time(case: Case) -> None:
    waits = [await case.looks(StepRefused("forbidden")) for _ in range(6)]
    assert waits == [*(b.total_seconds() for b in BACK_OFF), 600, 600]


async def test_who_puts_it_out_again_and_again_is_not_fought(case: Case) -> None:
    waits = []
    for _ in range(4):
        await case.looks(False)
        case.attendance.on_out()
        waits.append(case.wait_s())
    assert waits == [b.total_seconds() for b in BACK_OFF]


async def test_after_an_undisturbed_time_inside_it_is_eager_again(case: Case) -> None:
    for _ in range(3):
        await case.looks(StepRefused("forbidden"))
    await case.looks(False)
    await case.looks(True)
    case.attendance.on_out()
    assert case.wait_s() == BACK_OFF[0].total_seconds()


async def test_a_seat_lost_while_it_was_taken_is_not_forgotten_for_long(case: Case) -> None:
    case.attendance.on_out()
    case.room.answers.append(False)
    await case.attendance.look()
    assert case.wait_s() == BACK_OFF[0].total_seconds()


async def test_the_log_says_once_why_it_is_not_inside(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for condition in ("forbidden", "forbidden", "remote-server-not-found", "forbidden"):
            await case.looks(StepRefused(condition))
    assert [r.__dict__["why"] for r in caplog.records] == ["forbidden", "remote-server-not-found", "forbidden"]
    assert {r.__dict__["room"] for r in caplog.records} == {case.room.room}


async def test_the_log_says_when_what_it_complained_of_is_over(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for answer in (False, StepRefused("forbidden"), False, True):
            await case.looks(answer)
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("WARNING", "not in the contributors' room"),
        ("INFO", "in the contributors' room"),
    ]


async def test_without_a_link_there_is_nothing_to_come_back_to(case: Case) -> None:
    case.room.answers.append(LinkDown("no link"))
    with pytest.raises(LinkDown):
        await case.attendance.look()
