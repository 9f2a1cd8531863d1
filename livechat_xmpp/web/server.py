"""The HTTP server of the pages: files, `/config.json` and `/pass` for the pages' scripts, `/healthz`, `/metrics`.

Everything a page loads comes from here (own files in `static/`, npm packages in `vendor/`); the only other
address it talks to is the XMPP server's WebSocket. The Content-Security-Policy holds it to that.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger
from aiohttp.typedefs import Handler

from livechat_xmpp.domain.forms import DEFAULT, Field, Form, Kind
from livechat_xmpp.metrics import CONTENT_TYPE
from livechat_xmpp.web import vendor
from livechat_xmpp.web.clients import Clients, IPAddress, IPNetwork, is_in
from livechat_xmpp.web.connections import Connections

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
AT_ONCE = 32  # connections taken in one turn of the loop, before those that are too many are closed
NOT_INSTALLED = "The page is not set up yet. Whoever runs it: python -m livechat_xmpp.web.vendor\n"

Health = Callable[[], Awaitable[str | None]]
"""Answers None when the service is well, else why it is not, in words for an operator."""


IssuePass = Callable[[IPAddress], str]
"""Answers with the pass that proves this address to the desk's limits."""

MetricsText = Callable[[], Awaitable[bytes]]
"""Answers all metrics in Prometheus' text format."""

VOLATILE = {"/healthz", "/metrics", "/pass"}  # another answer each time


class PortTaken(OSError):
    """Another program listens on the port that the pages were to have."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the pages need to know.

    port: 0 takes a free one. websocket_url: as the browser reaches it (RFC 7395), `ws://` or `wss://`.
    workgroup: bare JID that visitors ask. anonymous_domain: where they log in. staff_domain: completes a
    login name at `/team`. title: shown as the visitor page's heading. form: what visitors fill in.
    trusted_proxies: who may tell for whom they ask. metrics_allow: who may read `/metrics`; for all others there is
    none. max_connections: how many may be open at once, before the oldest is closed.
    """

    websocket_url: str
    anonymous_domain: str
    staff_domain: str
    workgroup: str
    title: str
    form: Form = DEFAULT
    host: str = "127.0.0.1"
    port: int = 8080
    trusted_proxies: tuple[IPNetwork, ...] = ()
    metrics_allow: tuple[IPNetwork, ...] = ()
    max_connections: int = 256

    @property
    def websocket_origin(self) -> str:
        """Scheme, host and port of the WebSocket, as a source in a Content-Security-Policy."""
        url = urlsplit(self.websocket_url)
        if url.scheme not in {"ws", "wss"} or not url.netloc or set(url.netloc) & set(";, '\""):
            raise ValueError(f"not a ws:// or wss:// address: {self.websocket_url}")
        return f"{url.scheme}://{url.netloc}"


@asynccontextmanager
async def serving(
    settings: PageSettings, health: Health, metrics: MetricsText | None = None, issue_pass: IssuePass | None = None
) -> AsyncIterator[str]:
    """Serve the pages until the block ends; yields their address, `http://127.0.0.1:8080/`.

    Raises PortTaken, which names host and port, and ValueError for a websocket_url that is none.
    """
    server_logger.addFilter(_is_about_us)
    app = application(settings, health, metrics, issue_pass)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        listening = await _listen(settings, runner)
        try:
            host, port = listening.sockets[0].getsockname()[:2]
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def _is_about_us(record: logging.LogRecord) -> bool:
    """Return False for a request that was no HTTP: it is answered with 400, and anybody can send any number of them."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


async def _listen(settings: PageSettings, runner: web.AppRunner) -> asyncio.Server:
    assert runner.server is not None
    connections = Connections(runner.server, settings.max_connections)
    try:
        loop = asyncio.get_running_loop()
        return await loop.create_server(connections, settings.host, settings.port, backlog=AT_ONCE)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        why = str(error.strerror).rpartition(": ")[2]  # asyncio says where once more
        raise PortTaken(f"no place for the pages at {where}: {why} (web.host, web.port)") from error


def application(
    settings: PageSettings, health: Health, metrics: MetricsText | None = None, issue_pass: IssuePass | None = None
) -> web.Application:
    """Return the application with its routes; a page's policy is fixed with the settings."""
    app = web.Application(middlewares=[_guard])
    clients = Clients(settings.trusted_proxies)
    visitor, team = _policies(settings)
    app.router.add_get("/", _page("visitor.html", visitor))
    app.router.add_get("/team", _page("team.html", team))
    app.router.add_get("/config.json", _config(settings))
    app.router.add_get("/healthz", _healthz(health))
    if metrics is not None:
        app.router.add_get("/metrics", _metrics(metrics, clients, settings.metrics_allow))
    if issue_pass is not None:
        app.router.add_get("/pass", _pass(issue_pass, clients))
    app.router.add_get("/static/{path:.+}", _files(STATIC))
    app.router.add_get("/vendor/{path:.+}", _files(vendor.VENDOR))
    return app


