"""The form: what counts as an answer, what is told of it, and which forms are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.forms import DEFAULT, Field, Form, Kind, mistakes_in
from livechat_xmpp.domain.wording import ENGLISH

GOOD = {"username": "Vera", "question": "Where?"}
NAME, QUESTION, EMAIL = DEFAULT.fields
BROWSER = Field("browser", "Which browser?", Kind.CHOICE, ("Firefox", "Chromium"), is_required=True)
PAGE = Field("page", "Page", limit=10)
OWN = Form((QUESTION, BROWSER, PAGE, Field("reply-to", "Reply to", Kind.EMAIL)))
OWN_GOOD = {"question": "Where?", "browser": "Firefox"}


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
    assert DEFAULT.check(answers) == checked


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"username": "Vera"}, "question", id="no question"),
        pytest.param({**GOOD, "question": " \n\x00 "}, "question", id="an empty question"),
        pytest.param({"question": "q"}, "name", id="no name"),
        pytest.param({**GOOD, "username": "\u200b"}, "name", id="a name that is not seen"),
        pytest.param({**GOOD, "username": "n" * 65}, "Your name is too long: 65 characters, 64", id="a name too long"),
        pytest.param(
            {**GOOD, "question": "q" * 4001}, "Your question is too long: 4001 characters, 4000", id="a question"
        ),
        pytest.param({**GOOD, "email": "e" * 300}, "Your e-mail address is too long", id="an address too long"),
        pytest.param({**GOOD, "email": "v"}, "e-mail", id="an address without domain"),
        pytest.param({**GOOD, "email": "@b"}, "e-mail", id="an address without name"),
        pytest.param({**GOOD, "email": "a@"}, "e-mail", id="an address with an empty domain"),
        pytest.param({**GOOD, "email": "a@b@c"}, "You can leave it out", id="two addresses"),
        pytest.param({**GOOD, "email": "a b@c"}, "e-mail", id="an address with a space"),
    ],
)
def test_answers_are_refused_with_the_reason(answers: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        DEFAULT.check(answers)


@pytest.mark.parametrize(
    ("answers", "checked"),
    [
        pytest.param(OWN_GOOD, OWN_GOOD, id="the least, without a name"),
        pytest.param({**OWN_GOOD, "browser": " Firefox\n"}, OWN_GOOD, id="spaces around what was chosen"),
        pytest.param({**OWN_GOOD, "page": "x" * 10}, {**OWN_GOOD, "page": "x" * 10}, id="as long as may be"),
        pytest.param({**OWN_GOOD, "username": "Vera"}, OWN_GOOD, id="a name that is not asked for"),
    ],
)
def test_a_form_of_ones_own_has_its_own_answers(answers: dict[str, str], checked: dict[str, str]) -> None:
    assert OWN.check(answers) == checked


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"question": "q"}, 'choose "Which browser?" (Firefox, Chromium).', id="nothing chosen"),
        pytest.param(
            {**OWN_GOOD, "browser": "firefox"}, '"Which browser?": firefox is not one of the choices', id="no option"
        ),
        pytest.param({**OWN_GOOD, "browser": "x" * 101}, '"Which browser?" is too long', id="no option by far"),
        pytest.param({**OWN_GOOD, "page": "x" * 11}, '"Page" is too long: 11 characters, 10 are possible', id="long"),
        pytest.param({**OWN_GOOD, "reply-to": "me"}, '"Reply to" is not an e-mail address.', id="no address"),
    ],
)
def test_a_refusal_names_the_field_by_its_label(answers: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput) as refused:
        OWN.check(answers)
    assert words in str(refused.value)


def test_what_is_required_has_to_be_there_whatever_it_is() -> None:
    for field, words in (
        (replace(PAGE, is_required=True), 'Please fill in "Page".'),
        (replace(EMAIL, is_required=True), 'Please fill in "Your e-mail address".'),
        (replace(QUESTION, label="What is it?"), 'Please fill in "What is it?".'),
    ):
        with pytest.raises(BadInput) as refused:
            field.check(" ")
        assert str(refused.value) == words


def test_a_name_may_be_left_out_where_it_is_not_required() -> None:
    assert Form((replace(NAME, is_required=False), QUESTION)).check({"question": "Where?"}) == {"question": "Where?"}


def test_an_address_that_is_required_is_not_called_optional() -> None:
    assert ENGLISH.say(EMAIL.shown, "") == "E-mail address (optional)"
    assert ENGLISH.say(replace(EMAIL, is_required=True).shown, "") == "Your e-mail address"
    with pytest.raises(BadInput, match='"Your e-mail address" is not an e-mail address'):
        replace(EMAIL, is_required=True).check("me")


def test_who_writes_a_message_is_asked_name_and_question_only() -> None:
    assert DEFAULT.in_words().fields == (NAME, QUESTION)
    assert OWN.in_words().check({"username": "Vera", "question": "q"}) == {"question": "q"}


def test_other_answers_are_told_by_their_labels_in_the_order_of_the_form() -> None:
    answers = {"once": "asked before", "page": "/start", "browser": "Firefox", "reply-to": "v@x.org", "question": "q"}
    told = [("Which browser?", "Firefox"), ("Page", "/start"), ("Reply to", "v@x.org"), ("once", "asked before")]
    assert list(OWN.others(answers, has_emails=True)) == told
    assert list(OWN.others(answers, has_emails=False)) == [told[0], told[1], told[3]]


def test_an_address_stays_private_when_the_form_does_not_ask_for_it_any_more() -> None:
    answers = {**GOOD, "email": "v@example.org"}
    assert list(OWN.others(answers, has_emails=False)) == []
    ((label, answer),) = OWN.others(answers, has_emails=True)
    assert (ENGLISH.say(label, ""), answer) == ("E-mail", "v@example.org")


# --- forms that are none


def test_these_are_forms() -> None:
    assert mistakes_in(DEFAULT) == mistakes_in(OWN) == []


@pytest.mark.parametrize(
    ("form", "mistakes"),
    [
        pytest.param(
            Form((NAME,)), ["fields: question has to be among them, with is_required = true"], id="no question"
        ),
        pytest.param(
            Form((replace(QUESTION, is_required=False),)),
            ["fields: question has to be among them, with is_required = true"],
            id="a question to be left out",
        ),
        pytest.param(Form((QUESTION, PAGE, PAGE)), ["fields.page: is there 2 times"], id="a name twice"),
        pytest.param(
            Form((replace(QUESTION, kind=Kind.EMAIL),)), ["fields.question: kind has to be lines or text"], id="kind"
        ),
        pytest.param(
            Form((QUESTION, Field("pass", "Pass"))),
            ["fields.pass: this name is taken, please use another one"],
            id="a name that is taken",
        ),
        pytest.param(
            Form((QUESTION, Field("page"))),
            ["fields.page: label is missing: what people read above the field"],
            id="no label",
        ),
        pytest.param(
            Form((QUESTION, Field("page", "a\nb", options=("x",)))),
            ["fields.page: label has to be one line without spaces around it", "fields.page: options are for a choice"],
            id="several at once",
        ),
        pytest.param(
            Form((QUESTION, replace(BROWSER, options=()))), ["fields.browser: a choice needs options"], id="no options"
        ),
        pytest.param(
            Form((QUESTION, replace(BROWSER, options=("a", "a")))),
            ["fields.browser: an option is there twice"],
            id="an option twice",
        ),
        *(
            pytest.param(
                Form((QUESTION, replace(BROWSER, options=("a", option)))),
                [
                    "fields.browser: an option has to be one line of at most 100 characters, without spaces around it",
                ],
                id=f"an option that {what}",
            )
            for option, what in (("", "is empty"), (" b", "has spaces"), ("a\nb", "has lines"), ("x" * 101, "is long"))
        ),
        pytest.param(
            Form((QUESTION, replace(BROWSER, limit=9))), ["fields.browser: limit is not for a choice"], id="a limit"
        ),
    ],
)
def test_these_are_not(form: Form, mistakes: list[str]) -> None:
    assert mistakes_in(form) == mistakes
