"""The machine's clock, without its jumps."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

UNNOTICED = timedelta(milliseconds=100)  # smaller steps are followed: time services make them all the time
FAR = timedelta(hours=1)  # a clock that was wrong by more is being set right, and nobody wants the wrong time for days
CATCH_UP = 0.1  # how much slower or faster than the machine's clock ours goes until it shows the same


def _wall() -> datetime:
    return datetime.now(UTC)


def _steady_s() -> float:
    """Return seconds that nobody sets, and that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SystemClock:
    """The machine's clock (reconcile.ports.Clock), for all threads; a step of it is taken slowly.

    When somebody sets the machine's clock, offers, places and graces must neither all end at once nor last for so
    much longer, and who asks later must not come before who waits. So ours goes on, a tenth slower or faster than
    time until it shows the same; or until nobody waits, when it is far off.
    """

    def __init__(self, wall: Callable[[], datetime] = _wall, steady_s: Callable[[], float] = _steady_s) -> None:
        self._wall = wall
        self._steady_s = steady_s
        self._lock = threading.Lock()
        self._seen = (wall(), steady_s())
        self._ahead = timedelta()  # of the machine's clock

    def now(self) -> datetime:
        with self._lock:
            wall, steady_s = self._wall(), self._steady_s()
            passed = timedelta(seconds=max(0.0, steady_s - self._seen[1]))
            step = wall - self._seen[0] - passed
            self._seen = (wall, steady_s)
            if abs(step) > UNNOTICED:
                self._ahead -= step
                log.warning("the machine's clock was set", extra={"by_s": round(step.total_seconds(), 1)})
            if self._ahead:
                self._ahead -= max(-passed * CATCH_UP, min(passed * CATCH_UP, self._ahead))
            return wall + self._ahead

    def follow(self) -> None:
        with self._lock:
            if abs(self._ahead) > FAR:
                self._ahead = timedelta()
                log.info("shows the time of the machine's clock again")

    async def sleep_until(self, moment: datetime) -> None:
        """Return at the moment, or a little before it while ours goes slower than time."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))
