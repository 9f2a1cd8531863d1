"""XEP-0045 on the wire: what a presence or message of a room says, as values, and the payloads we send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import Affiliation, BareJid, bare

MUC = "http://jabber.org/protocol/muc"
USER = MUC + "#user"
ADMIN = MUC + "#admin"
OWNER = MUC + "#owner"
ROOM_CONFIG = MUC + "#roomconfig"
DATA = "jabber:x:data"
INFO = "http://jabber.org/protocol/disco#info"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"

SELF, CREATED, RENAMED = "110", "201", "303"
ALTERED = "104"  # the settings were changed (XEP-0045 §10.2.1)
REMOVALS = {"307", "321", "322"}  # kicked, or not a member any more (XEP-0045 §15.6.2)

# Wanted room settings; only those that the service offers are submitted (ejabberd refuses unknown ones).
# moderatedroom must be 0: with 1 ejabberd lets removed people in again (it keeps their role).
CONFIG: Mapping[str, str] = {
    "muc#roomconfig_persistentroom": "1",
    "muc#roomconfig_publicroom": "0",
    "muc#roomconfig_membersonly": "1",
    "muc#roomconfig_moderatedroom": "0",
    "muc#roomconfig_whois": "moderators",
    "muc#roomconfig_changesubject": "0",
    "muc#roomconfig_allowinvites": "0",
    "{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites": "0",
    "muc#roomconfig_enablearchiving": "1",
    "mam": "1",
    "muc#roomconfig_historylength": "50",
    "muc#roomconfig_defaulthistorymessages": "50",
}


OUR_FEATURES = {"muc_persistent", "muc_hidden", "muc_membersonly", "muc_unmoderated"}  # of a room with these settings


@dataclass(frozen=True, slots=True)
class Item:
    """What a room presence says of an occupant. jid: None where the room does not tell.

    is_destroyed: there is no room any more, neither for them nor for us.
    """

    nick: str
    jid: str | None
    affiliation: Affiliation
    new_nick: str
    codes: frozenset[str]
    occupant_id: str
    is_destroyed: bool = False
    has_voice: bool = True


def read_presence(xml: ET.Element, nick: str) -> Item | None:
    """Return what the presence of a room says; None if it is not one (XEP-0045 §7.2.2)."""
    x = xml.find(f"{{{USER}}}x")
    if x is None:
        return None
    item = x.find(f"{{{USER}}}item")
    attributes = item.attrib if item is not None else {}
    occupant = xml.find("{urn:xmpp:occupant-id:0}occupant-id")
    return Item(
        nick=nick,
        jid=attributes.get("jid"),
        affiliation=_affiliation(attributes.get("affiliation", "none")),
        new_nick=attributes.get("nick", ""),
        codes=frozenset(s.get("code", "") for s in x.iterfind(f"{{{USER}}}status")),
        occupant_id=occupant.get("id", "") if occupant is not None else "",
        is_destroyed=x.find(f"{{{USER}}}destroy") is not None,
        has_voice=attributes.get("role") != "visitor",
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What an occupant said in a room. Who they are is not read from the message: services pass on what they forge.

    The nick and the occupant id are the room's own word (XEP-0045 §7.4, XEP-0421 §5).
    """

    nick: str
    body: str
    stanza_id: str
    occupant_id: str


def read_said(xml: ET.Element, room: str) -> Said | None:
    """Return what was said; None when nothing was, or not by an occupant of the room."""
    body = xml.findtext(xml.tag.replace("}message", "}body"))  # of the stanza's own namespace, as clients show it
    who, _, nick = xml.get("from", "").partition("/")
    if not body or who != room or not nick:
        return None
    occupant = xml.find("{urn:xmpp:occupant-id:0}occupant-id")
    return Said(nick, body, xml.get("id", ""), occupant.get("id", "") if occupant is not None else "")


def is_subject(xml: ET.Element) -> bool:
    """Return whether a message gives the room's subject: one with a body or a thread does not (XEP-0045 §8.1).

    Prosody passes those on from everybody.
    """
    space = xml.tag.removesuffix("message")
    is_speech = xml.findtext(f"{space}body") or xml.find(f"{space}thread") is not None
    return xml.find(f"{space}subject") is not None and not is_speech


def is_of_a_room(xml: ET.Element) -> bool:
    """Return whether a message carries an invitation or what else rooms send (XEP-0045 §7.8, XEP-0249)."""
    return xml.find(f"{{{USER}}}x") is not None or xml.find("{jabber:x:conference}x") is not None


def read_affiliation_change(xml: ET.Element) -> tuple[BareJid, Affiliation] | None:
    """Return whose affiliation changed while they were not inside (XEP-0045 §9.3), from a room's message.

    Only from the room itself: an occupant's message carries whatever they put into it.
    """
    if "/" in xml.get("from", ""):
        return None
    item = xml.find(f"{{{USER}}}x/{{{USER}}}item")
    if item is None or not item.get("jid") or not item.get("affiliation"):
        return None
    return bare(item.get("jid", "")), _affiliation(item.get("affiliation", ""))


