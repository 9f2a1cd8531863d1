"""A person's connection to a real server over TCP: RFC 6120 without TLS, which is for loopback only."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tests.people.elements import (
    BIND,
    REGISTER,
    SASL,
    STREAM,
    StreamReader,
    bare,
    condition_of,
    domain,
    local,
    make,
    name,
    new_id,
    write,
)


class Connection(Protocol):
    """What carries a person's stanzas. Both ways are in jabber:client; the receiver is told of the connection's end."""

    jid: str

    def send(self, stanza: Element) -> None: ...
    def send_raw(self, text: str) -> None: ...
    def drop(self) -> None: ...
    async def close(self) -> None: ...


class Receiver(Protocol):
    def on_stanza(self, stanza: Element) -> None: ...
    def on_lost(self, reason: str) -> None: ...


Opener = Callable[[Receiver], Awaitable[Connection]]


class LoginFailed(Exception):
    """The server did not let us in; the text is its condition."""


class ClientStream(asyncio.Protocol):
    """One c2s stream: a queue of what comes in during the login, a receiver afterwards."""

    def __init__(self, server: str) -> None:
        self.jid = ""
        self._server = server
        self._receiver: Receiver | None = None
        self._early: asyncio.Queue[Element | str] = asyncio.Queue()
        self._reader = StreamReader()
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.get_running_loop().create_future()
        self._reason = "closed by the other side"

    # the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            reader = self._reader
            for event, element in reader.feed(data):
                if reader is not self._reader:
                    return  # the stream was begun anew meanwhile
                if event == "stanza":
                    self._incoming(element)
                elif event == "end" and self._transport is not None:
                    self._transport.close()
        except ET.ParseError as error:
            self._reason = f"the server sent no XML: {error}"
            self.drop()

    def _incoming(self, element: Element) -> None:
        if element.tag == f"{{{STREAM}}}error":
            self._reason = "stream error: " + ", ".join(name(child) for child in element)
        elif self._receiver is not None:
            self._receiver.on_stanza(element)
        else:
            self._early.put_nowait(element)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        reason = str(error) if error else self._reason
        self._early.put_nowait(reason)
        if self._receiver is not None:
            self._receiver.on_lost(reason)

    # for the person

    def send(self, stanza: Element) -> None:
        self.send_raw(write(stanza))

    def send_raw(self, text: str) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionError(f"{self.jid} is not connected: {self._reason}")
        self._transport.write(text.encode(errors="surrogatepass"))

    def drop(self) -> None:
        """Cut the connection with a TCP reset and no end of the stream."""
        assert self._transport is not None
        if not self._transport.is_closing():
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    async def close(self) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self.send_raw("</stream:stream>")
        try:
            await asyncio.wait_for(asyncio.shield(self._lost), 5)
        except TimeoutError:
            self._transport.abort()

    # the login

    async def _next(self) -> Element:
        element = await asyncio.wait_for(self._early.get(), 10)
        if isinstance(element, str):
            raise LoginFailed(element)
        return element

    async def begin(self) -> Element:
        """Open a stream and return its features."""
        self._reader = StreamReader()
        self.send_raw(
            f"<?xml version='1.0'?><stream:stream to='{self._server}' version='1.0' "
            f"xmlns='jabber:client' xmlns:stream='{STREAM}'>"
        )
        return await self._next()

    async def ask(self, payload: Element) -> Element:
        self.send(make("iq", payload, type="set", id=new_id()))
        answer = await self._next()
        if answer.get("type") != "result":
            raise LoginFailed(": ".join(condition_of(answer)))
        return answer

    async def authenticate(self, features: Element, user: str | None, password: str) -> None:
        """Log in; user is None for an anonymous login (XEP-0175)."""
        offered = {mechanism.text for mechanism in features.iter(f"{{{SASL}}}mechanism")}
        if user is None:
            await self._sasl("ANONYMOUS", "")
        elif "PLAIN" in offered:
            await self._sasl("PLAIN", f"\0{user}\0{password}")
        elif "SCRAM-SHA-1" in offered:
            await self._scram(user, password)
        else:
            raise LoginFailed(f"none of the mechanisms offered is known here: {offered}")

    async def _sasl(self, mechanism: str, text: str) -> str:
        first = base64.b64encode(text.encode()).decode()
        self.send(make(f"{{{SASL}}}auth", first or None, mechanism=mechanism))
        return await self._sasl_answer()

    async def _sasl_answer(self) -> str:
        answer = await self._next()
        if name(answer) == "failure":
            raise LoginFailed(", ".join(name(child) for child in answer))
        return base64.b64decode(answer.text or "").decode()

    async def _scram(self, user: str, password: str) -> None:
        """RFC 5802 without channel binding."""
        first = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={secrets.token_hex(8)}"
        challenge = await self._sasl("SCRAM-SHA-1", "n,," + first)
        given = dict(part.split("=", 1) for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha1", password.encode(), base64.b64decode(given["s"]), int(given["i"]))
        key = hmac.digest(salted, b"Client Key", "sha1")
        last = f"c=biws,r={given['r']}"
        signature = hmac.digest(hashlib.sha1(key).digest(), f"{first},{challenge},{last}".encode(), "sha1")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
        response = base64.b64encode(f"{last},p={proof}".encode()).decode()
        self.send(make(f"{{{SASL}}}response", response))
        await self._sasl_answer()

    async def bind(self, features: Element, resource: str | None) -> None:
        wish = None if resource is None else make(f"{{{BIND}}}resource", resource)
        answer = await self.ask(make(f"{{{BIND}}}bind", wish))
        jid = answer.find(f".//{{{BIND}}}jid")
        assert jid is not None
        assert jid.text
        self.jid = jid.text
        session = features.find("{urn:ietf:params:xml:ns:xmpp-session}session")
        if session is not None and session.find("{urn:ietf:params:xml:ns:xmpp-session}optional") is None:
            await self.ask(make("{urn:ietf:params:xml:ns:xmpp-session}session"))

    def hand_over(self, receiver: Receiver) -> None:
        """From now on the receiver gets what comes in."""
        self._receiver = receiver
        while not self._early.empty():
            waiting = self._early.get_nowait()
            if isinstance(waiting, str):
                receiver.on_lost(waiting)
            else:
                receiver.on_stanza(waiting)


async def _connect(host: str, port: int, server: str) -> ClientStream:
    loop = asyncio.get_running_loop()
    _, stream = await loop.create_connection(lambda: ClientStream(server), host, port)
    return stream


def over_tcp(host: str, port: int, jid: str, password: str | None = None) -> Opener:
    """Return how to connect as jid: `user@domain[/resource]` with a password, or the anonymous `domain` without."""

    async def open_stream(receiver: Receiver) -> Connection:
        stream = await _connect(host, port, domain(jid))
        try:
            features = await stream.begin()
            await stream.authenticate(features, local(jid) if password is not None else None, password or "")
            await stream.bind(await stream.begin(), jid.partition("/")[2] or None)
        except BaseException:
            stream.drop()
            raise
        # Once whom it is handed to has the connection: what came in meanwhile may want an answer.
        asyncio.get_running_loop().call_soon(stream.hand_over, receiver)
        return stream

    return open_stream


async def register(host: str, port: int, jid: str, password: str) -> bool:
    """Make an account by in-band registration (XEP-0077). Return False when there was one of that name already."""
    stream = await _connect(host, port, domain(jid))
    try:
        await stream.begin()
        query = make(
            f"{{{REGISTER}}}query",
            make(f"{{{REGISTER}}}username", local(bare(jid))),
            make(f"{{{REGISTER}}}password", password),
        )
        try:
            await stream.ask(query)
        except LoginFailed as refused:
            if "conflict" in str(refused):
                return False
            raise
        return True
    finally:
        await stream.close()
