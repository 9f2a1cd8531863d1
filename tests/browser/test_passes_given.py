"""`/pass` and `/metrics` of the pages' server, asked without a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from aiohttp import ClientSession

from livechat_xmpp.web.server import serving
from tests.browser.test_server import SETTINGS, Health

LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """The pages of a desk behind a proxy on the same machine, whose metrics may be read on it."""

    async def metrics() -> bytes:
        return b"livechat_link_up 1.0\n"

    def issue(address: IPv4Address | IPv6Address) -> str:
        return f"pass of {address}"

    settings = replace(SETTINGS, trusted_proxies=(LOOPBACK,), metrics_allow=(LOOPBACK,))
    async with serving(settings, Health(), metrics, issue) as address, ClientSession(address) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "given"),
    [
        pytest.param({"X-Forwarded-For": "203.0.113.5"}, "pass of 203.0.113.5", id="for whom the proxy asks"),
        pytest.param({"X-Forwarded-For": "2001:db8::1"}, "pass of 2001:db8::1", id="for whom it asks by IPv6"),
        pytest.param({}, "", id="nobody's on this machine: all might come from here"),
        pytest.param({"X-Forwarded-For": "nonsense"}, "", id="nobody's who is not known"),
    ],
)
async def test_a_pass_is_for_the_clients_own_address(
    client: ClientSession, headers: dict[str, str], given: str
) -> None:
    async with client.get("/pass", headers=headers) as answer:
        assert await answer.json() == {"pass": given}
        assert answer.headers["Cache-Control"] == "no-store"


async def test_metrics_are_read_on_this_machine_and_not_through_the_proxy(client: ClientSession) -> None:
    async with client.get("/metrics") as answer:
        assert (answer.status, await answer.text()) == (200, "livechat_link_up 1.0\n")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
    async with client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}) as answer:
        refused = (answer.status, await answer.text())
    async with client.get("/no-such-page") as answer:
        assert refused == (answer.status, await answer.text())