def _policies(settings: PageSettings) -> tuple[str, str]:
    """The visitor page's policy, and that of Converse, which sets inline styles and shows data: pictures."""
    common = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {settings.websocket_origin}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    converse = {
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "media-src": "'self'",
    }
    visitor, team = (
        "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
        for policy in (common, common | converse)
    )
    return visitor, team


def _page(name: str, policy: str) -> Handler:
    async def page(request: web.Request) -> web.StreamResponse:
        if not vendor.is_complete():
            raise web.HTTPServiceUnavailable(text=NOT_INSTALLED)
        return web.FileResponse(STATIC / name, headers={"Content-Security-Policy": policy})

    return page


def _config(settings: PageSettings) -> Handler:
    content = {
        "websocketUrl": settings.websocket_url,
        "anonymousDomain": settings.anonymous_domain,
        "staffDomain": settings.staff_domain,
        "workgroup": settings.workgroup,
        "title": settings.title,
        "fields": [_described(field) for field in settings.form.fields],
    }

    async def config(request: web.Request) -> web.StreamResponse:
        return web.json_response(content)

    return config


def _described(field: Field) -> dict[str, object]:
    """Return a field as the page draws it; without a label it has the page's own, in the visitor's language."""
    return {
        "name": field.name,
        "label": field.label or None,
        "kind": field.kind,
        "options": field.options,
        "required": field.is_required,
        "limit": None if field.kind is Kind.CHOICE else field.longest,
    }


def _healthz(health: Health) -> Handler:
    async def healthz(request: web.Request) -> web.StreamResponse:
        reason = await health()
        if reason is None:
            return web.json_response({"status": "ok"})
        return web.json_response({"status": "unavailable", "reason": reason}, status=503)

    return healthz


def _metrics(text: MetricsText, clients: Clients, allow: Collection[IPNetwork]) -> Handler:
    async def metrics(request: web.Request) -> web.StreamResponse:
        address = clients.address(request)
        if address is None or not is_in(address, allow):
            raise web.HTTPNotFound
        return web.Response(body=await text(), headers={"Content-Type": CONTENT_TYPE})

    return metrics


def _pass(issue: IssuePass, clients: Clients) -> Handler:
    """Answer with a pass for the client's address; with none where it is not known, or is a proxy's on this machine."""

    async def give_pass(request: web.Request) -> web.StreamResponse:
        address = clients.address(request)
        return web.json_response({"pass": "" if address is None or address.is_loopback else issue(address)})

    return give_pass


def _files(folder: Path) -> Handler:
    """Serve what is in the folder now, and nothing outside it; a missing folder has no files."""

    def find(name: str) -> Path | None:
        try:
            path = (folder / name).resolve()
            is_there = path.is_relative_to(folder.resolve()) and not path.name.startswith(".") and path.is_file()
        except (ValueError, OSError):  # no name of a file at all: with a NUL in it, or too long
            return None
        return path if is_there else None

    async def files(request: web.Request) -> web.StreamResponse:
        path = find(request.match_info["path"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path)

    return files


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers that all answers have; answer a bug with its id alone."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _secure(answer.headers, request.path)
        raise
    except Exception:
        bug = secrets.token_hex(4)
        log.exception("web request failed", extra={"bug": bug, "path": request.path})
        response = web.Response(status=500, text=f"Something went wrong here. It is noted as {bug}.\n")
    _secure(response.headers, request.path)
    return response


def _secure(headers: MutableMapping[str, str], path: str) -> None:
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Files have an ETag: asked for each time, sent only when changed. So a new version is whole from its
    # first page on.
    headers["Cache-Control"] = "no-store" if path in VOLATILE else "no-cache"
