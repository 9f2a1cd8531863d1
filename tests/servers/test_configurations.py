"""What the configurations that we write, and give to admins, promise; seen from both sides of each server."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.places import HOST
from livechat_xmpp.demo.plain_client import PlainClient, RequestFailed
from tests.people import RealServer
from tests.servers.checking import server_with
from tests.servers.desk import Desk
from tests.servers.ejabberd import Ejabberd
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

DESK = "workgroup.localhost"
ROOM = "q7hm2k42wx3n@chats.workgroup.localhost"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


class BareComponent:
    """A component connection (XEP-0114) that looks at what comes in as text."""

    def __init__(self, server: ThrowawayServer) -> None:
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
async def component(each_server: ThrowawayServer) -> AsyncIterator[BareComponent]:
    async with BareComponent(each_server) as linked:
        yield linked


@pytest.fixture
async def somebody(each_server: ThrowawayServer) -> AsyncIterator[PlainClient]:
    """A logged-in account of the staff's domain."""
    account = await each_server.make_account("eve")
    async with PlainClient(each_server.ports.c2s, "localhost") as client:
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
    with pytest.raises(RequestFailed, match=r"not-allowed|forbidden"):
        await somebody.enter_room("mine@chats.workgroup.localhost", "eve")


async def test_the_desk_hears_of_new_accounts(each_server: ThrowawayServer, component: BareComponent) -> None:
    account = await each_server.make_account("newcomer")
    words = {"prosody": f"new-account {account.jid}<", "ejabberd": rf"[^<]*The account {account.jid} was registered"}
    message = await component.sees(rf"<message[^>]*>\s*<body[^>]*>{words[each_server.kind]}")
    assert re.search(r"from=['\"]localhost['\"]", message[0])


async def test_the_desk_may_keep_rosters_on_prosody(prosody: Prosody) -> None:
    async with BareComponent(prosody) as component:
        await component.sees(r"urn:xmpp:privilege:2.*access=['\"]roster['\"]")


async def test_a_new_connection_of_the_desk_replaces_one_that_hangs_on_prosody(prosody: Prosody) -> None:
    async with BareComponent(prosody) as hanging, BareComponent(prosody):
        await hanging.sees("<conflict")


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


async def test_an_anonymous_visitor_comes_in_by_websocket_from_any_page(each_server: ThrowawayServer) -> None:
    url = f"ws://{HOST}:{each_server.ports.http}/xmpp-websocket"
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
        contributors = f"to='{each_server.names.contributors}/guest'"
        muc = "<x xmlns='http://jabber.org/protocol/muc'/>"
        await each_server.make_people()
        await page.send_str(f"<presence xmlns='jabber:client' {contributors}>{muc}</presence>")
        assert "forbidden" in await _frame(page, "<presence")


async def _frame(page: aiohttp.ClientWebSocketResponse, token: str) -> str:
    """Return the next frame that has the token in it."""
    while True:
        frame = await page.receive_str(timeout=10)
        if token in frame:
            return frame


async def test_bosh_is_there_for_pages_whose_network_has_no_websocket(each_server: ThrowawayServer) -> None:
    body = (
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='anon.localhost' wait='5' hold='1'"
        " ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>"
    )
    url = f"http://{HOST}:{each_server.ports.http}/http-bind"
    async with aiohttp.ClientSession() as http, http.post(url, data=body) as answer:
        assert "ANONYMOUS" in await answer.text()


async def test_passwords_are_taken_by_plain_and_scram_without_tls(each_server: ThrowawayServer) -> None:
    reader, writer = await asyncio.open_connection(HOST, each_server.ports.c2s)
    writer.write(
        b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams'>"
    )
    features = (await reader.readuntil(b"</stream:features>")).decode()
    writer.close()
    await writer.wait_closed()
    assert {"PLAIN", "SCRAM-SHA-1"} <= set(re.findall("<mechanism>([^<]+)<", features))
    assert "starttls" not in features


async def test_what_others_may_do_over_ejabberds_api_is_not_changed(tmp_path: Path) -> None:
    """The desk may call commands for groups and the list of accounts, no others; what ejabberd.yml allows stays."""
    theirs = """
api_permissions:
  "public commands":
    who:
      ip: 127.0.0.1/8
    what: [status]
modules:
"""
    with server_with(Ejabberd, tmp_path, main=(("\nmodules:\n", theirs),)) as server:
        async with aiohttp.ClientSession() as http:

            async def status(command: str, **arguments: str) -> int:
                async with http.post(f"{server.api_url}/{command}", json=arguments) as answer:
                    return answer.status

            assert await status("srg_list", host="localhost") == 200
            assert await status("status") == 200
            assert await status("srg_delete", host="localhost", group="livechat-support") == 403
            assert await status("registered_users", host="localhost") == 200
            assert await status("connected_users") == 403
            assert await status("unregister", host="localhost", user="ada") == 403
            assert await status("stop") == 403


async def test_mod_privilege_of_ejabberd_does_no_harm(tmp_path: Path) -> None:
    """In 23.01 it fails at each contact list that it is asked to write: people are asked instead."""
    grant = "mod_privilege:\n    roster:\n      both: livechat_desk\n  mod_pubsub:"
    with server_with(Ejabberd, tmp_path / "server", main=(("mod_pubsub:", grant),)) as server:
        async with RealServer.of(server) as people:
            desk = Desk(server, tmp_path, [Account(await people.register("ada"), "", "admin")], {})
            ada = await people.person("ada")
            await desk.start_async()
            try:
                await ada.until(lambda: any(one.type == "subscribe" for one in ada.received), "the question")
                await ada.sees_presence(f"support@{DESK}", "unavailable")  # nobody is on duty
            finally:
                desk.kill()
        said = server.log.read_text("utf-8")
    assert f"Granting permissions to external component '{DESK}'" in said
    assert "[error]" not in said
    assert "contact list not written" not in desk.log.read_text("utf-8")
