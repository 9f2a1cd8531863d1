"""The component under cProfile, with its SQL counted: `python -m benchmarks.profiled run --config FILE`.

Profiling, of every thread, and counting begin at SIGUSR1. At the end FILE.prof (for pstats) and FILE.sql (JSON: each
statement and how often it ran) stand beside the configuration FILE.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import re
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from livechat_xmpp.__main__ import main as component

_VALUES = re.compile(r"\((?:(?:\?|\$\d+(?:::\w+)?)(?:, )?)+\)")  # as many as there were values


class Profile:
    """Profiles of all threads, from begin() on."""

    def __init__(self) -> None:
        self._is_begun = False
        self._of_threads: list[cProfile.Profile] = []
        self.statements: Counter[str] = Counter()
        threading.setprofile(self._in_thread)
        event.listen(Engine, "before_cursor_execute", self._on_statement)
        event.listen(Engine, "commit", self._on_commit)

    def begin(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_begun = True
        self.statements.clear()
        self._profile_this_thread()

    def _profile_this_thread(self) -> None:
        profile = cProfile.Profile()
        self._of_threads.append(profile)
        profile.enable()

    def _in_thread(self, _frame: FrameType, _event: str, _arg: Any) -> None:
        """Called by a thread at each call, until its profile takes the place of this function."""
        if self._is_begun:
            self._profile_this_thread()

    def _on_statement(self, _db: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements[_VALUES.sub("(…)", " ".join(statement.split()))] += 1

    def _on_commit(self, db: Connection) -> None:
        is_write = db.get_execution_options().get("livechat_write", False)
        self.statements["COMMIT" if is_write else "(end of reading)"] += 1

    def write(self, beside: Path) -> None:
        if not self._is_begun:
            return
        for profile in self._of_threads:
            profile.disable()
        pstats.Stats(*self._of_threads).dump_stats(beside.with_suffix(".prof"))
        beside.with_suffix(".sql").write_text(json.dumps(self.statements), "utf-8")


def main() -> int:
    profile = Profile()
    signal.signal(signal.SIGUSR1, profile.begin)
    config = Path(sys.argv[sys.argv.index("--config") + 1])
    try:
        return component()
    finally:
        profile.write(config)


if __name__ == "__main__":
    sys.exit(main())
