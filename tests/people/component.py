"""A bare component (XEP-0114) whose addresses are people: for tests of servers, and as the other side in benchmarks."""

from __future__ import annotations

import asyncio
import hashlib
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tests.people.c2s import Connection, Receiver
from tests.people.elements import COMPONENT, STREAM, StreamReader, bare, domain, error_to, name, readdressed, write
from tests.people.person import Person


class Seat:
    """One address of the component in use; see tests.people.Connection."""

    def __init__(self, component: BareComponent, jid: str, receiver: Receiver) -> None:
        self._component, self.jid, self._receiver = component, jid, receiver

    def take(self, stanza: Element) -> None:
        self._receiver.on_stanza(stanza)

    def send(self, stanza: Element) -> None:
        self._component.send(readdressed(stanza, from_=stanza.get("from", self.jid)))

    def send_raw(self, text: str) -> None:
        self._component.send_raw(text)

    def lose(self, reason: str) -> None:
        self._component.seats.discard(self)
        self._receiver.on_lost(reason)

    def drop(self) -> None:
        self._component.cut()

    async def close(self) -> None:
        self.lose("got up")


class BareComponent(asyncio.Protocol):
    """A component's connection. Stanzas go to the seat with their address, else to one with the same bare one.

    unclaimed: stanzas for addresses where nobody sits; questions among them are answered with an error.
    """

    def __init__(self, domain: str, secret: str) -> None:
        loop = asyncio.get_running_loop()
        self.domain, self._secret = domain, secret
        self.seats: set[Seat] = set()
        self.unclaimed: list[Element] = []
        self.error = ""
        self._ready: asyncio.Future[None] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()
        self._reader = StreamReader(COMPONENT)
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, host: str, port: int, domain: str, secret: str) -> Self:
        """Connect and authenticate. Raises ConnectionError with the stream error's condition."""
        loop = asyncio.get_running_loop()
        _, component = await loop.create_connection(lambda: cls(domain, secret), host, port)
        await asyncio.wait_for(component._ready, 10)
        return component

    def person(self, jid: str) -> Person:
        """Return somebody with an address of the component; `await ….arrive(available=False)` to use it."""

        async def sit(receiver: Receiver) -> Connection:
            seat = Seat(self, jid, receiver)
            self.seats.add(seat)
            return seat

        assert domain(jid) == self.domain
        return Person(sit, bare(jid).partition("@")[0])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.send_raw(
            f"<?xml version='1.0'?><stream:stream to='{self.domain}' xmlns='{COMPONENT}' xmlns:stream='{STREAM}'>"
        )

    def data_received(self, data: bytes) -> None:
        try:
            for event, element in self._reader.feed(data):
                if event == "open":
                    digest = hashlib.sha1((element.get("id", "") + self._secret).encode()).hexdigest()
                    self.send_raw(f"<handshake>{digest}</handshake>")
                elif event == "stanza":
                    self._on_element(element)
        except ET.ParseError as error:
            self.error = str(error)
            self.cut()

    def _on_element(self, element: Element) -> None:
        if name(element) == "handshake":
            self._ready.set_result(None)
        elif element.tag == f"{{{STREAM}}}error":
            self.error = ", ".join(name(child) for child in element if name(child) != "text")
        else:
            self._hand_out(element)

    def _hand_out(self, stanza: Element) -> None:
        to = stanza.get("to", "")
        seats = [seat for seat in self.seats if seat.jid == to]
        seats = seats or [seat for seat in self.seats if bare(seat.jid) == bare(to)]
        for seat in seats:
            seat.take(stanza)
        if not seats:
            self.unclaimed.append(stanza)
            if name(stanza) == "iq" and stanza.get("type") in ("get", "set"):
                self.send(error_to(stanza, "service-unavailable"))

    def connection_lost(self, error: Exception | None) -> None:
        reason = self.error or str(error or "closed")
        if not self._ready.done():
            self._ready.set_exception(ConnectionError(reason))
        self._over.set_result(None)
        for seat in list(self.seats):
            seat.lose(reason)

    def send(self, stanza: Element) -> None:
        self.send_raw(write(stanza, COMPONENT))

    def send_raw(self, text: str) -> None:
        assert self._transport is not None
        self._transport.write(text.encode(errors="surrogatepass"))

    def cut(self) -> None:
        """Lose the link without a word."""
        assert self._transport is not None
        self._transport.abort()

    async def over(self, limit_s: float = 10) -> str:
        """Wait until the link is down, and return the stream error's condition, or another reason."""
        await asyncio.wait_for(asyncio.shield(self._over), limit_s)
        return self.error

    async def close(self) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self.send_raw("</stream:stream>")
            self._transport.close()
        await self.over()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
