"""Newcomers: signing up those of whom the desk hears, and welcoming them; what it may have missed, it looks for."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Collection
from datetime import timedelta

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.domain.signup import Source
from livechat_xmpp.reconcile.ports import AccountLists, Clock, LinkTrouble, People
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import signup, welcome
from livechat_xmpp.usecases.desk import Desk

log = logging.getLogger(__name__)

NEWCOMERS, LISTS = "newcomers", "account lists"  # the timers' keys
AT_ONCE = 20  # signed up in one transaction, some 0.2 s: others write in between
LISTED_AT_ONCE = 500  # only recorded, which is quick
MOST_HEARD = 20_000  # who wait to be signed up; in a flood beyond that, those missed come by a list or "ready"
LIST_AGAIN = timedelta(minutes=5)  # after trouble with a list


class Newcomers:
    """Signs up, catches up, welcomes. is_heard, may_list: set when there is something to do."""

    def __init__(
        self, desk: Desk, people: People, lists: AccountLists, clock: Clock, timers: Timers, domains: Collection[str]
    ) -> None:
        self._desk = desk
        self._people = people
        self._lists = lists
        self._clock = clock
        self._timers = timers
        self._domains = frozenset(domains)
        self._unlisted: set[str] = set()  # domains whose list could not be compared yet; none: all of them
        self._heard: dict[tuple[BareJid, Source], None] = {}  # in order, each once
        self._is_flooded = False
        self.is_heard = asyncio.Event()
        self.may_list = asyncio.Event()

    def hear(self, jid: BareJid, source: Source) -> None:
        """Take in that somebody has shown up who may be a newcomer; the first way they came by that counts is kept."""
        if len(self._heard) >= MOST_HEARD:
            if not self._is_flooded:
                log.warning("too many newcomers at once", extra={"waiting": len(self._heard)})
            self._is_flooded = True
            return
        self._heard.setdefault((jid, source))
        self.is_heard.set()

    def begin(self) -> None:
        """Begin with a new link: what happened without one was told to nobody."""
        self._unlisted.clear()
        self.is_heard.set()
        self.may_list.set()

    async def look(self) -> None:
        """Sign up who was heard of, then welcome those who wait for it. Raises LinkTrouble."""
        while self._heard:
            batch = list(itertools.islice(self._heard, AT_ONCE))
            await self._desk.do(signup.take_heard, batch, workgroup=self._desk.workgroups[0], rules=self._desk.rules)
            for heard in batch:
                del self._heard[heard]
        self._is_flooded = False
        self._people.require_link()
        look_at = await self._desk.do(welcome.welcome_waiting, self._desk.workgroups[0], self._desk.rules)
        self._timers.set(NEWCOMERS, look_at)

    async def catch_up(self) -> None:
        """Compare the server's lists of accounts with those known, and sign up who is new; later what fails now.

        Raises LinkDown.
        """
        if not self._desk.rules.sign_up.new_accounts:
            return
        self._unlisted = self._unlisted or set(self._domains)
        for domain in sorted(self._unlisted):
            try:
                await self._catch_up(domain)
                self._unlisted.discard(domain)
            except LinkTrouble as trouble:
                self._people.require_link()
                log.warning("accounts not compared", extra={"domain": domain, "trouble": trouble.reason})
                self._timers.after(LISTS, LIST_AGAIN)

    async def _catch_up(self, domain: str) -> None:
        listed = await self._lists.accounts_of(domain)
        if listed is None:
            return
        known = await self._desk.ask(signup.known_of, domain)
        new = sorted(listed - (known or frozenset()))
        are_recorded_only = known is None and not self._desk.rules.sign_up.existing_accounts
        at_once, joined = LISTED_AT_ONCE if are_recorded_only else AT_ONCE, 0
        for begin in range(0, len(new), at_once):
            joined += await self._desk.do(
                signup.take_listed, new[begin : begin + at_once], is_first=known is None, rules=self._desk.rules
            )
        await self._desk.do(signup.end_list, domain)
        log.info("accounts compared", extra={"domain": domain, "listed": len(listed), "joined": joined})
