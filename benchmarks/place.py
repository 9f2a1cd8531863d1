"""Server, database, desk and bare driver as processes of their own, gone at the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.crowd import BARE, OURS, STAFF, VISITORS, Target, helper_jid
from livechat_xmpp.demo.config_files import prosody_snippet
from livechat_xmpp.demo.places import PROJECT, Names, database_url
from livechat_xmpp.demo.processes import tied_to_us
from livechat_xmpp.settings import Settings
from tests.servers.desk import ExecutedDesk
from tests.servers.ejabberd import Ejabberd
from tests.servers.postgresql import PostgreSQL
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

SERVERS, DATABASES = ("prosody", "ejabberd"), ("sqlite", "postgresql")
FAR = 1_000_000  # a limit that no run comes near


def settings(helpers: int, **more: object) -> dict[str, str]:
    """Return the desk's settings as variables: who the people are, and no limits in the way of many from one domain."""
    values: dict[str, object] = {
        "staff__domains": ["localhost", STAFF],
        "staff__initial": {helper_jid(number): "helper" for number in range(helpers)},
        "visitors__anonymous_domains": [VISITORS],
        "visitors__queue_limit": FAR,
        "groups__enabled": False,  # of what is measured elsewhere nothing shall depend on contact lists
        "routing__offer_timeout_s": 600,  # a slow machine shall not send offers on
        # What waits on purpose, and what a slow machine has not come to, shall not climb.
        **dict.fromkeys(("routing__ring_all_after_s", "routing__alarm_after_s", "routing__tell_visitor_after_s"), FAR),
        **{f"limits__{name}": 1000 * FAR for name in _limits()},
        **more,
    }
    return {
        f"LIVECHAT_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


def _limits() -> list[str]:
    """Return the settings that say how much is taken in a time."""
    group = Settings.model_fields.get("limits")
    fields: dict[str, Any] = group.annotation.model_fields if group and group.annotation else {}
    return [name for name in fields if "_per_" in name]


class BenchDesk(ExecutedDesk):
    """The component; under a profiler if asked."""

    def is_linked(self) -> bool:
        """Return whether it serves now."""
        return self.is_running() and self._is_up()


class Driver:
    """The bare driver's process."""

    def __init__(self, port: int, secret: str, target: Target, helpers: int) -> None:
        command = [sys.executable, "-m", "benchmarks.bare", str(port), secret, target.component, target.muc]
        self._process = subprocess.Popen(
            tied_to_us([*command, str(helpers)]), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=PROJECT
        )
        assert self._process.stdout is not None

    def wait_until_up(self) -> None:
        """Block until it is linked; through a tap in this process, ask in a thread."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"up\n", "the bare driver has no link"

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass
class Place:
    """A server that runs, and an empty database. database: None for SQLite in the folder; its pid: of PostgreSQL."""

    server: ThrowawayServer
    folder: Path
    database: str | None
    database_pid: int | None

    @property
    def port(self) -> int:
        return self.server.ports.component

    @property
    def url(self) -> str:
        """The database's URL, as the desk has it."""
        return self.database or database_url(self.folder)

    @property
    def secret(self) -> str:
        return self.server.secret

    def desk(self, environment: Mapping[str, str], port: int | None = None, folder: str = "") -> BenchDesk:
        """Return a desk that is not started. port: of the tap to go through; folder: where its files are."""
        ports = {"LIVECHAT_XMPP__PORT": str(port)} if port is not None else {}
        (self.folder / folder).mkdir(exist_ok=True)
        return BenchDesk(self.server, self.folder / folder, [], {**environment, **ports}, self.url)

    def bare(self, helpers: int, port: int | None = None) -> Driver:
        return Driver(port or self.port, self.secret, BARE, helpers)


@contextmanager
def running(server: str, database: str) -> Iterator[Place]:
    """Run a server (and a PostgreSQL) for the length of the block."""
    with _missing_programs_named(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livechat-bench-")))
        (folder / "server").mkdir()
        kind = {"prosody": _prosody, "ejabberd": _ejabberd}[server]
        process = kind(folder / "server")
        stack.callback(process.kill)  # stopping, it would first save every room, one by one
        process.start()
        url, pid = None, None
        if database == "postgresql":
            postgresql = PostgreSQL()
            stack.callback(postgresql.stop)
            url, pid = postgresql.new_database(), postgresql._process.pid
        yield Place(process, folder, url, pid)


@contextmanager
def _missing_programs_named() -> Iterator[None]:
    """End the process with the name of a program that is missing, where a test would be skipped."""
    try:
        yield
    except pytest.skip.Exception as missing:
        raise SystemExit(str(missing)) from None


# Beside the component the server lets in its rival, with rooms of its own and all else alike, and the people.


def _prosody(folder: Path) -> Prosody:
    server = Prosody(folder)
    rival = prosody_snippet(replace(Names(), component=BARE.component, muc=BARE.muc), server.secret)
    people = [f'Component "{domain}"\n  component_secret = "{server.secret}"\n' for domain in (VISITORS, STAFF)]
    with server.snippet.open("a", encoding="utf-8") as config:
        config.write("\n".join(["", rival[rival.index('Component "') :], *people]))
    return server


def _ejabberd(folder: Path) -> Ejabberd:
    server = Ejabberd(folder)
    config = server.snippet.read_text("utf-8")
    password = f'password: "{server.secret}"\n'
    more = "".join(f'      "{domain}":\n        {password}' for domain in (BARE.component, VISITORS, STAFF))
    for old, new in (
        (password, password + more),
        (f'server: "{OURS.component}"', f'server: ["{OURS.component}", "{BARE.component}"]'),
        (f'host: "{OURS.muc}"', f'hosts: ["{OURS.muc}", "{BARE.muc}"]'),
    ):
        assert config.count(old) == 1, old
        config = config.replace(old, new)
    server.snippet.write_text(config, "utf-8")
    return server
