"""The component's link: a server's side of XEP-0114 on a TCP port of loopback."""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
from collections.abc import Callable
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tests.people.elements import COMPONENT, STREAM, STREAMS, StreamReader, domain, make, name, readdressed, write
from tests.simulation.quirks import Quirks, SecondLink


class ComponentPort:
    """Where one component connects. link: its authenticated connection (the newest), None while there is none.

    on_stanza gets what it sends; on_change is called when the link comes or goes. second: what happens to a second
    connection, `kick_new` refuses it and `kick_old` lets it replace the first (Prosody's component_conflict_resolve);
    with `both` chance decides for each stanza which of them gets it (ejabberd).
    max_stanza: in bytes; more ends the link.
    """

    def __init__(
        self,
        component: str,
        secret: str,
        quirks: Quirks,
        on_stanza: Callable[[Element], None],
        on_change: Callable[[], None],
        second: SecondLink,
        max_stanza: int,
    ) -> None:
        self.component, self.secret, self.quirks, self.second = component, secret, quirks, second
        self.on_stanza, self.on_change, self.max_stanza = on_stanza, on_change, max_stanza
        self._links: list[ComponentLink] = []
        self.accepts = True
        self.port = 0
        self._connections: set[ComponentLink] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: ComponentLink(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for connection in list(self._connections):
            connection.cut()
        if self._server is not None:
            await self._server.wait_closed()

    def cut(self) -> None:
        """Break the link without a word; from now on nothing is sent or received on it."""
        for link in list(self._links):
            link.cut()

    @property
    def link(self) -> ComponentLink | None:
        return self._links[-1] if self._links else None

    def send(self, stanza: Element) -> None:
        """Send to the component, on whichever of its links; there has to be one."""
        random.choice(self._links).send(stanza)

    def authenticated(self, link: ComponentLink) -> bool:
        """Take the link over. Return False when there is one already, and it is to stay."""
        if self.link is not None:
            if self.second == "kick_new":
                return False
            if self.second == "kick_old":
                self.link.fail("conflict", "Replaced by a new connection")
        self._links.append(link)
        return True

    def came(self, link: ComponentLink) -> None:
        self._connections.add(link)

    def gone(self, link: ComponentLink) -> None:
        self._connections.discard(link)
        if link in self._links:
            self._links.remove(link)
            self.on_change()


class ComponentLink(asyncio.Protocol):
    """One connection of a component."""

    def __init__(self, port: ComponentPort) -> None:
        self._port = port
        self._reader = StreamReader(COMPONENT)
        self._id = secrets.token_hex(6)
        self._unparsed = 0
        self._is_over = False
        self._is_authenticated = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._port.accepts:
            self._port.came(self)
        else:
            self._is_over = True
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over = True
        self._port.gone(self)

    def data_received(self, data: bytes) -> None:
        self._unparsed += len(data)
        try:
            for event, element in self._reader.feed(data):
                if self._is_over:
                    return
                self._unparsed = 0
                if event == "open":
                    self._on_open(element)
                elif event == "stanza":
                    self._on_element(element)
                else:
                    self.end()
        except ET.ParseError as error:
            self.fail("not-well-formed", str(error))
        if self._unparsed > self._port.max_stanza:
            self.fail(self._port.quirks.too_big, "stanza too big")

    def _on_open(self, header: Element) -> None:
        wanted = header.get("to")
        self._write(
            f"<?xml version='1.0'?><stream:stream xmlns='{COMPONENT}' xmlns:stream='{STREAM}' "
            f"from='{self._port.component}' id='{self._id}'>"
        )
        if wanted != self._port.component:
            self.fail("host-unknown", f"{wanted} does not match any configured external components")

    def _on_element(self, element: Element) -> None:
        if element.tag == f"{{{STREAM}}}error":
            self.end()
        elif not self._is_authenticated:
            self._on_handshake(element)
        elif name(element) in ("message", "presence", "iq"):
            self._on_stanza(element)
        else:
            self.fail("unsupported-stanza-type", name(element))

    def _on_handshake(self, element: Element) -> None:
        right = hashlib.sha1((self._id + self._port.secret).encode()).hexdigest()
        if name(element) != "handshake" or (element.text or "").strip().lower() != right:
            self.fail("not-authorized", "Given token does not match calculated token")
        elif not self._port.authenticated(self):
            self.fail("conflict", "Component already connected")
        else:
            self._is_authenticated = True
            self._write("<handshake/>")
            self._port.on_change()

    def _on_stanza(self, stanza: Element) -> None:
        sender = stanza.get("from")
        if sender is None:
            if not self._port.quirks.fills_in_sender:
                self.fail("improper-addressing", "no from")
                return
            stanza = readdressed(stanza, from_=self._port.component)
        elif domain(sender) != self._port.component:
            self.fail("invalid-from", f"{sender} is not of {self._port.component}")
            return
        self._port.on_stanza(stanza)

    def _write(self, text: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(text.encode())

    def send(self, stanza: Element) -> None:
        self._write(write(stanza, COMPONENT))

    def fail(self, condition: str, text: str) -> None:
        """End the link with a stream error (RFC 6120 §4.9)."""
        if not self._is_over:
            words = make(f"{{{STREAMS}}}text", text)
            error = write(make(f"{{{STREAM}}}error", make(f"{{{STREAMS}}}{condition}"), words))
            self._write(error)
            self.end()

    def end(self) -> None:
        self._write("</stream:stream>")
        self._is_over = True
        if self._transport is not None:
            self._transport.close()
        self._port.gone(self)

    def cut(self) -> None:
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()
        self._port.gone(self)
