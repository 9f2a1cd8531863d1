"""plan(): the steps from the room as seen to the room that the chat needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Affiliation, Chat, ChatState, Occupant, Part, RoomState, RoomView, Standing, bare
from livechat_xmpp.domain.rooms import (
    ConfigureRoom,
    DestroyRoom,
    EnterRoom,
    Kick,
    RoomRules,
    SetAffiliation,
    SetSubject,
    SettleTranscript,
    SetVoice,
    Speak,
    Step,
    TellInvitation,
    TellOffer,
    plan,
)
from livechat_xmpp.domain.wording import Text
from livechat_xmpp.domain.wording import visitors as words
from tests.factories import (
    NOW,
    VISITOR,
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
SUBJECT = texts.room_subject(a_request())


def steps(chat: Chat, seen: RoomView | None, rules: RoomRules = RULES, **more: Any) -> tuple[Step, ...]:
    return plan(chat, seen, rules, now=more.pop("now", NOW), **more)


def room(*inside: Any, **more: Any) -> RoomView:
    """Return a room that lacks nothing but what a test says."""
    return a_room(*inside, **{"subject": SUBJECT, **more})


def member(name: str) -> SetAffiliation:
    return SetAffiliation(jid(name), Affiliation.MEMBER)


def out(name: str, reason: Text = words.PLACE_OVER) -> SetAffiliation:
    return SetAffiliation(jid(name), Affiliation.NONE, reason)


@pytest.mark.parametrize("state", [RoomState.NONE, RoomState.GONE])
def test_a_chat_without_a_room_needs_nothing_of_it(state: RoomState) -> None:
    assert steps(a_request(room=state), None) == ()


def test_a_chat_that_is_over_gets_its_transcript_before_the_room_goes() -> None:
    chat = a_chat(state=ChatState.CLOSED, closing="Thank you.")
    assert steps(chat, room("ana")) == (SettleTranscript(), DestroyRoom("Thank you."))


def over(*staff: Any, **more: Any) -> Chat:
    return a_chat(*staff, **{"state": ChatState.CLOSED, "closed_at": NOW, "closing": "Thank you.", **more})


def test_in_a_chat_that_is_over_trainees_stay_until_the_end_while_a_monitor_does() -> None:
    chat = over(a_trainee("tom"), a_monitor("mia"))
    assert steps(chat, room("tom", "mia")) == (SettleTranscript(), DestroyRoom("Thank you."))
    first, *rest = steps(chat, room("tom", "ana"))
    assert isinstance(first, SetAffiliation)
    assert (first.jid, first.affiliation) == (jid("tom"), Affiliation.NONE)
    assert rest == [SettleTranscript(), DestroyRoom("Thank you.")]


def test_the_room_of_a_chat_that_is_over_is_looked_at_first_where_trainees_may_be_in_it() -> None:
    assert steps(over(a_trainee("tom"), visits=(a_visit("tom"),)), None) == (EnterRoom(),)
    assert steps(over(a_trainee("tom"), visits=(a_visit("tom", left_s=1),)), None)[0] == SettleTranscript()
    assert steps(over(a_trainee("tom")), None)[0] == SettleTranscript()


def test_an_archive_is_tried_for_as_long_as_ever_on_the_first_link_after_the_end() -> None:
    """RO-8: the desk was away when the chat ended"""
    chat = over()
    assert steps(chat, room("ana"), now=at(559), linked_at=at(500))[0] == SettleTranscript(is_required=True)
    assert steps(chat, room("ana"), now=at(560), linked_at=at(500))[0] == SettleTranscript(is_required=False)


def test_an_archive_that_does_not_answer_keeps_the_room_for_a_while_only() -> None:
    chat = over(a_trainee("tom"), visits=(a_visit("tom"),))
    assert steps(chat, room("ana"), now=at(59))[0] == SettleTranscript(is_required=True)
    assert steps(chat, None, now=at(60)) == (SettleTranscript(is_required=False), DestroyRoom("Thank you."))


def test_who_has_to_leave_does_so_before_the_room_is_looked_at_anew() -> None:
    chat = a_chat(a_trainee("tom"), invitations=(an_invitation("tom", Part.TRAINEE, told_s=0),))
    (removal,) = steps(chat, room("tom", "ana", V1), now=at(700))
    assert isinstance(removal, SetAffiliation)
    assert (removal.jid, removal.affiliation) == (jid("tom"), Affiliation.NONE)
    assert steps(chat, room("ana", V1), now=at(700)) == (EnterRoom(),)


def test_who_has_to_leave_does_so_before_settings_are_put_right() -> None:
    chat = a_chat(a_trainee("tom"), invitations=(an_invitation("tom", Part.TRAINEE, told_s=0),))
    removal, *rest = steps(chat, replace(room("tom", "ana", V1), is_altered=True))
    assert isinstance(removal, SetAffiliation)
    assert (removal.jid, removal.affiliation) == (jid("tom"), Affiliation.NONE)
    assert rest == [ConfigureRoom("Vera: My bookmarks are gone.")]


def test_a_visitor_who_has_become_a_trainee_stays_in_their_own_chat_when_the_desk_is_stopped() -> None:
    chat = replace(a_chat(), standings={**a_chat().standings, bare(VISITOR): Standing.TRAINEE})
    rules = replace(RULES, are_trainees_welcome=False)
    assert not [one for one in steps(chat, room("ana", V1), rules) if isinstance(one, SetAffiliation)]


@pytest.mark.parametrize(
    ("chat", "seen", "now", "expected"),
    [
        pytest.param(a_chat(), None, 0, (EnterRoom(),), id="unknown: only look"),
        pytest.param(a_chat(), room("ana", V1), 299, (), id="seen lately: nothing to do"),
        pytest.param(a_chat(), room("ana", V1), 600, (EnterRoom(),), id="seen long ago: look again"),
        pytest.param(
            a_chat(),
            room(is_new=True),
            0,
            (ConfigureRoom("Vera: My bookmarks are gone."),),
            id="new: configure it first",
        ),
        pytest.param(
            a_chat(),
            replace(room("ana", V1), is_altered=True),
            0,
            (ConfigureRoom("Vera: My bookmarks are gone."),),
            id="changed by hand: configure it anew",
        ),
        pytest.param(
            a_chat(room=RoomState.NEEDED),
            room("ana"),
            0,
            (ConfigureRoom("Vera: My bookmarks are gone."),),
            id="perhaps not configured yet: configure it first",
        ),
    ],
)
def test_knowing_the_room_comes_before_all_else(chat: Chat, seen: Any, now: float, expected: tuple[Step, ...]) -> None:
    assert steps(chat, seen, now=at(now)) == expected


@pytest.mark.parametrize(
    ("chat", "seen", "expected"),
    [
        pytest.param(a_chat(), room("ana", V1), (), id="all there: nothing"),
        pytest.param(a_chat(), room("ana", also_members=[V1]), (), id="who is a member may come when they like"),
        pytest.param(a_chat(), room("ana"), (member(V1),), id="the visitor is let in"),
        pytest.param(a_chat(), room("ana", V1, "eve"), (out("eve"),), id="who has no place goes"),
        pytest.param(a_chat(), room("ana", V1, also_members=["eve"]), (out("eve"),), id="members outside go too"),
        pytest.param(a_chat(), room("ana", "eve"), (out("eve"), member(V1)), id="removals come before admissions"),
        pytest.param(
            a_chat(a_trainee("tom"), invitations=(an_invitation("tom", Part.TRAINEE, told_s=0),)),
            room("ana", V1, "tom"),
            (out("tom", words.NO_MONITOR),),
            id="a trainee without a monitor goes, and is told why",
        ),
        pytest.param(
            a_chat(
                a_trainee("tom"),
                a_monitor("mia"),
                invitations=(
                    an_invitation("tom", Part.TRAINEE, told_s=0),
                    an_invitation("mia", Part.MONITOR, told_s=0),
                ),
            ),
            room("ana", V1, "tom", "mia"),
            (),
            id="a trainee with a monitor stays",
        ),
        pytest.param(
            a_chat(a_trainee("tom")),
            room("ana", V1, an_occupant("tom", nick="T", affiliation=Affiliation.ADMIN)),
            (SetAffiliation(jid("tom"), Affiliation.NONE, words.NO_MONITOR),),
            id="a trainee whom somebody made admin of the room loses that, and the place",
        ),
        pytest.param(
            a_chat(),
            room("ana", V1, an_occupant("eve", nick="E", affiliation=Affiliation.NONE)),
            (Kick("E", jid("eve"), words.PLACE_OVER),),
            id="an occupant whom no membership holds is kicked",
        ),
        pytest.param(
            a_chat(),
            room("ana", an_occupant(V1, nick="Ana")),
            (Kick("Ana", bare(VISITOR), words.OWN_NAME),),
            id="a visitor who goes by the name of staff is kicked",
        ),
        pytest.param(
            a_chat(),
            room("ana", V1, an_occupant("art", affiliation=Affiliation.OWNER)),
            (),
            id="an owner set by hand is left alone",
        ),
        pytest.param(
            a_chat(),
            room(V1, an_occupant("ana", affiliation=Affiliation.OWNER)),
            (),
            id="a helper who is an owner by hand needs no membership",
        ),
        pytest.param(
            a_chat(), room(V1, outcasts=jids("ana")), (), id="who was banned by hand is neither let in nor asked in"
        ),
        pytest.param(a_chat(), room("ana", V1, subject="old"), (SetSubject(SUBJECT),), id="the subject is put right"),
    ],
)
def test_members_and_subject(chat: Chat, seen: RoomView, expected: tuple[Step, ...]) -> None:
    assert steps(chat, seen) == expected


def test_a_monitor_who_does_not_count_as_present_lets_no_trainee_stay() -> None:
    people = (a_trainee("tom"), a_monitor("mia"))
    invited = (an_invitation("tom", Part.TRAINEE, told_s=0), an_invitation("mia", Part.MONITOR, told_s=0))
    chat, seen = a_chat(*people, invitations=invited), room("ana", V1, "tom", "mia")
    assert steps(chat, seen, absent=jids("mia")) == (out("tom", words.NO_MONITOR),)


def test_trainees_go_while_the_desk_is_being_stopped() -> None:
    people = (a_trainee("tom"), a_monitor("mia"))
    invited = (an_invitation("tom", Part.TRAINEE, told_s=0), an_invitation("mia", Part.MONITOR, told_s=0))
    chat, seen = a_chat(*people, invitations=invited), room("ana", V1, "tom", "mia")
    assert steps(chat, seen, replace(RULES, are_trainees_welcome=False)) == (out("tom", words.RESTARTING),)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        pytest.param(Part.HELPER, words.ROLE_CHANGED, id="who came in as a helper"),
        pytest.param(Part.TRAINEE, words.PLACE_OVER, id="who came to watch, while a room monitor is there"),
    ],
)
def test_who_is_taken_out_is_told_the_true_reason(part: Part, reason: Text) -> None:
    chat = a_chat(a_trainee("tom"), a_monitor("mia"), visits=(a_visit("tom", part=part),))
    seen = room("ana", V1, "tom", "mia")
    assert steps(replace(chat, invitations=(an_invitation("mia", Part.MONITOR, told_s=0),)), seen) == (
        out("tom", reason),
    )


def test_an_offer_is_told_once_its_helper_may_enter() -> None:
    chat = a_request(a_helper("ana"), room=RoomState.READY, offers=(an_offer("ana"),))
    assert steps(chat, room()) == (member("ana"), TellOffer(an_offer("ana")))


@pytest.mark.parametrize(
    ("chat", "seen"),
    [
        pytest.param(a_request(a_helper("ana"), offers=(an_offer("ana", told_at=NOW),)), room(), id="one told"),
        pytest.param(a_request(a_trainee("ana"), offers=(an_offer("ana"),)), room(), id="to one demoted meanwhile"),
        pytest.param(
            a_request(a_helper("ana"), offers=(an_offer("ana"),)),
            room(outcasts=jids("ana")),
            id="to one banned",
        ),
    ],
)
def test_no_offer_is_told(chat: Chat, seen: RoomView) -> None:
    found = steps(replace(chat, room=RoomState.READY), seen)
    assert not [s for s in found if isinstance(s, TellOffer)]


def a_chat_asking(invitation: Any, *staff: Any) -> Chat:
    """Return an open chat with this invitation beside, or instead of, those of visitor and helper."""
    chat = a_chat(*staff)
    others = tuple(i for i in chat.invitations if i.jid != invitation.jid)
    return replace(chat, invitations=(*others, invitation))


@pytest.mark.parametrize(
    ("invitation", "now", "is_asked"),
    [
        pytest.param(an_invitation("ana"), 0, True, id="the helper, not asked yet"),
        pytest.param(an_invitation(VISITOR.partition("/")[0], Part.VISITOR), 0, True, id="the visitor, not asked yet"),
        pytest.param(an_invitation("ana", told_s=0), 9, False, id="the helper, asked a moment ago"),
        pytest.param(an_invitation("ana", told_s=0), 10, True, id="the helper, once more"),
        pytest.param(an_invitation("ana", told_s=0, times_told=2), 99, False, id="the helper, not a third time"),
        pytest.param(an_invitation("mia", Part.MONITOR), 0, True, id="a monitor, not asked yet"),
        pytest.param(an_invitation("mia", Part.MONITOR, told_s=0), 99, False, id="a monitor, not once more"),
        pytest.param(an_invitation("eve", Part.ADVISOR), 0, False, id="who may not enter is not sent to a closed door"),
    ],
)
def test_who_is_asked_in(invitation: Any, now: float, is_asked: bool) -> None:
    chat = a_chat_asking(invitation, a_monitor("mia"))
    seen = room(also_members=["ana", V1, "mia"])
    assert (TellInvitation(invitation) in steps(chat, seen, now=at(now))) is is_asked


@pytest.mark.parametrize(
    ("part", "has_been_inside", "is_asked"),
    [
        pytest.param(Part.MONITOR, True, False, id="a monitor who has to come in again, and is away"),
        pytest.param(Part.HELPER, True, False, id="the helper who has to come in again, and is away"),
        pytest.param(Part.MONITOR, False, True, id="who has just asked to come in, with an invisible client maybe"),
        pytest.param(Part.TRAINEE, True, True, id="a trainee, whose place goes to the next one otherwise"),
    ],
)
def test_who_was_inside_and_is_not_there_to_hear_it_is_asked_later(
    part: Part, has_been_inside: bool, is_asked: bool
) -> None:
    who = a_trainee("una") if part is Part.TRAINEE else a_monitor("una")
    invitation = an_invitation("una", part)
    chat = a_chat_asking(invitation, a_monitor("mia"), who)
    if has_been_inside:
        chat = replace(chat, visits=(*chat.visits, a_visit("una", part=part, left_s=5)))
    seen = room("ana", V1, "mia", also_members=["una"])
    told = TellInvitation(invitation)
    assert (told in steps(chat, seen, now=at(20), unheard=jids("una"))) is is_asked
    assert told in steps(chat, seen, now=at(20))


def test_who_is_inside_is_not_asked_in() -> None:
    assert steps(a_chat_asking(an_invitation("ana")), room("ana", V1)) == ()


@pytest.mark.parametrize(
    ("spoken", "now", "is_said"),
    [
        pytest.param(frozenset(), 0, True, id="what was not said yet"),
        pytest.param(frozenset({"notice-1"}), 0, False, id="not what was said"),
        pytest.param(frozenset(), 300, False, id="not what has expired"),
    ],
)
def test_what_is_said_in_the_room(spoken: frozenset[str], now: float, is_said: bool) -> None:
    chat = a_chat(notices=(a_notice(),))
    assert (Speak(a_notice()) in steps(chat, room("ana", V1, spoken=spoken), now=at(now))) is is_said


def listening(name: str) -> Occupant:
    return replace(an_occupant(name), has_voice=False)


@pytest.mark.parametrize(
    ("is_lent", "has_voice", "occupant", "expected"),
    [
        pytest.param(False, False, an_occupant("tom"), [], id="as they like"),
        pytest.param(False, False, listening("tom"), [SetVoice("tom", True)], id="as they like, again"),
        pytest.param(True, False, an_occupant("tom"), [SetVoice("tom", False)], id="lent, and nobody has"),
        pytest.param(True, False, listening("tom"), [], id="lent, nobody has, and the room knows"),
        pytest.param(True, True, listening("tom"), [SetVoice("tom", True)], id="somebody has lent it"),
        pytest.param(True, True, an_occupant("tom"), [], id="somebody has, and the room knows"),
        pytest.param(True, False, an_occupant("mia"), [], id="others speak anyway"),
    ],
)
def test_a_trainees_voice(is_lent: bool, has_voice: bool, occupant: Occupant, expected: list[Step]) -> None:
    """RO-5"""
    invited = replace(an_invitation("tom", Part.TRAINEE, told_s=0), has_voice=has_voice)
    chat = a_chat(a_trainee("tom"), a_monitor("mia"), invitations=(invited, an_invitation("mia", Part.MONITOR, 0)))
    rules = replace(RULES, lent_voice=frozenset({chat.workgroup}) if is_lent else frozenset())
    inside = {"tom": an_occupant("tom"), "mia": an_occupant("mia"), occupant.nick: occupant}
    seen = room(*inside.values(), "ana", V1)
    about = [s for s in steps(chat, seen, rules) if isinstance(s, SetVoice) and s.nick == occupant.nick]
    assert about == expected
