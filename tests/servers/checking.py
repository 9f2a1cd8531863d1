"""Running `livechat-xmpp check`, on servers with a configuration of the test's own."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from livechat_xmpp.__main__ import main
from livechat_xmpp.demo.config_files import write_component
from livechat_xmpp.demo.places import PROJECT
from tests.servers.throwaway import ThrowawayServer, some_free_ports

Change = tuple[str, str]  # what stands in a server's snippet, and what shall stand there


class Outcome:
    """What one run of the command said. missing: the lines of what is required and not there."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        self.missing = [line for line in text.splitlines() if line.startswith("NO  ")]

    def line(self, words: str) -> str:
        """Return the only line with these words."""
        found = [line for line in self.text.splitlines() if words in line]
        assert len(found) == 1, f"{len(found)} lines with {words!r} in\n{self.text}"
        return found[0]


@contextmanager
def server_with(
    kind: type[ThrowawayServer], folder: Path, *changes: Change, main: tuple[Change, ...] = ()
) -> Iterator[ThrowawayServer]:
    """Run a server whose configuration was changed before its start; main: changes of the part that is not ours."""
    folder.mkdir(parents=True, exist_ok=True)
    server = kind(folder)
    _rewrite(server.snippet, changes)
    _rewrite(server.main, main)
    server.start()
    try:
        yield server
    finally:
        server.kill()  # nothing of it is needed again, and an orderly stop takes a second


def _rewrite(file: Path, changes: tuple[Change, ...]) -> None:
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text, f"the template has changed: {old!r} is not there, and this test would try nothing"
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


def check(server: ThrowawayServer, folder: Path, **environment: str) -> Outcome:
    """Run the command with a configuration for this server; environment: LIVECHAT_* settings."""
    config = folder / "check.toml"
    ports = replace(server.ports, web=some_free_ports().web)
    write_component(
        config, server.names, ports, server.secret, f"sqlite+aiosqlite:///{folder}/check.db", {}, server.api_url
    )
    return check_with(config, environment)


def check_with(config: Path, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run the command in this process, as that takes a third of the time; it blocks."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVECHAT_")}
    said, wrong = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {**own, **(environment or {})}, clear=True),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(wrong),
    ):
        try:
            status = main(["check", "--config", str(config)])
        finally:
            logging.disable(logging.NOTSET)  # as a process of its own it may well do that for good
    assert wrong.getvalue() == ""
    return Outcome(status, said.getvalue())


def check_as_process(config: Path) -> Outcome:
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVECHAT_")}
    done = subprocess.run(
        [sys.executable, "-m", "livechat_xmpp", "check", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PROJECT,
        env=own,
        check=False,
    )
    assert done.stderr == ""
    return Outcome(done.returncode, done.stdout)
