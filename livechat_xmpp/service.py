"""What a service manager is told of us (sd_notify(3)): that we are ready, that we still work, that we stop.

Nothing without one. "Ready" is said once the configuration is known to be good: a standby, or a desk whose server is
not there yet, is at work too. The sign of life comes from the main loop, so it stops when that hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

SIGNS_PER_LIMIT = 3  # signs of life in the time after which none means that we hang
PATIENCE_S = 1.0  # with a manager that is too busy to take what it has to know; signs of life do not wait


class ServiceManager:
    """The manager that started us. environment: where it says how to be reached."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        is_for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._limit_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6 if is_for_us else 0.0

    def tell(self, state: str, *, patience_s: float = PATIENCE_S) -> None:
        """Send one line, such as READY=1; a manager that is not there is not missed. Blocks for patience_s at most."""
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.settimeout(patience_s)
                out.sendto(state.encode(), self._address)

    @asynccontextmanager
    async def knowing(self) -> AsyncIterator[None]:
        """Say that we are ready, and that we still work until the block ends; then that we stop."""
        self.tell("READY=1")
        signs = asyncio.get_running_loop().create_task(self._give_signs())
        try:
            yield
        finally:
            signs.cancel()
            self.tell("STOPPING=1")

    async def _give_signs(self) -> None:
        while self._limit_s > 0:
            self.tell("WATCHDOG=1", patience_s=0)  # the next one comes soon
            await asyncio.sleep(self._limit_s / SIGNS_PER_LIMIT)
