"""The link on a simulated server: what it keeps from the stream, and what becomes of what waits when it breaks."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import pytest_asyncio
from slixmpp import Iq
from slixmpp.xmlstream import ET

from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp import link as link_module
from livechat_xmpp.xmpp.link import Link
from tests.people.elements import body_of, name
from tests.servers.waiting import wait_until_async
from tests.simulation import SimulatedServer

SUPPORT = "support@workgroup.localhost"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SimulatedServer]:
    async with SimulatedServer() as simulated:
        yield simulated


class Linked:
    """A link that runs; ups, downs: how often it came and went."""

    def __init__(self, link: Link) -> None:
        self.link, self.ups, self.downs = link, 0, 0

    async def on_up(self) -> None:
        self.ups += 1

    def on_down(self) -> None:
        self.downs += 1


@asynccontextmanager
async def linked(server: SimulatedServer, **more: Any) -> AsyncIterator[Linked]:
    """Run a link to the server for the length of the block, and wait until it is up."""
    secret = more.pop("secret", server.component_secret)
    made = Linked(Link(server.component, secret, server.host, server.component_port, **more))
    running = asyncio.get_running_loop().create_task(made.link.run(made.on_up, made.on_down))
    try:
        if secret == server.component_secret:
            await wait_until_async(lambda: made.ups == 1, "the link is up")
        yield made
    finally:
        await made.link.stop()
        await asyncio.wait_for(running, 20)


def a_message(link: Link, to: str, body: str) -> Any:
    return link.make_message(mto=to, mfrom=SUPPORT, mbody=body, mtype="chat")


def a_ping(link: Link, to: str) -> Iq:
    iq = link.make_iq_get(ito=to, ifrom=SUPPORT)
    iq.append(ET.Element("{urn:xmpp:ping}ping"))
    return iq


# --- coming and going


async def test_a_link_that_breaks_comes_back_as_another(server: SimulatedServer) -> None:
    async with linked(server) as it:
        assert (it.link.number, it.link.is_up) == (1, True)
        server.break_link()
        await wait_until_async(lambda: it.ups == 2, "the link is up again")
        assert (it.link.number, it.downs) == (2, 1)
    assert (it.link.is_up, it.downs) == (False, 2)


async def test_it_keeps_trying_while_the_server_is_away(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(link_module, "DELAYS_S", (0.01,))
    async with linked(server) as it:
        server.break_link(keep_down=True)
        await wait_until_async(lambda: sum(r.message == "no link" for r in caplog.records) >= 2, "it tried twice")
        assert not it.link.is_up
        server.mend_link()
        await wait_until_async(lambda: it.ups == 2, "the link is up again")


async def test_a_server_that_hangs_is_noticed_by_asking_it(
    server: SimulatedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A black hole: the connection stands, and nothing comes through it any more."""
    often, soon = timedelta(seconds=0.05), timedelta(seconds=0.2)
    async with linked(server, ping_interval=often, iq_timeout=soon) as it:
        mend = server.on_stanza(lambda direction, stanza: "drop")
        await wait_until_async(lambda: it.downs == 1, "the link is given up")
        mend()
        await wait_until_async(lambda: it.ups == 2, "the link is up again")
        await it.link.request(a_ping(it.link, server.domain))
    assert "the server does not answer pings" in {vars(r).get("why") for r in caplog.records}


