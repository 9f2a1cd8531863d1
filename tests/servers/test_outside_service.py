"""The unit for systemd: that it is accepted, how much it shuts off, and that the desk works so confined."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livechat_xmpp.demo.places import PROJECT
from livechat_xmpp.service import ServiceManager
from tests.scenarios import stages
from tests.scenarios.stages import RealStage
from tests.servers import desk as desks
from tests.servers.metrics import metrics
from tests.servers.needs import program
from tests.servers.outside import stage
from tests.servers.waiting import wait_until_async

__all__ = ["stage"]

UNIT = PROJECT / "config" / "livechat-xmpp.service"
MOST_EXPOSED = 2.0  # of 10; what is left is the network, which a network service needs


class Manager:
    """A service manager's socket, and what was told there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._told: list[str] = []

    @property
    def told(self) -> list[str]:
        while True:
            try:
                self._told.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self._told

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Take in what is told as it comes: of ten unread messages the system lets nobody send more."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), lambda: self.told)
        try:
            yield
        finally:
            loop.remove_reader(self._socket.fileno())

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    listening = Manager(tmp_path / "notify")
    yield listening
    listening.close()


@pytest.fixture(autouse=True)
def confined(monkeypatch: pytest.MonkeyPatch, manager: Manager) -> None:
    """Have desks started as the unit would start them."""
    tied = desks.tied_to_us

    def confine(command: list[str]) -> list[str]:
        told = [f"NOTIFY_SOCKET={manager.path}", "WATCHDOG_USEC=300000"]
        return tied([sys.executable, str(Path(__file__).with_name("confined.py")), str(UNIT), "env", *told, *command])

    monkeypatch.setattr(desks, "tied_to_us", confine)
    monkeypatch.setattr(stages, "Desk", desks.ExecutedDesk)


def test_systemd_accepts_the_unit() -> None:
    checked = subprocess.run([program("systemd-analyze"), "verify", str(UNIT)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_unit_shuts_off_what_a_network_service_does_not_need() -> None:
    rated = subprocess.run(
        [program("systemd-analyze"), "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=True,
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", rated.stdout)
    assert level is not None
    assert float(level[1]) <= MOST_EXPOSED


async def test_the_desk_does_its_work_so_confined_and_tells_its_manager(stage: RealStage, manager: Manager) -> None:
    program("systemd-analyze")
    assert manager.told[0] == "READY=1"
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "It works")
    await ana.command("close-chat", chat=chat.id)
    assert (await stage.ended(chat.id))["outcome"] == "served"
    assert (await asyncio.to_thread(metrics, stage.desk.web))["livechat_link_up"] == 1
    await wait_until_async(lambda: manager.told.count("WATCHDOG=1") >= 2, "the desk says that it is alive")
    with manager.reading():
        await stage.stop_component()
    assert manager.told[-1] == "STOPPING=1"
    assert set(manager.told) == {"READY=1", "WATCHDOG=1", "STOPPING=1"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "1000"},
        {"NOTIFY_SOCKET": "/nowhere/at/all"},
        {"NOTIFY_SOCKET": "@nobody-listens-here", "WATCHDOG_USEC": "1000"},
    ],
)
async def test_without_a_manager_nothing_is_missed(environment: dict[str, str]) -> None:
    async with ServiceManager(environment).knowing():
        await asyncio.sleep(0)


async def test_a_manager_that_takes_nothing_does_not_keep_the_desk_from_its_work(manager: Manager) -> None:
    """The main loop gives the signs of life: it must not wait for whoever is to read them."""
    signs, ours = 0, ServiceManager({"NOTIFY_SOCKET": str(manager.path)})

    def give() -> None:
        nonlocal signs
        while signs < 50:
            ours.tell("WATCHDOG=1", patience_s=0)
            signs += 1

    giving = asyncio.create_task(asyncio.to_thread(give))
    await wait_until_async(lambda: signs == 50, "fifty signs of life")
    assert manager.told.count("WATCHDOG=1") < 50
    await giving


async def test_the_signs_that_are_asked_of_another_process_are_not_given(manager: Manager) -> None:
    asked = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    async with ServiceManager(asked).knowing():
        await asyncio.sleep(0)
    assert manager.told == ["READY=1", "STOPPING=1"]
