"""What the Prosody configuration that we write, and give to admins, promises; seen from both of its sides."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from livechat_xmpp.demo.places import HOST
from livechat_xmpp.demo.plain_client import PlainClient, RequestFailed
from tests.servers.prosody import Prosody

DESK = "workgroup.localhost"
ROOM = "q7hm2k42wx3n@chats.workgroup.localhost"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


class BareComponent:
    """A component connection (XEP-0114) that looks at what comes in as text."""

    def __init__(self, server: Prosody) -> None:
        self._server, self.seen = server, ""

    async def __aenter__(self) -> BareComponent:
        self._reader, self._writer = await asyncio.open_connection(HOST, self._server.ports.component)
        self.send(
            f"<stream:stream to='{DESK}' xmlns='jabber:component:accept' "
            "xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        mark = (await self.sees(r"\bid=['\"]([^'\"]+)"))[1]
        self.send(f"<handshake>{hashlib.sha1((mark + self._server.secret).encode()).hexdigest()}</handshake>")
        await self.sees("<handshake")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    def send(self, text: str) -> None:
        self._writer.write(text.encode())

    async def sees(self, pattern: str) -> re.Match[str]:
        """Return the first match in all that came in; fails after 10 s."""
        async with asyncio.timeout(10):
            while not (found := re.search(pattern, self.seen, re.DOTALL)):
                data = await self._reader.read(65_536)
                assert data, f"the server closed the link; seen: {self.seen[-500:]}"
                self.seen += data.decode(errors="replace")
        return found


@pytest.fixture
async def component(prosody: Prosody) -> AsyncIterator[BareComponent]:
    async with BareComponent(prosody) as linked:
        yield linked


@pytest.fixture
async def somebody(prosody: Prosody) -> AsyncIterator[PlainClient]:
    """A logged-in account of the staff's domain."""
    account = await prosody.make_account("eve")
    async with PlainClient(prosody.ports.c2s, "localhost") as client:
        await client.login(account.name, account.password)
        yield client


async def test_any_address_of_the_desk_may_make_help_rooms(component: BareComponent) -> None:
    component.send(
        f"<presence from='q7hm2k42wx3n@{DESK}/desk' to='{ROOM}/Help desk'>"
        "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    await component.sees(r"<status code=['\"]201['\"]")
    component.send(
        f"<iq type='set' id='end' from='q7hm2k42wx3n@{DESK}' to='{ROOM}'>"
        "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query></iq>"
    )
    await component.sees(r"<iq [^>]*id=['\"]end['\"]")


async def test_nobody_else_may_make_help_rooms(somebody: PlainClient) -> None:
    with pytest.raises(RequestFailed, match="not-allowed"):
        await somebody.enter_room("mine@chats.workgroup.localhost", "eve")


async def test_the_desk_hears_of_new_accounts(prosody: Prosody, component: BareComponent) -> None:
    account = await prosody.make_account("newcomer")
    message = await component.sees(rf"<message[^>]*>\s*<body>new-account {account.jid}</body>")
    assert re.search(r"from=['\"]localhost['\"]", message[0])


async def test_the_desk_may_keep_rosters(component: BareComponent) -> None:
    await component.sees(r"urn:xmpp:privilege:2.*access=['\"]roster['\"]")


async def test_a_new_connection_of_the_desk_replaces_one_that_hangs(prosody: Prosody, component: BareComponent) -> None:
    async with BareComponent(prosody):
        await component.sees("<conflict")


async def test_the_longest_words_of_a_client_do_not_cost_the_desk_its_link(
    somebody: PlainClient, component: BareComponent
) -> None:
    question = f"<query xmlns='long'>{'x' * 900_000}</query>"
    with pytest.raises(RequestFailed, match="bad-request"):
        await asyncio.gather(somebody.request("get", question, to=DESK), _refuse_in_full(component))
    component.send(f"<message from='a@{DESK}' to='b@{DESK}'><body>{'&quot;' * 900_000}</body></message>")
    component.send(f"<message from='a@{DESK}' to='b@{DESK}' id='still linked'/>")
    await component.sees("still linked")


async def _refuse_in_full(component: BareComponent) -> None:
    """Answer the first request with an error that holds all of the request, as XMPP libraries do."""
    asked = await component.sees(r"<iq ([^>]*)>(<query xmlns=['\"]long['\"]>.*</query>)</iq>")
    mark, sender = (re.search(rf"\b{name}=['\"]([^'\"]+)", asked[1]) for name in ("id", "from"))
    assert mark is not None
    assert sender is not None
    error = "<error type='cancel'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    component.send(f"<iq type='error' id='{mark[1]}' from='{DESK}' to='{sender[1]}'>{asked[2]}{error}</iq>")


async def test_an_anonymous_visitor_comes_in_by_websocket_from_any_page(prosody: Prosody) -> None:
    url = f"ws://{HOST}:{prosody.ports.http}/xmpp-websocket"
    opening = f"<open xmlns='{FRAMING}' to='anon.localhost' version='1.0'/>"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(url, protocols=("xmpp",), origin="http://elsewhere.example") as page,
    ):
        await page.send_str(opening)
        assert "ANONYMOUS" in await _frame(page, "mechanism")
        await page.send_str(f"<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>")
        await _frame(page, "success")
        await page.send_str(opening)
        features = await _frame(page, "features")
        assert "urn:xmpp:sm:3" not in features  # would hide for minutes that the visitor has gone
        bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        await page.send_str(f"<iq xmlns='jabber:client' type='set' id='b'>{bind}</iq>")
        assert "@anon.localhost/" in await _frame(page, "<jid>")
        contributors = f"to='{prosody.names.contributors}/guest'"
        muc = "<x xmlns='http://jabber.org/protocol/muc'/>"
        await prosody.make_people()
        await page.send_str(f"<presence xmlns='jabber:client' {contributors}>{muc}</presence>")
        assert "forbidden" in await _frame(page, "<presence")


async def _frame(page: aiohttp.ClientWebSocketResponse, token: str) -> str:
    """Return the next frame that has the token in it."""
    while True:
        frame = await page.receive_str(timeout=10)
        if token in frame:
            return frame


async def test_bosh_is_there_for_pages_whose_network_has_no_websocket(prosody: Prosody) -> None:
    body = (
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='anon.localhost' wait='5' hold='1'"
        " ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>"
    )
    url = f"http://{HOST}:{prosody.ports.http}/http-bind"
    async with aiohttp.ClientSession() as http, http.post(url, data=body) as answer:
        assert "ANONYMOUS" in await answer.text()


async def test_passwords_are_taken_by_plain_and_scram_without_tls(prosody: Prosody) -> None:
    reader, writer = await asyncio.open_connection(HOST, prosody.ports.c2s)
    writer.write(
        b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams'>"
    )
    features = (await reader.readuntil(b"</stream:features>")).decode()
    writer.close()
    await writer.wait_closed()
    assert {"PLAIN", "SCRAM-SHA-1"} <= set(re.findall("<mechanism>([^<]+)<", features))
    assert "starttls" not in features
