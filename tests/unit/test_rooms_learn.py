"""learn(): what the room shows and the record does not have yet; next_due(): when time alone decides something."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from livechat_xmpp.domain.learning import (
    Entered,
    Fact,
    HelperMissing,
    HelperSilent,
    InvitationLapsed,
    Left,
    NoticesSpoken,
    OfferExpired,
    OfferTaken,
    Replied,
    TraineePlacesFree,
    VisitorMissing,
    WaitedTooLong,
    learn,
    next_due,
)
from livechat_xmpp.domain.model import Chat, ChatId, ChatState, Departure, Part, RoomState, RoomView, Standing, Visit
from livechat_xmpp.domain.rooms import RoomRules, resync_due
from tests.factories import (
    NOW,
    a_chat,
    a_helper,
    a_monitor,
    a_notice,
    a_request,
    a_room,
    a_trainee,
    a_visit,
    an_invitation,
    an_occupant,
    an_offer,
    at,
    jid,
    jids,
)

RULES = RoomRules()
V1 = "v1@anon.localhost"
HERE = (a_visit("ana"), a_visit(V1, part=Part.VISITOR))


def facts(chat: Chat, seen: RoomView | None, now: float = 0, rules: RoomRules = RULES, **more: Any) -> tuple[Fact, ...]:
    return learn(chat, seen, rules, now=at(now), **more)


def a_quiet_chat(*staff: Any, **more: Any) -> Chat:
    """Return an open chat with helper and visitor recorded as inside, who have begun to talk."""
    return a_chat(*staff, **{"visits": HERE, "replied_at": NOW, **more})


def unanswered(*staff: Any, **more: Any) -> Chat:
    """Return the same before anybody of the staff has written."""
    return a_quiet_chat(*staff, **{"replied_at": None, **more})


@pytest.mark.parametrize(
    ("chat", "seen"),
    [
        pytest.param(a_chat(state=ChatState.CLOSED), a_room("ana"), id="of a chat that is over"),
        pytest.param(a_chat(offers=(an_offer(),)), None, id="of a room that may hold people and is not known"),
    ],
)
def test_nothing_is_learnt(chat: Chat, seen: RoomView | None) -> None:
    assert facts(chat, seen, now=9999) == ()


def test_comings_are_recorded_as_the_part_they_play() -> None:
    chat = a_quiet_chat(a_monitor("mia"))
    seen = a_room("ana", V1, an_occupant("mia", nick="Mia", since_at=at(5), occupant_id="o1"))
    entered = a_visit("mia", nick="Mia", part=Part.MONITOR, entered_s=5, standing=Standing.MONITOR, occupant_id="o1")
    assert facts(chat, seen, now=6)[0] == Entered(entered)


def test_goings_are_recorded_with_the_moment() -> None:
    assert facts(a_quiet_chat(), a_room(V1), now=7) == (Left(jid("ana"), "ana", at(7)),)


def test_a_visit_that_was_over_before_anybody_looked_is_recorded_all_the_same() -> None:
    brief = Departure(an_occupant("mia", since_at=at(5)), at(6))
    came = Entered(a_visit("mia", part=Part.MONITOR, entered_s=5, standing=Standing.MONITOR))
    seen = a_room("ana", V1, departures=(brief,))
    assert facts(a_quiet_chat(a_monitor("mia")), seen, now=7)[:2] == (came, Left(jid("mia"), "mia", at(6)))


TOM = an_invitation("tom", Part.TRAINEE, told_s=0)
TOM_OUT = Departure(an_occupant("tom"), at(5), was_removed=True)
TOM_HERE = (*HERE, a_visit("tom", part=Part.TRAINEE))


@pytest.mark.parametrize(
    ("departure", "inside", "rules", "lacked_monitor"),
    [
        pytest.param(TOM_OUT, (), RULES, True, id="put out as no monitor is there"),
        pytest.param(replace(TOM_OUT, was_removed=False), (), RULES, False, id="left"),
        pytest.param(TOM_OUT, ("mia",), RULES, False, id="put out beside a monitor, for another reason"),
        pytest.param(TOM_OUT, (), replace(RULES, are_trainees_welcome=False), False, id="the desk is stopping"),
    ],
)
def test_why_a_trainee_is_gone(
    departure: Departure, inside: tuple[str, ...], rules: RoomRules, lacked_monitor: bool
) -> None:
    chat = a_quiet_chat(a_trainee("tom"), a_monitor("mia"), visits=(*TOM_HERE, *(a_visit(name) for name in inside)))
    found = facts(chat, a_room("ana", V1, *inside, departures=(departure,)), now=7, rules=rules)
    assert found[0] == Left(jid("tom"), "tom", at(5), lacked_monitor)


def test_a_monitor_who_is_put_out_did_not_lack_one() -> None:
    gone = Departure(an_occupant("mia"), at(5), was_removed=True)
    chat = a_quiet_chat(a_monitor("mia"), visits=(*HERE, a_visit("mia")))
    assert facts(chat, a_room("ana", V1, departures=(gone,)), now=7)[0] == Left(jid("mia"), "mia", at(5))


def test_who_left_and_is_back_before_anybody_looked_has_two_visits() -> None:
    gone = Departure(an_occupant("ana"), at(5))
    seen = a_room(an_occupant("ana", since_at=at(6)), V1, departures=(gone,))
    left, entered = facts(a_quiet_chat(), seen, now=7)
    assert left == Left(jid("ana"), "ana", at(5))
    assert isinstance(entered, Entered)
    assert entered.visit.entered_at == at(6)


def test_a_new_nick_is_a_going_and_a_coming() -> None:
    found = facts(a_quiet_chat(), a_room(an_occupant("ana", nick="Ana"), V1))
    assert [type(f) for f in found] == [Left, Entered]


def test_who_left_and_is_back_enters_again() -> None:
    chat = a_quiet_chat(visits=(a_visit("ana", left_s=5), HERE[1]))
    (found,) = facts(chat, a_room(an_occupant("ana", since_at=at(9)), V1), now=9)
    assert isinstance(found, Entered)


@pytest.mark.parametrize(
    ("seen", "now", "expected"),
    [
        pytest.param(a_room(), 19, (), id="not answered yet"),
        pytest.param(a_room(), 20, (OfferExpired(1),), id="not answered in time"),
        pytest.param(a_room(), -1, (OfferExpired(1),), id="made in the future: the clock was set back"),
        pytest.param(a_room("ana"), 0, (OfferTaken(jid("ana")),), id="entering is accepting"),
        pytest.param(a_room("ana"), 99, (OfferTaken(jid("ana")),), id="also when the time was up before we looked"),
    ],
)
def test_an_offer(seen: RoomView, now: float, expected: tuple[Fact, ...]) -> None:
    chat = a_request(a_helper("ana"), room=RoomState.READY, offers=(an_offer("ana"),), visits=(a_visit("ana"),))
    chat = chat if seen.occupants else replace(chat, visits=())
    assert facts(chat, seen, now) == expected


def asked_at_once() -> Chat:
    """Return a request that ana and ben are asked to take, ben until later."""
    offers = (an_offer("ana"), an_offer("ben", offer_id=2, expires_s=25))
    return a_request(a_helper("ana"), a_helper("ben"), room=RoomState.READY, offers=offers)


@pytest.mark.parametrize(
    ("entered", "now", "expected"),
    [
        pytest.param({}, 20, (OfferExpired(1),), id="each until its own deadline"),
        pytest.param({}, 25, (OfferExpired(1), OfferExpired(2)), id="nobody came"),
        pytest.param({"ben": 3}, 5, (OfferTaken(jid("ben")),), id="whoever comes has it"),
        pytest.param({"ana": 4, "ben": 3}, 5, (OfferTaken(jid("ben")),), id="of two, who was first"),
        pytest.param({"ben": 3}, 24, (OfferTaken(jid("ben")),), id="then nobody's time is up"),
        pytest.param({"ana": -5}, 5, (), id="who was inside before is asked like others"),
    ],
)
def test_several_offers_at_once(entered: dict[str, float], now: float, expected: tuple[Fact, ...]) -> None:
    visits = tuple(a_visit(name, entered_s=moment) for name, moment in entered.items())
    assert facts(replace(asked_at_once(), visits=visits), a_room(*entered), now) == expected


def test_an_offer_expires_also_while_the_room_is_being_made() -> None:
    chat = a_request(a_helper("ana"), room=RoomState.NEEDED, offers=(an_offer("ana"),))
    assert facts(chat, None, now=20) == (OfferExpired(1),)


@pytest.mark.parametrize(
    ("chat", "seen", "now", "expected"),
    [
        pytest.param(a_quiet_chat(), a_room("ana", V1), 9999, (), id="not while they are there"),
        pytest.param(a_chat(visits=HERE[1:]), a_room(V1), 59, (), id="not before the grace is over"),
        pytest.param(a_chat(visits=HERE[1:]), a_room(V1), 60, (HelperMissing(jid("ana")),), id="who never came"),
        pytest.param(
            a_chat(visits=(a_visit("ana", left_s=50), HERE[1])), a_room(V1), 109, (), id="not soon after leaving"
        ),
        pytest.param(
            a_chat(visits=(a_visit("ana", left_s=50), HERE[1])),
            a_room(V1),
            110,
            (HelperMissing(jid("ana")),),
            id="who left and did not come back",
        ),
        pytest.param(
            a_quiet_chat(a_trainee("ana")),
            a_room("ana", V1),
            0,
            (HelperMissing(jid("ana")),),
            id="a demoted one at once",
        ),
        pytest.param(
            a_quiet_chat(standings={}), a_room("ana", V1), 0, (HelperMissing(jid("ana")),), id="one without a standing"
        ),
    ],
)
def test_a_helper_is_missing(chat: Chat, seen: RoomView, now: float, expected: tuple[Fact, ...]) -> None:
    assert facts(chat, seen, now) == expected


WROTE = {jid("ana"): at(30)}
LATE = (HERE[0], a_visit(V1, part=Part.VISITOR, entered_s=50))


@pytest.mark.parametrize(
    ("chat", "spoke_at", "now", "expected"),
    [
        pytest.param(unanswered(), {}, 119, (), id="not before the time is over"),
        pytest.param(unanswered(), {}, 120, (HelperSilent(jid("ana")),), id="not a word"),
        pytest.param(unanswered(), WROTE, 120, (Replied(),), id="the helper has written"),
        pytest.param(unanswered(), WROTE, 30, (), id="which is noted when it matters"),
        pytest.param(unanswered(replied_at=at(120)), {}, 999, (), id="and once"),
        pytest.param(unanswered(a_monitor("mia")), {jid("mia"): at(9)}, 120, (Replied(),), id="or a monitor"),
        pytest.param(unanswered(), {jid(V1): at(9)}, 120, (HelperSilent(jid("ana")),), id="the visitor alone"),
        pytest.param(
            unanswered(standings={jid(V1): Standing.HELPER, jid("ana"): Standing.HELPER}),
            {jid(V1): at(9)},
            120,
            (HelperSilent(jid("ana")),),
            id="the visitor alone, whatever they have become",
        ),
        pytest.param(
            unanswered(opened_at=at(60)), WROTE, 180, (HelperSilent(jid("ana")),), id="words from before do not count"
        ),
        pytest.param(
            unanswered(opened_at=at(60), replied_at=at(50)),
            {},
            180,
            (HelperSilent(jid("ana")),),
            id="nor an old reply",
        ),
        pytest.param(unanswered(visits=LATE), {}, 169, (), id="counted from when both were there"),
        pytest.param(unanswered(visits=LATE), {}, 170, (HelperSilent(jid("ana")),), id="and no longer"),
    ],
)
def test_a_helper_is_silent(chat: Chat, spoke_at: Any, now: float, expected: tuple[Fact, ...]) -> None:
    seen = a_room("ana", V1, spoke_at=spoke_at)
    assert facts(chat, seen, now) == expected
    due = next_due(chat, seen, RULES, now=NOW)
    assert due is not None
    assert not expected or due <= at(now)


def test_nobody_is_silent_to_an_empty_chair() -> None:
    assert HelperSilent(jid("ana")) not in facts(a_chat(visits=HERE[:1]), a_room("ana"), 119)
    assert HelperSilent(jid("ana")) not in facts(a_chat(visits=HERE[1:]), a_room(V1), 59)


@pytest.mark.parametrize(
    ("chat", "now", "is_over"),
    [
        pytest.param(a_request(), 3599, False, id="not before its time"),
        pytest.param(a_request(), 3600, True, id="nobody ever took it"),
        pytest.param(a_request(first_opened_at=NOW, returned_at=at(100)), 3699, False, id="counted from its return"),
        pytest.param(a_request(first_opened_at=NOW, returned_at=at(100)), 3700, True, id="nobody took it again"),
        pytest.param(a_quiet_chat(), 9999, False, id="not while somebody answers"),
    ],
)
def test_a_request_has_waited_too_long(chat: Chat, now: float, is_over: bool) -> None:
    assert (WaitedTooLong() in facts(chat, a_room("ana", V1), now)) is is_over


@pytest.mark.parametrize(
    ("chat", "seen", "now", "is_missing"),
    [
        pytest.param(a_quiet_chat(), a_room("ana", V1), 9999, False, id="not while they are there"),
        pytest.param(a_chat(visits=HERE[:1]), a_room("ana"), 119, False, id="not before the grace is over"),
        pytest.param(a_chat(visits=HERE[:1]), a_room("ana"), 120, True, id="who never came"),
        pytest.param(
            a_chat(visits=(HERE[0], a_visit(V1, left_s=50))), a_room("ana"), 169, False, id="not soon after leaving"
        ),
        pytest.param(
            a_chat(visits=(HERE[0], a_visit(V1, left_s=50))), a_room("ana"), 170, True, id="who left for too long"
        ),
        pytest.param(a_request(visitor_gone_at=NOW), None, 119, False, id="gone from the queue, not long ago"),
        pytest.param(a_request(visitor_gone_at=NOW), None, 120, True, id="gone from the queue for too long"),
        pytest.param(a_request(), None, 3599, False, id="not who waits, however long"),
        pytest.param(
            replace(a_chat(visits=HERE[:1]), invitations=(an_invitation("ana", told_s=0),)),
            a_room("ana"),
            119,
            False,
            id="not at once who cannot be asked in (banned by hand, say)",
        ),
        pytest.param(
            replace(a_chat(visits=HERE[:1]), invitations=(an_invitation("ana", told_s=0),)),
            a_room("ana"),
            120,
            True,
            id="who cannot be asked in for too long: nobody waits for them for ever",
        ),
        pytest.param(
            replace(a_chat(visits=HERE[:1]), invitations=(an_invitation(V1, Part.VISITOR, told_s=100),)),
            a_room("ana"),
            219,
            False,
            id="not who was asked in again lately",
        ),
        pytest.param(
            replace(
                a_chat(visits=(HERE[0], a_visit(V1, left_s=50))),
                invitations=(an_invitation(V1, Part.VISITOR, told_s=100),),
            ),
            a_room("ana"),
            219,
            False,
            id="not soon after being asked again",
        ),
    ],
)
def test_a_visitor_is_missing(chat: Chat, seen: RoomView | None, now: float, is_missing: bool) -> None:
    assert any(isinstance(fact, VisitorMissing) for fact in facts(chat, seen, now)) is is_missing


@pytest.mark.parametrize(
    ("gone", "visit"),
    [("ana", HERE[0]), (V1, HERE[1]), ("tom", a_visit("tom", part=Part.TRAINEE))],
    ids=["the helper", "the visitor", "a trainee"],
)
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen going", "not there any more"])
def test_who_leaves_after_a_long_stay_has_the_grace_from_then_on(gone: str, visit: Visit, is_seen: bool) -> None:
    chat = a_quiet_chat(
        a_trainee("tom"),
        a_monitor("mia"),
        visits=(*HERE, a_visit("mia"), a_visit("tom", part=Part.TRAINEE)),
        invitations=(TOM,),
    )
    departures = (Departure(an_occupant(gone), at(7000)),) if is_seen else ()
    seen = a_room(*sorted({"ana", V1, "mia", "tom"} - {gone}), departures=departures)
    found = facts(chat, seen, now=7000, rules=replace(RULES, trainee_places=1))
    assert found == (Left(visit.jid, visit.nick, at(7000)),)


@pytest.mark.parametrize(
    ("who", "came_s", "left_s", "grace"),
    [("ana", 59, 61, HelperMissing), (V1, 119, 121, VisitorMissing), ("tom", 59, 61, InvitationLapsed)],
    ids=["the helper", "the visitor", "a trainee"],
)
def test_who_was_back_for_a_moment_has_the_grace_anew(who: str, came_s: float, left_s: float, grace: type) -> None:
    """Both seen in one look: the database was away, say."""
    before = (a_visit("ana"), a_visit(V1, part=Part.VISITOR), a_visit("mia"), a_visit("tom", part=Part.TRAINEE))
    chat = a_quiet_chat(
        a_trainee("tom"),
        a_monitor("mia"),
        visits=tuple(replace(v, left_at=NOW) if v.jid == jid(who) else v for v in before),
        opened_at=at(-600),
        first_opened_at=at(-600),
        invitations=(an_invitation("tom", Part.TRAINEE, told_s=-600),),
    )
    brief = Departure(an_occupant(who, since_at=at(came_s)), at(left_s))
    seen = a_room(*sorted({"ana", V1, "mia", "tom"} - {who}), departures=(brief,))
    assert not any(isinstance(fact, grace) for fact in facts(chat, seen, now=left_s + 1))


def test_nobody_is_silent_to_a_visitor_who_is_only_back() -> None:
    gone = Departure(an_occupant(V1), at(100))
    seen = a_room("ana", an_occupant(V1, since_at=at(119)), departures=(gone,))
    assert HelperSilent(jid("ana")) not in facts(unanswered(), seen, now=121)


@pytest.mark.parametrize(
    ("who", "grace_s"),
    [("ana", 60), (V1, 120), ("tom", 60)],
    ids=["the helper", "the visitor", "a trainee"],
)
def test_who_could_not_come_back_as_there_was_no_link_has_the_grace_from_the_next_one(who: str, grace_s: float) -> None:
    before = (a_visit("ana"), a_visit(V1, part=Part.VISITOR), a_visit("mia"), a_visit("tom", part=Part.TRAINEE))
    chat = a_quiet_chat(
        a_trainee("tom"),
        a_monitor("mia"),
        visits=tuple(replace(v, left_at=NOW) if v.jid == jid(who) else v for v in before),
        invitations=(TOM,),
    )
    seen = replace(a_room(*sorted({"ana", V1, "mia", "tom"} - {who})), looked_at=at(500))
    rules = replace(RULES, trainee_places=1)
    assert facts(chat, seen, 500 + grace_s - 1, rules, linked_at=at(500)) == ()
    assert len(facts(chat, seen, 500 + grace_s, rules, linked_at=at(500))) >= 1
    assert next_due(chat, seen, rules, now=at(500), linked_at=at(500)) == at(500 + grace_s)


def test_who_waits_without_a_link_keeps_the_place_until_a_grace_after_the_next_one() -> None:
    gone = a_request(visitor_gone_at=NOW)
    assert facts(gone, None, 619, linked_at=at(500)) == ()
    assert facts(gone, None, 620, linked_at=at(500)) == (VisitorMissing(gone.visitor, NOW),)


def test_who_accepts_at_the_last_moment_has_accepted() -> None:
    """Both seen in one look: the desk was away"""
    chat = a_request(a_helper("ana"), room=RoomState.READY, offers=(an_offer("ana", made_s=3590, expires_s=3610),))
    found = facts(chat, a_room(an_occupant("ana", since_at=at(3595))), now=3601)
    assert [type(fact) for fact in found] == [Entered, OfferTaken]


def a_watched_chat(*invited: Any, monitor: bool = True) -> tuple[Chat, RoomView]:
    """Return a chat with trainees invited, and its room with the monitor inside, or not."""
    monitors = ("mia",) if monitor else ()
    chat = a_quiet_chat(
        a_trainee("tom"),
        a_trainee("uli"),
        a_monitor("mia"),
        invitations=(an_invitation("mia", Part.MONITOR, told_s=0), *invited),
        visits=(*HERE, *(a_visit(m, part=Part.MONITOR) for m in monitors)),
    )
    return chat, a_room("ana", V1, *monitors)


ULI = an_invitation("uli", Part.TRAINEE, told_s=30)


@pytest.mark.parametrize(
    ("invited", "monitor", "now", "expected"),
    [
        pytest.param((), True, 0, (TraineePlacesFree(3),), id="a monitor inside: places are free"),
        pytest.param((), False, 0, (), id="no monitor: no places"),
        pytest.param((TOM, ULI), True, 59, (TraineePlacesFree(1),), id="who is invited holds a place"),
        pytest.param(
            (TOM, ULI),
            True,
            60,
            (InvitationLapsed(jid("tom")), TraineePlacesFree(2)),
            id="an invitation not followed frees its place",
        ),
        pytest.param((TOM,), False, 9999, (), id="without a monitor they keep their places"),
        pytest.param(
            (an_invitation("tom", Part.TRAINEE),),
            True,
            9999,
            (TraineePlacesFree(2),),
            id="who was not asked yet keeps it",
        ),
    ],
)
def test_the_trainees_places(invited: Any, monitor: bool, now: float, expected: tuple[Fact, ...]) -> None:
    chat, seen = a_watched_chat(*invited, monitor=monitor)
    assert facts(chat, seen, now) == expected


def test_a_trainee_who_left_keeps_the_place_for_a_while() -> None:
    chat, seen = a_watched_chat(TOM)
    chat = replace(chat, visits=(*chat.visits, a_visit("tom", part=Part.TRAINEE, left_s=100)))
    assert InvitationLapsed(jid("tom")) not in facts(chat, seen, 159)
    assert InvitationLapsed(jid("tom")) in facts(chat, seen, 160)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        pytest.param({"state": ChatState.WAITING}, RULES, id="while no helper answers"),
        pytest.param({}, replace(RULES, are_trainees_welcome=False), id="while the desk is being stopped"),
        pytest.param({}, replace(RULES, trainee_places=0), id="where there are none"),
    ],
)
def test_no_places_are_free(changes: Any, rules: RoomRules) -> None:
    chat, seen = a_watched_chat()
    assert facts(replace(chat, **changes), seen, rules=rules) == ()


def test_a_monitor_who_does_not_count_as_present_frees_no_places() -> None:
    chat, seen = a_watched_chat()
    assert facts(chat, seen, absent=jids("mia")) == ()


def test_what_was_said_or_has_expired_is_done_with() -> None:
    chat = a_quiet_chat(notices=(a_notice(1), a_notice(2, expires_s=10), a_notice(3)))
    assert facts(chat, a_room("ana", V1, spoken=frozenset({"notice-1"})), now=10) == (NoticesSpoken((1, 2)),)


# --- when to look again

# Between half of ten minutes and all of it; the chat's id says when.
LOOK_AGAIN_S = (resync_due(a_quiet_chat(), a_room("ana", V1), RULES) - NOW).total_seconds()


def test_rooms_are_looked_at_anew_within_ten_minutes_and_not_all_at_once() -> None:
    room = a_room("ana", V1)
    moments = {resync_due(replace(a_quiet_chat(), id=ChatId(f"chat{n}")), room, RULES) for n in range(50)}
    assert len(moments) > 40
    assert all(at(300) <= moment <= at(600) for moment in moments if moment is not None)
    assert resync_due(a_quiet_chat(), RoomView(), RULES) is None


@pytest.mark.parametrize(
    ("chat", "seen", "now", "due"),
    [
        pytest.param(a_request(), None, 0, 3600, id="when somebody has waited for too long"),
        pytest.param(a_chat(state=ChatState.CLOSED), a_room("ana"), 0, None, id="never, once it is over"),
        pytest.param(a_request(a_helper("ana"), offers=(an_offer("ana"),)), None, 0, 20, id="at the offer's deadline"),
        pytest.param(a_request(visitor_gone_at=NOW), None, 0, 120, id="when a visitor has been gone for too long"),
        pytest.param(a_quiet_chat(), a_room("ana", V1), 0, LOOK_AGAIN_S, id="to look anew, when all are there"),
        pytest.param(a_chat(), a_room(), 0, 10, id="to ask in once more"),
        pytest.param(a_chat(), a_room(), 10, 60, id="when a helper has been gone for too long"),
        pytest.param(a_chat(), a_room("ana"), 10, 120, id="when a visitor has not come"),
    ],
)
def test_when_to_look_again(chat: Chat, seen: RoomView | None, now: float, due: float | None) -> None:
    assert next_due(chat, seen, RULES, now=at(now)) == (None if due is None else at(due))


def test_a_trainees_place_is_looked_at_when_it_lapses() -> None:
    chat, seen = a_watched_chat(TOM)
    assert next_due(chat, seen, RULES, now=NOW) == at(60)


@pytest.mark.parametrize("now", [60, 61, 299])
def test_places_kept_for_trainees_without_a_monitor_do_not_keep_the_desk_busy(now: float) -> None:
    """The moment of lapsing was reported although nothing came of it, so the chat was looked at without end."""
    chat, seen = a_watched_chat(TOM, monitor=False)
    found: datetime | None = next_due(chat, seen, RULES, now=at(now))
    assert found == at(LOOK_AGAIN_S)
