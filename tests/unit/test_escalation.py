"""How a request climbs that nobody takes."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_xmpp.domain.escalation import (
    Climber,
    ClimbRules,
    ClimbStep,
    alarm_waits_until,
    next_look,
    rung_at,
    steps_due,
)
from livechat_xmpp.domain.model import ChatId
from tests.factories import NOW, SUPPORT, VISITOR, at, s

RULES = ClimbRules(s(60), s(120), s(180))
ALARM, TELL = ClimbStep.ALARM, ClimbStep.TELL_VISITOR


def a_climber(**more: Any) -> Climber:
    """Return a request that came to the queue at NOW."""
    return Climber(ChatId("c"), SUPPORT, VISITOR, **{"queued_at": NOW, **more})


@pytest.mark.parametrize(
    ("climber", "now", "steps"),
    [
        pytest.param(a_climber(), 119, (), id="not before its time"),
        pytest.param(a_climber(), 120, (ALARM,), id="first the staff"),
        pytest.param(a_climber(alarmed_at=at(120)), 179, (), id="once"),
        pytest.param(a_climber(alarmed_at=at(120)), 180, (TELL,), id="then the visitor"),
        pytest.param(a_climber(alarmed_at=at(120), visitor_told_at=at(180)), 9999, (), id="once too"),
        pytest.param(a_climber(), 180, (ALARM, TELL), id="both, when nobody looked for long"),
        pytest.param(a_climber(queued_at=at(100)), 200, (), id="counted from when it came back to the queue"),
        pytest.param(a_climber(is_gone=True), 9999, (), id="not for who has gone"),
    ],
)
def test_which_steps_are_due(climber: Climber, now: float, steps: tuple[ClimbStep, ...]) -> None:
    assert steps_due(climber, RULES, now=at(now)) == steps


@pytest.mark.parametrize(("now", "expected"), [(0, None), (59, None), (60, at(60)), (600, at(60))])
def test_since_when_all_are_asked_at_once(now: float, expected: Any) -> None:
    assert rung_at(NOW, RULES, now=at(now)) == expected


@pytest.mark.parametrize(("last", "until"), [(None, None), (at(10), at(130))])
def test_alarms_of_a_queue_are_bundled(last: Any, until: Any) -> None:
    assert alarm_waits_until(last, RULES) == until


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param([], 60, id="nothing waits: before anything asked from now on can climb"),
        pytest.param([at(90), None], 60, id="what is known of comes later than that"),
        pytest.param([at(90), at(7)], 7, id="what is known of comes first"),
    ],
)
def test_when_to_look_again(moments: list[Any], expected: float) -> None:
    assert next_look(moments, RULES, now=NOW) == at(expected)
