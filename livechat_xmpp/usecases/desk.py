"""Running use cases: one transaction each, and after its commit the chats it touched are woken."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from livechat_xmpp.domain.apprenticeship import TrainingRules
from livechat_xmpp.domain.escalation import ClimbRules
from livechat_xmpp.domain.model import BareJid, Standing, WorkgroupName
from livechat_xmpp.domain.rooms import RoomRules
from livechat_xmpp.domain.signup import SignUpRules
from livechat_xmpp.domain.wording import ENGLISH, Catalogue, Sayable
from livechat_xmpp.usecases.ports import Presences, Touched, Transactions, Waker, Work

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def _lower(text: str) -> BareJid | None:
    return BareJid(text.lower())


def _nothing(jid: BareJid) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class DeskRules:
    """The numbers that the use cases apply; each is a setting, described there.

    policy: version of the settings that decisions follow, which the audit names.
    read_jid: brings an address into its one form (RFC 7622 §3), or returns None for what is none.
    catalogue: says what people are told, in their languages. heard: the language that somebody's client has last said
    it speaks, "": none; also of visitors, who have no account that it is kept in.
    """

    rooms: RoomRules = field(default_factory=RoomRules)
    offer_timeout: timedelta = timedelta(seconds=20)
    repeat_after: timedelta = timedelta(seconds=60)
    climb: ClimbRules = field(default_factory=ClimbRules)
    training: TrainingRules = field(default_factory=TrainingRules)
    policy: str = ""
    overdue: timedelta = timedelta(seconds=60)
    max_chats: int = 2
    queue_limit: int = 200
    name_limit: int = 64
    answer_limit: int = 4000
    notice_expiry: timedelta = timedelta(minutes=5)
    staff_domains: frozenset[str] = frozenset()
    anonymous_domains: frozenset[str] = frozenset()
    contributors: str = ""
    read_jid: Callable[[str], BareJid | None] = _lower
    catalogue: Catalogue = ENGLISH
    sign_up: SignUpRules = field(default_factory=SignUpRules)
    heard: Callable[[BareJid], str] = _nothing

    def said(self, text: Sayable, jid: BareJid, language: str = "") -> str:
        """Return the text in somebody's language: the one on record, where there is one, else the one last heard."""
        return self.catalogue.say(text, language or self.heard(jid))


def _nobody_counts(what: str, fields: Mapping[str, str | int | None]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk as handlers and the reconciler use it. on_fact: told of each fact, once it is recorded."""

    store: Transactions
    waker: Waker
    presences: Presences
    rules: DeskRules
    workgroups: tuple[WorkgroupName, ...]
    on_fact: Callable[[str, Mapping[str, str | int | None]], None] = _nobody_counts

    async def do(self, usecase: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the use case in a transaction, commit, then wake what it touched. Raises what the use case raises."""
        result, touched = await self.store.write(lambda work: (usecase(work, *args, **kwargs), work.touched))
        self._wake(touched)
        return result

    async def ask(self, question: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case that only reads; what it touches is woken all the same."""
        answer, touched = await self.store.read(lambda work: (question(work, *args, **kwargs), work.touched))
        self._wake(touched)
        return answer

    async def survey(self, question: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case that reads the queues, or what hangs on them, in turn with those that write."""
        return await self.store.survey(lambda work: question(work, *args, **kwargs))

    async def standing_of(self, jid: BareJid) -> Standing | None:
        """Return the person's standing; None for visitors."""
        return await self.store.standing_of(jid)

    def _wake(self, touched: Touched) -> None:
        for what, fields in touched.facts:
            log.info(what, extra=fields)
            self.on_fact(what, fields)
        for chat_id, is_urgent in touched.chats.items():
            self.waker.wake(chat_id, is_urgent=is_urgent)
        if touched.queues:
            self.waker.wake_queues()
        if touched.letters:
            self.waker.wake_letters()
        if touched.staff:
            self.waker.wake_staff()
