"""Who is there to help: the helpers on duty, their load, and what follows for the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from livechat_xmpp.domain.model import Chat, WorkgroupName
from livechat_xmpp.domain.queue import Wait, expected_wait, is_passed_over
from livechat_xmpp.domain.routing import Cover, OnDuty, cover
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording.visitors import place as in_words
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work

HISTORY = 20  # served chats that the expected wait is told from: enough for quartiles, few enough to be recent


def on_duty(work: Work, presences: Presences) -> list[OnDuty]:
    """Return everybody on duty with their load and what their clients say."""
    loads = work.chats.loads()
    offered = {offer.helper for offer in work.offers.open()}
    return [OnDuty(d, presences.availability(d.jid), loads.get(d.jid, 0), d.jid in offered) for d in work.duties.list()]


def cover_now(work: Work, presences: Presences) -> Cover:
    """Return whether the desk is open, away or closed."""
    return cover(on_duty(work, presences))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue; position: 1 is next. is_open: somebody who takes offers is on duty."""

    position: int
    wait: Wait | None
    is_away: bool
    is_open: bool = True

    def in_words(self) -> Sayable:
        """Return what the visitor is told."""
        return in_words(self.position, self.wait, is_away=self.is_away, is_open=self.is_open)


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that tells a place from its number. handle_times: of the latest served chats.

    has_stopped: requests are offered, and nobody takes them.
    """

    cover: Cover
    handle_times: Sequence[timedelta]
    offer_timeout: timedelta
    has_stopped: bool = False

    def place(self, position: int) -> Place:
        """Return the place at this position of the queue; 1 is next."""
        wait = expected_wait(
            position,
            places=self.cover.places,
            free=self.cover.free,
            offer_timeout=self.offer_timeout,
            handle_times=self.handle_times,
            has_stopped=self.has_stopped,
        )
        return Place(position, wait, self.cover.is_away, self.cover.is_open)


def outlook(work: Work, workgroup: WorkgroupName, state: Cover, rules: DeskRules) -> Outlook:
    """Return what tells the places of the workgroup's queue, with who is there to help."""
    has_stopped = state.free > 0 and _has_stopped(work, workgroup, rules)
    return Outlook(state, work.chats.handle_times(workgroup, HISTORY), rules.offer_timeout, has_stopped)


def _has_stopped(work: Work, workgroup: WorkgroupName, rules: DeskRules) -> bool:
    first = next((one for one in work.chats.waiting(workgroup) if not one.is_gone), None)
    if first is None:
        return False
    had = work.offers.past([first.chat_id]).get(first.chat_id)
    passed_at = max(had.last_at.values(), default=None) if had is not None else None
    return is_passed_over(first, passed_at, offer_timeout=rules.offer_timeout, now=work.now)


def place_now(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> Place:
    """Return the place of a request that waits."""
    position = work.chats.position(chat.workgroup, chat.id)
    return outlook(work, chat.workgroup, cover_now(work, presences), rules).place(position)
