"""The component's link as a cable that faults happen to: cut, a black hole, a dam, a trap on the n-th stanza.

What goes through stays byte for byte as it was. In between, the tests may ask the server in the component's name:
that is how an owner sees a room, whatever the component believes of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element
from xml.parsers import expat

from tests.people.elements import COMPONENT, StreamReader, new_id, write

MARK = "judge-"  # in the ids of our own questions: what has it is for us and not for the component
_STREAM = b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"


class Splitter:
    """Cuts one direction of a stream into its opening, its stanzas and its end, byte for byte as they came."""

    def __init__(self) -> None:
        self._parser: Any = expat.ParserCreate()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._on_start, self._on_end
        self._parser.CharacterDataHandler = self._on_text
        if hasattr(self._parser, "SetReparseDeferralEnabled"):
            self._parser.SetReparseDeferralEnabled(False)  # newer versions else keep back what they have
        self._buffer, self._begins_at, self._depth = b"", 0, 0
        self._cuts: list[int] = []
        self._is_just_begun = False  # nothing came since the last start of an element

    def feed(self, data: bytes) -> list[bytes]:
        """Return the pieces that are complete now. Raises expat.ExpatError for what is no XML."""
        self._buffer += data
        self._parser.Parse(data, False)
        pieces, done = [], 0
        for cut in self._cuts:
            pieces.append(self._buffer[done:cut])
            done = cut
        self._cuts.clear()
        self._buffer = self._buffer[done:]
        self._begins_at += done
        return pieces

    def _on_start(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        self._is_just_begun = True
        if self._depth == 1:
            self._cuts.append(self._buffer.index(b">", self._at()) + 1)

    def _on_text(self, _text: str) -> None:
        self._is_just_begun = False

    def _on_end(self, _name: str) -> None:
        self._depth -= 1
        if self._depth <= 1:
            at = self._at()  # at the end's tag; behind <a/>, which is its own
            is_behind = self._is_just_begun and self._buffer[:at].endswith(b"/>")
            self._cuts.append(at if is_behind else self._buffer.index(b">", at) + 1)
        self._is_just_begun = False

    def _at(self) -> int:
        at: int = self._parser.CurrentByteIndex - self._begins_at
        return at


@dataclass(eq=False)
class Trap:
    """What is done when the component sends the n-th stanza that matches, before it goes on; lost: it does not."""

    pattern: re.Pattern[bytes]
    left: int
    do: Callable[[], None]
    is_lost: bool
    is_sprung: bool = False


class _Line:
    """One connection of the component, with its other half to the server."""

    def __init__(self, cable: Cable, ours: asyncio.StreamWriter, theirs: asyncio.StreamWriter) -> None:
        self._cable, self._ours, self._theirs = cable, ours, theirs

    def write_to_server(self, data: bytes) -> None:
        self._theirs.write(data)

    def abort(self) -> None:
        self._ours.transport.abort()
        self._theirs.transport.abort()

    async def up(self, reader: asyncio.StreamReader) -> None:
        """Carry what the component sends."""
        await self._carry(reader, self._theirs, self._cable.lets_up)

    async def down(self, reader: asyncio.StreamReader) -> None:
        """Carry what the server sends."""
        await self._carry(reader, self._ours, self._cable.lets_down)

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, lets_through: Callable[[bytes], bool]
    ) -> None:
        splitter = Splitter()
        with contextlib.suppress(OSError, expat.ExpatError):
            while data := await source.read(65536):
                await self._cable.flows()
                await self._cable.takes_its_time(len(data))
                for piece in splitter.feed(data):
                    if lets_through(piece):
                        target.write(piece)
                await target.drain()
        await self._cable.flows()  # who gave up on a black hole is not heard on the other side either
        self.abort()


class Cable:
    """Between the component and the server's component port. sent: stanzas that the component has sent through it."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lines: list[_Line] = []
        self._is_cut = False
        self._flow = asyncio.Event()
        self._flow.set()
        self._delay_s, self._bytes_per_s = 0.0, 0
        self._traps: list[Trap] = []
        self._dammed: list[bytes] | None = None
        self._answers: dict[str, asyncio.Future[Element]] = {}
        self._told: dict[str, list[Element]] = {}
        self._listening: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent = 0

    async def open(self) -> None:
        self._listening = await asyncio.start_server(self._begin, self._target[0], 0)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._connected(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def port(self) -> int:
        assert self._listening is not None
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        self.mend()
        self.cut()
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # --- faults

    def cut(self) -> None:
        """Reset what is connected, and refuse what comes, until mend()."""
        self._is_cut = True
        self.reset()

    def reset(self) -> None:
        """Reset what is connected; new connections are carried."""
        for line in list(self._lines):
            line.abort()

    def swallow(self) -> None:
        """Be a black hole until mend(): connections stand, and nothing comes through."""
        self._flow.clear()

    def slow(self, delay_s: float, bytes_per_s: int) -> None:
        """Have each piece take so long, and so many bytes a second pass at the most, until mend()."""
        self._delay_s, self._bytes_per_s = delay_s, bytes_per_s

    def mend(self) -> None:
        self._is_cut, self._delay_s, self._bytes_per_s = False, 0.0, 0
        self._flow.set()

    def dam(self) -> None:
        """Hold back what the component sends; what it gets goes on. burst() loses it for good."""
        self._dammed = []

    def burst(self) -> int:
        """Lose what is held back, with the connection; return how many stanzas that were."""
        held, self._dammed = self._dammed or [], None
        self.reset()
        return len(held)

    def trap(self, pattern: bytes, count: int, do: Callable[[], None], *, is_lost: bool = True) -> Trap:
        """Have `do` called when the component sends the count-th stanza from now on that the pattern is found in.

        is_lost: this stanza, and what follows on the same connection, does not reach the server.
        """
        trap = Trap(re.compile(pattern, re.DOTALL), count, do, is_lost)
        self._traps.append(trap)
        return trap

    def disarm(self, trap: Trap) -> None:
        if trap in self._traps:
            self._traps.remove(trap)

    # --- asking in the component's name

    async def ask(self, iq: Element, limit_s: float = 10) -> tuple[Element, list[Element]]:
        """Send a question with any address of the component; return the answer, result or error, and what came with it.

        Raises TimeoutError, and ConnectionError without a link.
        """
        key = f"{MARK}{new_id()}"
        iq.set("id", key)
        for query in iq:
            if "queryid" in query.attrib:
                query.set("queryid", key)
        if not self._lines or self._is_cut or not self._flow.is_set():
            raise ConnectionError("the component has no link")
        self._answers[key] = asyncio.get_running_loop().create_future()
        self._told[key] = []
        try:
            self._lines[-1].write_to_server(write(iq, COMPONENT).encode())
            return await asyncio.wait_for(self._answers[key], limit_s), self._told[key]
        finally:
            del self._answers[key], self._told[key]

    # --- for the lines

    async def flows(self) -> None:
        await self._flow.wait()

    async def takes_its_time(self, size: int) -> None:
        """Wait for as long as a slow cable needs for so many bytes."""
        if self._bytes_per_s:
            await asyncio.sleep(self._delay_s + size / self._bytes_per_s)

    def lets_up(self, piece: bytes) -> bool:
        if not _is_stanza(piece):
            return True
        self.sent += 1
        for trap in list(self._traps):
            if trap.pattern.search(piece) is None:
                continue
            trap.left -= 1
            if trap.left == 0:
                self._traps.remove(trap)
                trap.is_sprung = True
                if trap.is_lost:
                    self.dam()
                trap.do()
        if self._dammed is not None:
            self._dammed.append(piece)
            return False
        return True

    def lets_down(self, piece: bytes) -> bool:
        if MARK.encode() not in piece:
            return True
        reader = StreamReader(COMPONENT)
        for event, element in reader.feed(_STREAM + piece):
            if event == "stanza":
                self._take(element)
        return False

    def _take(self, element: Element) -> None:
        answer = self._answers.get(element.get("id", ""))
        if answer is not None and not answer.done():
            answer.set_result(element)
            return
        for part in element:
            if (key := part.get("queryid", "")) in self._told:
                self._told[key].append(element)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        await self.flows()
        if reader.at_eof() or writer.is_closing():
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(self, writer, back)
        self._lines.append(line)
        try:
            await asyncio.gather(line.up(reader), line.down(there))
        finally:
            self._lines.remove(line)


def _is_stanza(piece: bytes) -> bool:
    return re.match(rb"\s*<(message|presence|iq)\b", piece) is not None
