"""The order of the queue and the expected wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.domain.queue import Wait, Waiting, expected_wait, in_order
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


def test_a_wait_is_never_negative_and_its_range_never_upside_down() -> None:
    wait = expected_wait(1, places=1, free=0, offer_timeout=s(20), handle_times=[s(0), s(1)])
    assert wait is not None
    assert s(0) <= wait.low <= wait.expected <= wait.high
