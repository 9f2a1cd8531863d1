"""Groups that ejabberd keeps in all contact lists (mod_shared_roster), through its HTTP API (mod_http_api)."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

import aiohttp

from livechat_xmpp.domain.groups import Group, Move, moves
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.reconcile.ports import LinkTrouble, StepRefused

log = logging.getLogger(__name__)

NAMES: Mapping[Group, str] = {group: f"livechat-{group}" for group in Group}  # an admin may have groups of these labels


class Api:
    """Commands of one server. url: up to the commands' names, with /v0, as later versions of some take other arguments.

    account, password: whose rights we have (RFC 7617); without them the server goes by the address that asks.
    """

    def __init__(self, url: str, timeout_s: float, account: str = "", password: str = "") -> None:
        self._url = url.rstrip("/")
        login = base64.b64encode(f"{account}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"} if account else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    def session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=self._timeout, headers=self._headers)

    async def call(self, http: aiohttp.ClientSession, command: str, **arguments: str) -> Any:
        """Return the answer to a command. Raises StepRefused with the HTTP status as condition, LinkTrouble."""
        try:
            async with http.post(f"{self._url}/{command}", json=arguments) as answer:
                if answer.status != 200:
                    raise StepRefused(f"{command}: HTTP {answer.status}")
                return await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as trouble:
            raise LinkTrouble(f"the server's API does not answer: {type(trouble).__name__}") from trouble


class SharedGroups:
    """Compares the server's groups with ours and moves who is not where they belong (reconcile.ports.GroupKeeper).

    Each domain has groups of its own, with the people of all domains: who looks finds those of their own domain only.
    domains: those whose accounts are on this server, on the present link.
    """

    way = "shared"

    def __init__(self, api: Api, domains: Callable[[], Collection[str]]) -> None:
        self._api = api
        self._domains = domains

    def serves(self, domain: str) -> bool:
        return domain in self._domains()

    def lists_of(self, people: Collection[BareJid]) -> set[str]:
        return set(self._domains())

    async def keep(self, name: str, members: Mapping[BareJid, Group]) -> bool:
        ours = {jid: group for jid, group in members.items() if self.serves(jid.partition("@")[2])}
        async with self._api.session() as http:
            refusal: LinkTrouble | None = None
            if not (needed := moves(await self._look(http, name), ours)):
                return True
            for move in needed:
                try:
                    await self._move(http, name, move)
                except StepRefused as trouble:
                    refusal = refusal or trouble
            # COMPAT ejabberd 23.01: says that it has added somebody of a domain that it does not have.
            if refusal is None and (still := moves(await self._look(http, name), ours)):
                refusal = StepRefused(f"srg_user_add: {still[0].jid} is not in the group")
            if refusal is not None:
                raise refusal
            return True

    async def try_out(self, domain: str) -> None:
        """Make the groups if there are none, and look at them. Raises LinkTrouble."""
        async with self._api.session() as http:
            await self._look(http, domain)

    async def _look(self, http: aiohttp.ClientSession, host: str) -> dict[Group, set[BareJid]]:
        """Return who is in the groups; both are made before anybody is put into one, which fails otherwise."""
        there = set(await self._api.call(http, "srg_list", host=host))
        display = "\\n".join(NAMES.values())
        for group, name in NAMES.items():
            if name not in there:
                await self._api.call(
                    http, "srg_create", group=name, host=host, label=group, description="help desk", display=display
                )
        return {
            group: {BareJid(jid) for jid in await self._api.call(http, "srg_get_members", group=name, host=host)}
            for group, name in NAMES.items()
        }

    async def _move(self, http: aiohttp.ClientSession, host: str, move: Move) -> None:
        user, _, domain = move.jid.partition("@")
        whom = {"user": user, "host": domain, "grouphost": host}
        for group in move.leaves:
            await self._api.call(http, "srg_user_del", group=NAMES[group], **whom)
        if move.joins is not None:
            await self._api.call(http, "srg_user_add", group=NAMES[move.joins], **whom)
