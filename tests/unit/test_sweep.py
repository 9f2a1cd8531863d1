"""What counts as not being where the rules say."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_xmpp.domain.model import ChatId, ChatState, DutyRole, Outcome, RoomState, Standing
from livechat_xmpp.domain.sweep import Problem, Suspect, SweepRules, Trouble, find_in_chat, find_in_duty
from tests.factories import NOW, SUPPORT, a_duty, at, jid, s

RULES = SweepRules(overdue=s(60), longest_wait=s(3600), visitor_grace=s(120))
CHAT = ChatId("c")


def waiting(**more: Any) -> Suspect:
    """Return a request that waits since NOW."""
    return Suspect(CHAT, SUPPORT, ChatState.WAITING, **{"room": RoomState.NONE, "queued_at": NOW, **more})


def opened(**more: Any) -> Suspect:
    """Return a chat that ana answers since NOW."""
    values = {"room": RoomState.READY, "queued_at": NOW, "helper": jid("ana"), "helper_standing": Standing.HELPER}
    return Suspect(CHAT, SUPPORT, ChatState.OPEN, **{**values, "opened_at": NOW, "first_opened_at": NOW, **more})


def closed(**more: Any) -> Suspect:
    """Return a chat that is over since NOW."""
    values = {"room": RoomState.GONE, "queued_at": at(-9), "closed_at": NOW, "outcome": Outcome.SERVED}
    return Suspect(CHAT, SUPPORT, ChatState.CLOSED, **{**values, **more})


RETURNED = {"first_opened_at": at(-99), "room": RoomState.READY}


@pytest.mark.parametrize(
    ("chat", "what", "since"),
    [
        pytest.param(waiting(), Trouble.WAITED_TOO_LONG, 3600, id="waiting for too long"),
        pytest.param(waiting(**RETURNED), Trouble.WAITED_TOO_LONG, 3600, id="waiting again for too long"),
        pytest.param(waiting(visitor_gone_at=at(10)), Trouble.VISITOR_GONE, 130, id="waiting for who has gone"),
        pytest.param(waiting(offered_until=at(20)), Trouble.OFFER_OVERDUE, 20, id="an offer past its deadline"),
        pytest.param(
            waiting(**{**RETURNED, "room": RoomState.GONE}), Trouble.NO_ROOM, 0, id="waiting in a room that is gone"
        ),
        pytest.param(opened(offered_until=at(20)), Trouble.OFFER_ASTRAY, 0, id="an offer of a chat in progress"),
        pytest.param(opened(helper=None, helper_standing=None), Trouble.NO_HELPER, 0, id="open without a helper"),
        pytest.param(opened(helper_standing=None), Trouble.NO_HELPER, 0, id="a helper without standing"),
        pytest.param(opened(helper_standing=Standing.TRAINEE), Trouble.NO_HELPER, 0, id="a demoted helper"),
        pytest.param(opened(room=RoomState.NONE), Trouble.NO_ROOM, 0, id="open without a room"),
        pytest.param(opened(room=RoomState.GONE), Trouble.NO_ROOM, 0, id="open, and the room gone"),
        pytest.param(opened(room=RoomState.NEEDED), Trouble.ROOM_NOT_READY, 0, id="a room that cannot be made"),
        pytest.param(closed(offered_until=at(20)), Trouble.OFFER_ASTRAY, 0, id="an offer of a chat that is over"),
        pytest.param(closed(outcome=None), Trouble.NO_OUTCOME, 0, id="over, and nobody knows how"),
        pytest.param(closed(room=RoomState.READY), Trouble.ROOM_LEFT, 0, id="over, and the room still there"),
        pytest.param(closed(room=RoomState.NONE), Trouble.ROOM_LEFT, 0, id="over, and the room not struck off"),
        pytest.param(closed(has_people=True), Trouble.PEOPLE_LEFT, 0, id="over, and somebody still inside"),
    ],
)
def test_what_is_wrong_is_found_once_it_is_overdue(chat: Suspect, what: Trouble, since: float) -> None:
    assert find_in_chat(chat, RULES, now=at(since + 59)) == []
    assert find_in_chat(chat, RULES, now=at(since + 60)) == [Problem(CHAT, what, at(since))]


@pytest.mark.parametrize(
    "chat",
    [
        pytest.param(waiting(), id="a request that waits"),
        pytest.param(waiting(offered_until=at(3599)), id="and is offered"),
        pytest.param(waiting(**RETURNED), id="a request that waits again"),
        pytest.param(waiting(**RETURNED, visitor_gone_at=NOW), id="whose visitor the room shows"),
        pytest.param(opened(), id="a chat in progress"),
        pytest.param(opened(helper_standing=Standing.ADMIN, has_people=True), id="with people in it"),
        pytest.param(closed(), id="a chat that is over"),
        pytest.param(closed(room=RoomState.GONE, outcome=Outcome.ABANDONED), id="whatever became of it"),
    ],
)
def test_what_is_right_is_not_found(chat: Suspect) -> None:
    assert find_in_chat(chat, RULES, now=at(3600)) == []


def test_people_in_a_room_that_is_still_there_are_not_the_matter() -> None:
    found = find_in_chat(closed(room=RoomState.READY, has_people=True), RULES, now=at(60))
    assert [p.what for p in found] == [Trouble.ROOM_LEFT]


@pytest.mark.parametrize(
    ("role", "standing", "reason"),
    [
        (DutyRole.HELPER, Standing.HELPER, None),
        (DutyRole.HELPER, Standing.ADMIN, None),
        (DutyRole.TRAINEE, Standing.TRAINEE, None),
        (DutyRole.HELPER, Standing.TRAINEE, "on duty as helper, standing trainee"),
        (DutyRole.MONITOR, Standing.HELPER, "on duty as monitor, standing helper"),
        (DutyRole.HELPER, None, "on duty as helper, standing none"),
    ],
)
def test_being_on_duty_as_what_one_may_not_be(role: DutyRole, standing: Standing | None, reason: str | None) -> None:
    expected = [] if reason is None else [Problem(jid("ana"), Trouble.NO_STANDING, NOW, reason)]
    assert find_in_duty(a_duty("ana", role), standing) == expected


def test_what_only_the_server_can_put_right() -> None:
    on_the_server = {Trouble.ROOM_NOT_READY, Trouble.ROOM_LEFT, Trouble.STUCK}
    assert {t for t in Trouble if not t.is_repaired_here} == on_the_server | {Trouble.GROUPS_FAILED, Trouble.GROUPS_CUT}
