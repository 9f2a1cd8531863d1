"""Work beside the rounds of chats: each kind is done whenever it is due, by a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

RETRY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of work. key: the timers'. begin: makes it due on a new link, where there is something to do then."""

    key: Hashable
    is_due: asyncio.Event
    work: Callable[[], Awaitable[None]]
    begin: Callable[[], None] | None = None


class Chores:
    """All of them. What fails is tried again after RETRY; what lacks a link waits for the next, which begins it."""

    def __init__(self, timers: Timers, chores: Iterable[Chore]) -> None:
        self._timers = timers
        self._chores = {chore.key: chore for chore in chores}
        self._at_work = 0
        self._waiting: set[Hashable] = set()  # for the database

    def begin(self) -> None:
        """Take in that there is a new link."""
        for chore in self._chores.values():
            if chore.begin is not None:
                chore.begin()

    def wake(self, key: Hashable) -> bool:
        """Have the chore done; return whether there is one with this key."""
        chore = self._chores.get(key)
        if chore is not None:
            chore.is_due.set()
        return chore is not None

    @property
    def is_idle(self) -> bool:
        """Return whether none is due or being done."""
        return not self._at_work and not any(chore.is_due.is_set() for chore in self._chores.values())

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to do them, until the group is cancelled."""
        for chore in self._chores.values():
            tasks.create_task(self._whenever_due(chore))

    async def _whenever_due(self, chore: Chore) -> None:
        while True:
            await chore.is_due.wait()
            chore.is_due.clear()
            self._at_work += 1
            try:
                await chore.work()
            except LinkTrouble:
                pass
            except StoreTrouble as trouble:
                level = logging.DEBUG if chore.key in self._waiting else logging.WARNING
                log.log(level, "the database does not answer", extra={"what": chore.key, "trouble": str(trouble)})
                self._waiting.add(chore.key)
                self._timers.after(chore.key, RETRY)
            except Exception:
                log.exception("failed", extra={"what": chore.key})
                self._timers.after(chore.key, RETRY)
            else:
                self._waiting.discard(chore.key)
            finally:
                self._at_work -= 1
