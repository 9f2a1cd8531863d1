"""The visitor's network: everything between the page and the server's WebSocket goes through here, and can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """A TCP relay.

    cut(): every socket is reset, new ones at once. hush(): sockets stay open, and nothing passes any more, as when
    a phone leaves its network. Both until mend(). opened: connections so far.
    """

    def __init__(self, host: str, port: int, target_port: int) -> None:
        self._host, self._port, self._target_port = host, port, target_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self.opened = 0

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def hush(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        """Let new connections through; what was underway on hushed ones arrives late, or never."""
        self._is_cut = False
        self._flows.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wire]:
        server = await asyncio.start_server(self._relay, self._host, self._port)
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await server.wait_closed()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        self.opened += 1
        there_reader, there_writer = await asyncio.open_connection(self._host, self._target_port)
        self._writers |= {writer, there_writer}
        try:
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        finally:
            for one in (writer, there_writer):
                self._writers.discard(one)
                one.close()
                with suppress(OSError):
                    await one.wait_closed()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._flows.wait()
                target.write(data)
                await target.drain()
        target.close()
