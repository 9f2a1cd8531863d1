"""XEP-0045 on the wire: what rooms say, and the payloads we send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import Affiliation
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.muc import Item
from tests.factories import NOW, jid, jids
from tests.wire.conftest import NS, assert_same

USER = "xmlns='http://jabber.org/protocol/muc#user'"
ADMIN = "xmlns='http://jabber.org/protocol/muc#admin'"
OWNER = "xmlns='http://jabber.org/protocol/muc#owner'"
DATA = "xmlns='jabber:x:data'"
ROOM = "q7hm2k42wx3n2@chats.workgroup.localhost"


def stanza(name: str, inner: str) -> ET.Element:
    return ET.fromstring(f"<{name} xmlns='{NS}'>{inner}</{name}>")


def an_item(**more: object) -> Item:
    values = {
        "jid": None,
        "affiliation": Affiliation.NONE,
        "new_nick": "",
        "codes": frozenset(),
        "occupant_id": "",
        **more,
    }
    return Item(nick="ana", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("inner", "item"),
    [
        pytest.param("", None, id="no presence of a room"),
        pytest.param("<x xmlns='http://jabber.org/protocol/muc'/>", None, id="somebody's entering"),
        pytest.param(f"<x {USER}/>", an_item(), id="the least"),
        pytest.param(
            f"<x {USER}><item affiliation='member' role='participant' jid='ana@localhost/phone'/></x>",
            an_item(jid="ana@localhost/phone", affiliation=Affiliation.MEMBER),
            id="an occupant (XEP-0045 §7.2.2)",
        ),
        pytest.param(
            f"<x {USER}><item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/></x>",
            an_item(affiliation=Affiliation.OWNER, codes=frozenset({muc.SELF, muc.CREATED})),
            id="ourselves in a room that we made (§10.1.1)",
        ),
        pytest.param(
            f"<x {USER}><item affiliation='none' role='none' nick='Ana'/><status code='303'/></x>",
            an_item(new_nick="Ana", codes=frozenset({muc.RENAMED})),
            id="a new nick (§7.6)",
        ),
        pytest.param(
            f"<x {USER}><item affiliation='none' role='none'/><destroy><reason>over</reason></destroy></x>",
            an_item(is_destroyed=True),
            id="the room's end (§10.9), as ejabberd tells it: without 110",
        ),
        pytest.param(
            f"<x {USER}><item affiliation='king'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/>",
            an_item(occupant_id="o1"),
            id="an unknown affiliation counts as none; with an occupant id (XEP-0421)",
        ),
    ],
)
def test_a_rooms_presence(inner: str, item: Item | None) -> None:
    assert muc.read_presence(stanza("presence", inner), "ana") == item


@pytest.mark.parametrize(
    ("inner", "change"),
    [
        pytest.param(f"<x {USER}><item affiliation='member' jid='ana@localhost'/></x>", Affiliation.MEMBER, id="§9.3"),
        pytest.param(f"<x {USER}><item affiliation='member'/></x>", None, id="of nobody"),
        pytest.param(f"<x {USER}><item jid='ana@localhost'/></x>", None, id="to nothing"),
        pytest.param("<body>hello</body>", None, id="speech"),
    ],
)
def test_an_affiliation_changed_outside(inner: str, change: Affiliation | None) -> None:
    expected = None if change is None else (jid("ana"), change)
    assert muc.read_affiliation_change(stanza("message", inner)) == expected


@pytest.mark.parametrize(
    ("inner", "who"),
    [
        pytest.param(
            f"<x {USER}><decline from='ana@localhost/phone'><reason>no</reason></decline></x>", "ana", id="§7.8.2"
        ),
        pytest.param(f"<x {USER}><decline to='ana@localhost'/></x>", None, id="by nobody"),
        pytest.param(f"<x {USER}><invite from='ana@localhost'/></x>", None, id="an invitation"),
    ],
)
def test_a_decline(inner: str, who: str | None) -> None:
    assert muc.read_decline(stanza("message", inner)) == (None if who is None else jid(who))


@pytest.mark.parametrize("past", [0, 10])
def test_entering_asks_for_as_much_of_the_past_as_is_wanted(past: int) -> None:
    """§7.2.14"""
    assert_same(muc.join(past), f"<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='{past}'/></x>")


DELAY = "xmlns='urn:xmpp:delay'"


@pytest.mark.parametrize(
    ("inner", "second"),
    [
        pytest.param(f"<delay {DELAY} from='{ROOM}' stamp='2026-01-01T00:00:07Z'/>", 7, id="the room's (§7.2.13)"),
        pytest.param(
            f"<delay {DELAY} from='ana@localhost' stamp='2026-01-01T00:00:01Z'/>"
            f"<delay {DELAY} from='{ROOM}' stamp='2026-01-01T00:00:07Z'/>",
            7,
            id="not the speaker's",
        ),
        pytest.param(f"<delay {DELAY} from='ana@localhost' stamp='2026-01-01T00:00:01Z'/>", None, id="said now"),
        pytest.param(f"<delay {DELAY} from='{ROOM}' stamp='once'/>", 0, id="a stamp that is none"),
        pytest.param(
            f"<delay {DELAY} from='{ROOM}' stamp='2026-01-01T00:00:07Z'/>"
            f"<delay {DELAY} from='{ROOM}' stamp='2026-01-01T00:00:01Z'/>",
            0,
            id="one of them is not the room's",
        ),
    ],
)
def test_when_words_of_the_past_were_said(inner: str, second: int | None) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    kept_at = muc.kept_at(stanza("message", f"<body>hello</body>{inner}"), ROOM, start)
    assert kept_at == (None if second is None else start + timedelta(seconds=second))


@pytest.mark.parametrize(
    ("item", "inner"),
    [
        pytest.param({"affiliation": "member"}, "<item affiliation='member'/>", id="the list of members (§9.5)"),
        pytest.param(
            {"affiliation": "member", "jid": "ana@localhost", "reason": ""},
            "<item affiliation='member' jid='ana@localhost'/>",
            id="letting in (§9.3)",
        ),
        pytest.param(
            {"role": "none", "nick": "tom", "reason": "no monitor <here>"},
            "<item role='none' nick='tom'><reason>no monitor &lt;here&gt;</reason></item>",
            id="a kick (§8.2)",
        ),
    ],
)
def test_queries_of_an_admin(item: dict[str, str], inner: str) -> None:
    assert_same(muc.admin_query(**item), f"<query {ADMIN}>{inner}</query>")


def test_who_is_listed() -> None:
    answer = stanza(
        "iq",
        f"<query {ADMIN}><item affiliation='member' jid='ana@localhost'/><item jid='mia@localhost/x'/>"
        "<item nick='x'/></query>",
    )
    assert muc.listed(answer) == jids("ana", "mia")


def test_only_what_the_service_offers_is_configured() -> None:
    offered = stanza(
        "iq",
        f"<query {OWNER}><x {DATA} type='form'><field var='FORM_TYPE' type='hidden'/>"
        "<field var='muc#roomconfig_roomname'/>"
        "<field var='muc#roomconfig_membersonly'/><field var='muc#roomconfig_lang'/></x></query>",
    )
    assert_same(
        muc.config_form(offered, "Vera: <help>"),
        f"<query {OWNER}><x {DATA} type='submit'>"
        "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
        "<field var='muc#roomconfig_roomname'><value>Vera: &lt;help&gt;</value></field>"
        "<field var='muc#roomconfig_membersonly'><value>1</value></field></x></query>",
    )


def test_a_room_is_destroyed_with_a_reason() -> None:
    assert_same(muc.destroy_query("over"), f"<query {OWNER}><destroy><reason>over</reason></destroy></query>")


@pytest.mark.parametrize(
    ("after", "inner"),
    [
        pytest.param("", "<max>50</max>", id="from the beginning"),
        pytest.param("a7", "<max>50</max><after>a7</after>", id="from what is known"),
    ],
)
def test_the_archive_is_read_in_pages(after: str, inner: str) -> None:
    assert_same(
        muc.archive_query("q", after, 50),
        f"<query xmlns='urn:xmpp:mam:2' queryid='q'><set xmlns='http://jabber.org/protocol/rsm'>{inner}</set></query>",
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-01-05T10:15:30Z", datetime(2026, 1, 5, 10, 15, 30, tzinfo=UTC), id="UTC (XEP-0082)"),
        pytest.param(
            "2026-01-05T10:15:30.5Z", datetime(2026, 1, 5, 10, 15, 30, 500000, tzinfo=UTC), id="with a fraction"
        ),
        pytest.param("2026-01-05T12:15:30+02:00", datetime(2026, 1, 5, 10, 15, 30, tzinfo=UTC), id="of another zone"),
        pytest.param("2026-01-05T10:15:30", datetime(2026, 1, 5, 10, 15, 30, tzinfo=UTC), id="without a zone"),
        pytest.param("yesterday", NOW, id="what is no moment"),
        pytest.param(None, NOW, id="none"),
    ],
)
def test_stamps(text: str | None, moment: datetime) -> None:
    assert muc.stamp(text, NOW) == moment


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<stanza-id xmlns='urn:xmpp:sid:0' by='room@x' id='1'/>", "1", id="by the room"),
        pytest.param("<stanza-id xmlns='urn:xmpp:sid:0' by='eve@x' id='1'/>", "", id="forged"),
        pytest.param(
            "<stanza-id xmlns='urn:xmpp:sid:0' by='eve@x' id='1'/>"
            "<stanza-id xmlns='urn:xmpp:sid:0' by='room@x' id='2'/>",
            "2",
            id="forged beside the room's",
        ),
        pytest.param("", "", id="none"),
    ],
)
def test_the_rooms_id_of_a_message(inner: str, expected: str) -> None:
    assert muc.stanza_id(stanza("message", inner), "room@x") == expected
