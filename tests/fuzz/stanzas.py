"""Stanzas for fuzzing: those that the desk knows, and what chance makes of them.

CHAT in any text stands for the id of a chat in progress.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from hypothesis import strategies as st

NS = "jabber:component:accept"
DATA, C = "jabber:x:data", "http://jabber.org/protocol/commands"
W, W2 = "http://jabber.org/protocol/workgroup", "http://jivesoftware.com/protocol/workgroup"
MUC, USER = "http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#user"
DISCO = "http://jabber.org/protocol/disco"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ROOM = "CHAT@chats.workgroup.localhost"
LONGEST = 5000

FORM = (
    f"<x xmlns='{DATA}' type='submit'>"
    "<field var='username'><value>Vera</value></field>"
    "<field var='question'><value>Why?</value><value>So</value></field>"
    "<field var='chat' type='list-single'><value>CHAT</value></field>"
    "<field var='disposition'><value>solved</value></field>"
    "<field var='accounts'><value>tom@localhost</value></field><field var='standing'><value>helper</value></field>"
    "<field var='jid'><value>kim@localhost</value></field><field var='token'><value>x</value></field>"
    "<field var='max_chats'><value>2</value></field><field var='pass'><value>1.2.3</value></field></x>"
)
NODES = [
    "go-on-duty",
    "go-off-duty",
    "my-status",
    "list-queue",
    "accept-offer",
    "reject-offer",
    "take-request",
    "list-chats",
    "join-chat",
    "close-chat",
    "add-account",
    "promote",
    "demote",
    "list-accounts",
    "ask-for-help",
    "resume",
    "leave-queue",
    "nothing",
]
OCCUPANT = f"<x xmlns='{USER}'><item jid='tom@localhost/x' affiliation='member' role='participant' nick='t'/>"
QUESTIONS = (
    f"<query xmlns='{DISCO}#info'/>",
    f"<query xmlns='{DISCO}#info' node='{C}'/>",
    f"<query xmlns='{DISCO}#items' node='{C}'/>",
    f"<query xmlns='{DISCO}#items'/>",
    f"<join-queue xmlns='{W}'><queue-notifications/>{FORM}</join-queue>",
    f"<join-queue xmlns='{W}'><metadata xmlns='{W2}'><value name='username'>Vera</value></metadata></join-queue>",
    f"<depart-queue xmlns='{W}'/>",
    f"<queue-status xmlns='{W}'/>",
    f"<workgroup-form xmlns='{W}'/>",
    "<ping xmlns='urn:xmpp:ping'/>",
    "<query xmlns='jabber:iq:roster'/>",
    "<vCard xmlns='vcard-temp'/>",
    *(f"<command xmlns='{C}' node='{node}' action='execute'>{FORM}</command>" for node in NODES),
    *(f"<command xmlns='{C}' node='{node}'/>" for node in NODES),
    f"<command xmlns='{C}' node='close-chat' sessionid='1.2.3' action='complete'>{FORM}</command>",
)
ERROR = f"<error type='cancel'><item-not-found xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>no</text></error>"
MESSAGES = (
    "<message type='chat'><body>How do I print?</body><nick xmlns='http://jabber.org/protocol/nick'>Vera</nick></message>",
    *(f"<message type='chat'><body>{words}</body></message>" for words in ("yes", "no", "help", "leave", "?")),
    *(f"<message type='chat'><body>{w}</body></message>" for w in ("close CHAT solved", "on helper 2", "join CHAT")),
    "<message type='groupchat'><body>words</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/>"
    f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='a1'/></message>",
    "<message type='groupchat'><body>!close solved</body></message>",
    "<message type='groupchat'><subject>subject</subject></message>",
    "<message type='groupchat'><body>old</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-22T00:00:00Z'/></message>",
    f"<message><x xmlns='{USER}'><decline from='ben@localhost'><reason>no</reason></decline></x></message>",
    f"<message><x xmlns='{USER}'><invite from='ben@localhost'/></x></message>",
    f"<message><x xmlns='{USER}'><item jid='tom@localhost' affiliation='member'/></x></message>",
    f"<message><x xmlns='{USER}'><status code='104'/></x></message>",
    f"<message><x xmlns='jabber:x:conference' jid='{ROOM}' reason='come'/></message>",
    f"<message type='error'>{ERROR}</message>",
    "<message><privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/></privilege></message>",
    "<message><result xmlns='urn:xmpp:mam:2' queryid='q' id='a1'><forwarded xmlns='urn:xmpp:forward:0'>"
    f"<delay xmlns='urn:xmpp:delay' stamp='2026-11-22T00:00:00Z'/><message xmlns='jabber:client' from='{ROOM}/tom'"
    " type='groupchat'><body>kept</body></message></forwarded></result></message>",
)
PRESENCES = (
    "<presence/>",
    "<presence><show>dnd</show><status>busy</status><priority>5</priority></presence>",
    *(
        f"<presence type='{t}'/>"
        for t in ("unavailable", "subscribe", "subscribed", "unsubscribe", "probe", "nonsense")
    ),
    f"<presence type='error'><x xmlns='{MUC}'/>{ERROR}</presence>",
    f"<presence>{OCCUPANT}<status code='110'/></x></presence>",
    f"<presence>{OCCUPANT}<status code='201'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/></presence>",
    f"<presence type='unavailable'>{OCCUPANT}<status code='303'/></x></presence>",
    f"<presence type='unavailable'>{OCCUPANT}<status code='110'/></x></presence>",
    f"<presence type='unavailable'><x xmlns='{USER}'><destroy jid='{ROOM}'/></x></presence>",
)
SENDERS = (
    "vera@anon.localhost/page eve@anon.localhost/x ana@localhost/x ada@localhost/x tom@localhost/x mia@localhost"
    f" localhost example.org sly@example.org/r {ROOM} {ROOM}/tom {ROOM}/ana {ROOM}/vera chats.workgroup.localhost"
    " support@workgroup.localhost workgroup.localhost/x"
).split()
RECEIVERS = [
    "support@workgroup.localhost",
    "support@workgroup.localhost",
    "workgroup.localhost",
    "CHAT@workgroup.localhost/desk",
    "CHAT@workgroup.localhost",
    "support@workgroup.localhost/Default",
    "nobody@workgroup.localhost",
    "workgroup.localhost/x",
]
ODD = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "9" * 30,
        "true",
        "\u00e9",
        "\u202e",
        "\U0001f600",
        "\ufdfa",
        "\u0378",
        "a b",
        "@",
        "/",
    ),
    *("a@b@c", "x" * LONGEST, "\n\t", "<&>\"'", "%s", "\ufffd", "None", "set", "get", "error", "submit", "CHAT", ROOM),
    *("ada@localhost", "ADA@LOCALHOST/\u00e9", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00-23:59", "{urn:x}y"),
)
SPACES = ("", NS, "jabber:client", "urn:x", W, C, DATA, USER, DISCO + "#info", "urn:xmpp:mam:2", STANZAS)

odd = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))


def _tree(xml: str) -> Element:
    return ET.fromstring(f"<s xmlns='{NS}'>{xml}</s>")[0]


iqs = st.builds(
    lambda kind, payload: _tree(f"<iq type='{kind}'>{payload}</iq>"),
    st.sampled_from(("get", "set", "set", "result", "error")),
    st.sampled_from(QUESTIONS),
)


@st.composite
def stanzas(draw: st.DrawFn) -> Element:
    """A stanza as somebody might send it, changed in up to six places; its id is for the caller to set."""
    stanza = draw(st.one_of(iqs, st.sampled_from(MESSAGES).map(_tree), st.sampled_from(PRESENCES).map(_tree)))
    stanza = copy.deepcopy(stanza)
    stanza.set("from", draw(st.sampled_from(SENDERS)))
    stanza.set("to", draw(st.sampled_from(RECEIVERS)))
    for _ in range(draw(st.integers(0, 6))):
        draw(st.sampled_from(CHANGES))(draw, stanza)
    _nest(draw, stanza)  # at the end: what is nested deep cannot be copied any more
    return stanza


def _any_part(draw: st.DrawFn, stanza: Element) -> Element:
    return draw(st.sampled_from(list(stanza.iter())))


def _set_attribute(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    names = [*part.attrib, "type", "node", "code", "{http://www.w3.org/XML/1998/namespace}lang"]
    part.set(draw(st.sampled_from(names)), draw(odd))


def _drop_attribute(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    if part.attrib:
        del part.attrib[draw(st.sampled_from(sorted(part.attrib)))]


def _set_text(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    part.text = draw(odd)
    if part is not stanza:
        part.tail = draw(odd)


def _rename(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    space, _, name = part.tag.lstrip("{").rpartition("}")
    if part is not stanza:
        space = draw(st.sampled_from((space, *SPACES)))
        name = draw(st.sampled_from((name, "x", "error", "body", "query", "item", "text")))
    part.tag = f"{{{space}}}{name}" if space else name


def _drop_child(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    if len(part):
        part.remove(draw(st.sampled_from(list(part))))


def _repeat_child(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    if len(part):
        part.extend(copy.deepcopy(part[0]) for _ in range(draw(st.sampled_from((1, 2, 50)))))


def _graft(draw: st.DrawFn, stanza: Element) -> None:
    other = draw(st.sampled_from((*MESSAGES, *PRESENCES, *QUESTIONS)).map(_tree))
    _any_part(draw, stanza).append(draw(st.sampled_from(list(copy.deepcopy(other).iter()))))


def _nest(draw: st.DrawFn, stanza: Element) -> None:
    part = _any_part(draw, stanza)
    for _ in range(draw(st.sampled_from((0,) * 9 + (2000,)))):
        part = ET.SubElement(part, part.tag)


CHANGES: tuple[Callable[[st.DrawFn, Element], None], ...] = (
    _set_attribute,
    _set_attribute,
    _drop_attribute,
    _set_text,
    _rename,
    _drop_child,
    _repeat_child,
    _graft,
)


def written(stanza: Element, chat: str) -> str:
    """Return the stanza as text, for the chat."""
    parts: list[str] = []
    _write(stanza, NS, parts)
    return "".join(parts).replace("CHAT", chat)


def _write(element: Element, inherited: str, parts: list[str]) -> None:
    """Write without recursion: ElementTree's own writer gives up at a thousand levels."""
    waiting: list[tuple[Element, str] | str] = [(element, inherited)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            parts.append(one)
            continue
        part, outer = one
        space, _, name = part.tag.lstrip("{").rpartition("}")
        attributes = "".join(f' {_name(key)}="{_escaped(value)}"' for key, value in part.attrib.items())
        declared = "" if space == outer else f' xmlns="{space}"'
        parts.append(f"<{name}{declared}{attributes}>{_escaped(part.text or '')}")
        waiting.append(f"</{name}>{_escaped(part.tail or '') if part is not element else ''}")
        waiting.extend((child, space) for child in reversed(part))


def _name(key: str) -> str:
    return "xml:lang" if key.startswith("{") else key


def _escaped(text: str) -> str:
    for sign, escape in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("\n", "&#10;"),
        ("\t", "&#9;"),
    ):
        text = text.replace(sign, escape)
    return text.replace("\ufffe", "").replace("\uffff", "")
