"""The server's lists of accounts, through ejabberd's HTTP API (mod_http_api)."""

from __future__ import annotations

from collections.abc import Callable, Set

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.reconcile.ports import AccountLists, StepRefused
from livechat_xmpp.server_api.ejabberd import Api


class ListedAccounts:
    """Asks the API for a domain's accounts, and the next one where it does not tell (reconcile.ports.AccountLists).

    read_jid: brings an address into its one form, or returns None for what is none.
    """

    def __init__(self, api: Api, read_jid: Callable[[str], BareJid | None], otherwise: AccountLists) -> None:
        self._api = api
        self._read_jid = read_jid
        self._otherwise = otherwise

    async def accounts_of(self, domain: str) -> Set[BareJid] | None:
        """Return all accounts of the domain; None where nobody tells. Raises LinkTrouble."""
        try:
            async with self._api.session() as http:
                names = await self._api.call(http, "registered_users", host=domain)
        except StepRefused:
            return await self._otherwise.accounts_of(domain)
        return frozenset(jid for name in names if (jid := self._read_jid(f"{name}@{domain}")) is not None)