async def test_a_wrong_secret_is_told_and_brings_no_link(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(link_module, "DELAYS_S", (0.01,))
    async with linked(server, secret="wrong") as it:
        await wait_until_async(lambda: any(r.message == "no link" for r in caplog.records), "the log tells of it")
        assert (it.ups, it.link.is_up) == (0, False)
    why = next(vars(r)["why"] for r in caplog.records if r.message == "no link")
    assert why == "not-authorized"  # what comes later may be the try that the end of the block cut off


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param("127.0.0.1", "Connect call failed", id="nobody listens"),
        pytest.param("no.invalid", "no.invalid", id="no such name"),
    ],
)
async def test_a_server_that_is_not_there_is_named_at_once(
    host: str, why: str, server: SimulatedServer, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    link = Link(server.component, "s", host, port)
    up = Linked(link)
    running = asyncio.get_running_loop().create_task(link.run(up.on_up, up.on_down))
    await wait_until_async(lambda: any(r.message == "no link" for r in caplog.records), "the log tells of it")
    await link.stop()
    await running
    told = next(vars(r) for r in caplog.records if r.message == "no link")
    assert (told["server"], told["component"]) == (f"{host}:{port}", server.component)
    assert why in told["why"]


# --- what goes out


async def test_without_a_link_nothing_is_kept_to_be_sent_later(server: SimulatedServer) -> None:
    ana = await server.person("ana")
    async with linked(server) as it:
        server.break_link(keep_down=True)
        await wait_until_async(lambda: it.downs == 1, "the link is down")
        with pytest.raises(LinkDown):
            a_message(it.link, ana.jid, "stale").send()
        with pytest.raises(LinkDown):
            await it.link.request(a_ping(it.link, ana.jid))
        server.mend_link()
        await wait_until_async(lambda: it.ups == 2, "the link is up again")
        a_message(it.link, ana.jid, "fresh").send()
        await ana.receives("fresh")
        assert not ana.has_unread("stale")


async def test_what_xml_does_not_allow_is_replaced(server: SimulatedServer) -> None:
    ana = await server.person("ana")
    async with linked(server) as it:
        a_message(it.link, ana.jid, "a\x00b\x0bc\ufffed\x1fe 🦊\t<&>").send()
        await ana.receives("a\ufffdb\ufffdc\ufffdd\ufffde 🦊\t<&>")
        assert it.link.number == 1


async def test_half_a_character_is_replaced(server: SimulatedServer) -> None:
    ana = await server.person("ana")
    async with linked(server) as it:
        a_message(it.link, ana.jid, "a\ud800b").send()
        await ana.receives("a\ufffdb")


async def test_what_is_too_big_is_not_sent_and_told_without_its_words(
    server: SimulatedServer, caplog: pytest.LogCaptureFixture
) -> None:
    ana = await server.person("ana")
    async with linked(server, max_bytes=10_000) as it:
        a_message(it.link, ana.jid, "hush" * 2500).send()
        a_message(it.link, ana.jid, "small").send()
        await ana.receives("small")
        assert it.link.number == 1
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.message == "stanza not sent: too big"
    assert "hush" not in str(vars(record))


async def test_the_size_is_counted_in_bytes(server: SimulatedServer) -> None:
    ana = await server.person("ana")
    async with linked(server, max_bytes=10_000) as it:
        a_message(it.link, ana.jid, "🦊" * 3000).send()
        a_message(it.link, ana.jid, "f" * 3000).send()
        await ana.receives("f" * 3000)
        assert not ana.has_unread("🦊" * 3000)


async def test_a_stanza_without_sender_gets_the_components_address(server: SimulatedServer) -> None:
    seen: list[Element] = []
    server.on_stanza(lambda direction, stanza: seen.append(stanza) if direction == "from component" else None)
    async with linked(server) as it:
        it.link.make_message(mto="ana@localhost", mbody="hello").send()
        await wait_until_async(lambda: [s for s in seen if body_of(s) == "hello"], "it is sent")
    (message,) = [s for s in seen if body_of(s) == "hello"]
    assert message.get("from") == server.component


# --- questions


async def test_a_question_is_answered(server: SimulatedServer) -> None:
    async with linked(server) as it:
        iq = it.link.make_iq_get(queryxmlns="http://jabber.org/protocol/disco#info", ito=server.muc, ifrom=SUPPORT)
        assert (await it.link.request(iq))["type"] == "result"


async def test_an_error_is_a_refusal_with_its_condition(server: SimulatedServer) -> None:
    async with linked(server) as it:
        with pytest.raises(StepRefused) as refused:
            await it.link.request(a_ping(it.link, "nobody@localhost/nowhere"))
    assert refused.value.condition == "service-unavailable"


async def test_silence_is_trouble(server: SimulatedServer) -> None:
    server.on_stanza(lambda direction, stanza: "drop" if name(stanza) == "iq" else None)
    async with linked(server, iq_timeout=timedelta(seconds=0.05)) as it:
        with pytest.raises(LinkTrouble) as trouble:
            await it.link.request(a_ping(it.link, "ana@localhost"))
        assert not isinstance(trouble.value, LinkDown | StepRefused)


async def test_who_gives_up_asking_leaves_nothing_waiting(server: SimulatedServer) -> None:
    """What slixmpp goes on waiting for would end as an error that nobody takes."""
    server.on_stanza(lambda direction, stanza: "drop" if name(stanza) == "iq" else None)
    async with linked(server) as it:
        asking = asyncio.create_task(it.link.request(a_ping(it.link, "ana@localhost")))
        await wait_until_async(lambda: it.link.iqs == 1, "the question is under way")
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert not [handler for handler in it.link._XMLStream__handlers if handler.name.startswith("IqCallback")]


async def test_what_waits_for_answers_ends_with_the_link_and_only_so_many_wait_at_once(server: SimulatedServer) -> None:
    asked: list[Element] = []

    def swallow(direction: str, stanza: Element) -> str | None:
        if direction == "from component" and name(stanza) == "iq":
            asked.append(stanza)
            return "drop"
        return None

    async with linked(server, max_iqs=2) as it:
        server.on_stanza(swallow)
        waiting = [asyncio.ensure_future(it.link.request(a_ping(it.link, "ana@localhost"))) for _ in range(5)]
        await wait_until_async(lambda: len(asked) == 2, "two have been sent")
        server.break_link(keep_down=True)
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
        assert [type(r) for r in results] == [LinkDown] * 5
        assert len(asked) == 2


# --- what comes in


async def test_a_handler_that_fails_is_logged_and_the_link_goes_on(
    server: SimulatedServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(error: Exception) -> None:
        raise error

    async with linked(server) as it:
        it.link.spawn(fail(RuntimeError("bug")))
        it.link.spawn(fail(LinkDown("gone")))
        assert not it.link.is_idle
        await wait_until_async(lambda: it.link.is_idle, "both are over")
        assert (it.link.is_up, it.link.number) == (True, 1)
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [r.message for r in errors] == ["handler failed"]
