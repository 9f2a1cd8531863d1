"""The demo as the person at the terminal, and scripts, meet it: as a process."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livechat_xmpp.demo.places import HOST, PROJECT, is_free
from livechat_xmpp.demo.plain_client import PlainClient
from livechat_xmpp.demo.processes import healthz, tied_to_us
from tests.people import Person, over_tcp
from tests.people import register as register_account
from tests.servers.needs import program
from tests.servers.waiting import wait_until

NAMES = ["ada", "art", "mia", "ana", "ben", "tom"]
STANDINGS = ["admin", "admin", "monitor", "helper", "helper", "trainee"]


def four_free_ports() -> int:
    """Return the first of four free ports in a row."""
    while True:
        base = random.SystemRandom().randrange(20_000, 30_000)
        if all(is_free(port) for port in range(base, base + 4)):
            return base


def _heed_hang_ups() -> None:
    """Undo what nohup does, under which the tests may run and the demo rightly stays."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class RunningDemo:
    """`livechat-xmpp demo` in a folder of its own, in a process group of its own."""

    def __init__(self, folder: Path, port_base: int | None = None, **environment: str) -> None:
        self.state, self.base = folder / "demo", port_base or four_free_ports()
        self.output = folder / "output"
        own = {name: value for name, value in os.environ.items() if not name.startswith("LIVECHAT_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                tied_to_us([sys.executable, "-m", "livechat_xmpp", "demo", "--state", str(self.state)]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_hang_ups,
                cwd=PROJECT,
                env={**own, "LIVECHAT_DEMO_PORT_BASE": str(self.base), **environment},
            )

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    @property
    def addresses_file(self) -> Path:
        return self.state / "addresses.json"

    def addresses(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.addresses_file.read_text("utf-8"))
        return content

    def wait_until_up(self) -> dict[str, Any]:
        wait_until(lambda: self._alive() and "Ctrl-C stops everything" in self.said, "the demo is up", 60)
        return self.addresses()

    def wait_for_end(self) -> int:
        return self.process.wait(40)

    def processes(self) -> list[int]:
        """Return the processes that have to do with this demo's folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()  # empty for a zombie
            except OSError:
                continue
            if os.fsencode(self.state) in command:
                found.append(int(folder.name))
        return found

    def _alive(self) -> bool:
        assert self.process.poll() is None, f"the demo ended:\n{self.said}"
        return True

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    program("prosody")
    running = RunningDemo(tmp_path)
    yield running
    running.end()


async def test_the_demo_says_where_everything_is(demo: RunningDemo) -> None:
    found, base = demo.wait_until_up(), demo.base
    assert stat.S_IMODE(demo.addresses_file.stat().st_mode) == 0o600
    assert [found[name] for name in ("c2s_port", "component_port", "http_port")] == [base, base + 1, base + 2]
    assert found["web"] == f"http://{HOST}:{base + 3}/"
    assert found["websocket"] == f"ws://{HOST}:{base + 2}/xmpp-websocket"
    assert [account["jid"] for account in found["accounts"]] == [f"{name}@localhost" for name in NAMES]
    assert [account["standing"] for account in found["accounts"]] == STANDINGS
    assert {found["component_pid"], found["server_pid"], demo.process.pid} == set(demo.processes())
    assert (PROJECT / found["program"]).exists()
    assert (PROJECT / found["config"]) == demo.state / "livechat.toml"
    assert await healthz(base + 3) is None
    for account in found["accounts"]:
        assert f"{account['jid']}  {account['password']}" in demo.said
        async with PlainClient(found["c2s_port"], "localhost") as client:
            await client.login(account["jid"].partition("@")[0], account["password"])


async def test_a_newcomer_in_the_demo_is_welcomed_and_meets_the_desk(demo: RunningDemo) -> None:
    found = demo.wait_until_up()
    jid, port = "una@localhost", found["c2s_port"]
    await register_account(HOST, port, jid, "secret")
    async with Person(over_tcp(HOST, port, jid, "secret"), "una", desk=found["component"]) as una:
        await una.receives("Welcome!")
        room = await una.is_invited(found["contributors"])
        await una.enter(room)
        await una.sees_inside(room, "Help desk")
        assert (await una.command("my-status")).fields["standing"] == "trainee"


@pytest.mark.parametrize("part", ["component_pid", "server_pid"])
def test_a_part_that_is_killed_is_started_again(demo: RunningDemo, part: str) -> None:
    before = demo.wait_until_up()
    os.kill(before[part], signal.SIGKILL)
    wait_until(lambda: demo.addresses()[part] != before[part], "addresses.json has the new process")
    wait_until(lambda: "The component is up again" in demo.said or part == "server_pid", "the demo says so")
    assert before[part] not in demo.processes()
    assert demo.addresses()[part] in demo.processes()
    assert demo.addresses()["accounts"] == before["accounts"]


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_demo_alone_stops_everything(demo: RunningDemo, wanted: signal.Signals) -> None:
    demo.wait_until_up()
    demo.process.send_signal(wanted)
    assert demo.wait_for_end() == 0
    assert demo.processes() == []
    assert not demo.addresses_file.exists()


def test_ctrl_c_reaches_the_whole_group_and_still_stops_in_order(demo: RunningDemo) -> None:
    demo.wait_until_up()
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.wait_for_end() == 0
    assert demo.processes() == []
    assert "Traceback" not in demo.said


def test_a_signal_while_it_starts_stops_everything(demo: RunningDemo) -> None:
    wait_until(lambda: "Starting Prosody" in demo.said and len(demo.processes()) > 1, "the server is started")
    demo.process.send_signal(signal.SIGTERM)
    assert demo.wait_for_end() == 0
    assert demo.processes() == []


def test_a_demo_that_is_killed_takes_its_children_along_and_starts_again(tmp_path: Path) -> None:
    program("prosody")
    first = RunningDemo(tmp_path)
    accounts = first.wait_until_up()["accounts"]
    first.process.kill()
    first.process.wait(10)
    wait_until(lambda: first.processes() == [], "nothing is left of the demo")
    assert first.addresses_file.exists()
    second = RunningDemo(tmp_path)
    try:
        assert second.wait_until_up()["accounts"] == accounts
        assert "not stopped in order" in second.said
    finally:
        second.end()


def test_a_second_start_keeps_accounts_and_passwords(tmp_path: Path) -> None:
    program("prosody")
    passwords = []
    for _ in range(2):
        running = RunningDemo(tmp_path)
        try:
            passwords.append(running.wait_until_up()["accounts"])
            running.process.terminate()
            assert running.wait_for_end() == 0
        finally:
            running.end()
    assert passwords[0] == passwords[1]


def test_a_second_demo_in_the_same_folder_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    before = demo.wait_until_up()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "demo").symlink_to(demo.state)
    second = RunningDemo(tmp_path / "other")
    assert second.wait_for_end() == 1
    assert f"process {demo.process.pid}" in second.said
    assert demo.addresses() == before


def test_a_taken_port_is_named(demo: RunningDemo, tmp_path: Path) -> None:
    demo.wait_until_up()
    (tmp_path / "other").mkdir()
    second = RunningDemo(tmp_path / "other", port_base=demo.base - 1)
    assert second.wait_for_end() == 1
    assert f"port {demo.base} (the component)" in second.said
    assert f"port {demo.base + 2} (the page)" in second.said


def test_a_component_that_refuses_its_configuration_ends_the_demo(tmp_path: Path) -> None:
    program("prosody")
    running = RunningDemo(tmp_path, LIVECHAT_XMPP__PORT="none")
    try:
        assert running.wait_for_end() == 1
        assert "status 2" in running.said
        assert running.processes() == []
    finally:
        running.end()
