"""What the pages' port says while this process does not serve them: a load balancer then asks another machine."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5


@asynccontextmanager
async def answering(host: str, port: int, reason: str) -> AsyncIterator[None]:
    """Answer everything with 503 and the reason until the block ends; nothing where the port is another's."""

    async def unavailable(_request: web.Request) -> web.StreamResponse:
        headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
        return web.json_response({"status": "unavailable", "reason": reason}, status=503, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", unavailable)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:  # on the same machine the other process serves the pages there
            log.info("the pages' port is not free", extra={"port": port})
        yield
    finally:
        await runner.cleanup()
