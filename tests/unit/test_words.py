"""Words of the staff as commands: what their arguments fill, and how results read."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.wording import ENGLISH, Sayable
from livechat_xmpp.xmpp.commands.command import Column, Done
from livechat_xmpp.xmpp.words import WORDS, _arguments, as_text


def english(text: Sayable) -> str:
    return ENGLISH.say(text, "")


@pytest.mark.parametrize(
    ("words", "form"),
    [
        pytest.param("off", {}, id="a word without arguments"),
        pytest.param("off now please", {}, id="what nobody asked for is passed over"),
        pytest.param("on", {}, id="on, with what one had before"),
        pytest.param("on helper", {"duty_role": "helper"}, id="on as something"),
        pytest.param("on 3", {"max_chats": "3"}, id="a number is the cap"),
        pytest.param("on helper 3", {"duty_role": "helper", "max_chats": "3"}, id="both"),
        pytest.param("on 3 helper", {"duty_role": "helper", "max_chats": "3"}, id="whatever their place"),
        pytest.param("on Helper", {"duty_role": "helper"}, id="with a capital, as phones write it"),
        pytest.param("on the phone", {"max_chats": "the phone"}, id="what is neither is refused later"),
        pytest.param("join q7hm", {"chat": "q7hm"}, id="one argument"),
        pytest.param("join q7hm x", {"chat": "q7hm x"}, id="the last takes the rest"),
        pytest.param("close", {}, id="what is missing is asked for later"),
        pytest.param("close q7hm", {"chat": "q7hm"}, id="some of them"),
        pytest.param(
            "close q7hm solved crash, flash",
            {"chat": "q7hm", "disposition": "solved", "tags": "crash, flash"},
            id="tags with spaces",
        ),
        pytest.param(
            "promote tom@localhost helper has done well",
            {"accounts": "tom@localhost", "standing": "helper", "reason": "has done well"},
            id="a reason with spaces",
        ),
    ],
)
def test_arguments_fill_the_form(words: str, form: dict[str, str]) -> None:
    word, *arguments = words.split()
    assert _arguments(WORDS[word], arguments) == {field: [value] for field, value in form.items()}


def test_a_result_reads_as_a_line_for_each_row() -> None:
    columns = [Column("chat", "Chat"), Column("helper", "Helper"), Column("trainees", "Trainees", "jid-multi")]
    done = Done(
        "2 chats.",
        columns=columns,
        rows=[{"chat": "a", "helper": "", "trainees": ["tom", "uli"]}, {"chat": "b", "helper": "ana", "trainees": []}],
    )
    assert as_text(done, english) == "2 chats.\n- Chat: a; Trainees: tom, uli\n- Chat: b; Helper: ana"


@pytest.mark.parametrize(("done", "text"), [(Done("Yes."), "Yes."), (Done(), "")])
def test_a_result_without_rows(done: Done, text: str) -> None:
    assert as_text(done, english) == text
