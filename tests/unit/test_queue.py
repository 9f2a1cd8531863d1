"""The order of the queue and the expected wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.domain.queue import Wait, Waiting, expected_wait, in_order, is_passed_over, places
from tests.factories import at, s

TIMES = [s(60), s(120), s(180), s(240), s(300)]


def a_place(name: str, asked_s: float = 0, priority: int = 0) -> Waiting:
    return Waiting(ChatId(name), at(asked_s), priority)


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        pytest.param([], "", id="an empty queue"),
        pytest.param([a_place("b", 2), a_place("a", 1)], "ab", id="first come, first served"),
        pytest.param([a_place("a", 1), a_place("b", 2, 1)], "ba", id="a higher priority goes first"),
        pytest.param([a_place("b", 1), a_place("a", 1)], "ab", id="the id breaks ties"),
        pytest.param([a_place("b", 2), a_place("back", 1)], "backb", id="who returns keeps their time, and place"),
    ],
)
def test_the_order_of_the_queue(waiting: list[Waiting], order: str) -> None:
    assert "".join(w.chat_id for w in in_order(waiting)) == order


@pytest.mark.parametrize(
    ("position", "places", "free", "times", "wait"),
    [
        pytest.param(1, 2, 1, [], Wait(s(10), s(0), s(20)), id="a free place costs one offer at most"),
        pytest.param(2, 2, 2, TIMES, Wait(s(10), s(0), s(20)), id="also for the second, when two are free"),
        pytest.param(2, 2, 1, [], None, id="nothing is known before two chats were served"),
        pytest.param(2, 2, 1, TIMES[:1], None, id="one chat is not enough"),
        pytest.param(1, 0, 0, TIMES, None, id="nothing is known with nobody there"),
        pytest.param(1, 1, 0, TIMES, Wait(s(180), s(90), s(270)), id="the next of one place: one chat"),
        pytest.param(2, 1, 0, TIMES, Wait(s(360), s(180), s(540)), id="the second of one place: two chats"),
        pytest.param(2, 2, 0, TIMES, Wait(s(180), s(90), s(270)), id="the second of two places: one chat"),
        pytest.param(3, 2, 1, TIMES, Wait(s(180), s(90), s(270)), id="a free place shortens the queue"),
    ],
)
def test_the_expected_wait(position: int, places: int, free: int, times: list[timedelta], wait: Wait | None) -> None:
    assert expected_wait(position, places=places, free=free, offer_timeout=s(20), handle_times=times) == wait


def test_nothing_is_known_of_the_wait_while_nobody_takes_requests() -> None:
    assert expected_wait(1, places=2, free=1, offer_timeout=s(20), handle_times=TIMES, has_stopped=True) is None


@pytest.mark.parametrize(
    ("passed_s", "now_s", "is_passed"),
    [
        pytest.param(None, 600, False, id="nobody was asked, or has answered"),
        pytest.param(15, 19, False, id="one no, and time for the next helper"),
        pytest.param(15, 20, True, id="one no, and the time of an offer is over"),
        pytest.param(20, 20, True, id="silence until the deadline"),
        pytest.param(-1, 600, False, id="passed before it came back to the queue"),
    ],
)
def test_whether_nobody_takes_what_is_first(passed_s: float | None, now_s: float, is_passed: bool) -> None:
    first = replace(a_place("a", -100), queued_at=at(0))
    passed_at = None if passed_s is None else at(passed_s)
    assert is_passed_over(first, passed_at, offer_timeout=s(20), now=at(now_s)) is is_passed


def test_nobody_waits_for_who_is_gone() -> None:
    gone = replace(a_place("b"), is_gone=True)
    found = [(place, one.chat_id) for place, one in places([a_place("a"), gone, gone, a_place("c"), a_place("d")])]
    assert found == [(1, "a"), (2, "b"), (2, "b"), (2, "c"), (3, "d")]


def test_a_wait_is_never_negative_and_its_range_never_upside_down() -> None:
    wait = expected_wait(1, places=1, free=0, offer_timeout=s(20), handle_times=[s(0), s(1)])
    assert wait is not None
    assert s(0) <= wait.low <= wait.expected <= wait.high
