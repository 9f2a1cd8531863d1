"""The list of accounts by ejabberd's HTTP API, and what is asked where it does not tell."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.server_api.accounts import ListedAccounts
from livechat_xmpp.server_api.ejabberd import Api
from livechat_xmpp.xmpp.addresses import read_bare_jid
from tests.factories import jids

Serve = Callable[[int, Any], Awaitable[ListedAccounts]]


class Otherwise:
    """What else could tell: it says that it was asked."""

    async def accounts_of(self, domain: str) -> frozenset[BareJid] | None:
        return jids("asked-otherwise")


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(status, answer)` is the lists of a server whose API answers so."""
    servers: list[TestServer] = []

    async def start(status: int, answer: Any) -> ListedAccounts:
        async def registered_users(request: web.Request) -> web.Response:
            assert await request.json() == {"host": "localhost"}
            return web.json_response(answer, status=status)

        app = web.Application()
        app.router.add_post("/api/v0/registered_users", registered_users)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return ListedAccounts(Api(str(server.make_url("/api/v0")), 5), read_bare_jid, Otherwise())

    yield start
    for server in servers:
        await server.close()


async def test_all_accounts_of_the_domain_are_listed(serve: Serve) -> None:
    lists = await serve(200, ["ana", "Una", "not an account"])
    assert await lists.accounts_of("localhost") == jids("ana", "una")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_where_the_api_does_not_tell_whoever_else_is_asked(serve: Serve, status: int) -> None:
    lists = await serve(status, {"status": "error"})
    assert await lists.accounts_of("localhost") == jids("asked-otherwise")


async def test_an_api_that_is_not_there_is_trouble_that_passes() -> None:
    lists = ListedAccounts(Api("http://127.0.0.1:1/api/v0", 5), read_bare_jid, Otherwise())
    with pytest.raises(LinkTrouble):
        await lists.accounts_of("localhost")