def is_alteration(xml: ET.Element) -> bool:
    """Return whether a message of the room itself says that its settings were changed."""
    codes = xml.iterfind(f"{{{USER}}}x/{{{USER}}}status")
    return "/" not in xml.get("from", "") and any(status.get("code") == ALTERED for status in codes)


def read_decline(xml: ET.Element) -> BareJid | None:
    """Return who declined an invitation, from a message of the room itself (XEP-0045 §7.8.2)."""
    if "/" in xml.get("from", ""):
        return None
    decline = xml.find(f"{{{USER}}}x/{{{USER}}}decline")
    return None if decline is None or not decline.get("from") else bare(decline.get("from", ""))


def _affiliation(text: str) -> Affiliation:
    try:
        return Affiliation(text)
    except ValueError:
        return Affiliation.NONE


def join(past: int = 0) -> ET.Element:
    """Return what turns a presence into entering; past: how many of the last messages to show (XEP-0045 §7.2.14)."""
    x = ET.Element(f"{{{MUC}}}x")
    ET.SubElement(x, f"{{{MUC}}}history", maxstanzas=str(past))
    return x


def admin_query(**item: str) -> ET.Element:
    """Return a query with one item: services apply only the first (Prosody). reason becomes its child."""
    query = ET.Element(f"{{{ADMIN}}}query")
    reason = item.pop("reason", "")
    element = ET.SubElement(query, f"{{{ADMIN}}}item", item)
    if reason:
        ET.SubElement(element, f"{{{ADMIN}}}reason").text = reason
    return query


def listed(result: ET.Element) -> frozenset[BareJid]:
    """Return the JIDs in the answer to a query for an affiliation's list (XEP-0045 §9.5)."""
    items = result.iterfind(f"{{{ADMIN}}}query/{{{ADMIN}}}item")
    return frozenset(bare(i.get("jid", "")) for i in items if i.get("jid"))


def config_form(offered: ET.Element, title: str) -> ET.Element:
    """Return the submission that makes a room ours, from the form that the service offers."""
    fields = offered.iterfind(f"{{{OWNER}}}query/{{{DATA}}}x/{{{DATA}}}field")
    names = {f.get("var", "") for f in fields}
    wanted = {"muc#roomconfig_roomname": title, **CONFIG}
    query = ET.Element(f"{{{OWNER}}}query")
    form = ET.SubElement(query, f"{{{DATA}}}x", type="submit")
    _field(form, "FORM_TYPE", ROOM_CONFIG)
    for var, value in wanted.items():
        if var in names:
            _field(form, var, value)
    return query


def is_ours(info: ET.Element) -> bool:
    """Return whether the answer to disco#info shows a room with the settings above, as far as it shows them."""
    return {f.get("var", "") for f in info.iter(f"{{{INFO}}}feature")} >= OUR_FEATURES


def _field(form: ET.Element, var: str, value: str) -> None:
    ET.SubElement(ET.SubElement(form, f"{{{DATA}}}field", var=var), f"{{{DATA}}}value").text = value


def destroy_query(reason: str) -> ET.Element:
    query = ET.Element(f"{{{OWNER}}}query")
    ET.SubElement(ET.SubElement(query, f"{{{OWNER}}}destroy"), f"{{{OWNER}}}reason").text = reason
    return query


def archive_query(query_id: str, after: str, page: int) -> ET.Element:
    """Return the query for a page of a room's archive (XEP-0313 §4.3); after: the last id known, or ""."""
    query = ET.Element(f"{{{MAM}}}query", queryid=query_id)
    rsm = ET.SubElement(query, f"{{{RSM}}}set")
    ET.SubElement(rsm, f"{{{RSM}}}max").text = str(page)
    if after:
        ET.SubElement(rsm, f"{{{RSM}}}after").text = after
    return query


def kept_at(xml: ET.Element, room: str, fallback: datetime) -> datetime | None:
    """Return when a message of the past was said, as the room stamped it (XEP-0045 §7.2.13); None for one said now.

    Where somebody has stamped theirs in the room's name, nobody knows which stamp is whose: then it is the fallback.
    """
    by_room = [delay for delay in xml.iterfind("{urn:xmpp:delay}delay") if delay.get("from") == room]
    return stamp(by_room[0].get("stamp") if len(by_room) == 1 else None, fallback) if by_room else None


def stamp(text: str | None, fallback: datetime) -> datetime:
    """Return the moment that a delay element gives (XEP-0082); fallback where it gives none."""
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return fallback
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def stanza_id(xml: ET.Element, by: str) -> str:
    """Return the id that the room gave to a message (XEP-0359); ids by others are forged or of no use."""
    ids: Iterable[ET.Element] = xml.iterfind("{urn:xmpp:sid:0}stanza-id")
    return next((i.get("id", "") for i in ids if i.get("by") == by), "")
