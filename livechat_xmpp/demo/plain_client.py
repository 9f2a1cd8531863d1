"""As much of an XMPP client as it takes to make accounts and a room on a loopback server without TLS."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self, cast
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from livechat_xmpp.demo.places import HOST

CLIENT = "{jabber:client}"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
MUC = "http://jabber.org/protocol/muc"
_LIMIT_S = 15.0


class LoginFailed(Exception):
    """The server refused name and password; the text is its error condition."""


class RequestFailed(Exception):
    """The server answered an IQ with an error; the text is its condition."""


def _condition(stanza: ET.Element) -> str:
    """Return the name of the first error condition in a stanza or a SASL failure."""
    error = stanza.find(f"{CLIENT}error")
    first = next(iter(stanza if error is None else error), None)
    return "unknown-error" if first is None else first.tag.rpartition("}")[2]


class PlainClient:
    """One connection; use as `async with PlainClient(port, domain) as client`. Each wait ends after 15 s."""

    def __init__(self, port: int, domain: str) -> None:
        self._port, self._domain, self._ids = port, domain, 0
        self._parser: ET.XMLPullParser[ET.Element]
        self._depth: int

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        await self._open_stream()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._writer.write(b"</stream:stream>")
        self._writer.close()

    async def register(self, name: str, password: str) -> bool:
        """Make the account; False if there is one of that name already (XEP-0077 §3.1)."""
        fields = f"<username>{escape(name)}</username><password>{escape(password)}</password>"
        try:
            await self.request("set", f"<query xmlns='jabber:iq:register'>{fields}</query>")
        except RequestFailed as failed:
            if str(failed) != "conflict":
                raise
            return False
        return True

    async def login(self, name: str, password: str) -> None:
        """Authenticate (SASL PLAIN) and bind a resource; raises LoginFailed."""
        secret = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self._send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{secret}</auth>")
        answer = await self._next_stanza()
        if answer.tag != f"{{{SASL}}}success":
            raise LoginFailed(_condition(answer))
        await self._open_stream()
        await self.request("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")

    async def enter_room(self, room: str, nick: str) -> bool:
        """Enter; True if that made the room, which is then locked until configured (XEP-0045 §10.1)."""
        self._send(f"<presence to={quoteattr(f'{room}/{nick}')}><x xmlns='{MUC}'/></presence>")
        while True:
            stanza = await self._next_stanza()
            if stanza.tag != f"{CLIENT}presence":
                continue
            if stanza.get("type") == "error":
                raise RequestFailed(_condition(stanza))
            codes = {status.get("code") for status in stanza.iter(f"{{{MUC}#user}}status")}
            if "110" in codes:
                return "201" in codes

    async def configure_room(self, room: str, wanted: Mapping[str, str]) -> None:
        fields = "".join(
            f"<field var={quoteattr(name)}><value>{escape(value)}</value></field>"
            for name, value in {"FORM_TYPE": f"{MUC}#roomconfig", **wanted}.items()
        )
        form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>"
        await self.request("set", f"<query xmlns='{MUC}#owner'>{form}</query>", to=room)

    async def set_affiliation(self, room: str, jid: str, affiliation: str) -> None:
        item = f"<item affiliation={quoteattr(affiliation)} jid={quoteattr(jid)}/>"
        await self.request("set", f"<query xmlns='{MUC}#admin'>{item}</query>", to=room)

    async def request(self, kind: str, payload: str, to: str | None = None) -> ET.Element:
        """Send an IQ of that type and return the answer; raises RequestFailed."""
        self._ids += 1
        mark = f"r{self._ids}"
        address = "" if to is None else f" to={quoteattr(to)}"
        self._send(f"<iq type='{kind}' id='{mark}'{address}>{payload}</iq>")
        while True:
            stanza = await self._next_stanza()
            if stanza.tag == f"{CLIENT}iq" and stanza.get("id") == mark:
                break
        if stanza.get("type") == "error":
            raise RequestFailed(_condition(stanza))
        return stanza

    async def _open_stream(self) -> None:
        self._parser, self._depth = ET.XMLPullParser(("start", "end")), 0
        self._send(
            f"<?xml version='1.0'?><stream:stream to={quoteattr(self._domain)} version='1.0'"
            " xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        await self._next_stanza()  # the stream's features

    def _send(self, text: str) -> None:
        self._writer.write(text.encode())

    async def _next_stanza(self) -> ET.Element:
        async with asyncio.timeout(_LIMIT_S):
            while True:
                for event, element in cast("Iterator[tuple[str, ET.Element]]", self._parser.read_events()):
                    self._depth += 1 if event == "start" else -1
                    if event == "end" and self._depth == 1:
                        return element
                data = await self._reader.read(65_536)
                if not data:
                    raise ConnectionError("the server closed the stream")
                self._parser.feed(data)
