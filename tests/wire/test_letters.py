"""Addresses that slixmpp does not take, as they come from a server that does."""

from __future__ import annotations

import pytest

from livechat_xmpp.xmpp.wide_jid import read_jid
from tests.wire.conftest import SUPPORT, Wire

SMILE = "\U0001f600"
PING = "<ping xmlns='urn:xmpp:ping'/>"
MUC_USER = "http://jabber.org/protocol/muc#user"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ana@localhost/phone", ("ana", "localhost", "phone", "ana@localhost", "ana@localhost/phone")),
        (f"Ana@localhost/{SMILE}/x", ("ana", "localhost", f"{SMILE}/x", "ana@localhost", f"ana@localhost/{SMILE}/x")),
        (f"{SMILE}@localhost", (SMILE, "localhost", "", f"{SMILE}@localhost", f"{SMILE}@localhost")),
        (f"localhost/{SMILE}", ("", "localhost", SMILE, "localhost", f"localhost/{SMILE}")),
        ("", ("", "", "", "", "")),
    ],
)
def test_an_address_is_read_into_its_parts(text: str, parts: tuple[str, ...]) -> None:
    jid = read_jid(text)
    assert (jid.local, jid.domain, jid.resource, jid.bare, jid.full) == parts


@pytest.mark.parametrize(
    "sender", [f"eve@localhost/{SMILE}", f"{SMILE}@example.org/x", "eve@localhost/\u0378", "@", "/"]
)
async def test_a_question_is_answered_to_whatever_address_it_came_from(wire: Wire, sender: str) -> None:
    answer = await wire.ask(PING, kind="get", by=sender)
    assert (answer.get("type"), answer.get("to")) == ("result", sender)
    unknown = await wire.ask("<query xmlns='jabber:iq:version'/>", kind="get", by=sender)
    assert (unknown.get("type"), unknown.get("to")) == ("error", sender)


async def test_words_from_such_an_address_are_a_request(wire: Wire) -> None:
    await wire.on_duty("ana")
    sender = f"vic@localhost/{SMILE}"
    told = await wire.tell(
        f"<message type='chat' id='m1' from='{sender}' to='{SUPPORT}'><body>How do I print?</body></message>"
    )
    assert {stanza.get("to") for stanza in told if stanza.find("{*}body") is not None} == {sender}


async def test_an_occupant_with_such_a_nick_is_seen(wire: Wire) -> None:
    chat, looked = "q7hm2k42wx3n2", []
    wire.component.rooms._on_changed = looked.append  # type: ignore[method-assign]
    await wire.tell(
        f"<presence from='{chat}@chats.workgroup.localhost/tom {SMILE}' to='{chat}@workgroup.localhost/desk'>"
        f"<x xmlns='{MUC_USER}'><item jid='tom@localhost/x' affiliation='member' role='participant'/></x></presence>"
    )
    assert looked == [chat]
