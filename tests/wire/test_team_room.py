"""A workgroup says something in the contributors' room: enters, speaks, leaves; or the log says why not."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import FullJid, WorkgroupName
from livechat_xmpp.usecases.ports import Letter
from tests.wire.conftest import Wire

ROOM = "contributors@conference.localhost"
SEAT = "support@workgroup.localhost/desk"
USER = "http://jabber.org/protocol/muc#user"


async def says(wire: Wire) -> None:
    """Have the letter sent, up to entering the room."""
    soon = datetime.now(UTC) + timedelta(minutes=5)
    wire.component.speaker.send_letter(
        Letter(FullJid(ROOM), "A request waits.", WorkgroupName("support"), soon, "room")
    )
    await asyncio.sleep(0)


async def feed(wire: Wire, stanza: str) -> list[ET.Element]:
    """Feed a stanza and return what was sent because of it, while the room is still waited for."""
    before = len(wire.sent)
    wire.feed(stanza)
    for _ in range(5):
        await asyncio.sleep(0)
    return wire.sent[before:]


def entering(wire: Wire) -> str:
    """Return whom the last presence went to, which has to be one that enters."""
    last = wire.sent[-1]
    assert (last.tag.rpartition("}")[2], last.get("from"), last.get("type")) == ("presence", SEAT, None)
    assert last.find("{http://jabber.org/protocol/muc}x") is not None
    return last.get("to", "")


def let_in(nick: str, *codes: int) -> str:
    statuses = "".join(f"<status code='{code}'/>" for code in (110, *codes))
    x = f"<x xmlns='{USER}'><item role='participant'/>{statuses}</x>"
    return f"<presence from='{ROOM}/{nick}' to='{SEAT}'>{x}</presence>"


def refused(nick: str, condition: str) -> str:
    error = f"<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    return f"<presence type='error' from='{ROOM}/{nick}' to='{SEAT}'>{error}</presence>"


async def test_it_enters_speaks_and_leaves(wire: Wire) -> None:
    await says(wire)
    assert entering(wire) == f"{ROOM}/Help desk"
    await feed(wire, f"<presence from='{ROOM}/mia' to='{SEAT}'><x xmlns='{USER}'><item/></x></presence>")
    assert len(wire.sent) == 1, "who is inside is no visitor, and is told nothing"
    (said,) = await feed(wire, let_in("Help desk"))
    body = said.findtext("{*}body")
    assert (said.get("to"), said.get("type")) == (ROOM, "groupchat")
    assert body == 'A request waits. Who can help now: write "on" to support@workgroup.localhost.'
    echo = (
        f"<message type='groupchat' id='{said.get('id')}' from='{ROOM}/Help desk' to='{SEAT}'><body>x</body></message>"
    )
    (gone,) = await feed(wire, echo)
    assert (gone.get("to"), gone.get("type")) == (f"{ROOM}/Help desk", "unavailable")


async def test_it_takes_another_nick_where_somebody_has_ours(wire: Wire) -> None:
    await says(wire)
    await feed(wire, refused("Help desk", "conflict"))
    assert entering(wire) == f"{ROOM}/Help desk 2"


@pytest.mark.parametrize("condition", ["registration-required", "forbidden", "remote-server-not-found"])
async def test_where_it_may_not_enter_the_log_says_so(
    wire: Wire, caplog: pytest.LogCaptureFixture, condition: str
) -> None:
    await says(wire)
    with caplog.at_level(logging.WARNING):
        assert await feed(wire, refused("Help desk", condition)) == []
    assert [(r.levelname, r.__dict__["why"]) for r in caplog.records] == [("WARNING", condition)]


async def test_a_room_that_its_entering_has_made_is_left_again(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    await says(wire)
    (gone,) = await feed(wire, let_in("Help desk", 201))
    assert (gone.get("to"), gone.get("type")) == (f"{ROOM}/Help desk", "unavailable")
    assert "cannot speak in the contributors' room" in caplog.text


async def test_where_it_may_not_speak_the_log_says_so(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    await says(wire)
    (said,) = await feed(wire, let_in("Help desk"))
    error = "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    bounce = f"<message type='error' id='{said.get('id')}' from='{ROOM}' to='{SEAT}'>{error}</message>"
    (gone,) = await feed(wire, bounce)
    assert gone.get("type") == "unavailable"
    assert "cannot speak in the contributors' room" in caplog.text


async def test_what_is_said_in_the_room_is_not_for_the_desk(wire: Wire) -> None:
    message = f"<message type='chat' id='m' from='{ROOM}/mia' to='{SEAT}'><body>Help me</body></message>"
    assert await feed(wire, message) == []
