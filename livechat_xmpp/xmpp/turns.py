"""Turns: each sender's stanzas are worked on in their order, few senders' at once, and not without end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], Awaitable[Any]]

AT_ONCE = 8  # senders worked for at once: enough to keep the database busy, few enough to leave it to the rooms


class Turns:
    """Queues work by sender. waiting: how much one sender may have waiting; more is refused."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None], *, waiting: int) -> None:
        self._spawn = spawn
        self._waiting = waiting
        self._places = asyncio.Semaphore(AT_ONCE)
        self._queues: dict[str, deque[Work]] = {}
        self.refused = 0

    @property
    def pending(self) -> int:
        """Return how much is being worked on or waits, of all senders."""
        return sum(map(len, self._queues.values()))

    def take(self, sender: str, work: Work) -> bool:
        """Have the work done after what the sender asked for before; return False if too much of theirs waits."""
        queue = self._queues.get(sender)
        if queue is None:
            self._queues[sender] = deque([work])
            self._spawn(self._serve(sender))
            return True
        if len(queue) >= self._waiting:
            self.refused += 1
            return False
        queue.append(work)
        return True

    async def _serve(self, sender: str) -> None:
        queue = self._queues[sender]
        try:
            while queue:
                async with self._places:
                    try:
                        await queue[0]()
                    except LinkTrouble:
                        pass  # there is nobody to answer
                    except StoreTrouble as trouble:
                        log.warning("the database does not answer", extra={"trouble": str(trouble)})
                    except Exception:
                        log.exception("handler failed")
                    finally:
                        queue.popleft()
        finally:
            del self._queues[sender]
