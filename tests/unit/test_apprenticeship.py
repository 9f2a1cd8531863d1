"""What trainees' chats and endorsements amount to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_xmpp.domain.apprenticeship import Application, Credit, Endorsement, Progress, TrainingRules, credits
from livechat_xmpp.domain.model import ChatId, Message, Part, Standing, Visit
from tests.factories import NOW, a_message, a_visit, at, jid

RULES = TrainingRules(watch_share=0.5, watch_time=timedelta(seconds=60), said_needed=2)
CHAT = (at(0), at(100))


def trainee(name: str = "tom", *, since: float, until: float | None) -> Visit:
    return a_visit(name, part=Part.TRAINEE, standing=Standing.TRAINEE, entered_s=since, left_s=until)


def monitor(name: str = "mia", *, since: float, until: float | None, part: Part = Part.MONITOR) -> Visit:
    return a_visit(name, part=part, standing=Standing.MONITOR, entered_s=since, left_s=until)


def said(*speakers: str) -> list[Message]:
    """Return what was said by v (visitor), a (helper), t (trainee tom), m (monitor), ! (command)."""
    parts = {"v": Part.VISITOR, "a": Part.HELPER, "t": Part.TRAINEE, "m": Part.MONITOR, "!": Part.HELPER}
    names = {"v": "v1@anon.localhost", "a": "ana", "t": "tom", "m": "mia", "!": "ana"}
    return [
        a_message("x", at_s=n, part=parts[who], jid=jid(names[who]), kind="command" if who == "!" else "speech")
        for n, who in enumerate("".join(speakers))
    ]


def only(visits: Sequence[Visit], messages: Sequence[Message] = (), rules: TrainingRules = RULES) -> Credit:
    (found,) = credits(visits, messages, CHAT, rules)
    return found


@pytest.mark.parametrize(
    ("visits", "seconds", "watched"),
    [
        pytest.param([trainee(since=0, until=100), monitor(since=0, until=100)], 100, True, id="all the time"),
        pytest.param([trainee(since=0, until=50), monitor(since=0, until=100)], 50, True, id="half of it"),
        pytest.param([trainee(since=0, until=49), monitor(since=0, until=100)], 49, False, id="less than half"),
        pytest.param(
            [trainee(since=0, until=100), monitor(since=60, until=None)], 40, False, id="little of it monitored"
        ),
        pytest.param([trainee(since=0, until=100)], 0, False, id="never with a monitor"),
        pytest.param(
            [trainee(since=0, until=30), trainee(since=40, until=70), monitor(since=0, until=100)], 60, True, id="twice"
        ),
        pytest.param(
            [trainee(since=0, until=40), trainee(since=20, until=50), monitor(since=0, until=100)],
            50,
            True,
            id="with two clients at once",
        ),
        pytest.param(
            [trainee(since=0, until=100), monitor(since=0, until=30), monitor("max", since=20, until=60)],
            60,
            True,
            id="monitors in turn",
        ),
        pytest.param([trainee(since=-50, until=None), monitor(since=-50, until=None)], 100, True, id="beyond the chat"),
        pytest.param(
            [trainee(since=0, until=100), monitor(since=0, until=100, part=Part.VISITOR)], 0, False, id="who asked"
        ),
    ],
)
def test_watched(visits: list[Visit], seconds: int, watched: bool) -> None:
    assert only(visits) == Credit(jid("tom"), watched, False, seconds, 0)


def test_a_chat_that_was_over_at_once_is_watched_by_nobody() -> None:
    visits = [trainee(since=0, until=70), monitor(since=0, until=None)]
    (found,) = credits(visits, [], (at(50), at(50)), RULES)
    assert not found.watched


def test_a_set_time_is_enough_in_a_long_chat() -> None:
    visits = [trainee(since=0, until=70), monitor(since=0, until=None)]
    (found,) = credits(visits, [], (at(0), at(10_000)), RULES)
    assert found.watched


def test_whether_a_monitor_who_answers_counts_is_a_setting() -> None:
    visits = [trainee(since=0, until=100), monitor(since=0, until=100, part=Part.HELPER)]
    assert only(visits).watched
    assert not only(visits, rules=replace(RULES, helper_counts_as_monitor=False)).watched


@pytest.mark.parametrize(
    ("messages", "count", "helped"),
    [
        pytest.param(said("vattv"), 2, True, id="between their words"),
        pytest.param(said("vatv"), 1, False, id="too little"),
        pytest.param(said("ttvatv"), 1, False, id="before they talked"),
        pytest.param(said("vavtt"), 0, False, id="after they talked"),
        pytest.param(said("vttv"), 0, False, id="the helper has not said a word"),
        pytest.param(said("atta"), 0, False, id="the visitor has not said a word"),
        pytest.param(said("v!ttv"), 0, False, id="commands are no words"),
        pytest.param(said("vammv"), 0, False, id="what others say"),
        pytest.param([], 0, False, id="silence"),
    ],
)
def test_helped(messages: list[Message], count: int, helped: bool) -> None:
    found = only([trainee(since=0, until=100), monitor(since=0, until=100)], messages)
    assert (found.said, found.helped) == (count, helped)


def test_only_trainees_are_counted() -> None:
    visits = [monitor(since=0, until=100), a_visit("ana", standing=Standing.HELPER, entered_s=0, left_s=100)]
    assert credits(visits, said("vava"), CHAT, RULES) == []


moments = st.integers(-20, 120)


@given(st.lists(st.tuples(st.sampled_from(["tom", "uli", "mia", "max"]), moments, moments | st.none()), max_size=12))
def test_nobody_is_there_for_longer_than_the_chat_nor_than_monitors(stays: list[tuple[str, int, int | None]]) -> None:
    make = {"tom": trainee, "uli": trainee, "mia": monitor, "max": monitor}
    visits = [make[n](n, since=s, until=None if u is None else max(s, u)) for n, s, u in stays]
    found = credits(visits, [], CHAT, RULES)
    assert {c.jid for c in found} == {v.jid for v in visits if v.standing is Standing.TRAINEE}
    assert all(0 <= c.seconds <= 100 for c in found)
    if not any(v.standing is Standing.MONITOR for v in visits):
        assert not any(c.watched or c.seconds for c in found)
    assert found == credits(list(reversed(visits)), [], CHAT, RULES)


# --- progress


def an_endorsement(by: str, day: int = 0, **more: Any) -> Endorsement:
    return Endorsement(jid(by), NOW + timedelta(days=day), ChatId("c"), **more)


@pytest.mark.parametrize(
    ("endorsements", "is_endorsed"),
    [
        pytest.param([], False, id="nobody"),
        pytest.param([an_endorsement("ana")], False, id="one"),
        pytest.param([an_endorsement("ana"), an_endorsement("ben")], False, id="two on one day"),
        pytest.param([an_endorsement("ana"), an_endorsement("ana", 1)], False, id="one on two days"),
        pytest.param([an_endorsement("ana"), an_endorsement("ben", 1)], True, id="two on two days"),
    ],
)
def test_different_people_on_different_days(endorsements: list[Endorsement], is_endorsed: bool) -> None:
    assert Progress(endorsements=tuple(endorsements)).is_endorsed(TrainingRules()) is is_endorsed


def test_what_is_missing() -> None:
    missing = Progress(4, 5, (an_endorsement("ana"),)).missing(TrainingRules())
    assert (missing.watched, missing.helped, missing.endorsers, missing.days) == (1, 0, 1, 1)
    assert not Progress(5, 3, (an_endorsement("ana"), an_endorsement("ben", 1))).missing(TrainingRules())


# --- the clock


def clock(reminded: datetime | None = None, overdue: datetime | None = None) -> Application:
    return Application(1, jid("tom"), "", "", NOW, NOW + timedelta(hours=24), reminded, overdue)


def test_when_the_clock_rings() -> None:
    rules = TrainingRules()
    assert clock().ring_at(rules) == NOW + timedelta(hours=18)
    assert clock(NOW).ring_at(rules) == NOW + timedelta(hours=24)
    assert clock(NOW, NOW).ring_at(rules) is None
