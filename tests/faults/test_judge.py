"""The judge objects: right worlds pass, and each wrong one, a step from a right one, is seen for what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.evidence import (
    Before,
    ChatRow,
    DutyRow,
    Evidence,
    InvitationRow,
    LetterRow,
    Line,
    OfferRow,
    Recorded,
    RoomSeen,
    Said,
    Shown,
    Told,
    Witness,
)
from tests.faults.judge import judge

MUC, DESK = "chats.workgroup.localhost", "support@workgroup.localhost"
ROOM = f"open1@{MUC}"
ANA, MIA, TOM, CAI, VIC = "ana@localhost", "mia@localhost", "tom@localhost", "cai@localhost", "x1@anon.localhost"
OFFERED = f"vo asks for help:\n> Why?\nYou have 25 seconds. To take it, enter the room.\nxmpp:asked1@{MUC}?join"
OUT_FOR_NOW = (
    "No room monitor is in the chat with vic any more, so you are out of it for now. You are asked in again as soon as"
    " one is there."
)
WATCH = (
    "vic asks for help; ana@localhost answers, and a room monitor is there. Come in to watch and help."
    f"\n> Why?\nxmpp:open1@{MUC}?join"
)


def a_message(body: str, at: float = 0.0, **more: str) -> Told:
    return Told(at, DESK, body, **more)


def a_right_world() -> Evidence:
    """open1: vic with ana, watched by mia and tom; asked1: vo, offered to cai; asked2 waits; over1 has ended."""
    chats = (
        ChatRow("over1", "closed", "gone", "x0@anon.localhost", "vz", "10:00", ANA, "10:01", "10:02", "served"),
        ChatRow("open1", "open", "ready", VIC, "vic", "10:03", ANA, "10:04"),
        ChatRow("asked1", "waiting", "ready", "x2@anon.localhost", "vo", "10:05"),
        ChatRow("asked2", "waiting", "none", "x3@anon.localhost", "w1", "10:06"),
    )
    invited = [(VIC, "visitor"), (ANA, "helper"), (MIA, "monitor"), (TOM, "trainee")]
    standings = {ANA: "helper", CAI: "helper", MIA: "monitor", TOM: "trainee"}
    duties = frozenset({DutyRow(ANA, "helper", 1), DutyRow(CAI, "helper", 1)})
    everybody = frozenset({VIC, ANA, MIA, TOM})
    return Evidence(
        Recorded(
            chats,
            offers=(OfferRow(1, "asked1", CAI, "open", "10:05", "10:06", "10:05"),),
            invitations=tuple(InvitationRow("open1", jid, part, "10:04") for jid, part in invited),
            duties=tuple(duties),
            letters=(LetterRow(1, VIC, "ended", "10:02"),),
            standings=standings,
        ),
        Before(
            asked=["over1", "open1", "asked1", "asked2"],
            asked_at={chat.id: chat.asked_at for chat in chats},
            ended={"over1": "served"},
            standings=standings,
            duties=duties,
        ),
        rooms={
            "over1": RoomSeen(exists=False, has_desk=False),
            "open1": RoomSeen(members=everybody, occupants=everybody, archive=("hello", "hi")),
            "asked1": RoomSeen(members=frozenset({CAI})),
        },
        transcripts={"open1": [Line("desk", "vic asked:"), Line("speech", "hello"), Line("speech", "hi")]},
        people=[
            Witness("ana", "helper", ANA, inside=frozenset({ROOM})),
            Witness("mia", "monitor", MIA, inside=frozenset({ROOM})),
            Witness("tom", "trainee", TOM, [a_message(WATCH), a_message("", room=ROOM)], inside=frozenset({ROOM})),
            Witness("cai", "helper", CAI, [a_message(OFFERED, 100), a_message("", room=f"asked1@{MUC}")]),
            Witness("vic", "visitor", VIC, chat_id="open1", inside=frozenset({ROOM})),
            Witness("vo", "visitor", "x2@anon.localhost", chat_id="asked1", place=1),
        ],
        said=[Said("open1", "hello", is_heard=True), Said("open1", "hi", is_heard=True)],
        offer_timeout_s=25,
        at=110,
    )


def objections(world: Evidence) -> list[tuple[str, str]]:
    return [(one.rule, one.kind) for one in judge(world)]


def test_nothing_is_said_against_a_right_world() -> None:
    assert judge(a_right_world()) == []


# --- wrong worlds: each changes one thing


def with_chat(world: Evidence, chat_id: str, **values: object) -> None:
    chats = (replace(c, **values) if c.id == chat_id else c for c in world.recorded.chats)  # type: ignore[arg-type]
    world.recorded = replace(world.recorded, chats=tuple(chats))


def with_room(world: Evidence, chat_id: str, **values: object) -> None:
    world.rooms = {**world.rooms, chat_id: replace(world.rooms[chat_id], **values)}  # type: ignore[arg-type]


def tell(world: Evidence, name: str, *messages: Told) -> None:
    person = next(one for one in world.people if one.name == name)
    person.told = [*person.told, *messages]


def a_request_is_gone(world: Evidence) -> None:
    world.recorded = replace(world.recorded, chats=world.recorded.chats[:-1])


def a_request_ended_by_itself(world: Evidence) -> None:
    with_chat(world, "asked2", state="closed", room="gone", closed_at="10:09", outcome="timed-out")


def an_outcome_has_changed(world: Evidence) -> None:
    with_chat(world, "over1", outcome="abandoned")


def an_open_chat_has_no_helper(world: Evidence) -> None:
    with_chat(world, "asked2", state="open")


def an_end_has_no_outcome(world: Evidence) -> None:
    with_chat(world, "over1", outcome=None)


def an_open_chat_is_offered(world: Evidence) -> None:
    second = OfferRow(2, "open1", CAI, "open", "10:05", "10:06", None)
    world.recorded = replace(world.recorded, offers=(second,))
    with_room(world, "asked1", members=frozenset())


def the_queue_has_another_order(world: Evidence) -> None:
    with_chat(world, "asked1", asked_at="10:07")


def a_visitor_believes_a_wrong_place(world: Evidence) -> None:
    world.people[-1].place = 2


def an_offer_is_told_twice(world: Evidence) -> None:
    tell(world, "cai", a_message(OFFERED, 101), a_message("", room=f"asked1@{MUC}"))


def an_offer_comes_again_without_a_reason(world: Evidence) -> None:
    first = replace(world.recorded.offers[0], state="revoked", decided_at="10:05")
    world.recorded = replace(world.recorded, offers=(first, replace(world.recorded.offers[0], id=2)))
    tell(world, "cai", a_message(OFFERED, 101))


def the_end_of_an_offer_nobody_heard_of(world: Evidence) -> None:
    tell(world, "ana", a_message("Time is up: vo's request goes back to the queue."))


def time_is_up_before_time(world: Evidence) -> None:
    tell(world, "cai", a_message("Time is up: vo's request goes back to the queue.", 105))


def an_offer_stays_open_for_ever(world: Evidence) -> None:
    world.at = 200


def a_trainee_is_asked_in_twice(world: Evidence) -> None:
    tell(world, "tom", a_message(WATCH), a_message("", room=ROOM))


def an_invitation_comes_twice(world: Evidence) -> None:
    tell(world, "tom", a_message("", room=ROOM))


def a_room_is_lost(world: Evidence) -> None:
    world.rooms = {**world.rooms, "open1": RoomSeen(exists=False, has_desk=False)}


def an_ended_chat_has_a_room(world: Evidence) -> None:
    world.rooms = {**world.rooms, "over1": RoomSeen()}


def the_desk_is_not_in_its_room(world: Evidence) -> None:
    with_room(world, "open1", has_desk=False)


def a_room_is_open_to_all(world: Evidence) -> None:
    with_room(world, "open1", is_closed=False)


def a_helper_is_no_member(world: Evidence) -> None:
    with_room(world, "open1", members=frozenset({VIC, MIA, TOM}), occupants=frozenset({VIC, MIA, TOM}))


def somebody_is_member_without_a_reason(world: Evidence) -> None:
    with_room(world, "open1", members=frozenset({VIC, ANA, MIA, TOM, CAI}))


def somebody_is_out_who_means_to_be_in(world: Evidence) -> None:
    with_room(world, "open1", occupants=frozenset({VIC, MIA, TOM}))


def a_trainee_is_there_without_a_monitor(world: Evidence) -> None:
    with_room(world, "open1", occupants=frozenset({VIC, ANA, TOM}))
    world.people[1].inside = frozenset()


def a_trainee_is_member_without_a_monitor(world: Evidence) -> None:
    with_room(world, "open1", occupants=frozenset({VIC, ANA}))
    world.people[1].inside = world.people[2].inside = frozenset()


def a_message_is_lost(world: Evidence) -> None:
    world.transcripts = {"open1": world.transcripts["open1"][:-1]}


def a_message_is_twice_in_the_transcript(world: Evidence) -> None:
    world.transcripts = {"open1": [*world.transcripts["open1"], Line("speech", "hi")]}


def a_message_is_lost_that_the_server_has_still(world: Evidence) -> None:
    a_message_is_lost(world)
    world.said[1].may_be_lost = True


def a_message_is_lost_that_was_kept_before(world: Evidence) -> None:
    a_message_is_lost(world)
    world.said[1].may_be_lost = world.said[1].is_kept = True
    with_room(world, "open1", archive=())


def the_desk_says_something_twice(world: Evidence) -> None:
    world.transcripts = {"open1": [*world.transcripts["open1"], Line("desk", "vic asked:")]}


def a_standing_is_lost(world: Evidence) -> None:
    world.recorded = replace(world.recorded, standings={**world.recorded.standings, CAI: "trainee"})


def a_duty_is_lost(world: Evidence) -> None:
    world.recorded = replace(world.recorded, duties=world.recorded.duties[:1])


def a_letter_waits(world: Evidence) -> None:
    world.recorded = replace(world.recorded, letters=(LetterRow(1, VIC, "ended"),))


def an_error_comes_out_of_nothing(world: Evidence) -> None:
    tell(world, "ana", a_message("", error="internal-server-error"))


def a_bug_shows_during_a_fault(world: Evidence) -> None:
    tell(world, "ana", a_message("", error="internal-server-error", during="link reset"))


def nothing_explains_a_message(world: Evidence) -> None:
    tell(world, "ana", a_message("You did not answer, so you are off duty now."))


def somebody_is_welcomed_twice(world: Evidence) -> None:
    for _ in range(2):
        tell(world, "ana", a_message("Welcome! I am the help desk here. If you like, you can learn to help others."))


def a_helper_is_asked_twice_about_a_trainee(world: Evidence) -> None:
    for visitor in ("vo", "vu"):
        words = 'If you think that they can answer by themselves, write "endorse tom" and why.'
        asked = f"Tom was with you in {visitor}. {words}"
        tell(world, "ana", a_message(asked))


def somebody_is_asked_into_the_contributors_room_twice(world: Evidence) -> None:
    for _ in range(2):
        tell(world, "ana", a_message("", room="contributors@conference.localhost"))


def an_offer_is_taken_back_and_nobody_had_gone(world: Evidence) -> None:
    tell(world, "cai", a_message("vo's request is not waiting for you any more.", 105))


def a_helper_is_put_out(world: Evidence) -> None:
    world.people[0].shown = [Shown(1.0, ROOM, frozenset({321}), "Your place in this chat is over.")]


def a_trainee_is_told_of_a_monitor_who_never_left(world: Evidence) -> None:
    tell(world, "tom", a_message(OUT_FOR_NOW))


WRONG: list[tuple[Callable[[Evidence], None], tuple[str, str]]] = [
    (a_request_is_gone, ("requests", "lost")),
    (a_request_ended_by_itself, ("requests", "lost")),
    (an_outcome_has_changed, ("requests", "rule")),
    (an_open_chat_has_no_helper, ("requests", "rule")),
    (an_end_has_no_outcome, ("requests", "rule")),
    (an_open_chat_is_offered, ("requests", "rule")),
    (the_queue_has_another_order, ("order", "rule")),
    (a_visitor_believes_a_wrong_place, ("order", "rule")),
    (an_offer_is_told_twice, ("offers", "doubled")),
    (an_offer_comes_again_without_a_reason, ("offers", "doubled")),
    (the_end_of_an_offer_nobody_heard_of, ("offers", "rule")),
    (time_is_up_before_time, ("offers", "rule")),
    (an_offer_stays_open_for_ever, ("unfinished", "rule")),
    (a_trainee_is_asked_in_twice, ("asked in", "doubled")),
    (an_invitation_comes_twice, ("asked in", "doubled")),
    (a_room_is_lost, ("rooms", "lost")),
    (an_ended_chat_has_a_room, ("rooms", "rule")),
    (the_desk_is_not_in_its_room, ("rooms", "rule")),
    (a_room_is_open_to_all, ("rooms", "rule")),
    (a_helper_is_no_member, ("rooms", "rule")),
    (somebody_is_member_without_a_reason, ("rooms", "rule")),
    (somebody_is_out_who_means_to_be_in, ("rooms", "lost")),
    (a_trainee_is_there_without_a_monitor, ("trainees", "rule")),
    (a_trainee_is_member_without_a_monitor, ("trainees", "rule")),
    (a_message_is_lost, ("words", "lost")),
    (a_message_is_twice_in_the_transcript, ("words", "doubled")),
    (a_message_is_lost_that_the_server_has_still, ("words", "lost")),
    (a_message_is_lost_that_was_kept_before, ("words", "lost")),
    (the_desk_says_something_twice, ("words", "doubled")),
    (a_standing_is_lost, ("staff", "lost")),
    (a_duty_is_lost, ("staff", "lost")),
    (a_letter_waits, ("unfinished", "lost")),
    (an_error_comes_out_of_nothing, ("strange", "rule")),
    (a_bug_shows_during_a_fault, ("strange", "rule")),
    (nothing_explains_a_message, ("strange", "rule")),
    (somebody_is_welcomed_twice, ("once", "doubled")),
    (a_helper_is_asked_twice_about_a_trainee, ("once", "doubled")),
    (somebody_is_asked_into_the_contributors_room_twice, ("once", "doubled")),
    (a_trainee_is_told_of_a_monitor_who_never_left, ("put out", "doubled")),
    (an_offer_is_taken_back_and_nobody_had_gone, ("strange", "rule")),
    (a_helper_is_put_out, ("strange", "rule")),
]


@pytest.mark.parametrize(("change", "objection"), [pytest.param(c, o, id=c.__name__) for c, o in WRONG])
def test_it_objects_when(change: Callable[[Evidence], None], objection: tuple[str, str]) -> None:
    world = a_right_world()
    change(world)
    assert objection in objections(world)


# --- worlds that look wrong, and are not


def test_an_offer_comes_again_when_time_was_up() -> None:
    world = a_right_world()
    first = replace(world.recorded.offers[0], state="expired", decided_at="10:06")
    world.recorded = replace(world.recorded, offers=(first, replace(world.recorded.offers[0], id=2)))
    tell(world, "cai", a_message("Time is up: vo's request goes back to the queue.", 125), a_message(OFFERED, 130))
    world.at = 140
    assert objections(world) == []


def test_who_lost_the_way_in_is_asked_in_again() -> None:
    world = a_right_world()
    tom = world.people[2]
    tom.shown = [Shown(1.0, ROOM, frozenset({321}), "No room monitor is here now.")]
    tell(world, "tom", a_message(WATCH), a_message("", room=ROOM))
    assert objections(world) == []


def test_a_server_that_was_killed_may_give_out_once_more_what_it_had_kept() -> None:
    world = a_right_world()
    welcome = "Welcome! I am the help desk here. If you like, you can learn to help others."
    again = a_message(welcome, is_kept=True, during="server killed (-9)")
    tell(world, "ana", a_message(welcome, is_kept=True), again)
    assert objections(world) == []
    tell(world, "ana", replace(again, during="link reset"))
    assert objections(world) == [("once", "doubled")]


def test_nobody_waits_behind_who_is_gone() -> None:
    world = a_right_world()
    ghost = ChatRow("gone1", "waiting", "none", "x9@anon.localhost", "vg", "09:00", visitor_gone_at="10:00")
    world.recorded = replace(world.recorded, chats=(ghost, *world.recorded.chats))
    assert objections(world) == []


def test_who_seems_gone_on_a_slow_link_may_be_taken_for_it() -> None:
    world = a_right_world()
    an_offer_is_taken_back_and_nobody_had_gone(world)
    assert objections(world) == [("strange", "rule")]
    world.before.slow = 1
    assert objections(world) == []


def test_the_desk_says_that_it_stops_each_time_that_it_does() -> None:
    world = a_right_world()
    stops = Line("desk", "The help desk stops for now and will be back. This chat goes on without it.")
    world.transcripts = {"open1": [*world.transcripts["open1"], stops, stops]}
    assert objections(world) == [("words", "doubled")]
    world.before.stops = 2
    assert objections(world) == []


def test_a_trainee_is_told_once_why_they_are_out() -> None:
    world = a_right_world()
    tom = world.people[2]
    tom.shown = [Shown(1.0, ROOM, frozenset({321}), "No room monitor is here now.")]
    tell(world, "tom", a_message(OUT_FOR_NOW), a_message(WATCH), a_message("", room=ROOM))
    assert objections(world) == []
    tell(world, "tom", a_message(OUT_FOR_NOW))
    assert objections(world) == [("put out", "doubled")]


def test_who_wished_to_be_asked_in_again_is() -> None:
    world = a_right_world()
    invitation = a_message(f"The chat with vic is open for you.\n> Why?\nxmpp:open1@{MUC}?join")
    tell(world, "mia", invitation, invitation)
    assert objections(world) == [("asked in", "doubled")]
    world.people[1].wishes = {"open1": 2}
    assert objections(world) == []


def test_a_trainee_is_asked_in_again_when_a_monitor_is_back() -> None:
    world = a_right_world()
    tell(world, "tom", a_message(WATCH), a_message("", room=ROOM))
    assert objections(world) == [("asked in", "doubled")]
    world.people[1].wishes = {"open1": 2}
    assert objections(world) == []


def test_what_the_server_has_lost_with_the_room_need_not_be_kept() -> None:
    world = a_right_world()
    a_message_is_lost(world)
    world.said[1].may_be_lost = True
    with_room(world, "open1", archive=("hello",))
    assert objections(world) == []


def test_what_the_room_never_repeated_need_not_be_kept() -> None:
    world = a_right_world()
    world.said = [*world.said, Said("open1", "sent into a broken line")]
    assert objections(world) == []


def test_a_trainee_who_speaks_while_being_put_out_is_refused() -> None:
    world = a_right_world()
    world.people[2].shown = [Shown(5.0, ROOM, frozenset({321}), "No room monitor is here now.")]
    tell(world, "tom", Told(5.1, ROOM, "", error="not-acceptable"))
    assert objections(world) == []
    tell(world, "tom", Told(9.0, ROOM, "", error="not-acceptable"))
    assert objections(world) == [("strange", "rule")]


def test_the_servers_bounces_during_a_fault_are_no_wonder() -> None:
    world = a_right_world()
    tell(world, "ana", a_message("", error="remote-server-timeout", during="link reset"))
    assert objections(world) == []
