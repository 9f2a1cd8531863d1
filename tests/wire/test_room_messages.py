"""What is believed of messages: what the room says itself, and nothing that an occupant put into theirs."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree as ET

import pytest
from slixmpp import Message, Presence

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Affiliation, BareJid, ChatId
from livechat_xmpp.usecases.transcripts import Heard
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.muc import Said
from livechat_xmpp.xmpp.rooms import MucRooms, _Room
from tests.factories import NOW, SUPPORT, a_room, an_occupant, jid
from tests.wire.conftest import NS, VERA, Wire

CHAT = ChatId("q7hm2k42wx3n2")
ROOM = f"{CHAT}@chats.workgroup.localhost"
DESK = f"{CHAT}@workgroup.localhost/desk"
USER = "xmlns='http://jabber.org/protocol/muc#user'"
OLD = "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>"


def message(inner: str, sender: str = f"{ROOM}/ana", more: str = "id='m1' type='groupchat'") -> ET.Element:
    return ET.fromstring(f"<message xmlns='{NS}' from='{sender}' to='{DESK}' {more}>{inner}</message>")


# --- what was said


@pytest.mark.parametrize(
    ("inner", "sender", "said"),
    [
        pytest.param("<body>hello</body>", f"{ROOM}/ana", Said("ana", "hello", "m1", ""), id="speech"),
        pytest.param(
            "<body>hello</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/>",
            f"{ROOM}/ana",
            Said("ana", "hello", "m1", "o1"),
            id="with the room's id for the speaker (XEP-0421)",
        ),
        pytest.param("<body>a/b</body>", f"{ROOM}/a/b", Said("a/b", "a/b", "m1", ""), id="a nick with a stroke"),
        pytest.param(
            "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>x</body>"
            "</html><body>hello</body>",
            f"{ROOM}/ana",
            Said("ana", "hello", "m1", ""),
            id="with a body for browsers beside it",
        ),
        pytest.param(
            "<body xmlns='urn:other'>!close spam</body><body>hello</body>",
            f"{ROOM}/ana",
            Said("ana", "hello", "m1", ""),
            id="a body of another namespace first: clients show the second",
        ),
        pytest.param("<body xmlns='urn:other'>!close</body>", f"{ROOM}/ana", None, id="a body that nobody is shown"),
        pytest.param("<body/>", f"{ROOM}/ana", None, id="no words"),
        pytest.param("<subject>Support</subject>", f"{ROOM}/ana", None, id="a subject"),
        pytest.param("<body>hello</body>", ROOM, None, id="by the room itself"),
        pytest.param("<body>hello</body>", "other@chats.workgroup.localhost/ana", None, id="in another room"),
        pytest.param("<body>hello</body>", "ana@localhost/phone", None, id="in no room"),
    ],
)
def test_what_was_said(inner: str, sender: str, said: Said | None) -> None:
    assert muc.read_said(message(inner, sender), ROOM) == said


# --- what only a room can know


@pytest.mark.parametrize(
    ("sender", "is_believed"),
    [
        pytest.param(ROOM, True, id="the room"),
        pytest.param(f"{ROOM}/ana", False, id="an occupant"),
        pytest.param(f"{ROOM}/", False, id="an occupant without a name"),
    ],
)
def test_only_the_room_tells_of_members_and_of_who_declines(sender: str, is_believed: bool) -> None:
    change = message(f"<x {USER}><item affiliation='owner' jid='mia@localhost'/></x>", sender, "")
    decline = message(f"<x {USER}><decline from='mia@localhost/phone'/></x>", sender, "")
    assert muc.read_affiliation_change(change) == ((jid("mia"), Affiliation.OWNER) if is_believed else None)
    assert muc.read_decline(decline) == (jid("mia") if is_believed else None)


# --- what comes in from a room


class Room:
    """A chat's room where ana and vera are, and what is heard there."""

    def __init__(self, wire: Wire) -> None:
        self.link = wire.component.link
        self.heard: list[Heard] = []
        addresses = Addresses("workgroup.localhost", "chats.workgroup.localhost", (SUPPORT,))
        self.changed: list[ChatId] = []

        def hear(_: ChatId, heard: Heard) -> None:
            self.heard.append(heard)

        self.rooms = MucRooms(
            self.link, addresses, lambda: NOW, answer_timeout_s=1, on_changed=self.changed.append, on_heard=hear
        )
        room = self.rooms._rooms[CHAT] = _Room()
        room.is_read = True
        room.shown, room.occupant_id = a_room("ana", an_occupant("v1@anon.localhost", nick="Vera")), "o-desk"

    def say(self, inner: str, nick: str = "Vera", kind: str = "groupchat") -> tuple[BareJid, str] | None:
        xml = message(inner, f"{ROOM}/{nick}", f"id='m1' type='{kind}'")
        return self.rooms.on_message(CHAT, Message(self.link, xml))


