"""One heap of next moments: who is woken when. Rebuilt by the first look at everything after a start."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from livechat_xmpp.reconcile.ports import Clock


class Timers:
    """Calls `due` with a key when its moment has come; each key has one moment, the newest that was set."""

    def __init__(self, clock: Clock, due: Callable[[Hashable], None]) -> None:
        self._clock = clock
        self._due = due
        self._moments: dict[Hashable, datetime] = {}
        self._heap: list[tuple[datetime, int, Hashable]] = []
        self._count = 0
        self._changed = asyncio.Event()

    def set(self, key: Hashable, moment: datetime | None) -> None:
        """Set the key's moment; None: no moment any more."""
        if self._moments.get(key) == moment:
            return
        if moment is None:
            self._moments.pop(key, None)
            return
        self._moments[key] = moment
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, key))
        self._changed.set()

    def after(self, key: Hashable, delay: timedelta) -> None:
        """Set the key's moment to so long from now, unless it has an earlier one."""
        moment = self._clock.now() + delay
        if key not in self._moments or self._moments[key] > moment:
            self.set(key, moment)

    async def run(self) -> None:
        """Wait for the moments, for ever."""
        while True:
            self._changed.clear()
            self._fire()
            if not self._heap:
                await self._changed.wait()
                continue
            sleep = asyncio.ensure_future(self._clock.sleep_until(self._heap[0][0]))
            change = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({sleep, change}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
                change.cancel()

    def _fire(self) -> None:
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            moment, _, key = heapq.heappop(self._heap)
            if self._moments.get(key) == moment:
                del self._moments[key]
                self._due(key)
