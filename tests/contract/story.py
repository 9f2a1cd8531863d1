"""The desk on a store, for stories about use cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livechat_xmpp.domain.model import (
    Availability,
    BareJid,
    Chat,
    ChatId,
    FullJid,
    Standing,
)
from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases import escalation, offers, staff, visits
from livechat_xmpp.usecases.desk import Desk, DeskRules
from tests.contract.watch import Watch
from tests.factories import SUPPORT, VISITOR, jid

ANSWERS = {"username": "Vera", "question": "Where are my bookmarks?"}
RULES = DeskRules(
    staff_domains=frozenset({"localhost"}),
    anonymous_domains=frozenset({"anon.localhost"}),
    contributors="contributors@conference.localhost",
    queue_limit=3,
)


@dataclass
class Woken:
    """What was woken after commits (usecases.ports.Waker)."""

    chats: list[ChatId] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)

    def wake(self, chat_id: ChatId, *, is_urgent: bool = False) -> None:
        self.chats.append(chat_id)

    def wake_queues(self) -> None:
        self.parts.add("queues")

    def wake_letters(self) -> None:
        self.parts.add("letters")

    def wake_staff(self) -> None:
        self.parts.add("staff")


class Seen(dict[BareJid, Availability]):
    """Who is there (usecases.ports.Presences); who is not named is available."""

    since: datetime | None = None

    def availability(self, who: BareJid) -> Availability:
        return self.get(who, Availability.AVAILABLE)


class Story:
    """The desk on a store, with verbs for what tests need often."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self.store, self.watch, self.woken, self.seen = store, watch, Woken(), Seen()
        self.desk = Desk(store, self.woken, self.seen, RULES, (SUPPORT,))
        self.looked_at: datetime | None = None
        self.eyes: dict[str, Any] = {"presences": self.seen, "rules": RULES}

    async def ask(self, visitor: str = VISITOR, **more: str) -> visits.Ticket:
        """Put a request into the queue; each is asked a second after the last."""
        self.watch.tick(1)
        return await self.desk.do(visits.ask, SUPPORT, FullJid(visitor), {**ANSWERS, **more}, **self.eyes)

    async def offer(self, *chat_ids: ChatId) -> list[str]:
        """Make the offers that can be made, for visitors who are there, and return the helpers."""
        with self.store.reading() as work:
            before = {o.id for o in work.offers.open()}
        await self.desk.do(offers.make_offers, SUPPORT, set(chat_ids), **self.eyes)
        with self.store.reading() as work:
            return [o.helper.partition("@")[0] for o in work.offers.open() if o.id not in before]

    async def chat(self, chat_id: ChatId) -> Chat:
        with self.store.reading() as work:
            found = work.chats.find(chat_id)
        assert found is not None
        return found

    async def queue(self) -> list[ChatId]:
        with self.store.reading() as work:
            return [w.chat_id for w in work.chats.waiting(SUPPORT)]

    async def climb(self) -> datetime:
        """Have the steps taken that are due; return when to look again."""
        look_at = await self.desk.do(escalation.climb, (SUPPORT,), last_look_at=self.looked_at, **self.eyes)
        self.looked_at = self.watch.now()
        return look_at

    async def in_progress(self) -> ChatId:
        """Return a chat that ana answers."""
        ticket = await self.ask()
        await self.offer(ticket.chat_id)
        await self.desk.do(offers.accept_offer, jid("ana"), rules=self.desk.rules)
        return ticket.chat_id

    async def standings(self) -> dict[str, Standing]:
        with self.store.reading() as work:
            return {a.jid.partition("@")[0]: a.standing for a in work.accounts.list()}

    async def letters(self) -> list[tuple[str, str]]:
        """Take the letters that wait: to whom, and of which kind."""
        with self.store.writing() as work:
            return [(letter.to, letter.kind) for letter in work.letters.take_due(work.now, 50)]

    async def change(self, *accounts: str, to: Standing, by: str = "ada", up: bool = True) -> list[BareJid]:
        changed = await self.desk.do(
            staff.change_standings,
            accounts,
            to,
            is_promotion=up,
            by=jid(by),
            reason="because",
            workgroup=SUPPORT,
            rules=self.desk.rules,
        )
        return list(changed.people)
