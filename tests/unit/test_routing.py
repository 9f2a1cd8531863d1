"""Whom a request is offered to, when the desk is open, and who watches."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_xmpp.domain.model import Availability, BareJid, ChatId, DutyRole
from livechat_xmpp.domain.routing import (
    Cover,
    OnDuty,
    PastOffers,
    choose_helper,
    choose_trainees,
    cover,
    default_role,
    match,
    ring,
)
from livechat_xmpp.domain.standing import ROLES
from tests.factories import a_watcher, at, jid, jids, names, on_duty, s

REPEAT = s(60)


class Shift:
    """Helpers on duty who take every request at once, and are never full unless told so."""

    def __init__(self, *people: str, **more: Any) -> None:
        self.moment = 100.0
        self.turns = {p: float(i) for i, p in enumerate(people)}
        self.full: set[str] = set()
        self.more = more

    def next(self, past: PastOffers | None = None) -> str | None:
        helpers = [on_duty(p, turn_s=t, chats=2 if p in self.full else 0) for p, t in self.turns.items()]
        chosen = choose_helper(helpers, past or PastOffers(), now=at(self.moment), repeat_after=REPEAT)
        if chosen is None:
            return None
        name = chosen.duty.jid.partition("@")[0]
        self.turns[name] = self.moment
        self.moment += 1
        return name


def test_six_requests_and_three_helpers_go_round_twice() -> None:
    shift = Shift("one", "two", "three")
    assert [shift.next() for _ in range(6)] == ["one", "two", "three", "one", "two", "three"]


def test_a_busy_helper_is_skipped_and_comes_next() -> None:
    shift = Shift("one", "two", "three")
    assert shift.next() == "one"
    shift.full = {"two"}
    assert shift.next() == "three"
    shift.full = set()
    assert [shift.next() for _ in range(3)] == ["two", "one", "three"]


def test_a_refused_request_comes_back_to_nobody_while_others_are_free() -> None:
    past = PastOffers({jid("one"): 1}, {jid("one"): at(0)})
    assert Shift("one", "two").next(past) == "two"


def test_refused_by_all_it_goes_round_again() -> None:
    past = PastOffers({jid("one"): 1, jid("two"): 1}, {jid("one"): at(0), jid("two"): at(10)})
    assert Shift("two", "one").next(past) == "two"


def test_a_helper_alone_is_asked_again_only_after_a_while() -> None:
    shift, past = Shift("one"), PastOffers({jid("one"): 1}, {jid("one"): at(50)})
    shift.moment = 109
    assert shift.next(past) is None
    shift.moment = 110
    assert shift.next(past) == "one"


@pytest.mark.parametrize(
    ("helper", "is_asked"),
    [
        pytest.param(on_duty("ana"), True, id="available"),
        pytest.param(on_duty("ana", is_=Availability.UNKNOWN), True, id="who lets nobody see is believed to be there"),
        pytest.param(on_duty("ana", is_=Availability.AWAY), False, id="away"),
        pytest.param(on_duty("ana", is_=Availability.BUSY), False, id="do not disturb"),
        pytest.param(on_duty("ana", is_=Availability.OFFLINE), False, id="offline"),
        pytest.param(on_duty("ana", chats=1), True, id="one chat below the cap"),
        pytest.param(on_duty("ana", chats=2), False, id="at the cap"),
        pytest.param(on_duty("ana", chats=3, max_chats=2), False, id="above a cap set lower meanwhile"),
        pytest.param(on_duty("ana", has_offer=True), False, id="one offer at a time"),
        pytest.param(on_duty("ana", role=DutyRole.ANCHOR), True, id="an anchor"),
        pytest.param(on_duty("ana", role=DutyRole.ADVISOR), False, id="an advisor never"),
        pytest.param(on_duty("ana", role=DutyRole.MONITOR), False, id="on duty as monitor"),
        pytest.param(on_duty("ana", role=DutyRole.TRAINEE), False, id="a trainee never"),
    ],
)
def test_who_is_asked(helper: OnDuty, is_asked: bool) -> None:
    chosen = choose_helper([helper], PastOffers(), now=at(0), repeat_after=REPEAT)
    assert (chosen is helper) is is_asked


def test_nobody_on_duty_means_nobody_is_asked() -> None:
    assert choose_helper([], PastOffers(), now=at(0), repeat_after=REPEAT) is None


def a_match(waiting: list[str], helpers: list[OnDuty], past: dict[str, PastOffers] | None = None) -> dict[str, str]:
    known = {ChatId(c): p for c, p in (past or {}).items()}
    pairs = match([ChatId(c) for c in waiting], helpers, known, now=at(0), repeat_after=REPEAT)
    return {chat: helper.partition("@")[0] for chat, helper in pairs}


def test_the_queue_is_served_from_its_front() -> None:
    helpers = [on_duty("ana", turn_s=2), on_duty("ben", turn_s=1)]
    assert a_match(["first", "second", "third"], helpers) == {"first": "ben", "second": "ana"}


def test_each_helper_gets_one_request_at_a_time() -> None:
    assert a_match(["first", "second"], [on_duty("ana", max_chats=20)]) == {"first": "ana"}


def test_a_request_that_nobody_can_take_now_does_not_hold_up_those_behind() -> None:
    past = {"first": PastOffers({jid("ana"): 1}, {jid("ana"): at(0)})}
    assert a_match(["first", "second"], [on_duty("ana")], past) == {"second": "ana"}


RUNG = PastOffers({jid("ana"): 1, jid("ben"): 2}, {jid("ana"): at(-5), jid("ben"): at(-1)}, rung_at=at(-3))


def a_ring(waiting: list[str], helpers: list[OnDuty], past: dict[str, PastOffers]) -> list[tuple[str, str]]:
    known = {ChatId(c): past.get(c, PastOffers(rung_at=at(-3))) for c in waiting}
    pairs = ring([ChatId(c) for c in waiting], helpers, known, now=at(0), repeat_after=REPEAT)
    return [(chat, helper.partition("@")[0]) for chat, helper in pairs]


@pytest.mark.parametrize(
    ("waiting", "helpers", "past", "expected"),
    [
        pytest.param(["a"], ["ana", "ben"], {}, [("a", "ana"), ("a", "ben")], id="all who are free at once"),
        pytest.param(["a", "b"], ["ana"], {}, [("a", "ana")], id="each of them for one request, the first"),
        pytest.param(["a"], ["ana", "ben"], {"a": RUNG}, [("a", "ana")], id="who passed, once more"),
        pytest.param(["a", "b"], ["ana", "ben"], {"a": RUNG}, [("a", "ana"), ("b", "ben")], id="the rest for the next"),
        pytest.param(["a"], ["ana"], {"a": PastOffers(never=jid("ana"), rung_at=at(-3))}, [], id="never who asked it"),
        pytest.param(["a"], [], {}, [], id="nobody there"),
    ],
)
def test_all_are_asked_at_once(
    waiting: list[str], helpers: list[str], past: dict[str, PastOffers], expected: list[tuple[str, str]]
) -> None:
    assert a_ring(waiting, [on_duty(name) for name in helpers], past) == expected


def test_who_is_busy_is_not_rung() -> None:
    busy = [on_duty("ana", chats=2), on_duty("ben", has_offer=True), on_duty("cai", is_=Availability.AWAY)]
    assert a_ring(["a"], busy, {}) == []


def test_with_an_empty_queue_nobody_is_asked() -> None:
    assert a_match([], [on_duty("ana")]) == {}


@pytest.mark.parametrize(
    ("helpers", "expected"),
    [
        pytest.param([], Cover(False, False, 0, 0), id="nobody on duty: closed"),
        pytest.param([on_duty("ana")], Cover(True, False, 2, 2), id="one is there: open"),
        pytest.param([on_duty("ana", is_=Availability.OFFLINE)], Cover(False, False, 0, 0), id="offline: closed"),
        pytest.param([on_duty("ana", is_=Availability.AWAY)], Cover(True, True, 0, 0), id="all away: open, but away"),
        pytest.param([on_duty("ana", is_=Availability.BUSY)], Cover(True, True, 0, 0), id="do not disturb is as away"),
        pytest.param(
            [on_duty("ana", is_=Availability.AWAY), on_duty("ben")],
            Cover(True, False, 2, 2),
            id="one of two away: open",
        ),
        pytest.param([on_duty("ana", chats=2)], Cover(True, False, 2, 0), id="everybody busy is still open"),
        pytest.param([on_duty("ana", chats=3)], Cover(True, False, 2, 0), id="more chats than places leave none free"),
        pytest.param([on_duty("ana", has_offer=True)], Cover(True, False, 2, 2), id="an offered place is free still"),
        pytest.param([on_duty("ana", role=DutyRole.ADVISOR)], Cover(False, False, 0, 0), id="an advisor opens nothing"),
    ],
)
def test_whether_the_desk_is_open(helpers: list[OnDuty], expected: Cover) -> None:
    assert cover(helpers) == expected


@pytest.mark.parametrize(
    ("trainees", "asked_before", "places", "chosen"),
    [
        pytest.param(
            [a_watcher("tom", watched=3), a_watcher("uli", watched=1)], set(), 1, ["uli"], id="fewest watched first"
        ),
        pytest.param(
            [a_watcher("tom", turn_s=2), a_watcher("uli", turn_s=1)], set(), 1, ["uli"], id="then who waited longer"
        ),
        pytest.param([a_watcher("tom"), a_watcher("uli")], set(), 3, ["tom", "uli"], id="all, while there are places"),
        pytest.param([a_watcher("tom")], set(), 0, [], id="nobody without a place"),
        pytest.param([a_watcher("tom"), a_watcher("uli")], {"tom"}, 1, ["uli"], id="not who was asked before"),
        pytest.param([a_watcher("tom", chats=2)], set(), 1, [], id="not above their cap"),
        pytest.param([a_watcher("tom", is_=Availability.AWAY)], set(), 1, [], id="not who is away"),
        pytest.param([a_watcher("tom", is_=Availability.OFFLINE)], set(), 1, [], id="not who is offline"),
        pytest.param([a_watcher("tom", is_=Availability.UNKNOWN)], set(), 1, ["tom"], id="who lets nobody see"),
    ],
)
def test_which_trainees_are_invited(trainees: Any, asked_before: set[str], places: int, chosen: list[str]) -> None:
    found: list[BareJid] = choose_trainees(trainees, asked_before=jids(*asked_before), places=places)
    assert [j.partition("@")[0] for j in found] == chosen
    assert names(found) == set(chosen)


def test_who_does_not_say_is_on_duty_as_a_helper_if_they_may() -> None:
    assert {s.value: default_role(roles) for s, roles in ROLES.items()} == {
        "inactive": None,
        "trainee": "trainee",
        "helper": "helper",
        "monitor": "helper",
        "admin": "helper",
    }
