"""A component's link (XEP-0114) for drivers: text out, stanzas in as their parts, found by pattern and not parsed.

Good enough for servers whose every stanza is known, and some ten times cheaper than XML objects.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

# Inside a message of an archive stands another one; the first end found then is the inner one's, and what is
# left over of the outer one is passed over. Servers write > in attributes as &gt;.
STANZA = re.compile(r"<(message|presence|iq)\b([^>]*?)(?:/>|>(.*?)</\1>)", re.DOTALL)
ATTRIBUTE = re.compile(r"""([\w:]+)=["']([^"']*)["']""")
CONNECT_LIMIT_S = 10.0


@dataclass(slots=True)
class Stanza:
    """kind: message, presence or iq; body: all between its tags, "" for none."""

    kind: str
    to: str
    sender: str
    type: str
    id: str
    body: str


def is_own(presence: Stanza) -> bool:
    """Return whether a room's presence is about who gets it (status 110, XEP-0045 §7.2.2)."""
    return "code='110'" in presence.body or 'code="110"' in presence.body


def stanzas(text: str) -> tuple[list[Stanza], str]:
    """Return the whole stanzas of the text, and what is left of it."""
    found, end = [], 0
    for match in STANZA.finditer(text):
        end = match.end()
        head = dict(ATTRIBUTE.findall(match[2]))
        get = head.get
        found.append(Stanza(match[1], get("to", ""), get("from", ""), get("type", ""), get("id", ""), match[3] or ""))
    return found, text[end:]


class Wire(asyncio.Protocol):
    """One link. take: called with each stanza. What is sent in one turn of the loop goes out in one piece."""

    def __init__(self, domain: str, secret: str, take: Callable[[Stanza], None]) -> None:
        loop = asyncio.get_running_loop()
        self.domain, self._secret, self._take = domain, secret, take
        self.lost: asyncio.Future[str] = loop.create_future()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._loop, self._rest = loop, ""
        self._out: list[str] = []
        self._is_answered = False
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int, domain: str, secret: str, take: Callable[[Stanza], None]) -> Self:
        """Connect and authenticate. Raises ConnectionError with what the server says."""
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(lambda: cls(domain, secret, take), "127.0.0.1", port)
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await wire._ready
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{self.domain}' xmlns='jabber:component:accept'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )

    def data_received(self, data: bytes) -> None:
        self._rest += data.decode("latin-1")  # no character is cut in two, and what we look for is ASCII
        if not self._ready.done():
            self._begin()
            return
        found, self._rest = stanzas(self._rest)
        for stanza in found:
            self._take(stanza)

    def _begin(self) -> None:
        if "<handshake" in self._rest:
            self._rest = ""
            self._ready.set_result(None)
        elif "<stream:error" in self._rest:
            self._ready.set_exception(ConnectionError(self._rest))
        elif not self._is_answered and (found := re.search(r"""<stream:stream[^>]*\bid=["']([^"']+)""", self._rest)):
            self._is_answered = True
            digest = hashlib.sha1((found[1] + self._secret).encode()).hexdigest()
            self.send(f"<handshake>{digest}</handshake>")

    def connection_lost(self, error: Exception | None) -> None:
        why = str(error or self._rest[-300:] or "closed")
        if not self._ready.done():
            self._ready.set_exception(ConnectionError(why))
        if not self.lost.done():
            self.lost.set_result(why)

    def send(self, text: str) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(text)

    def _flush(self) -> None:
        assert self._transport is not None
        self._transport.write("".join(self._out).encode())
        self._out.clear()

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


class Numbers:
    """Ids that no other part of a run has."""

    def __init__(self, mark: str) -> None:
        self._numbers: Iterator[int] = iter(range(1, 10**12))
        self._mark = mark

    def next(self) -> str:
        return f"{self._mark}{next(self._numbers)}"
