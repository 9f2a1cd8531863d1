"""Words of the staff as commands: which is meant, what their arguments fill, and how results read."""

from __future__ import annotations

from collections import Counter

import pytest

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.wording import ENGLISH, Sayable, visitors
from livechat_xmpp.domain.wording import words as texts
from livechat_xmpp.translations import Translations, tags
from livechat_xmpp.xmpp.commands.command import Column, Done
from livechat_xmpp.xmpp.vocabulary import CHOICES, IN_ROOMS, WORDS, Say, arguments, chosen, is_word, meant, named
from livechat_xmpp.xmpp.words import as_text, is_ready, yes_or_no

CATALOGUE = Translations()


def english(text: Sayable) -> str:
    return ENGLISH.say(text, "")


def german(text: Sayable) -> str:
    return CATALOGUE.say(text, "de")


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
        pytest.param("join q7hm", {"chat": "q7hm"}, id="one argument"),
        pytest.param("join q7hm x", {"chat": "q7hm x"}, id="the last takes the rest"),
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
    word, *given = words.split()
    assert arguments(WORDS[word], given, english) == {field: [value] for field, value in form.items()}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param("close", "Something is missing.", id="nothing of what it needs"),
        pytest.param("demote neu", "Something is missing.", id="not all that it needs"),
        pytest.param("on the phone", "the phone is not one of the choices.", id="neither a role nor a number"),
        pytest.param("close q7hm happily", "happily is not one of the choices.", id="no way for a chat to end"),
        pytest.param("demote tom clown", "clown is not one of the choices.", id="no role"),
    ],
)
def test_arguments_that_will_not_do_are_refused_without_labels_of_forms(words: str, why: str) -> None:
    word, *given = words.split()
    with pytest.raises(BadInput) as refused:
        arguments(WORDS[word], given, english)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("written", "say", "word"),
    [
        pytest.param("on", english, "on", id="English"),
        pytest.param("On!", english, "on", id="as phones and people write it"),
        pytest.param("an", german, "on", id="German"),
        pytest.param("on", german, "on", id="English, in German too"),
        pytest.param("SCHLIESSEN", german, "close", id="without the sharp s"),
        pytest.param("beenden", german, "close", id="another way to say it"),
        pytest.param("ja", german, "yes", id="a German yes"),
        pytest.param("ja", english, None, id="no English word"),
        pytest.param("what", english, None, id="none of them"),
        pytest.param("?", english, "help", id="a sign"),
    ],
)
def test_a_word_is_meant_in_english_or_in_ones_own_language(written: str, say: Say, word: str | None) -> None:
    assert meant(written, say) == word


def test_in_a_room_only_its_words_are_looked_for() -> None:
    assert meant("promote", english, IN_ROOMS) is None
    assert meant("stimme", german, IN_ROOMS) == "voice"


def test_every_word_has_a_name_and_every_name_a_word() -> None:
    assert set(texts.NAMES) == {*WORDS, "yes", "no", "help"}
    assert [name for name, text in texts.NAMES.items() if text.english.partition(",")[0] != name] == []


@pytest.mark.parametrize("tag", tags())
def test_no_word_means_two_things(tag: str) -> None:
    def say(text: Sayable) -> str:
        return CATALOGUE.say(text, tag)

    for table in ([*texts.NAMES.values()], [visitors.LEAVE, visitors.WHERE]):
        ways = [{one.strip().casefold() for t in (text.english, say(text)) for one in t.split(",")} for text in table]
        assert [way for way, count in Counter(way for some in ways for way in some).items() if count > 1] == []
        assert [way for some in ways for way in some if not way or " " in way] == []
    for choices in CHOICES.values():
        assert {value: chosen(choices, value, say) for value in choices} == {value: value for value in choices}
        shown = {say(text).partition(":")[0].replace(" ", "-"): value for value, text in choices.items()}
        assert {way: chosen(choices, way, say) for way in shown} == shown


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("schließen q7hm gelöst druck", {"chat": "q7hm", "disposition": "solved", "tags": "druck"}),
        ("schließen q7hm keine-antwort", {"chat": "q7hm", "disposition": "no-reply"}),
        ("an 3 Helfer", {"duty_role": "helper", "max_chats": "3"}),
        ("aufnehmen tom raumaufsicht", {"accounts": "tom", "standing": "monitor"}),
        ("promote tom helper", {"accounts": "tom", "standing": "helper"}),
    ],
)
def test_choices_are_named_in_ones_own_language_too(words: str, form: dict[str, str]) -> None:
    word, *given = words.split()
    found = arguments(WORDS[meant(word, german) or ""], given, german)
    assert found == {field: [value] for field, value in form.items()}


@pytest.mark.parametrize(
    ("text", "say", "is_yes"),
    [
        ("Yes!", english, True),
        ("no", german, False),
        ("Ja", german, True),
        ("nein.", german, False),
        ("ja", english, None),
        ("ok", english, None),
        ("annehmen", german, None),
        ("yes please", english, None),
    ],
)
def test_a_plain_yes_or_no(text: str, say: Say, is_yes: bool | None) -> None:
    assert yes_or_no(text, say) is is_yes


def test_ready_and_what_visitors_write() -> None:
    assert [is_ready(text, german) for text in ("Ready!", "bereit", "bereit dazu")] == [True, True, False]
    assert [is_word(text, visitors.LEAVE, german) for text in (" Leave ", "tschüss", "hilfe")] == [True, True, False]
    assert not is_word("tschüss", visitors.LEAVE, english)


def test_people_are_told_the_first_way_to_write_a_word() -> None:
    assert (named("close", german), named("close", english)) == ("schließen", "close")


def test_a_result_reads_as_a_line_for_each_row() -> None:
    rows = [{"chat": "a"}, {"chat": "b"}]
    done = Done("2 chats.", columns=[Column("chat", "Chat")], rows=rows, lines=["join a: vic", texts.STATUS])
    assert as_text(done, english) == "2 chats.\n- join a: vic\n- status: what you are and do"


def test_a_long_list_is_cut_and_says_where_the_rest_is() -> None:
    *_, last = as_text(Done("", lines=["x"] * 60), english).split("\n")
    assert last.startswith("and 10 more;")


@pytest.mark.parametrize(("done", "text"), [(Done("Yes."), "Yes."), (Done(), "")])
def test_a_result_without_rows(done: Done, text: str) -> None:
    assert as_text(done, english) == text
