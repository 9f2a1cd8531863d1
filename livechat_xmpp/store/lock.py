"""One process at a time has the desk: a lock on its database, taken before anything else (docs/decisions/0012)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from livechat_xmpp.store.fence import Fence, LockLost

log = logging.getLogger(__name__)

BEATS = 5  # looks at the lock within takeover_s; half of them may fail before the fence closes


class DeskLock(ABC):
    """The lock on the database of one component.

    holder: who has it, as far as that is known. takeover_s: how long a process without a sign of life keeps it.
    on_regained: called in the event loop after a while in which it was not certain that the lock is ours.
    """

    def __init__(self, takeover_s: float, longest_s: float) -> None:
        self.fence = Fence(longest_s)
        self.holder = ""
        self._beat_s = takeover_s / BEATS
        self._wake = asyncio.Event()
        self._is_ending = False
        self.on_regained: Callable[[], None] = lambda: None

    @abstractmethod
    async def take(self) -> bool:
        """Take the lock if it is free; return whether it is ours. Raises what the database or the system says."""

    @abstractmethod
    async def _look(self) -> None:
        """Confirm to the fence that the lock is still ours. Raises LockLost."""

    @abstractmethod
    async def release(self) -> None:
        """Let others have it; what is held of it in this process is given back."""

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Watch over the lock, which is ours, for the length of the block; release it at the end."""
        keeper = asyncio.ensure_future(self._keep())
        try:
            yield
        finally:
            self._is_ending = True
            self._wake.set()
            await keeper
            await self.release()

    async def _keep(self) -> None:
        while not self._is_ending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._beat_s)
            self._wake.clear()
            if self._is_ending:
                return
            try:
                await self._look()
            except LockLost as lost:
                self._lose(str(lost))
                return
            except Exception as bug:
                log.exception("looking at the lock failed")
                self._lose(f"it cannot be looked at: {type(bug).__name__}")
                return

    def _lose(self, why: str) -> None:
        log.error("the lock is lost, this process stops", extra={"why": why})
        self.fence.lose(why)


def this_process() -> str:
    """Return who we are, for the operator of another process."""
    return f"{socket.gethostname()} pid {os.getpid()}"
