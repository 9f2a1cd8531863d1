"""Waiting for what another process does: always a condition, always a limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LIMIT_S = 20.0
_POLL_S = 0.02


def wait_until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Return as soon as the condition holds; fails, naming what was waited for, at the limit."""
    give_up_at = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_at, f"not within {limit_s:.0f} s: {what}"
        time.sleep(_POLL_S)


async def wait_until_async(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """The same, letting other tasks of the test go on."""
    give_up_at = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_at, f"not within {limit_s:.0f} s: {what}"
        await asyncio.sleep(_POLL_S)
