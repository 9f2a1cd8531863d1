"""What the pages' server answers, asked without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from livechat_xmpp.domain.forms import DEFAULT, Field, Form, Kind
from livechat_xmpp.web import vendor
from livechat_xmpp.web.server import PageSettings, PortTaken, serving

SETTINGS = PageSettings(
    websocket_url="wss://chat.example.org:5281/xmpp-websocket",
    anonymous_domain="anon.example.org",
    staff_domain="example.org",
    workgroup="support@workgroup.example.org",
    title="Support",
    form=Form((*DEFAULT.fields[:2], Field("browser", "Your browser", Kind.CHOICE, ("Firefox", "Chromium")))),
    port=0,
)


class Health:
    """What the service says of itself."""

    reason: str | None = None
    bug: Exception | None = None

    async def __call__(self) -> str | None:
        if self.bug:
            raise self.bug
        return self.reason


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def client(health: Health) -> AsyncIterator[ClientSession]:
    vendor.fill()
    async with serving(SETTINGS, health) as address, ClientSession(address) as client:
        yield client


async def test_the_visitors_policy_allows_only_the_own_origin_and_the_websocket(client: ClientSession) -> None:
    async with client.get("/") as answer:
        assert answer.status == 200
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self' wss://chat.example.org:5281",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_the_teams_page_runs_no_foreign_script_either(client: ClientSession) -> None:
    async with client.get("/team") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self' wss://chat.example.org:5281;" in policy


@pytest.mark.parametrize("path", ["/", "/team", "/static/main.js", "/config.json", "/healthz", "/nothing-here"])
async def test_every_answer_carries_the_headers(client: ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == ("no-store" if path == "/healthz" else "no-cache")


async def test_the_pages_are_told_the_addresses_and_the_form(client: ClientSession) -> None:
    async with client.get("/config.json") as answer:
        assert await answer.json() == {
            "websocketUrl": "wss://chat.example.org:5281/xmpp-websocket",
            "anonymousDomain": "anon.example.org",
            "staffDomain": "example.org",
            "workgroup": "support@workgroup.example.org",
            "title": "Support",
            "fields": [
                {"name": "username", "label": None, "kind": "text", "options": [], "required": True, "limit": 64},
                {"name": "question", "label": None, "kind": "lines", "options": [], "required": True, "limit": 4000},
                {
                    "name": "browser",
                    "label": "Your browser",
                    "kind": "choice",
                    "options": ["Firefox", "Chromium"],
                    "required": False,
                    "limit": None,
                },
            ],
        }


async def test_who_holds_on_to_connections_gets_no_more_than_there_are(health: Health) -> None:
    """SA-4, RU-3: each is a file of the process, and the link and the database need some"""
    settings, begun = replace(SETTINGS, max_connections=8), b"GET /healthz HTTP/1.1\r\nHost: desk\r\n"
    async with serving(settings, health) as address:
        url = urlsplit(address)
        held = []
        for _ in range(3 * settings.max_connections):
            reader, writer = await asyncio.open_connection(url.hostname, url.port)
            writer.write(begun)  # and never the end of it
            held.append((reader, writer))
        async with ClientSession(address) as client, client.get("/healthz") as answer:
            assert answer.status == 200
        for reader, _ in held[: settings.max_connections]:
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 10) == b""
        for _, writer in held:
            writer.close()


async def test_health_is_told_with_its_reason(client: ClientSession, health: Health) -> None:
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    health.reason = "no link to the XMPP server"
    async with client.get("/healthz") as answer:
        assert answer.status == 503
        assert await answer.json() == {"status": "unavailable", "reason": "no link to the XMPP server"}


async def test_a_bug_is_answered_with_its_id_alone(
    client: ClientSession, health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    health.bug = RuntimeError("a secret")
    async with client.get("/healthz") as answer:
        text = await answer.text()
        assert answer.status == 500
    assert "a secret" not in text
    assert caplog.records[-1].bug in text  # type: ignore[attr-defined]


async def test_files_come_packed_and_only_when_they_changed(client: ClientSession) -> None:
    path = "/vendor/strophe.js/dist/strophe.umd.min.js"
    async with client.get(path) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "javascript" in answer.headers["Content-Type"]
        etag = answer.headers["ETag"]
    async with client.get(path, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/vendor/strophe.js/.installed",
        "/vendor/strophe.js",
        "/static/",
        "/static/%00",
        "/static/" + "a" * 300,
    ],
)
async def test_nothing_outside_the_folders_is_served(client: ClientSession, path: str) -> None:
    from yarl import URL

    address = URL(str(client._base_url).rstrip("/") + path, encoded=True)
    async with ClientSession() as plain, plain.get(address) as answer:
        assert answer.status == 404


async def test_what_is_no_http_is_answered_and_not_told_as_a_bug(
    client: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """RU-5: anybody can send any number of them"""
    reader, writer = await asyncio.open_connection(client._base_url.host, client._base_url.port)
    writer.write(b"GET * HTTP/1.1\r\nHost: desk\r\n\r\n")
    answer = await reader.readline()
    writer.close()
    assert b" 400 " in answer
    assert not caplog.records


async def test_a_taken_port_is_named(health: Health) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = PageSettings("ws://127.0.0.1/x", "a", "b", "c@d", "T", port=port)
        with pytest.raises(PortTaken, match=f"127.0.0.1 port {port}"):
            async with serving(settings, health):
                pass


@pytest.mark.parametrize("url", ["http://example.org/", "ws:///path", "ws://a; script-src *", "nonsense"])
def test_what_is_no_websocket_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not a ws:// or wss:// address"):
        _ = PageSettings(url, "a", "b", "c@d", "T").websocket_origin
