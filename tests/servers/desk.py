"""A desk beside the throwaway server: a component process of its own on a fresh database."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.config_files import write_component
from livechat_xmpp.demo.places import HOST, PROJECT, database_url
from livechat_xmpp.demo.processes import last_lines, tied_to_us
from livechat_xmpp.demo.state import addresses
from tests.servers.forked import Forked, State
from tests.servers.metrics import metrics
from tests.servers.throwaway import ThrowawayServer, some_free_ports
from tests.servers.waiting import wait_until, wait_until_async

# People have the standing that a test gives them; in the tests of signing up new accounts become trainees.
NOBODY_SIGNS_UP = {"LIVECHAT_APPRENTICESHIP__SIGN_UP_NEW_ACCOUNTS": "false"}
CROSSED = ("livechat_stanzas_received_total", "livechat_stanzas_sent_total")
_TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback \(most recent call last\)", re.MULTILINE)


class Desk:
    """One desk, started. It holds the component's domain on the server, so there is one at a time.

    accounts: the demo's six people under names of their own; `account("ana")` finds one.
    config, database, log: its files. web: the address of its page, with / at the end.
    """

    def __init__(
        self,
        server: ThrowawayServer,
        folder: Path,
        accounts: list[Account],
        environment: Mapping[str, str],
        database: str | None = None,
    ) -> None:
        self.server, self.accounts = server, accounts
        self.ports = replace(server.ports, web=some_free_ports().web)
        self.folder, self.config, self.log = folder, folder / "livechat.toml", folder / "component.log"
        self.database = database or database_url(folder)
        self.web = f"http://{HOST}:{self.ports.web}/"
        self._process: Forked | subprocess.Popen[bytes] | None = None
        own = {name: value for name, value in os.environ.items() if not name.startswith("LIVECHAT_")}
        self._environment = {**own, **NOBODY_SIGNS_UP, **environment}
        standings = {account.jid: account.standing for account in accounts}
        write_component(self.config, server.names, self.ports, server.secret, self.database, standings, server.api_url)

    def _begin(self) -> Forked | subprocess.Popen[bytes]:
        arguments = ["run", "--config", str(self.config)]
        return Forked(arguments, log=self.log, cwd=PROJECT, env=self._environment)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def addresses(self) -> dict[str, Any]:
        """What addresses.json of the demo would say."""
        return addresses(
            self.folder, self.server.names, self.ports, self.accounts, self.pid, self.server.pid, self.database
        )

    def account(self, name: str) -> Account:
        return next(account for account in self.accounts if account.name.partition("-")[0] == name)

    def change_settings(self, settings: Mapping[str, str]) -> None:
        """Have these settings (LIVECHAT_*) from the next start on."""
        self._environment.update(settings)

    def launch(self) -> None:
        """Start the process, and do not wait until it is linked."""
        self._process = self._begin()

    def start(self) -> None:
        """Start it and wait until it is linked; blocks, so tests with clients use `start_async`."""
        self.launch()
        wait_until(self._is_up, "the component is linked")

    async def start_async(self) -> None:
        # Not in a thread: the kernel ends the child with the thread that started it.
        self.launch()
        await wait_until_async(self._is_up, "the component is linked")

    def stop(self) -> None:
        """Stop it in an orderly way (SIGTERM) and wait for its end; fails if it does not end."""
        self._end(signal.SIGTERM)

    async def stop_async(self, how: signal.Signals = signal.SIGTERM) -> None:
        process = self._process
        assert process is not None
        process.send_signal(how)
        await wait_until_async(lambda: process.poll() is not None, f"the component ends after {how.name}")
        assert process.poll() == 0, f"it ended with {process.poll()} after {how.name}"

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def state(self) -> State | None:
        """Ask the component where it stands; None while it does not run."""
        assert isinstance(self._process, Forked)
        return await self._process.state()

    def log_errors(self) -> list[str]:
        """Return the lines of the component's log that tell of a bug: level ERROR, or a traceback's head."""
        text = self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if _TROUBLE.search(line)]

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)  # nothing to do for one that has ended
            self._process.wait(20)

    def _is_up(self) -> bool:
        assert self.is_running(), f"the component ended; its log ends:\n{last_lines(self.log)}"
        try:
            with urllib.request.urlopen(f"{self.web}healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as not_yet:
            not_yet.close()
        except OSError:
            pass
        return False


class ExecutedDesk(Desk):
    """A desk that is started as people and service managers start it; for what is measured and killed."""

    module = "livechat_xmpp"

    async def state(self) -> State | None:
        """Return what its metrics show, which have to be open to us: of being idle not all."""
        try:
            shown = await asyncio.to_thread(metrics, self.web)
        except OSError:
            return None
        crossed = sum(value for name, value in shown.items() if name.startswith(CROSSED))
        is_idle = not (shown["livechat_turns_waiting"] or shown["livechat_iqs_in_flight"])
        return State(bool(shown["livechat_link_up"]), int(shown["livechat_links_total"]), is_idle, int(crossed))

    def _begin(self) -> subprocess.Popen[bytes]:
        command = tied_to_us([sys.executable, "-m", self.module, "run", "--config", str(self.config)])
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=PROJECT,
                env=self._environment,
            )


@contextmanager
def running_desk(
    server: ThrowawayServer, folder: Path, environment: Mapping[str, str] | None = None, database: str | None = None
) -> Iterator[Desk]:
    """Run a desk with fresh accounts; environment: LIVECHAT_* settings; database: not the SQLite file."""
    desk = Desk(server, folder, asyncio.run(server.make_people()), environment or {}, database)
    try:
        desk.start()
        yield desk
    finally:
        if desk.is_running():
            desk.kill()
