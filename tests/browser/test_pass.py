"""The page sends the pass along that its server gives it: limits count visitors by the network they are in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from livechat_xmpp.web import vendor
from tests.browser.conftest import Visitors
from tests.people import Person
from tests.servers.desk import Desk, running_desk
from tests.servers.prosody import Prosody


@pytest.fixture
def desk(prosody: Prosody, tmp_path: Path, wire_port: int) -> Iterator[Desk]:
    """A desk that takes one request an hour from one address, and lets the tests say which that is."""
    vendor.fill()
    environment = {
        "LIVECHAT_WEB__WEBSOCKET_URL": f"ws://127.0.0.1:{wire_port}/xmpp-websocket",
        "LIVECHAT_WEB__TRUSTED_PROXIES": '["127.0.0.0/8"]',
        "LIVECHAT_LIMITS__ADDRESS_REQUESTS_PER_HOUR": "1",
    }
    with running_desk(prosody, tmp_path, environment) as started:
        yield started


async def test_visitors_of_one_network_are_counted_together(new_visitor: Visitors, ana: Person) -> None:
    async def ask_from(address: str) -> tuple[str, bool]:
        """Return what the page says then, and whether the visitor is in the queue."""
        visitor = await new_visitor(extra_http_headers={"X-Forwarded-For": address})
        await visitor.open()
        await visitor.ask("Vera", "How do I print?")
        refusal = visitor.page.get_by_text("Too many requests")
        queued = visitor.page.get_by_role("heading", name="You are in the queue")
        await expect(refusal.or_(queued).first).to_be_visible()
        return address, await queued.is_visible()

    assert await ask_from("203.0.113.5") == ("203.0.113.5", True)
    assert await ask_from("203.0.113.5") == ("203.0.113.5", False)
    assert await ask_from("203.0.113.6") == ("203.0.113.6", True)
    assert await ask_from("2001:db8:1:1::1") == ("2001:db8:1:1::1", True)
    assert await ask_from("2001:db8:1:1:ffff::2") == ("2001:db8:1:1:ffff::2", False)
