"""Whether this process may act for the desk: send a stanza, commit a transaction (docs/decisions/0012)."""

from __future__ import annotations

import asyncio
import math
import os
import select
import threading
import time
from collections.abc import Callable

from livechat_xmpp.reconcile.ports import LinkDown

_LOOK_S = 0.02  # how often who waits for the fence looks whether it is open


class LockLost(LinkDown):
    """Another process may have the desk: this one may not act any more. str(): why, for an operator.

    For what is under way it is like the loss of the link, which goes with it.
    """


def _nothing() -> None:
    pass


def moment_s() -> float:
    """Return seconds that go on while this process is stopped, and while the whole machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Fence:
    """Open while the lock was confirmed a short time ago, and its connection has had nothing to say since.

    A process that was stopped for a while, and wakes without knowing it, finds it closed before it does anything.
    Asked by the event loop and by the store's threads. longest_s: how old a confirmation may be.
    on_open, on_lost: called in the event loop.
    """

    def __init__(self, longest_s: float = math.inf) -> None:
        self._longest_s = longest_s
        self._confirmed_at: float | None = None
        self._connection: int | None = None  # a file descriptor of our own: the lock's may be closed any moment
        self._lost_because = ""
        self._changed = threading.Condition()
        self.lost = asyncio.Event()
        self.on_open: Callable[[], None] = _nothing
        self.on_lost: Callable[[], None] = _nothing

    @classmethod
    def always_open(cls) -> Fence:
        """Return the fence of a process that needs no lock."""
        fence = cls()
        fence.confirm(moment_s())
        return fence

    # --- for those who act

    def is_open(self) -> bool:
        """Return whether this process may act now."""
        with self._changed:
            return self._is_open()

    def wait(self) -> None:
        """Block this thread until the fence is open. Raises LockLost. It ends: the lock gives up in time."""
        with self._changed:
            while not self._is_open():
                if self._lost_because:
                    raise LockLost(self._lost_because)
                self._changed.wait(_LOOK_S)

    def _is_open(self) -> bool:
        if self._confirmed_at is None or self._lost_because:
            return False
        return moment_s() - self._confirmed_at < self._longest_s and not self._has_word()

    def _has_word(self) -> bool:
        """Return whether the lock's connection has something to read: its answer to a question, or its end."""
        if self._connection is None:
            return False
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(0))

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the lock has gone and is not ours again yet."""
        return self._confirmed_at is None

    # --- for the lock

    @property
    def lost_because(self) -> str:
        """Return why the lock is lost for good; "" while it is not."""
        return self._lost_because

    def confirm(self, asked_at: float, connection: int | None = None) -> None:
        """Take in that the lock was still ours after asked_at, and tell those who wait.

        connection: file descriptor of the socket that the lock hangs on.
        """
        with self._changed:
            self._forget_connection()
            self._connection = None if connection is None else os.dup(connection)
            self._confirmed_at = asked_at
            self._changed.notify_all()
        self.on_open()

    def close(self) -> None:
        """Keep everybody from acting until the next confirmation."""
        with self._changed:
            self._confirmed_at = None
            self._forget_connection()

    def lose(self, why: str) -> None:
        """Close for good."""
        self.close()
        with self._changed:
            self._lost_because = why
            self._changed.notify_all()
        self.lost.set()
        self.on_lost()

    def _forget_connection(self) -> None:
        if self._connection is not None:
            os.close(self._connection)
            self._connection = None
