"""Whether a visitor is there, asked of their client (XEP-0199)."""

from __future__ import annotations

import asyncio

import pytest

from livechat_xmpp.reconcile.ports import LinkTrouble
from tests.servers.waiting import wait_until_async
from tests.wire.conftest import VERA, Wire


def asked(wire: Wire, whom: str) -> list[str]:
    """Return the ids of the pings to somebody."""
    pings = [s for s in wire.sent if s.find("{urn:xmpp:ping}ping") is not None]
    return [s.get("id", "") for s in pings if s.get("to", "").startswith(whom)]


@pytest.mark.desk(LIVECHAT_ROUTING__PING_TIMEOUT_S="0.05", LIVECHAT_XMPP__IQ_TIMEOUT_S="0.05")
async def test_silence_on_a_link_that_hangs_says_nothing_of_a_visitor(wire: Wire) -> None:
    with pytest.raises(LinkTrouble):
        await wire.component.speaker.ping(VERA)
    assert len(asked(wire, VERA)) == 1
    assert len(asked(wire, "workgroup.localhost")) == 1


@pytest.mark.desk(LIVECHAT_ROUTING__PING_TIMEOUT_S="0.05")
async def test_silence_where_the_server_answers_is_the_visitors(wire: Wire) -> None:
    answer = asyncio.ensure_future(wire.component.speaker.ping(VERA))
    await wait_until_async(lambda: bool(asked(wire, "workgroup.localhost")), "the server is asked too")
    (number,) = asked(wire, "workgroup.localhost")
    wire.feed(f"<iq type='result' id='{number}' from='workgroup.localhost' to='workgroup.localhost'/>")
    assert await answer is False
