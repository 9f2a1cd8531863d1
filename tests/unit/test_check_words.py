"""The words of `livechat-xmpp check`: each server has them for every need."""

from __future__ import annotations

import pytest

from livechat_xmpp.xmpp.check.findings import Findings, Wanted
from livechat_xmpp.xmpp.check.words import WORDS, Need, words

WANTED = Wanted(
    component="workgroup.example.org",
    secret="geheim",
    host="127.0.0.1",
    port=5347,
    muc="chats.workgroup.example.org",
    contributors="contributors@conference.example.org",
    staff_domains=("example.org",),
    anonymous_domain="anon.example.org",
    websocket_url="ws://127.0.0.1:5280/xmpp-websocket",
    health_url="",
    contact="support@workgroup.example.org",
    people=(),
    max_stanza_bytes=480_000,
    title_characters=126,
    people_in_room=7,
    rooms_of_one=20,
)


@pytest.mark.parametrize("software", WORDS)
@pytest.mark.parametrize("need", Need)
def test_every_need_has_words_that_can_be_filled_in(need: Need, software: str) -> None:
    said = words(need, software, WANTED.names)
    assert said
    assert "{" not in said.replace("{ ", "")  # Lua's lists have spaces inside


def test_a_server_that_is_none_of_ours_gets_the_words_of_all() -> None:
    said = words(Need.SECRET, "Openfire", WANTED.names)
    assert "in Prosody: component_secret" in said
    assert "in ejabberd: below listen" in said


def test_what_is_missing_is_told_with_the_reason_and_what_is_good_to_know_does_not_count() -> None:
    told: list[str] = []
    found = Findings(told.append, WANTED.names)
    found.software = "ejabberd"
    found.note("no contributors' room", Need.CONTRIBUTORS)
    assert found.is_well
    found.no("a service", Need.MUC_SERVICE, "item-not-found")
    assert not found.is_well
    assert told[1] == (
        'NO  a service (item-not-found): host of a mod_muc has to be "chats.workgroup.example.org", '
        "or correct xmpp.muc here"
    )
    assert "geheim" not in "".join(told)