@pytest.fixture
def room(wire: Wire) -> Room:
    return Room(wire)


def test_who_says_that_their_words_are_old_is_heard_now(room: Room) -> None:
    """The stamp would have put them anywhere in the transcript."""
    room.say(f"<body>I said so long ago</body>{OLD}")
    assert [(h.at, h.body, h.jid) for h in room.heard] == [(NOW, "I said so long ago", jid("v1@anon.localhost"))]


def test_nobody_speaks_for_another_by_naming_them(room: Room) -> None:
    said = room.say(f"<body>!close</body><x {USER}><item jid='mia@localhost' affiliation='owner'/></x>")
    assert said == (jid("v1@anon.localhost"), "!close")
    assert [h.jid for h in room.heard] == [jid("v1@anon.localhost")]
    view = room.rooms.view(CHAT)
    assert view is not None
    assert jid("mia") not in view.members
    assert room.changed == []


def test_the_desk_is_known_by_the_rooms_id_not_by_its_name(room: Room) -> None:
    own = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-desk'/>"
    other = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-vera'/>"
    room.say(f"<body>one</body>{own}", nick="Help desk 2")
    room.say(f"<body>two</body>{other}", nick="Help desk")
    assert [(h.body, h.is_desk) for h in room.heard] == [("one", True), ("two", False)]


def test_a_message_of_a_thread_changes_no_subject(room: Room) -> None:
    """XEP-0045 §8.1: Prosody passes it on from everybody"""
    room.say("<subject>Free beer</subject><thread>t1</thread>")
    view = room.rooms.view(CHAT)
    assert view is not None
    assert view.subject != "Free beer"
    assert room.changed == []


@pytest.mark.parametrize("is_shown", [True, False])
async def test_a_word_between_asking_for_the_past_and_getting_it_is_there_once(room: Room, is_shown: bool) -> None:
    """A room that keeps no history shows none."""
    asking = asyncio.get_running_loop().create_task(room.rooms.recall(CHAT))
    await asyncio.sleep(0)  # the desk's turn
    room.say("<body>one</body>")
    presence = f"<presence xmlns='jabber:component:accept' from='{ROOM}/{texts.DESK_NICK}'><x {USER}>"
    presence += "<item affiliation='owner' role='moderator'/><status code='110'/></x></presence>"
    room.rooms.on_presence(CHAT, Presence(room.link, ET.fromstring(presence)))
    if is_shown:
        room.say(f"<body>one</body><delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2026-03-01T00:00:00Z'/>")
    room.say("<subject>Help</subject>")
    room.say("<body>two</body>")
    await asking
    assert [h.body for h in room.rooms.lately(CHAT)] == ["one", "two"]


def test_what_nobody_is_shown_is_no_command(room: Room) -> None:
    assert room.say("<body xmlns='urn:other'>!close spam</body>", nick="ana") is None
    assert room.heard == []


# --- what comes to a workgroup


DIRECT = f"<x xmlns='jabber:x:conference' jid='{ROOM}'/>"
MEDIATED = f"<x {USER}><invite from='eve@elsewhere.org'/></x>"


@pytest.mark.parametrize(
    ("inner", "sender"),
    [
        pytest.param(DIRECT, VERA, id="a direct invitation (XEP-0249)"),
        pytest.param(MEDIATED, "party@conference.localhost", id="an invitation by a room (XEP-0045 §7.8.2)"),
        pytest.param(f"<x {USER}><status code='104'/></x>", "party@conference.localhost", id="a room's news"),
        pytest.param(f"<x {USER}/>", "party@conference.localhost/eve", id="a private message of a room (§7.5)"),
        pytest.param(f"<x {USER}><decline from='{VERA}'/></x>", VERA, id="a decline that no room brings"),
    ],
)
@pytest.mark.parametrize("kind", ["normal", "chat"])
async def test_what_belongs_to_a_room_asks_for_nothing(wire: Wire, inner: str, sender: str, kind: str) -> None:
    """An invitation's text became a request."""
    await wire.on_duty("ana")
    stanza = (
        f"<message type='{kind}' from='{sender}' to='support@workgroup.localhost'><body>Come here!</body>{inner}"
        "</message>"
    )
    assert await wire.tell(stanza) == []
    with wire.component.store.reading() as work:
        assert work.chats.waiting(SUPPORT) == []
