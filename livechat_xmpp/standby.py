"""Waiting for the desk while another process has it (docs/decisions/0012)."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from livechat_xmpp.settings import Settings
from livechat_xmpp.store.lock import DeskLock
from livechat_xmpp.web.waiting import answering

log = logging.getLogger(__name__)

REASON = "another process has the desk; this one is its standby"


async def wait_until_taken(lock: DeskLock, stop: asyncio.Event, settings: Settings) -> None:
    """Return as soon as the lock is ours, or when told to stop. The port of the pages says that this is a standby."""
    log.info("waits for the other process", extra={"holder": lock.holder or "unknown"})
    async with contextlib.AsyncExitStack() as stack:
        if settings.web.enabled:
            await stack.enter_async_context(answering(settings.web.host, settings.web.port, REASON))
        while not await _is_set_within(stop, settings.database.standby_poll_s):
            if await lock.take():
                log.info("takes over")
                return


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
