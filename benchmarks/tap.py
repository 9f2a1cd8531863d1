"""What goes over a component's link: a proxy on loopback that counts stanzas. Only for counting, never while timing."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from benchmarks.wire import Stanza, stanzas


@dataclass
class Count:
    """Stanzas by what they are, and bytes, of one direction. posts: requests, where it is HTTP instead."""

    kinds: Counter[str] = field(default_factory=Counter)
    size: int = 0
    posts: int = 0
    _rest: str = ""

    def take(self, data: bytes) -> None:
        self.size += len(data)
        self.posts += data.count(b"POST /")
        found, self._rest = stanzas(self._rest + data.decode("latin-1"))
        self.kinds.update(kind_of(stanza) for stanza in found)


_CHILD = re.compile(r"<([\w-]+)(?:\s[^>]*?xmlns=[\"']([^\"']+))?")
_LAST = re.compile(r"[^/:#]+(?:#\w+)?$")


def kind_of(stanza: Stanza) -> str:
    """Return what a stanza is, as `iq set query muc#admin`: its kind, type, first child, and the child's namespace."""
    child = _CHILD.search(stanza.body)
    if stanza.kind == "message" and "jabber:x:conference" in stanza.body:
        what = "invitation"
    elif stanza.kind == "message" and stanza.type == "groupchat" and "<subject" in stanza.body:
        what = "subject"
    elif stanza.kind == "message" and "<result" in stanza.body:
        what = "archived"
    elif stanza.kind == "message" or stanza.kind == "presence":
        what = "in a room" if "muc" in stanza.body else ""
    else:
        what = f"{child[1]} {_last(child[2] or '')}" if child else ""
    return " ".join(f"{stanza.kind} {stanza.type} {what}".split())


def _last(namespace: str) -> str:
    found = _LAST.search(namespace)
    return found[0] if found else ""


class Tap:
    """The proxy. out: from the component to the server; into: the other way."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.out, self.into = Count(), Count()
        self._ends: set[asyncio.StreamWriter] = set()
        self._is_quiet = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.port = 0

    @classmethod
    async def before(cls, server_port: int) -> Self:
        tap = cls(server_port)
        tap._server = await asyncio.start_server(tap._on_link, "127.0.0.1", 0)
        tap.port = tap._server.sockets[0].getsockname()[1]
        return tap

    def reset(self) -> None:
        self.out, self.into = Count(), Count()

    async def _on_link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._ends |= {writer, server_writer}
        self._is_quiet.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on(reader, server_writer, is_out=True))
            group.create_task(self._pass_on(server_reader, writer, is_out=False))
        self._ends -= {writer, server_writer}
        if not self._ends:
            self._is_quiet.set()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_out: bool) -> None:
        try:
            while data := await source.read(65_536):
                (self.out if is_out else self.into).take(data)
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    async def close(self) -> None:
        """End all links too, and wait until they have ended."""
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.close()
        if self._ends:
            await self._is_quiet.wait()
