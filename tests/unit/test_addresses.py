"""Addresses: an account has one form, whatever way it was typed."""

from __future__ import annotations

import pytest

from livechat_xmpp.xmpp.addresses import read_bare_jid
from tests.factories import jid

SOFT_HYPHEN, ZERO_WIDTH_SPACE, WORD_JOINER = "\u00ad", "\u200b", "\u2060"
RIGHT_TO_LEFT, ISOLATE = "\u202e", "\u2066"
PRIVATE, CONTROL = "\ue000", "\u0007"
ALEF, ARABIC_ALEF = "\u05d0", "\u0627"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ana@localhost", id="as servers write it"),
        pytest.param("Ana@LOCALHOST", id="in capitals"),
        pytest.param("ana@localhost/Phone", id="with a client"),
        pytest.param(f"a{SOFT_HYPHEN}na@localhost", id="with a soft hyphen"),
        pytest.param(f"an{ZERO_WIDTH_SPACE}a@localhost", id="with a space without width"),
        pytest.param(f"an{WORD_JOINER}a@localhost", id="with a word joiner"),
        pytest.param("\uff21\uff4e\uff41@localhost", id="in full width"),
    ],
)
def test_all_ways_to_write_an_account_are_one_address(text: str) -> None:
    assert read_bare_jid(text) == jid("ana")


def test_composed_and_decomposed_letters_are_one() -> None:
    assert read_bare_jid("zoe\u0308@localhost") == read_bare_jid("zo\u00eb@localhost") == "zo\u00eb@localhost"


@pytest.mark.parametrize("local", ["\u05d0\u05d1", "\u0627\u0628", "анна", "アナ", "ana1", "a.b-c_d+e"])
def test_names_of_any_script_are_taken(local: str) -> None:
    assert read_bare_jid(f"{local}@localhost") == f"{local}@localhost"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ana", id="no domain"),
        pytest.param("@localhost", id="no name"),
        pytest.param("ana@", id="an empty domain"),
        pytest.param("localhost", id="a server"),
        pytest.param("an a@localhost", id="a blank"),
        pytest.param("ana\u3000@localhost", id="a wide blank"),
        pytest.param("an\na@localhost", id="two lines"),
        *(pytest.param(f"an{c}a@localhost", id=f"with {c}") for c in "\"&'<>:"),
        pytest.param(f"an{CONTROL}a@localhost", id="a control character"),
        pytest.param(f"{RIGHT_TO_LEFT}ana@localhost", id="text turned around"),
        pytest.param(f"{ISOLATE}ana@localhost", id="text set apart"),
        pytest.param(f"an{PRIVATE}a@localhost", id="a letter of private use"),
        pytest.param(f"ana{ALEF}@localhost", id="two directions"),
        pytest.param(f"ana{ARABIC_ALEF}@localhost", id="two directions, in Arabic"),
        pytest.param(f"{'a' * 1024}@localhost", id="too long a name"),
        pytest.param(f"ana@{'a' * 64}", id="too long a label"),
        pytest.param(f"ana@{'a.' * 600}a", id="too long a domain"),
    ],
)
def test_what_is_no_account_is_not_taken(text: str) -> None:
    assert read_bare_jid(text) is None
