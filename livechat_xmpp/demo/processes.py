"""Child processes that are started again when they die, and that never outlive us."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.places import HOST, PROJECT

STARTS_BEFORE_GIVING_UP = 5
WRONG_CONFIGURATION = 2  # exit status: starting again would not help
_POLL_S = 0.05
_UP_LIMIT_S = 60.0
_STEADY_S = 30.0  # who ran that long did not die of its start
_LOG_LINES = 15


def tied_to_us(argv: Sequence[str]) -> list[str]:
    """Return the command wrapped so that the kernel kills it when its parent dies, even of kill -9."""
    setpriv = shutil.which("setpriv")  # util-linux; where it is missing, only an orderly stop takes children along
    return [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else list(argv)


def last_lines(log: Path, count: int = _LOG_LINES) -> str:
    """Return the end of a log file, indented, for a message."""
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines) or "    (nothing)"


def delay_s(failures: int) -> float:
    """Return the wait after so many failures in a row: after one none, then 0.4 s, doubled up to 10 s."""
    return 0.0 if failures <= 1 else min(0.1 * 2.0**failures, 10.0)


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"with status {code}"
    with contextlib.suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"


async def answers(port: int) -> bool:
    """Say whether something on loopback takes connections at the port."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def healthz(port: int) -> str | None:
    """Ask the component's /healthz; None when it is well (200), else why it is not."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET /healthz HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode())
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        return str(error) or "no answer"
    status = head.split(b" ", 2)[1:2]
    return None if status == [b"200"] else body.decode("utf-8", "replace").strip() or "no answer"


@dataclass(slots=True)
class Child:
    """One child process, in a session of its own, so that Ctrl-C reaches only us and we stop it in order.

    name: for messages, as in "The component". is_up: None when it does its work, else why not yet.
    """

    name: str
    argv: Sequence[str]
    log: Path
    is_up: Callable[[], Awaitable[str | None]]
    say: Callable[[str], None]
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *tied_to_us(self.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=PROJECT,
            )

    async def stop(self, patience_s: float) -> None:
        """End it in an orderly way; after patience_s by force. Nothing to do if it is not running."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(patience_s):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    async def keep_running(self, on_up: Callable[[], None]) -> NoReturn:
        """Start it, and again whenever it ends; on_up is called each time it does its work.

        Raises DemoError, with the end of the log, when it never came up in five starts or one minute.
        """
        loop = asyncio.get_running_loop()
        failures, was_up = 0, False
        while True:
            started = loop.time()
            await self.start()
            if await self._comes_up(for_good=not was_up):
                was_up = True
                on_up()
            assert self.process is not None
            code = await self.process.wait()
            failures = 0 if loop.time() - started > _STEADY_S else failures + 1
            if not was_up and (failures >= STARTS_BEFORE_GIVING_UP or code == WRONG_CONFIGURATION):
                raise DemoError(
                    f"{self.name} ends {how_it_ended(code)} each time it is started. "
                    f"The end of {self.log}:\n{last_lines(self.log)}"
                )
            self.say(f"{self.name} ended {how_it_ended(code)}; starting it again.")
            await asyncio.sleep(delay_s(failures))

    async def _comes_up(self, *, for_good: bool) -> bool:
        """Wait until it does its work; False if it ended before. With for_good, a minute is the limit."""
        assert self.process is not None
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _UP_LIMIT_S
        while self.process.returncode is None:
            why_not = await self.is_up()
            if why_not is None:
                return True
            if for_good and loop.time() > give_up_at:
                raise DemoError(
                    f"{self.name} runs, but is not ready after {_UP_LIMIT_S:.0f} s: {why_not}. "
                    f"The end of {self.log}:\n{last_lines(self.log)}"
                )
            await asyncio.sleep(_POLL_S)
        return False
