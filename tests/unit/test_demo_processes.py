"""Children that are started again, with processes that do nothing."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from livechat_xmpp.demo import processes
from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.processes import Child, delay_s, healthz, how_it_ended
from tests.servers.waiting import wait_until_async


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "delay_s", lambda failures: 0.0)


def a_child(tmp_path: Path, script: str, said: list[str], why_not_up: Callable[[], str | None]) -> Child:
    async def is_up() -> str | None:
        return why_not_up()

    return Child("The part", ["/bin/sh", "-c", script], tmp_path / "log", is_up, said.append)


@pytest.mark.parametrize(
    ("failures", "delay"), [(0, 0.0), (1, 0.0), (2, 0.4), (3, 0.8), (6, 6.4), (7, 10.0), (1000, 10.0)]
)
def test_the_delay_doubles_up_to_ten_seconds(failures: int, delay: float) -> None:
    assert delay_s(failures) == pytest.approx(delay)


@pytest.mark.parametrize(
    ("code", "text"), [(0, "with status 0"), (1, "with status 1"), (-9, "by SIGKILL"), (-99, "by signal 99")]
)
def test_an_end_is_told_in_words(code: int, text: str) -> None:
    assert how_it_ended(code) == text


async def test_a_part_that_never_comes_up_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    said: list[str] = []
    child = a_child(tmp_path, "echo out of luck; exit 3", said, lambda: "not yet")
    with pytest.raises(DemoError, match=r"(?s)with status 3.*out of luck"):
        await child.keep_running(lambda: None)
    assert (tmp_path / "log").read_text() == "out of luck\n" * 5
    assert len(said) == 4


async def test_a_part_with_a_wrong_configuration_is_given_up_at_once(tmp_path: Path) -> None:
    child = a_child(tmp_path, "echo wrong port; exit 2", [], lambda: "not yet")
    with pytest.raises(DemoError, match="wrong port"):
        await child.keep_running(lambda: None)
    assert (tmp_path / "log").read_text() == "wrong port\n"


async def test_a_part_that_was_up_once_is_started_again_for_ever(tmp_path: Path) -> None:
    said: list[str] = []
    enough, ups = asyncio.Event(), []

    def on_up() -> None:
        ups.append(child.pid)
        if len(ups) == 8:
            enough.set()

    child = a_child(tmp_path, "sleep 0.1; exit 2", said, lambda: None)
    running = asyncio.ensure_future(child.keep_running(on_up))
    async with asyncio.timeout(20):
        await enough.wait()
    running.cancel()
    await child.stop(5)
    assert len(set(ups)) == 8
    assert said[0] == "The part ended with status 2; starting it again."


async def test_a_part_that_ignores_the_request_to_stop_is_ended_by_force(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done"
    child = a_child(tmp_path, script, [], lambda: None if ready.exists() else "not yet")
    running = asyncio.ensure_future(child.keep_running(lambda: None))
    await wait_until_async(ready.exists, "the shell ignores SIGTERM")
    running.cancel()
    await child.stop(0.1)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("answer", "why_not"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", None, id="well"),
        pytest.param(b"HTTP/1.1 503 No\r\n\r\nno link\n", "no link", id="the reason is in the body"),
        pytest.param(b"", "no answer", id="closed without an answer"),
    ],
)
async def test_health_is_none_or_the_reason(answer: bytes, why_not: str | None) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        assert await healthz(server.sockets[0].getsockname()[1]) == why_not
