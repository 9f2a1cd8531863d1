"""What visitors write about themselves: cleaned, checked, and not taken for somebody of the desk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.names import clean, imitates
from livechat_xmpp.domain.texts import DESK_NICK
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.visits import check_answers
from tests.factories import jids

STAFF = jids("ana", "mia", "ben-12", "lil", "hannah")
GOOD = {"username": "Vera", "question": "Where are my bookmarks?"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Help desk", id="the desk"),
        pytest.param("HELP-DESK", id="in capitals, with a sign"),
        pytest.param("H e l p d e s k", id="with spaces"),
        pytest.param("ＨＥＬＰ ＤＥＳＫ", id="in wide letters"),
        pytest.param("𝓗𝓮𝓵𝓹 𝓭𝓮𝓼𝓴", id="in mathematical letters"),
        pytest.param("Нelp desk", id="a Cyrillic letter"),
        pytest.param("Ηelp desk", id="a Greek capital"),
        pytest.param("He1p desk", id="a one for an l"),
        pytest.param("HeIp desk", id="a capital i for an l"),
        pytest.param("admin", id="a role"),
        pytest.param("adm1n", id="a one for an i"),
        pytest.param("ADMlN", id="a small l for an I"),
        pytest.param("adm\u0131n", id="an i without a dot"),
        pytest.param("Ana", id="somebody of the staff"),
        pytest.param("ána", id="with an accent"),
        pytest.param("a\u0301na", id="with an accent of its own"),
        pytest.param("а​na", id="a Cyrillic letter and an invisible space"),
        pytest.param("ana!", id="with a sign"),
        pytest.param("ana2", id="with a number, as clients do for a nick that is taken"),
        pytest.param("ben 12", id="a name with a number"),
        pytest.param("Ben-12", id="a name with a number, in capitals"),
        pytest.param("Helper Bee", id="with the name of a role"),
        pytest.param("Ana 0", id="with a nought"),
        pytest.param("ana (helper)", id="with the role behind it"),
        pytest.param("\u3164", id="a name that nobody sees"),
        pytest.param("ana@localhost", id="an address"),
        pytest.param("the Help desk", id="the desk with a word before it"),
        pytest.param("1i1", id="a name of lookalikes alone"),
    ],
)
def test_a_name_that_could_be_taken_for_the_desks_is_refused(name: str) -> None:
    assert imitates(clean(name), STAFF, DESK_NICK)


@pytest.mark.parametrize("name", ["Vera", "Anna", "Anastasia", "Иван", "李雷", "μαρία", "X Æ A-12", "!!!"])
def test_other_names_are_welcome(name: str) -> None:
    assert not imitates(clean(name), STAFF, DESK_NICK)


@pytest.mark.parametrize(
    ("text", "lines", "cleaned"),
    [
        pytest.param(" a\t b ", False, "a b", id="spaces become one"),
        pytest.param("a\nb", False, "a b", id="one line"),
        pytest.param(" a\r\nb\n ", True, "a\nb", id="lines, where they are wanted"),
        pytest.param("a\x00\x07\x1b[31mb", False, "a[31mb", id="no control characters"),
        pytest.param("a\u202eb\u200bc\ufeff", False, "abc", id="nothing that is not seen or turns text around"),
        pytest.param("e\u0301", False, "é", id="composed"),
        pytest.param("<b>&amp;", False, "<b>&amp;", id="markup is text"),
        pytest.param("می\u200cخواهم", True, "می\u200cخواهم", id="the joiners that a language needs"),
        pytest.param("🦊", True, "🦊", id="pictures"),
    ],
)
def test_text_is_cleaned(text: str, lines: bool, cleaned: str) -> None:
    assert clean(text, lines=lines) == cleaned


@pytest.mark.parametrize(
    ("answers", "checked"),
    [
        pytest.param(GOOD, GOOD, id="the least"),
        pytest.param({**GOOD, "email": " v@example.org "}, {**GOOD, "email": "v@example.org"}, id="an e-mail address"),
        pytest.param({**GOOD, "email": ""}, GOOD, id="an empty answer is none"),
        pytest.param({**GOOD, "page": "/start", "": "x"}, GOOD, id="unknown fields are left out"),
        pytest.param({**GOOD, "question": "a\n\nb"}, {**GOOD, "question": "a\n\nb"}, id="a question keeps its lines"),
        pytest.param({**GOOD, "username": "a\nb"}, {**GOOD, "username": "a b"}, id="a name has one line"),
        pytest.param({**GOOD, "username": "n" * 64}, {**GOOD, "username": "n" * 64}, id="the longest name"),
    ],
)
def test_answers_are_checked(answers: dict[str, str], checked: dict[str, str]) -> None:
    assert check_answers(answers, DeskRules()) == checked


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"username": "Vera"}, "question", id="no question"),
        pytest.param({**GOOD, "question": " \n\x00 "}, "question", id="an empty question"),
        pytest.param({"question": "q"}, "name", id="no name"),
        pytest.param({**GOOD, "question": "q", "username": "\u200b"}, "name", id="a name that is not seen"),
        pytest.param({**GOOD, "username": "n" * 65}, "Your name is too long: 65 characters, 64", id="a name too long"),
        pytest.param(
            {**GOOD, "question": "q" * 11}, "Your question is too long: 11 characters, 10", id="a question too long"
        ),
        pytest.param(
            {**GOOD, "question": "q", "email": "e" * 300}, "Your e-mail address is too long", id="an address too long"
        ),
        pytest.param({**GOOD, "question": "q", "email": "v"}, "e-mail", id="an address without domain"),
        pytest.param({**GOOD, "question": "q", "email": "@b"}, "e-mail", id="an address without name"),
        pytest.param({**GOOD, "question": "q", "email": "a@"}, "e-mail", id="an address with an empty domain"),
        pytest.param({**GOOD, "question": "q", "email": "a@b@c"}, "e-mail", id="two addresses"),
        pytest.param({**GOOD, "question": "q", "email": "a b@c"}, "e-mail", id="an address with a space"),
    ],
)
def test_answers_are_refused_with_the_reason(answers: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_answers(answers, replace(DeskRules(), answer_limit=10))
