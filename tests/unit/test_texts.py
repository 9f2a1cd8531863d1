"""What the desk says: short forms of words, lengths, places, and the story."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Disposition, Part
from livechat_xmpp.domain.queue import Wait
from livechat_xmpp.domain.wording import ENGLISH, Sayable, chats, visitors
from tests.factories import a_chat, a_request, jid, s

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
    assert english(chats.offer(chat, ROOM, s(70), s(20))).split("\n") == [
        "Vera asks for help and has waited 2 minutes:",
        "> one",
        "> two",
        "email: vera@example.org",
        f"You have 20 seconds. {HOW_TO_ANSWER}",
        f"xmpp:{ROOM}?join",
    ]


def test_a_wait_of_a_moment_is_not_mentioned() -> None:
    assert english(chats.offer(a_request(), ROOM, s(4), s(20))).startswith("Vera asks for help:\n")


def test_the_story_in_the_room_keeps_the_visitors_address_private() -> None:
    chat = a_chat(form={"username": "Vera", "question": "x", "email": "vera@example.org", "page": "/start"})
    story = english(chats.story(chat))
    assert "vera@example.org" not in story
    assert "page: /start" in story
    assert "Vera is the visitor, ana answers" in story


def test_the_story_of_a_chat_without_helper_names_the_visitor_alone() -> None:
    assert "Who is who: Vera is the visitor." in english(chats.story(a_request()))


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
    invitation = english(chats.invitation(a_chat(), part, ROOM, s(60)))
    assert invitation.startswith(opening)
    assert invitation.endswith(f"xmpp:{ROOM}?join")


def test_an_invitation_without_a_helper_names_nobody() -> None:
    assert "answers" not in english(chats.invitation(a_request(), Part.MONITOR, ROOM, s(60)))
    assert "Your place is kept for 1 minute" in english(chats.invitation(a_request(), Part.TRAINEE, ROOM, s(60)))


def test_an_empty_question_is_quoted_as_an_empty_line() -> None:
    assert "\n> \n" in english(chats.offer(replace(a_request(), question=""), ROOM, timedelta(0), s(20)))


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
