"""A throwaway Prosody, from the configuration that the demo and admins use."""

from __future__ import annotations

import itertools
import random
import secrets
import signal
import subprocess
from pathlib import Path

from livechat_xmpp.demo.accounts import PEOPLE, Account, make_contributors_room, new_password, register
from livechat_xmpp.demo.config_files import write_prosody
from livechat_xmpp.demo.places import Names, Ports, is_free
from livechat_xmpp.demo.processes import last_lines, tied_to_us
from tests.servers.needs import program
from tests.servers.waiting import wait_until


def some_free_ports() -> Ports:
    """Return four free ports; below those that the system gives to outgoing connections."""
    chosen: list[int] = []
    while len(chosen) < 4:
        port = random.SystemRandom().randrange(20_000, 30_000)
        if port not in chosen and is_free(port):
            chosen.append(port)
    return Ports(*chosen)


class Prosody:
    """One server in a folder of its own. names, ports, secret: as in its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names, self.ports = folder, Names(), some_free_ports()
        self.secret = secrets.token_urlsafe(16)
        self.log = folder / "prosody.log"
        self._config = write_prosody(folder, self.names, self.ports, self.secret)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = tied_to_us([program("prosody"), "-F", "--config", str(self._config)])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._listens, f"Prosody listens; its log ends:\n{last_lines(self.log)}")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Prosody ended; its log ends:\n{last_lines(self.log)}"
        return not any(is_free(port) for port in (self.ports.c2s, self.ports.component, self.ports.http))

    def stop(self) -> None:
        """Stop it in an orderly way: it keeps rooms and who is inside."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
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
