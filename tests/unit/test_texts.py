"""What the desk says: short forms of words, lengths, places, and the story."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.forms import DEFAULT, Field, Form
from livechat_xmpp.domain.model import Disposition, Invitation, Part, Visit
from livechat_xmpp.domain.queue import Wait
from livechat_xmpp.domain.wording import ENGLISH, Sayable, chats, visitors
from tests.factories import a_chat, a_request, at, jid, s

HOW_TO_ANSWER = 'To take it, enter the room, or answer "yes" here. Answer "no" to pass it on.'
ROOM = "q7hm2k42wx3n2@chats.workgroup.localhost"


def english(text: Sayable) -> str:
    return ENGLISH.say(text, "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("  a \n\n b\tc ", "a b c", id="lines and spaces become one space"),
        pytest.param("x" * 10, "x" * 10, id="as long as may be"),
        pytest.param("x" * 11, "x" * 9 + "…", id="longer is cut, and shows it"),
    ],
)
def test_text_on_one_line(text: str, line: str) -> None:
    assert texts.one_line(text, 10) == line


@pytest.mark.parametrize(
    ("position", "wait", "is_away", "words"),
    [
        pytest.param(1, None, False, "You are next in the queue. How long it will take is not known yet.", id="next"),
        pytest.param(
            3, None, False, "You are number 3 in the queue. How long it will take is not known yet.", id="third"
        ),
        pytest.param(
            1,
            Wait(s(10), s(0), s(60)),
            False,
            "You are next in the queue. The wait is less than a minute.",
            id="a short wait",
        ),
        pytest.param(
            2,
            Wait(s(120), s(60), s(300)),
            False,
            "You are number 2 in the queue. The wait is about 2 minutes (1 minute to 5 minutes).",
            id="a wait with its range",
        ),
        pytest.param(
            1, Wait(s(1), s(0), s(2)), True, f"You are next in the queue. {visitors.AWAY_NOW.english}", id="all away"
        ),
    ],
)
def test_a_place_in_words(position: int, wait: Wait | None, is_away: bool, words: str) -> None:
    assert english(visitors.place(position, wait, is_away=is_away)) == words


def test_an_offer_tells_the_question_the_form_the_wait_and_both_ways_to_answer() -> None:
    chat = a_request(form={"username": "Vera", "question": "x", "email": "vera@example.org"}, question="one\ntwo")
    assert english(chats.offer(chat, DEFAULT, ROOM, s(70), s(20))).split("\n") == [
        "Vera asks for help and has waited 2 minutes:",
        "> one",
        "> two",
        "E-mail: vera@example.org",
        f"You have 20 seconds. {HOW_TO_ANSWER}",
        f"xmpp:{ROOM}?join",
    ]


def test_other_answers_are_told_under_their_labels() -> None:
    form = Form((*DEFAULT.fields, Field("page", "Page"), Field("system", "Which system?")))
    chat = a_chat(form={"username": "Vera", "question": "x", "system": "Linux", "page": "/start\n" + "x" * 400})
    for told in (chats.offer(chat, form, ROOM, s(4), s(20)), chats.story(chat, form)):
        lines = english(told).split("\n")
        assert lines.index("Which system? Linux") == 3
        assert lines[2].startswith("Page: /start xxx")
        assert len(lines[2]) == len("Page: ") + 300


def test_a_wait_of_a_moment_is_not_mentioned() -> None:
    assert english(chats.offer(a_request(), DEFAULT, ROOM, s(4), s(20))).startswith("Vera asks for help:\n")


def test_the_story_in_the_room_keeps_the_visitors_address_private() -> None:
    chat = a_chat(form={"username": "Vera", "question": "x", "email": "vera@example.org", "page": "/start"})
    story = english(chats.story(chat, DEFAULT))
    assert "vera@example.org" not in story
    assert "page: /start" in story
    assert "Vera is the visitor, ana answers" in story


def test_the_story_of_a_chat_without_helper_names_the_visitor_alone() -> None:
    assert "Who is who: Vera is the visitor;" in english(chats.story(a_request(), DEFAULT))


def test_the_story_does_not_claim_to_name_everybody() -> None:
    for chat in (a_chat(), a_request()):
        assert "others of the team may come in later" in english(chats.story(chat, DEFAULT))


@pytest.mark.parametrize(
    ("part", "opening"),
    [
        pytest.param(Part.HELPER, "The chat with Vera is yours.", id="the helper"),
        pytest.param(
            Part.TRAINEE, "Vera asks for help; ana@localhost answers, and a room monitor is there.", id="a trainee"
        ),
        pytest.param(Part.MONITOR, "The chat with Vera is open for you. ana@localhost answers.", id="a monitor"),
    ],
)
def test_people_are_asked_in_by_their_part(part: Part, opening: str) -> None:
    invitation = english(chats.invitation(a_chat(), Invitation(jid("tom"), part), ROOM, s(60)))
    assert invitation.startswith(opening)
    assert "\n> " in invitation
    assert invitation.endswith(f"xmpp:{ROOM}?join")


@pytest.mark.parametrize(
    ("part", "line"),
    [
        pytest.param(Part.HELPER, "Vera waits for you in the chat. Please come in:", id="the helper"),
        pytest.param(
            Part.TRAINEE, "You can come into the chat with Vera again: a room monitor is there.", id="trainee"
        ),
        pytest.param(Part.MONITOR, "The chat with Vera is open for you.", id="a monitor"),
    ],
)
@pytest.mark.parametrize("was_inside", [False, True])
def test_who_is_asked_in_again_is_told_in_a_line_and_the_link(part: Part, line: str, was_inside: bool) -> None:
    visit = Visit(jid("tom"), "tom", part, at(0), at(1))
    chat = a_chat(visits=(visit,)) if was_inside else a_chat()
    invited = Invitation(jid("tom"), part, times_told=0 if was_inside else 1)
    told, link = english(chats.invitation(chat, invited, ROOM, s(60))).split("\n")
    assert told.startswith(line)
    assert link == f"xmpp:{ROOM}?join"


@pytest.mark.parametrize(
    ("is_lent", "has_voice", "said"),
    [
        pytest.param(False, False, "You may write in the room, too, and Vera reads it.", id="as all others"),
        pytest.param(True, False, "write in it as soon as the helper or the room monitor lets you", id="not yet"),
        pytest.param(True, True, "You may write in the room, too, and Vera reads it.", id="somebody has let them"),
    ],
)
def test_a_trainee_is_told_whether_they_may_write(is_lent: bool, has_voice: bool, said: str) -> None:
    invited = Invitation(jid("tom"), Part.TRAINEE, has_voice=has_voice)
    assert said in english(chats.invitation(a_chat(), invited, ROOM, s(60), is_voice_lent=is_lent))
    helper = Invitation(jid("ana"), Part.HELPER)
    assert "write in" not in english(chats.invitation(a_chat(), helper, ROOM, s(60), is_voice_lent=is_lent))


def test_an_invitation_without_a_helper_names_nobody() -> None:
    for_monitor, for_trainee = Invitation(jid("mia"), Part.MONITOR), Invitation(jid("tom"), Part.TRAINEE)
    assert "answers" not in english(chats.invitation(a_request(), for_monitor, ROOM, s(60)))
    assert "Your place is kept for 1 minute" in english(chats.invitation(a_request(), for_trainee, ROOM, s(60)))


def test_an_empty_question_is_quoted_as_an_empty_line() -> None:
    assert "\n> \n" in english(chats.offer(replace(a_request(), question=""), DEFAULT, ROOM, timedelta(0), s(20)))


def test_other_short_words() -> None:
    assert english(chats.offer_over("Vera", taken_by=jid("ben"))) == "ben has taken Vera's request."
    assert english(chats.offer_over("Vera", taken_by=None)) == "Vera's request is not waiting for you any more."
    assert "you are next" in english(visitors.returned(1))
    assert "you are number 2 in the queue" in english(visitors.returned(2))
    assert texts.room_title(a_request()) == texts.room_subject(a_request()) == "Vera: My bookmarks are gone."
    assert english(visitors.come_in(ROOM)).endswith(f"xmpp:{ROOM}?join")


@pytest.mark.parametrize(
    ("was_silent", "why"), [(False, "Your helper is gone."), (True, "Your helper has not answered.")]
)
@pytest.mark.parametrize("position", [1, 2])
def test_why_a_request_waits_again(position: int, was_silent: bool, why: str) -> None:
    assert english(visitors.returned(position, was_silent=was_silent)).startswith(why)


def test_who_was_never_answered_is_not_thanked() -> None:
    assert visitors.closed_by(a_chat(), Disposition.SPAM) is visitors.ENDED_AS_SPAM
    assert visitors.closed_by(a_chat(), Disposition.SOLVED) is visitors.closed_by(a_chat(), None) is visitors.CHAT_ENDED
    assert visitors.closed_by(a_request(), Disposition.REFERRED) is visitors.NEVER_TAKEN
