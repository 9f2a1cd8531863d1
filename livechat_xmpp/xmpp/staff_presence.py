"""Presence to workgroups: subscriptions of the staff, directed presence of visitors, probes after a new link."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Set
from datetime import datetime

from slixmpp import Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import Availability, BareJid, FullJid, WorkgroupName, bare
from livechat_xmpp.domain.routing import MAY_BE_ASKED
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble
from livechat_xmpp.usecases import staff, visits
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.people import Speaker
from livechat_xmpp.xmpp.presences import PresenceBook
from livechat_xmpp.xmpp.privileges import Privileges
from livechat_xmpp.xmpp.turns import Turns

log = logging.getLogger(__name__)

ASKED_AT_ONCE = 8  # of those who do not let us see them: contact lists are written with requests, which rooms need too


class StaffPresence:
    """Keeps the presence book, and asks the staff to let us see them. The desk's contact is its first workgroup.

    on_moved: told when somebody of the staff has come or gone, or it is known who is there. on_known: told when
    silence has become to mean offline.
    """

    def __init__(
        self,
        link: Link,
        turns: Turns,
        addresses: Addresses,
        desk: Desk,
        book: PresenceBook,
        speaker: Speaker,
        now: Callable[[], datetime],
        *,
        title: str,
        probe_wait_s: float,
        privileges: Privileges,
        on_moved: Callable[[], None],
        on_known: Callable[[], None],
    ) -> None:
        self._title = title
        self._link = link
        self._turns = turns
        self._addresses = addresses
        self._desk = desk
        self._book = book
        self._speaker = speaker
        self._now = now
        self._probe_wait_s = probe_wait_s
        self._contact = addresses.workgroup(addresses.workgroups[0])
        self._asked: set[BareJid] = set()
        self._said_no: set[BareJid] = set()
        self._on_duty: set[BareJid] = set()
        self._privileges = privileges
        self._on_moved = on_moved
        self._on_known = on_known
        self._expected: set[BareJid] = set()
        self._doubted: set[BareJid] = set()
        self._answered = asyncio.Event()
        self.accounts: set[BareJid] = set()

    # --- a new link

    async def read(self) -> None:
        """Read from the record who belongs to the staff, and whose silence may mean something."""
        accounts = await self._desk.ask(staff.every_account)
        self.accounts = {a.jid for a in accounts}
        self._book.subscribed = {a.jid for a in accounts if a.is_subscribed}
        on_duty = {d.jid for d in await self._desk.ask(lambda work: work.duties.list())}
        self._asked = self._said_no - on_duty
        self._doubted.clear()
        self._expected = on_duty & self._book.subscribed

    def ask_everybody(self) -> None:
        """Ask about everybody anew; who lets us see them and has not answered after probe_wait_s is offline."""
        self._link.spawn(self._ask_everybody())

    async def _ask_everybody(self) -> None:
        """Ask those on duty first; those who do not let us see them last, a few at a time: rooms need the link too."""
        seen = self._book.subscribed & self.accounts
        for jid in (*sorted(self._expected), *sorted(seen - self._expected)):
            self._send(jid, "probe")
        self._link.spawn(self._settle())
        await self._meet_all(self.accounts - seen)

    async def _meet_all(self, people: Set[BareJid]) -> None:
        """Ask each of them, a few at a time, for as long as this link lasts."""
        link, waiting = self._link.number, sorted(people)
        for first in range(0, len(waiting), ASKED_AT_ONCE):
            if self._link.number != link or not self._link.is_up:
                return
            await asyncio.gather(*(self._meet(jid) for jid in waiting[first : first + ASKED_AT_ONCE]))

    async def _meet(self, jid: BareJid) -> None:
        """Ask for the person's presence, or to be allowed to see it."""
        if jid in self._book.subscribed:
            self._send(jid, "probe")
        elif self._privileges.may_write_lists(jid.partition("@")[2]):
            await self._become_contact(jid)
        else:
            self._ask(jid)

    def _probe(self, jid: BareJid) -> None:
        self._link.spawn(self._meet(jid))

    def _ask(self, jid: BareJid) -> None:
        """Ask to be allowed to see the person's presence, once a link; who has said no only when they are on duty."""
        if jid not in self._asked:
            self._asked.add(jid)
            self._send(jid, "subscribe")

    # --- where the server lets us, the desk becomes a contact without anybody's click

    def on_contact_lists(self, domain: str) -> None:
        """Take in that the domain's server lets us write contact lists (XEP-0356)."""
        people = {jid for jid in self.accounts - self._book.subscribed if jid.partition("@")[2] == domain}
        self._link.spawn(self._meet_all(people))

    async def _become_contact(self, jid: BareJid) -> None:
        """Write the desk into the person's contact list, subscribed both ways; failing that, ask them."""
        query = ET.Element("{jabber:iq:roster}query")
        ET.SubElement(query, "{jabber:iq:roster}item", jid=self._contact, name=self._title, subscription="both")
        iq = self._link.make_iq_set(ito=jid, ifrom=self._addresses.component)
        iq.append(query)
        had_said_no = jid in self._said_no
        try:
            await self._link.request(iq)
        except LinkDown:
            return
        except LinkTrouble as trouble:
            log.warning("contact list not written", extra={"jid": jid, "why": trouble.reason})
            self._ask(jid)
            return
        if had_said_no or jid not in self._said_no:  # else they have said it meanwhile, and that holds
            self._on_answer(jid, is_subscribed=True)

    def _send(self, jid: str, kind: str) -> None:
        self._link.make_presence(pto=jid, pfrom=self._contact, ptype=kind).send()

    async def _settle(self) -> None:
        link = self._link.number
        with contextlib.suppress(TimeoutError):  # servers are silent about those who are offline
            await asyncio.wait_for(self._all_answered(self._expected), self._probe_wait_s)
        if self._link.number == link:
            self._book.settle(self._now())
            self._desk.waker.wake_queues()
            self._on_known()
            self._on_moved()
            await self._doubt({jid for jid in self._expected if not self._book.has_answered(jid)})

    def on_sign(self, jid: BareJid) -> None:
        """Take in that somebody has just sent something, and so is there."""
        if jid not in self._book.subscribed or jid in self._asked or self._book.has_answered(jid):
            return
        if self._book.is_settled and not self._book.is_expected(jid):
            self._link.spawn(self._doubt({jid}))

    async def _doubt(self, silent: Set[BareJid]) -> None:
        """Ask to see people who let us, and whose presence does not come.

        A server that has us in the person's list says yes at once, and asks nobody (RFC 6121 §3.1.3). If it does not,
        we were taken out while we were away, or have another address now: they would count as offline for ever.
        """
        link, asked = self._link.number, silent - self._asked
        self._doubted |= asked
        for jid in sorted(asked):
            self._ask(jid)
        if asked:
            await self._link.prove()  # on a slow link everybody is silent for longer
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._none_doubted(asked), self._probe_wait_s)
        if self._link.number != link:
            return
        for jid in sorted(asked & self._doubted):
            self._doubted.discard(jid)
            if not self._book.has_answered(jid):
                self._book.lose_sight(jid)
                await self._desk.do(staff.set_subscribed, jid, False)
                self._staff_moved(jid, Availability.OFFLINE)

    async def _none_doubted(self, people: Set[BareJid]) -> None:
        while people & self._doubted:
            self._answered.clear()
            await self._answered.wait()

    async def _all_answered(self, people: Set[BareJid]) -> None:
        while not all(self._book.has_answered(jid) for jid in people):
            self._answered.clear()
            await self._answered.wait()

    async def refresh(self) -> None:
        """Ask those who have joined the staff, or have come on duty, to let us see them, unless they do."""
        accounts = {a.jid for a in await self._desk.ask(staff.every_account)}
        new, self.accounts = accounts - self.accounts, accounts
        duties = {d.jid for d in await self._desk.ask(lambda work: work.duties.list())}
        new_on_duty, self._on_duty = duties - self._on_duty, duties
        for jid in sorted((new | new_on_duty) - self._book.subscribed):
            self._asked.discard(jid)
            self._probe(jid)
        for jid in sorted(new):
            for name in self._addresses.workgroups:
                self._speaker.send_presence(name, jid)

    # --- what comes in

    def on_presence(self, presence: Presence, workgroup: WorkgroupName | None) -> None:
        """Take in a presence sent to a workgroup, or to the component (workgroup None)."""
        sender, kind = FullJid(presence["from"].full), presence["type"]
        if kind in ("subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"):
            self._on_subscription(sender, kind, presence["to"].bare, workgroup)
        elif workgroup is None and bare(sender) not in self.accounts:
            return  # visitors show themselves to a workgroup, where forget_oldest() knows of them
        elif kind in ("error", "unavailable"):
            self._speaker.unwatch(sender)
            self._went(sender)
        else:
            self._came(sender, presence.xml.findtext(f"{{{presence.namespace}}}show") or "", workgroup)

    def _came(self, sender: FullJid, show: str, workgroup: WorkgroupName | None) -> None:
        before = self._book.availability(bare(sender))
        was_there = self._book.is_there(sender)
        self._book.come(sender, show)
        self._answered.set()
        if bare(sender) in self.accounts:
            self._staff_moved(bare(sender), before)
            return
        if workgroup is not None:
            self._speaker.watch(workgroup, sender)
        if not was_there:
            self._turns.take(bare(sender), lambda: self._desk.do(visits.visitor_back, sender))

    def forget_oldest(self, beyond: int) -> None:
        """Keep no more visitors than so many: a domain can have as many as it says. Who is forgotten is asked again."""
        while (oldest := self._speaker.oldest_watcher(beyond)) is not None:
            self._speaker.unwatch(oldest)
            self._book.go(oldest, self._now())
            self._book.drop(bare(oldest))

    def _went(self, sender: FullJid) -> None:
        before = self._book.availability(bare(sender))
        self._book.go(sender, self._now())
        self._answered.set()
        if bare(sender) in self.accounts:
            self._staff_moved(bare(sender), before)
            return
        other = self._book.other_resource(sender)
        self._book.drop(bare(sender))
        if other is not None:
            self._turns.take(bare(sender), lambda: self._desk.do(visits.visitor_back, other))
        else:
            self._turns.take(bare(sender), lambda: self._desk.do(visits.visitor_gone, sender, self._desk.rules))

    def _staff_moved(self, jid: BareJid, before: Availability) -> None:
        """Have everything looked at that the person's being there decides, if that has changed."""
        now = self._book.availability(jid)
        if now is not before:
            self._on_moved()
            self._turns.take(jid, lambda: self._desk.ask(staff.wake_for, jid, may_be_asked=now in MAY_BE_ASKED))

    def _on_subscription(self, sender: FullJid, kind: str, ours: str, workgroup: WorkgroupName | None) -> None:
        jid = bare(sender)
        if kind == "subscribe":
            self._link.make_presence(pto=jid, pfrom=ours, ptype="subscribed").send()
        elif kind == "unsubscribe":
            self._link.make_presence(pto=jid, pfrom=ours, ptype="unsubscribed").send()
        elif kind in ("subscribed", "unsubscribed") and ours == self._contact:
            self._on_answer(jid, is_subscribed=kind == "subscribed")
        if kind in ("subscribe", "probe"):
            for name in (workgroup,) if workgroup else self._addresses.workgroups:
                self._speaker.send_presence(name, sender)

    async def _wait_for(self, jid: BareJid) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_answered({jid}), self._probe_wait_s)
        self._book.expect_no_longer(jid, self._now())
        self._desk.waker.wake_queues()
        self._on_known()

    def _on_answer(self, jid: BareJid, *, is_subscribed: bool) -> None:
        if jid not in self.accounts:
            return
        self._doubted.discard(jid)
        self._answered.set()
        if is_subscribed:
            self._said_no.discard(jid)
            if jid not in self._book.subscribed:  # else their silence means what it did: only we had doubts
                self._book.subscribed.add(jid)
                self._book.expect(jid)
                self._link.spawn(self._wait_for(jid))
            self._send(jid, "probe")
        else:
            self._said_no.add(jid)
            self._book.lose_sight(jid)
        self._link.spawn(self._desk.do(staff.set_subscribed, jid, is_subscribed))
