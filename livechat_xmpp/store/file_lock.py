"""The locks on SQLite databases: of a file, which ends with the process that took it; of memory, which needs none."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from livechat_xmpp.store.fence import LockLost, moment_s
from livechat_xmpp.store.lock import DeskLock, this_process


class FileLock(DeskLock):
    """For SQLite: a lock of the operating system on a file beside the database; it ends with the process.

    With the lock goes a look at the database itself: a file that was removed or replaced under an open connection takes
    all that is written, and nobody finds it again.
    """

    def __init__(self, database: str, takeover_s: float) -> None:
        super().__init__(takeover_s, longest_s=float("inf"))  # nobody takes it from a process that is stopped
        path = Path(database).resolve()
        self._path = path.with_name(f"{path.name}.lock")
        self._file: int | None = None
        self._database = Path(database)
        self._seen: tuple[int, int] | None = None  # the database; None before there is one

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
        self._look_at_database()
        self.fence.confirm(moment_s())

    def _look_at_database(self) -> None:
        try:
            there = self._database.stat()
        except FileNotFoundError:
            if self._seen is not None:
                raise LockLost(f"{self._database.name} was removed") from None
            return
        seen, self._seen = self._seen, (there.st_dev, there.st_ino)
        if seen not in (None, self._seen):
            raise LockLost(f"{self._database.name} was replaced")

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
