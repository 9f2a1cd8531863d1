"""The demo's folder: who uses it now, and addresses.json for scripts."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.config_files import write_private
from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.places import HOST, Names, Ports, database_url, program, shown


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the folder for one demo; raises DemoError, with the other's pid, while another demo holds it.

    The kernel gives the lock back when the process ends in whatever way, so it is never stale.
    """
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    with (state / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoError(
                f"A demo runs already in {shown(state)} (process {lock.read().strip() or 'unknown'}). "
                "Stop that one first, with Ctrl-C where it was started, or: kill its process."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def addresses(
    state: Path,
    names: Names,
    ports: Ports,
    accounts: Sequence[Account],
    component_pid: int,
    server_pid: int,
    database: str | None = None,
) -> dict[str, object]:
    """Return everything a script needs to use the demo; paths are relative to the project's root.

    database: where it is not the SQLite file in the state folder.
    """
    return {
        "domain": names.domain,
        "component": names.component,
        "workgroup": f"{names.workgroup}@{names.component}",
        "muc": names.muc,
        "anonymous_domain": names.anonymous_domain,
        "contributors": names.contributors,
        "host": HOST,
        "c2s_port": ports.c2s,
        "component_port": ports.component,
        "http_port": ports.http,
        "web": f"http://{HOST}:{ports.web}/",
        "websocket": f"ws://{HOST}:{ports.http}/xmpp-websocket",
        "config": shown(state / "livechat.toml"),
        "program": program(),
        "database": database or database_url(state),
        "component_pid": component_pid,
        "server_pid": server_pid,
        "accounts": [asdict(account) for account in accounts],
    }


def write_addresses(path: Path, content: dict[str, object]) -> None:
    write_private(path, json.dumps(content, indent=1) + "\n")
