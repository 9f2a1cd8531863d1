"""How many connections the pages may have at once: each takes a file of the process, and the desk needs some itself."""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_protocol import RequestHandler


class Connections:
    """Makes the protocol of each new connection (asyncio's protocol factory). most: above it the oldest has to go.

    A page is loaded in a moment. What has been open for longest is a connection kept alive that its browser opens
    again by itself, or one of somebody who holds on to as many as they get and asks for nothing.
    """

    def __init__(self, server: web.Server, most: int) -> None:
        self._server = server
        self._most = most

    def __call__(self) -> RequestHandler:
        opened = self._server.connections
        for oldest in opened[: len(opened) + 1 - self._most]:
            if oldest.transport is not None:
                oldest.transport.abort()  # close() would wait for one who does not read
        return self._server()
