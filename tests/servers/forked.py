"""The program as a process of its own, forked from one that has imported it: importing takes longer than most stories.

What is seen of it is what is seen of `python -m livechat_xmpp`, as the tests of the demo and the long form of those of
faults start it; what is left out here (tests.haste) neither a story nor a kill shows.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import multiprocessing
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from livechat_xmpp import app
from livechat_xmpp.component import Component
from livechat_xmpp.translations import Translations
from tests import haste

_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel ends us with our parent, which ends with the tests

Translations()  # reads the packaged texts, once for all that are forked


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["livechat_xmpp.app", __name__])
    return context


@dataclass(frozen=True)
class State:
    """Where a component stands. links: how many there have been; crossed: stanzas received and sent."""

    is_up: bool
    links: int
    is_idle: bool
    crossed: int


class Forked:
    """A process that runs `livechat_xmpp` with these arguments, its output added to log; used as subprocess.Popen."""

    def __init__(self, arguments: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        log.touch()  # there from now on, for who reads it
        self._asked_at = f"\0livechat-{secrets.token_hex(8)}"  # a socket without a file
        started_with = ([*arguments], log, cwd, dict(env), self._asked_at)
        self._process = _context().Process(target=_run, args=started_with, daemon=True)
        self._process.start()

    async def state(self) -> State | None:
        """Ask the component where it stands; None when there is none in the process, not yet or not any more."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._asked_at)
        except OSError:
            return None
        try:
            answer = await reader.read()
        except OSError:
            return None
        finally:
            writer.close()
        return State(**json.loads(answer)) if answer else None

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        code = self.poll()
        assert code is not None, f"the process {self.pid} has not ended within {timeout} s"
        return code


def _run(arguments: list[str], log: Path, cwd: Path, env: dict[str, str], asked_at: str) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    haste.make()
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for number, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(number, target)
    from livechat_xmpp.__main__ import main

    _answer_questions(asked_at)
    sys.exit(main(arguments))


def _answer_questions(asked_at: str) -> None:
    """Have the component, once it runs, tell its state to whoever connects."""
    running = app.running

    @asynccontextmanager
    async def telling(*args: Any, **kwargs: Any) -> AsyncIterator[Component]:
        async with running(*args, **kwargs) as component:

            async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(json.dumps(asdict(_state_of(component))).encode())
                writer.close()

            server = await asyncio.start_unix_server(answer, asked_at)
            try:
                yield component
            finally:
                server.close()

    app.running = telling


def _state_of(component: Component) -> State:
    link = component.link
    return State(link.is_up, link.number, component.is_idle, link.received.total() + link.sent.total())
