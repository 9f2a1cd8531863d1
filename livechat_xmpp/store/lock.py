"""One process at a time has the desk: a lock on its database, taken before anything else (docs/decisions/0012)."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url

from livechat_xmpp.store.fence import Fence, LockLost, moment_s

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


class FileLock(DeskLock):
    """For SQLite: a lock of the operating system on a file beside the database; it ends with the process."""

    def __init__(self, database: str, takeover_s: float) -> None:
        super().__init__(takeover_s, longest_s=float("inf"))  # nobody takes it from a process that is stopped
        path = Path(database).resolve()
        self._path = path.with_name(f"{path.name}.lock")
        self._file: int | None = None

    async def take(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip()
            os.close(file)
            return False
        with contextlib.suppress(OSError):  # a full disk: who waits is not told for whom
            os.ftruncate(file, 0)
            os.pwrite(file, f"{this_process()}\n".encode(), 0)
        self._file = file
        try:
            await self._look()
        except LockLost:  # removed between opening and locking
            await self.release()
            return False
        return True

    async def _look(self) -> None:
        assert self._file is not None
        ours = os.fstat(self._file)
        try:
            there = self._path.stat()
        except FileNotFoundError:
            raise LockLost(f"{self._path.name} was removed") from None
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            raise LockLost(f"{self._path.name} was replaced")
        self.fence.confirm(moment_s())

    async def release(self) -> None:
        if self._file is not None:  # the file stays: who opened it before the removal would lock another one
            os.close(self._file)
            self._file = None


class NoLock(DeskLock):
    """For a database in memory, which no other process has."""

    def __init__(self, takeover_s: float) -> None:
        super().__init__(takeover_s, longest_s=float("inf"))

    async def take(self) -> bool:
        await self._look()
        return True

    async def _look(self) -> None:
        self.fence.confirm(moment_s())

    async def release(self) -> None:
        pass


def this_process() -> str:
    """Return who we are, for the operator of another process."""
    return f"{socket.gethostname()} pid {os.getpid()}"


def lock_for(url: str, component: str, takeover_s: float) -> DeskLock:
    """Return the lock of the component's desk on the database at url; it is not taken yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        from livechat_xmpp.store.advisory_lock import AdvisoryLock  # its driver is there only where it is needed

        return AdvisoryLock(url, component, takeover_s)
    if parsed.database in (None, "", ":memory:"):
        return NoLock(takeover_s)
    return FileLock(str(parsed.database), takeover_s)
