"""XML for tests: build, read, write and stream stanzas with xml.etree alone.

Inside the tests every stanza is in `jabber:client`, also what a component sends: `write` and `StreamReader` change
the namespace at the door of a component's stream (XEP-0114 §3), and leave forwarded stanzas (XEP-0297) as they are.
"""

from __future__ import annotations

import copy
import itertools
import secrets
from collections.abc import Iterator
from typing import cast
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

CLIENT = "jabber:client"
COMPONENT = "jabber:component:accept"
STREAM = "http://etherx.jabber.org/streams"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
ROSTER = "jabber:iq:roster"
REGISTER = "jabber:iq:register"
MUC = "http://jabber.org/protocol/muc"
MUC_USER = MUC + "#user"
MUC_ADMIN = MUC + "#admin"
MUC_OWNER = MUC + "#owner"
MUC_CONFIG = MUC + "#roomconfig"
CONFERENCE = "jabber:x:conference"
COMMANDS = "http://jabber.org/protocol/commands"
DATA = "jabber:x:data"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
DELAY = "urn:xmpp:delay"
STANZA_ID = "urn:xmpp:sid:0"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"
PING = "urn:xmpp:ping"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
FORWARD = "urn:xmpp:forward:0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_serial = itertools.count(1)
_prefix = secrets.token_hex(3)


def new_id() -> str:
    """Return a stanza id that no other test process uses."""
    return f"{_prefix}-{next(_serial)}"


# addresses


def bare(jid: str) -> str:
    return jid.partition("/")[0]


def resource(jid: str) -> str:
    return jid.partition("/")[2]


def domain(jid: str) -> str:
    return bare(jid).rpartition("@")[2]


def local(jid: str) -> str:
    return bare(jid).rpartition("@")[0]


# elements


def name(element: Element) -> str:
    """Return the element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def make(tag: str, *children: Element | str | None, **attributes: str | None) -> Element:
    """Return an element; tag is `name` (in jabber:client) or `{namespace}name`, None is left out, text is text.

    A trailing underscore in an attribute's name is dropped, so that `from_` can be given.
    """
    element = Element(tag if tag.startswith("{") else f"{{{CLIENT}}}{tag}")
    for key, value in attributes.items():
        if value is not None:
            element.set(key.rstrip("_"), value)
    for child in children:
        if isinstance(child, str):
            element.text = (element.text or "") + child
        elif child is not None:
            element.append(child)
    return element


def parse(xml: str) -> Element:
    """Return the element that xml describes; without a namespace of its own it is in jabber:client."""
    return ET.fromstring(f"<wrapper xmlns='{CLIENT}'>{xml}</wrapper>")[0]


def readdressed(stanza: Element, **attributes: str | None) -> Element:
    """Return a copy with these attributes; the original may be in other hands and stays as it is."""
    twin = copy.copy(stanza)
    twin.attrib = dict(stanza.attrib)
    for key, value in attributes.items():
        if value is None:
            twin.attrib.pop(key.rstrip("_"), None)
        else:
            twin.set(key.rstrip("_"), value)
    return twin


def text_of(element: Element, path: str) -> str | None:
    """Return the text of the child, None when there is no such child, "" when it is empty."""
    child = element.find(path)
    return None if child is None else child.text or ""


def body_of(stanza: Element) -> str | None:
    return text_of(stanza, f"{{{CLIENT}}}body")


def reply_to(iq: Element, *children: Element) -> Element:
    """Return the result for an IQ."""
    return make("iq", *children, type="result", id=iq.get("id"), to=iq.get("from"), from_=iq.get("to"))


ERROR_TYPES = {
    "bad-request": "modify",
    "jid-malformed": "modify",
    "not-acceptable": "modify",
    "policy-violation": "modify",
    "forbidden": "auth",
    "not-authorized": "auth",
    "registration-required": "auth",
    "subscription-required": "auth",
    "remote-server-timeout": "wait",
    "resource-constraint": "wait",
}


def error_to(stanza: Element, condition: str, text: str | None = None, *, kind: str | None = None) -> Element:
    """Return the error that answers a stanza; kind is the error type, by default that of RFC 6120 §8.3.3."""
    words = None if text is None else make(f"{{{STANZAS}}}text", text)
    error = make("error", make(f"{{{STANZAS}}}{condition}"), words, type=kind or ERROR_TYPES.get(condition, "cancel"))
    return make(name(stanza), error, type="error", id=stanza.get("id"), to=stanza.get("from"), from_=stanza.get("to"))


def condition_of(stanza: Element) -> tuple[str, str]:
    """Return the condition and the text of an error stanza."""
    condition, text = "undefined-condition", ""
    for child in stanza.find(f"{{{CLIENT}}}error") or ():
        if namespace(child) == STANZAS:
            if name(child) == "text":
                text = child.text or ""
            else:
                condition = name(child)
    return condition, text


# the wire


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _write(element: Element, inherited: str, default: str, out: list[str]) -> None:
    space, tag = namespace(element), name(element)
    space = default if space == CLIENT and inherited == default else space
    out.append(f"<{tag}" if space == inherited else f'<{tag} xmlns="{_escape(space)}"')
    for key, value in element.attrib.items():
        quoted = _escape(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
        out.append(f' {"xml:lang" if key == XML_LANG else key.rpartition("}")[2]}="{quoted}"')
    if element.text or len(element):
        out.append(">" + _escape(element.text or ""))
        for child in element:
            _write(child, space, default, out)
            out.append(_escape(child.tail or ""))
        out.append(f"</{tag}>")
    else:
        out.append("/>")


def write(stanza: Element, default: str = CLIENT) -> str:
    """Return the stanza as text for a stream whose default namespace is `default`, without any prefixes.

    Prefixes for stanzas are allowed, but ejabberd does not understand them.
    """
    out: list[str] = []
    _write(stanza, default, default, out)
    return "".join(out)


def _to_client(element: Element, default: str) -> None:
    if namespace(element) == default:
        element.tag = f"{{{CLIENT}}}{name(element)}"
        for child in element:
            _to_client(child, default)


class StreamReader:
    """Turn the bytes of one XML stream into its opening, its stanzas and its end, as they come in.

    feed() gives ("open", root), ("stanza", element) and ("end", root); raises ET.ParseError for what is no XML.
    """

    def __init__(self, default: str = CLIENT) -> None:
        self._default = default
        self._parser: ET.XMLPullParser[Element] = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        self._root: Element | None = None

    def feed(self, data: bytes) -> Iterator[tuple[str, Element]]:
        self._parser.feed(data)
        if hasattr(self._parser, "flush"):
            self._parser.flush()  # newer versions of expat else keep back what they have
        for event, element in cast("Iterator[tuple[str, Element]]", self._parser.read_events()):
            if event == "start":
                self._depth += 1
                if self._depth == 1:
                    self._root = element
                    yield "open", element
                continue
            self._depth -= 1
            if self._depth == 1:
                assert self._root is not None
                self._root.remove(element)  # else the stream grows in memory with each stanza
                element.tail = None
                if self._default != CLIENT:
                    _to_client(element, self._default)
                yield "stanza", element
            elif self._depth == 0:
                yield "end", element
