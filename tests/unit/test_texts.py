"""What the desk says: short forms of words, lengths, places, and the story."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Disposition, Part
from livechat_xmpp.domain.queue import Wait
from tests.factories import a_chat, a_request, jid, s

ROOM = "q7hm2k42wx3n2@chats.workgroup.localhost"


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
    ("seconds", "words"),
    [
        pytest.param(-5, "0 seconds", id="never negative"),
        pytest.param(0, "0 seconds", id="none"),
        pytest.param(1, "1 second", id="one second"),
        pytest.param(59.4, "59 seconds", id="under a minute in seconds"),
        pytest.param(59.6, "1 minute", id="nearly a minute"),
        pytest.param(60, "1 minute", id="one minute"),
        pytest.param(61, "2 minutes", id="minutes are rounded up"),
        pytest.param(3600, "60 minutes", id="an hour in minutes"),
    ],
)
def test_a_length_in_words(seconds: float, words: str) -> None:
    assert texts.in_words(s(seconds)) == words


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
        pytest.param(1, Wait(s(1), s(0), s(2)), True, f"You are next in the queue. {texts.AWAY_NOW}", id="all away"),
    ],
)
def test_a_place_in_words(position: int, wait: Wait | None, is_away: bool, words: str) -> None:
    assert texts.place(position, wait, is_away=is_away) == words


def test_an_offer_tells_the_question_the_form_the_wait_and_both_ways_to_answer() -> None:
    chat = a_request(form={"username": "Vera", "question": "x", "email": "vera@example.org"}, question="one\ntwo")
    assert texts.offer(chat, ROOM, s(70), s(20)).split("\n") == [
        "Vera asks for help and has waited 2 minutes:",
        "> one",
        "> two",
        "email: vera@example.org",
        f"You have 20 seconds. {texts.HOW_TO_ANSWER}",
        f"xmpp:{ROOM}?join",
    ]


def test_a_wait_of_a_moment_is_not_mentioned() -> None:
    assert texts.offer(a_request(), ROOM, s(4), s(20)).startswith("Vera asks for help:\n")


def test_the_story_in_the_room_keeps_the_visitors_address_private() -> None:
    chat = a_chat(form={"username": "Vera", "question": "x", "email": "vera@example.org", "page": "/start"})
    story = texts.story(chat)
    assert "vera@example.org" not in story
    assert "page: /start" in story
    assert "Vera is the visitor, ana answers" in story


def test_the_story_of_a_chat_without_helper_names_the_visitor_alone() -> None:
    assert "Who is who: Vera is the visitor." in texts.story(a_request())


@pytest.mark.parametrize(
    ("part", "opening"),
    [
        pytest.param(Part.HELPER, "The chat with Vera is yours.", id="the helper"),
        pytest.param(
            Part.TRAINEE, "A chat to watch and to help with: Vera asks. ana@localhost answers.", id="a trainee"
        ),
        pytest.param(Part.MONITOR, "The chat with Vera is open for you. ana@localhost answers.", id="a monitor"),
    ],
)
def test_people_are_asked_in_by_their_part(part: Part, opening: str) -> None:
    invitation = texts.invitation(a_chat(), part, ROOM)
    assert invitation.startswith(opening)
    assert invitation.endswith(f"xmpp:{ROOM}?join")


def test_an_invitation_without_a_helper_names_nobody() -> None:
    assert "answers" not in texts.invitation(a_request(), Part.MONITOR, ROOM)


def test_an_empty_question_is_quoted_as_an_empty_line() -> None:
    assert "\n> \n" in texts.offer(replace(a_request(), question=""), ROOM, timedelta(0), s(20))


def test_other_short_words() -> None:
    assert texts.offer_over("Vera", taken_by=jid("ben")) == "ben has taken Vera's request."
    assert texts.offer_over("Vera", taken_by=None) == "Vera's request is not waiting for you any more."
    assert texts.offer_expired("Vera") == "Time is up: Vera's request goes to the next helper."
    assert "you are next" in texts.returned(1)
    assert "you are number 2 in the queue" in texts.returned(2)
    assert texts.closed_by(Disposition.SPAM) == "This chat has been ended."
    assert texts.closed_by(Disposition.SOLVED) == texts.closed_by(None) == texts.CHAT_ENDED
    assert texts.room_title(a_request()) == "Vera: My bookmarks are gone."
    assert texts.room_subject(a_request()) == "Vera asks: My bookmarks are gone."
    assert texts.come_in(a_chat(), ROOM).endswith(f"xmpp:{ROOM}?join")


@pytest.mark.parametrize(
    ("was_silent", "why"), [(False, "Your helper is gone."), (True, "Your helper has not answered.")]
)
def test_why_a_request_waits_again(was_silent: bool, why: str) -> None:
    assert texts.returned(1, was_silent=was_silent).startswith(why)
