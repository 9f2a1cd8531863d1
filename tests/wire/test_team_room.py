"""The desk's seat in the contributors' room: it enters and stays, sees who comes, speaks; or the log says why not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import FullJid, Standing, WorkgroupName
from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.usecases.ports import Letter
from tests.factories import jid
from tests.wire.conftest import Wire

ROOM = "contributors@conference.localhost"
SEAT = "support@workgroup.localhost/desk"
USER = "http://jabber.org/protocol/muc#user"
ADMIN = "http://jabber.org/protocol/muc#admin"
INFO = "http://jabber.org/protocol/disco#info"


async def says(wire: Wire, on_unsent: Callable[[], None] = lambda: None) -> None:
    """Have the letter sent, up to entering the room."""
    soon = datetime.now(UTC) + timedelta(minutes=5)
    wire.component.speaker.send_letter(
        Letter(FullJid(ROOM), "A request waits.", WorkgroupName("support"), soon, "room"), on_unsent
    )
    await breathe()


async def breathe() -> None:
    """Let what waits go on, while the room is still waited for."""
    for _ in range(10):
        await asyncio.sleep(0)


async def feed(wire: Wire, stanza: str) -> list[ET.Element]:
    """Feed a stanza and return what was sent because of it, while the room is still waited for."""
    before = len(wire.sent)
    wire.feed(stanza)
    await breathe()
    return wire.sent[before:]


async def looks(wire: Wire) -> asyncio.Task[bool]:
    """Have the seat looked at, up to the first answer that this waits for."""
    task = asyncio.ensure_future(wire.component.team_room.look())
    await breathe()
    return task


async def enters(wire: Wire, affiliation: str = "none") -> None:
    """Have the desk enter, as somebody with this affiliation."""
    task = await looks(wire)
    await feed(wire, let_in("Help desk", affiliation=affiliation))
    assert await task is False


def entering(wire: Wire) -> str:
    """Return whom the last presence went to, which has to be one that enters."""
    last = wire.sent[-1]
    assert (last.tag.rpartition("}")[2], last.get("from"), last.get("type")) == ("presence", SEAT, None)
    assert last.find("{http://jabber.org/protocol/muc}x") is not None
    return last.get("to", "")


def let_in(nick: str, *codes: int, affiliation: str = "none") -> str:
    statuses = "".join(f"<status code='{code}'/>" for code in (110, *codes))
    x = f"<x xmlns='{USER}'><item affiliation='{affiliation}' role='participant'/>{statuses}</x>"
    return f"<presence from='{ROOM}/{nick}' to='{SEAT}'>{x}</presence>"


def occupant(nick: str, who: str = "", kind: str = "") -> str:
    address, kind = f"jid='{who}'" if who else "", f"type='{kind}'" if kind else ""
    item = f"<item affiliation='none' role='participant' {address}/>"
    return f"<presence {kind} from='{ROOM}/{nick}' to='{SEAT}'><x xmlns='{USER}'>{item}</x></presence>"


def put_out(*codes: int, new_nick: str = "") -> str:
    statuses = "".join(f"<status code='{code}'/>" for code in codes)
    nick = f"nick='{new_nick}'" if new_nick else ""
    x = f"<x xmlns='{USER}'><item affiliation='none' role='none' {nick}/>{statuses}</x>"
    return f"<presence type='unavailable' from='{ROOM}/Help desk' to='{SEAT}'>{x}</presence>"


def error(condition: str, kind: str = "cancel") -> str:
    return f"<error type='{kind}'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"


def refused(nick: str, condition: str) -> str:
    return f"<presence type='error' from='{ROOM}/{nick}' to='{SEAT}'>{error(condition)}</presence>"


async def result(wire: Wire, payload: str = "", kind: str = "result") -> list[ET.Element]:
    """Answer the question that was sent last."""
    asked = wire.sent[-1]
    assert asked.tag.endswith("}iq")
    head = f"type='{kind}' id='{asked.get('id')}' from='{asked.get('to')}' to='{asked.get('from')}'"
    return await feed(wire, f"<iq {head}>{payload}</iq>")


# --- speaking


async def test_it_enters_speaks_and_stays(wire: Wire) -> None:
    await says(wire)
    assert entering(wire) == f"{ROOM}/Help desk"
    await feed(wire, occupant("mia", "mia@localhost/x"))
    assert len(wire.sent) == 1, "who is inside is no visitor, and is told nothing"
    (said,) = await feed(wire, let_in("Help desk"))
    body = said.findtext("{*}body")
    assert (said.get("to"), said.get("type")) == (ROOM, "groupchat")
    assert body == 'A request waits. If you can help now, write "on" to support@workgroup.localhost.'
    echo = (
        f"<message type='groupchat' id='{said.get('id')}' from='{ROOM}/Help desk' to='{SEAT}'><body>x</body></message>"
    )
    assert await feed(wire, echo) == []
    await says(wire)
    assert wire.sent[-1].get("type") == "groupchat", "it need not enter again"


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
    assert not wire.component.team_room.is_inside


async def test_where_it_may_not_speak_the_log_says_so(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    await says(wire)
    (said,) = await feed(wire, let_in("Help desk"))
    bounce = (
        f"<message type='error' id='{said.get('id')}' from='{ROOM}' to='{SEAT}'>{error('forbidden', 'auth')}</message>"
    )
    assert await feed(wire, bounce) == []
    assert "cannot speak in the contributors' room" in caplog.text


@pytest.mark.parametrize("is_inside", [False, True])
async def test_a_lost_link_ends_the_waiting_for_the_room(
    wire: Wire, caplog: pytest.LogCaptureFixture, is_inside: bool
) -> None:
    """The old call held the turn for as long as it waited for its answer: on a new link nobody could enter."""
    unsaid: list[bool] = []
    await says(wire, lambda: unsaid.append(True))
    if is_inside:
        await feed(wire, let_in("Help desk"))
    wire.component.team_room.forget()
    wire.sent.clear()
    task = await looks(wire)
    assert bool(unsaid) is not is_inside, "what may have been said is not said again"
    assert ("cannot speak in the contributors' room" in caplog.text) is is_inside
    assert entering(wire) == f"{ROOM}/Help desk"
    await feed(wire, let_in("Help desk"))
    assert await task is False


async def test_what_is_said_in_the_room_is_not_for_the_desk(wire: Wire) -> None:
    await enters(wire)
    for kind in ("chat", "groupchat"):
        message = f"<message type='{kind}' id='m' from='{ROOM}/mia' to='{SEAT}'><body>ready</body></message>"
        assert await feed(wire, message) == []


# --- being there


async def test_inside_it_asks_the_room_whether_it_still_is(wire: Wire) -> None:
    await enters(wire)
    task = await looks(wire)
    ping = wire.sent[-1]
    assert (ping.get("to"), ping.get("from")) == (f"{ROOM}/Help desk", SEAT)
    assert ping.find("{urn:xmpp:ping}ping") is not None
    await result(wire)
    assert await task is True


@pytest.mark.parametrize("condition", ["not-acceptable", "item-not-found"])
async def test_a_seat_that_was_lost_without_a_word_is_taken_again(wire: Wire, condition: str) -> None:
    await enters(wire)
    task = await looks(wire)
    await result(wire, error(condition), "error")
    assert entering(wire) == f"{ROOM}/Help desk"
    await feed(wire, let_in("Help desk"))
    assert await task is False
    assert wire.component.team_room.is_inside


@pytest.mark.parametrize("codes", [(110, 307), (110, 301), (110, 332), (), (110, 333)])
async def test_who_puts_the_desk_out_is_not_taken_for_nothing(wire: Wire, codes: tuple[int, ...]) -> None:
    await enters(wire)
    assert await feed(wire, put_out(*codes)) == [], "it does not come back at once"
    assert not wire.component.team_room.is_inside
    again = await looks(wire)
    assert entering(wire) == f"{ROOM}/Help desk"
    await feed(wire, refused("Help desk", "forbidden"))
    with pytest.raises(LinkTrouble):
        await again


async def test_another_nick_given_by_the_room_is_no_leaving(wire: Wire) -> None:
    await enters(wire)
    await feed(wire, put_out(110, 303, new_nick="Desk"))
    await feed(wire, let_in("Desk"))
    task = await looks(wire)
    assert wire.sent[-1].get("to") == f"{ROOM}/Desk"
    await result(wire)
    assert await task is True


async def test_with_the_link_the_seat_is_forgotten(wire: Wire) -> None:
    await enters(wire)
    wire.component.on_down()
    await looks(wire)
    assert entering(wire) == f"{ROOM}/Help desk"


# --- who comes


async def standing(wire: Wire, name: str) -> Standing | None:
    await wire.component.reconciler.newcomers.look()
    return await wire.component.desk.standing_of(jid(name))


async def test_who_is_in_the_room_becomes_a_trainee(wire: Wire) -> None:
    task = await looks(wire)
    await feed(wire, occupant("una", "una@localhost/phone"))
    await feed(wire, let_in("Help desk"))
    await task
    await feed(wire, occupant("kim", "kim@localhost/pc"))
    assert await standing(wire, "una") is Standing.TRAINEE, "inside before the desk was"
    assert await standing(wire, "kim") is Standing.TRAINEE


@pytest.mark.parametrize(
    "presence",
    [
        pytest.param(occupant("una", "una@elsewhere.example/x"), id="of another domain"),
        pytest.param(occupant("una", "una@localhost/x", "unavailable"), id="who leaves"),
        pytest.param(occupant("una", "una@localhost/x").replace(ROOM, "other@conference.localhost"), id="elsewhere"),
    ],
)
async def test_who_does_not_enter_with_an_account_of_the_staffs_domain_stays_what_they_are(
    wire: Wire, presence: str
) -> None:
    await enters(wire)
    await feed(wire, presence)
    assert await standing(wire, "una") is None
    assert await standing(wire, "una@elsewhere.example") is None


async def test_where_the_room_hides_addresses_the_log_says_so_once(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    await enters(wire)
    with caplog.at_level(logging.WARNING):
        await feed(wire, occupant("una"))
        await feed(wire, occupant("kim"))
    assert [r.getMessage() for r in caplog.records] == ["the contributors' room hides addresses from the desk"]


# --- letting newcomers in


async def is_asked_whether_it_is_open(wire: Wire, feature: str = "muc_membersonly") -> list[ET.Element]:
    assert wire.sent[-1].find(f"{{{INFO}}}query") is not None
    return await result(wire, f"<query xmlns='{INFO}'><feature var='{feature}'/></query>")


async def invites(wire: Wire) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    letter = Letter(FullJid("una@localhost"), "Our room", WorkgroupName("support"), soon, "contributors")
    wire.component.speaker.send_letter(letter, lambda: None)
    await breathe()


def is_invitation(stanza: ET.Element) -> bool:
    x = stanza.find("{jabber:x:conference}x")
    return stanza.get("to") == "una@localhost" and x is not None and x.get("jid") == ROOM


async def test_a_newcomer_is_asked_into_the_room_by_a_message_that_waits_for_them(wire: Wire) -> None:
    await enters(wire)
    before = len(wire.sent)
    await invites(wire)
    (invitation,) = wire.sent[before:]
    assert is_invitation(invitation)
    assert invitation.get("from") == "support@workgroup.localhost"
    assert invitation.find("{urn:xmpp:hints}no-permanent-store") is not None
    assert invitation.find("{*}body") is None


@pytest.mark.parametrize("ruler", ["owner", "admin"])
async def test_where_only_members_enter_and_the_desk_rules_the_newcomer_becomes_one_first(
    wire: Wire, ruler: str
) -> None:
    await enters(wire, ruler)
    await invites(wire)
    await is_asked_whether_it_is_open(wire)
    for affiliation in ("outcast", "member", "owner", "admin")[: 4 if ruler == "owner" else 2]:
        item = wire.sent[-1].find(f"{{{ADMIN}}}query/{{{ADMIN}}}item")
        assert item is not None
        assert item.get("affiliation") == affiliation
        await result(wire, f"<query xmlns='{ADMIN}'><item affiliation='{affiliation}' jid='else@localhost'/></query>")
    item = wire.sent[-1].find(f"{{{ADMIN}}}query/{{{ADMIN}}}item")
    assert item is not None
    assert (item.get("jid"), item.get("affiliation")) == ("una@localhost", "member")
    (invitation,) = await result(wire)
    assert is_invitation(invitation)


@pytest.mark.parametrize("affiliation", ["outcast", "member"])
async def test_who_has_an_affiliation_in_the_room_keeps_it(wire: Wire, affiliation: str) -> None:
    await enters(wire, "owner")
    await invites(wire)
    await is_asked_whether_it_is_open(wire)
    sent: list[ET.Element] = []
    while not sent or not is_invitation(sent[-1]):
        asked = wire.sent[-1].find(f"{{{ADMIN}}}query/{{{ADMIN}}}item")
        assert asked is not None
        assert wire.sent[-1].get("type") == "get", "nothing is set"
        has = f"<item affiliation='{affiliation}' jid='una@localhost'/>" * (asked.get("affiliation") == affiliation)
        sent = await result(wire, f"<query xmlns='{ADMIN}'>{has}</query>")


async def test_where_it_cannot_be_prepared_the_invitation_is_sent_all_the_same(wire: Wire) -> None:
    await enters(wire, "admin")
    await invites(wire)
    await is_asked_whether_it_is_open(wire)
    (invitation,) = await result(wire, error("internal-server-error"), "error")
    assert is_invitation(invitation)


async def test_where_everybody_may_enter_nobody_is_made_a_member(wire: Wire) -> None:
    await enters(wire, "owner")
    await invites(wire)
    (invitation,) = await is_asked_whether_it_is_open(wire, "muc_open")
    assert is_invitation(invitation)


async def test_what_the_desk_may_do_in_the_room_can_change_while_it_is_inside(wire: Wire) -> None:
    await enters(wire)
    await feed(wire, let_in("Help desk", affiliation="admin"))
    await invites(wire)
    await is_asked_whether_it_is_open(wire)


async def test_who_is_put_out_in_the_same_breath_is_out(wire: Wire) -> None:
    task = await looks(wire)
    wire.feed(let_in("Help desk"))
    wire.feed(put_out(110, 301))
    await task
    assert not wire.component.team_room.is_inside
