"""What throwaway XMPP servers have in common: one server in a folder of its own, from the templates in config/."""

from __future__ import annotations

import itertools
import os
import random
import secrets
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from livechat_xmpp.demo.accounts import PEOPLE, Account, make_contributors_room, new_password, register
from livechat_xmpp.demo.places import HOST, Names, Ports, is_free
from livechat_xmpp.demo.processes import last_lines, tied_to_us
from tests.servers.waiting import wait_until

_STREAM = "xmlns:stream='http://etherx.jabber.org/streams'"
_PATIENCE_S = 2.0  # for an answer at the start, before asking again


def some_free_ports() -> Ports:
    """Return five free ports; below those that the system gives to outgoing connections.

    Each process of a run has its own share: another's server may be about to take a port that is free now.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = 10_000 // processes
    chosen: list[int] = []
    while len(chosen) < 5:
        port = random.SystemRandom().randrange(20_000 + number * share, 20_000 + (number + 1) * share)
        if port not in chosen and is_free(port):
            chosen.append(port)
    return Ports(*chosen)


class ThrowawayServer(ABC):
    """One server in a folder of its own. names, ports, secret: as in its configuration.

    kind: as in `livechat-xmpp init --server`; software: its name as it tells it. snippet: the part of its configuration
    that admins get; main: the rest, written for the tests.
    """

    kind: ClassVar[str]
    software: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder, self.names, self.ports = folder, Names(), some_free_ports()
        self.secret = secrets.token_urlsafe(16)
        self.log = folder / f"{self.kind}.log"
        self.main = self._configure()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    @property
    @abstractmethod
    def snippet(self) -> Path: ...

    @abstractmethod
    def _configure(self) -> Path:
        """Write the configuration; return its main file."""

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    def _environment(self) -> Mapping[str, str]:
        return {}

    @abstractmethod
    def lose_help_rooms(self) -> None:
        """Have it forget the help rooms, while it is stopped, as a lost disk would."""

    @property
    def api_url(self) -> str:
        """Where its HTTP API is; "" where it has none."""
        return ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                tied_to_us(self._command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                env={**os.environ, **self._environment()},
            )
        wait_until(self._listens, f"{self.software} listens; see {self.log}")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.software} ended; its log ends:\n{last_lines(self.log)}"
        if any(is_free(port) for port in (self.ports.c2s, self.ports.component, self.ports.http)):
            return False
        return self._speaks()

    def _speaks(self) -> bool:
        """Return whether it answers a client; ejabberd takes its ports some time before it does."""
        opening = f"<stream:stream to='{self.names.domain}' version='1.0' xmlns='jabber:client' {_STREAM}>"
        try:
            with socket.create_connection((HOST, self.ports.c2s), _PATIENCE_S) as client:
                client.sendall(opening.encode())
                return bool(client.recv(1))
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it in an orderly way."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)

    async def make_account(self, name: str, standing: str = "") -> Account:
        """Make an account that no other test has: ana becomes ana-7@localhost. standing: a note for the test."""
        unique = f"{name}-{next(self._numbers)}"
        account = Account(f"{unique}@{self.names.domain}", new_password(), standing)
        await register(self.ports.c2s, self.names.domain, [account])
        return account

    async def make_people(self) -> list[Account]:
        """Make one account each for the people of the demo, and the contributors' room."""
        people = [await self.make_account(name, standing) for name, standing in PEOPLE]
        await make_contributors_room(self.ports.c2s, self.names, people[0], people[1:2])
        return people
