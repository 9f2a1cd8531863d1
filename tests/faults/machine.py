"""The machine that the component runs on: its disk and its clock, as far as tests can have them."""

from __future__ import annotations

import os
import resource
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from tests.servers.needs import is_missing

SIZE = 8 * 1024 * 1024  # of the small disk: room for a little world and a write-ahead log


class Disk(ABC):
    """Where the database lies. how: the way in which it gets full, for the table."""

    how: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def fill(self, pid: int) -> None:
        """Leave no space, for the process at least."""

    @abstractmethod
    def free(self, pid: int) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Give back what was taken of the machine."""


class SmallDisk(Disk):
    """A tmpfs of its own, filled to the last byte by a file."""

    how = "tmpfs"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        options = f"size={SIZE},mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "livechat-test", str(folder)], check=True)

    def fill(self, pid: int) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def free(self, pid: int) -> None:
        (self.folder / "filler").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class NoGrowth(Disk):
    """Where nobody may mount: the process may not make any file longer than the longest is (RLIMIT_FSIZE)."""

    how = "RLIMIT_FSIZE"

    def fill(self, pid: int) -> None:
        longest = max(file.stat().st_size for file in self.folder.iterdir() if "-shm" not in file.name)
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, hard))

    def free(self, pid: int) -> None:
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    def close(self) -> None:
        return None


def a_disk(folder: Path) -> Disk:
    """Return a disk that can be filled: a small one of its own where this process may mount it."""
    if os.geteuid() == 0:
        try:
            return SmallDisk(folder)
        except (OSError, subprocess.CalledProcessError):
            pass  # root of a container that may not mount
    return NoGrowth(folder)


class SteppedClock:
    """A clock of its own for a process: libfaketime's, which reads from a file how far off it is.

    Only the time of day is set. What measures lengths (CLOCK_MONOTONIC) goes on, as when an admin sets the clock.
    """

    NOTICED_S = 1.5  # the file is looked at once a second

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            is_missing("faketime")
        self._file, self._off_s = folder / "clock", 0.0
        self._write()
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, seconds: float) -> None:
        self._off_s += seconds
        self._write()

    def _write(self) -> None:
        draft = self._file.with_name("clock.new")
        draft.write_text(f"{self._off_s:+.1f}\n")
        draft.replace(self._file)
