"""Whom a request is offered to: strict turns among those who can take it, a skipped turn being owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import Availability, BareJid, ChatId, Duty, DutyRole

TAKES_OFFERS = frozenset({DutyRole.HELPER, DutyRole.ANCHOR})  # an advisor never takes a visitor's question
# Whom we may ask something. Who never let us see their presence is believed to be there.
MAY_BE_ASKED = frozenset({Availability.AVAILABLE, Availability.UNKNOWN})


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A helper on duty with what decides whether they can take a request now.

    chats: how many they answer. has_offer: one is open; a second would make "yes" unclear.
    """

    duty: Duty
    availability: Availability
    chats: int = 0
    has_offer: bool = False

    @property
    def is_there(self) -> bool:
        """Return whether offers may reach them."""
        return self.availability in MAY_BE_ASKED

    @property
    def is_free(self) -> bool:
        """Return whether they can be offered a request now."""
        return (
            self.duty.role in TAKES_OFFERS and self.is_there and not self.has_offer and self.chats < self.duty.max_chats
        )


@dataclass(frozen=True, slots=True)
class PastOffers:
    """How often a request was offered to each helper, and when last. never: who asked it, and is no helper for it.

    rung_at: since when all are asked at once; each of them once more, whatever they said before.
    """

    times: Mapping[BareJid, int] = field(default_factory=dict)
    last_at: Mapping[BareJid, datetime] = field(default_factory=dict)
    never: BareJid | None = None
    rung_at: datetime | None = None

    def may_ask(self, jid: BareJid, *, now: datetime, repeat_after: timedelta) -> bool:
        """Return whether the request can be offered to the helper (again)."""
        last = self.last_at.get(jid)
        is_new = last is None or now >= last + repeat_after or (self.rung_at is not None and last < self.rung_at)
        return is_new and jid != self.never


def choose_helper(
    helpers: Iterable[OnDuty], past: PastOffers, *, now: datetime, repeat_after: timedelta
) -> OnDuty | None:
    """Return the helper whose turn it is for this request, or None while nobody can take it.

    Who was offered the request the fewest times comes first, so that a refused one comes back to nobody
    while others are free; among these the turn that is owed longest. The same helper is asked again only
    repeat_after the last time.
    """
    able = [h for h in helpers if h.is_free and past.may_ask(h.duty.jid, now=now, repeat_after=repeat_after)]
    return min(able, key=lambda h: (past.times.get(h.duty.jid, 0), h.duty.turn_at, h.duty.jid), default=None)


def match(
    waiting: Sequence[ChatId],
    helpers: Iterable[OnDuty],
    past: Mapping[ChatId, PastOffers],
    *,
    now: datetime,
    repeat_after: timedelta,
) -> list[tuple[ChatId, BareJid]]:
    """Return who is offered what, for requests in the order of the queue; each helper gets one at the most."""
    free = [h for h in helpers if h.is_free]
    pairs = []
    for chat_id in waiting:
        if not free:
            break
        chosen = choose_helper(free, past.get(chat_id, PastOffers()), now=now, repeat_after=repeat_after)
        if chosen is not None:
            pairs.append((chat_id, chosen.duty.jid))
            free.remove(chosen)
    return pairs


def ring(
    waiting: Sequence[ChatId],
    helpers: Iterable[OnDuty],
    past: Mapping[ChatId, PastOffers],
    *,
    now: datetime,
    repeat_after: timedelta,
) -> list[tuple[ChatId, BareJid]]:
    """Return who is asked beside others: everybody whom match() has left over, for requests that are rung.

    waiting: these requests in the order of the queue; helpers: those left over. Each helper gets one at the most.
    """
    free = [h for h in helpers if h.is_free]
    pairs = []
    for chat_id in waiting:
        asked = [h for h in free if past[chat_id].may_ask(h.duty.jid, now=now, repeat_after=repeat_after)]
        pairs += [(chat_id, h.duty.jid) for h in asked]
        free = [h for h in free if h not in asked]
    return pairs


@dataclass(frozen=True, slots=True)
class Cover:
    """Whether a workgroup is open, from who takes offers and is there or away; everybody busy is still open.

    places: chats that those who are there can have at once; free: those of them not taken. A place that is
    offered is free still: the request it is offered to stands in the queue, and counts there.
    """

    is_open: bool
    is_away: bool
    places: int
    free: int


def cover(helpers: Iterable[OnDuty]) -> Cover:
    """Return the workgroup's state: closed when nobody is on duty, away when all who are on duty are away."""
    takers = [h for h in helpers if h.duty.role in TAKES_OFFERS and h.availability is not Availability.OFFLINE]
    there = [h for h in takers if h.is_there]
    return Cover(
        is_open=bool(takers),
        is_away=bool(takers) and not there,
        places=sum(h.duty.max_chats for h in there),
        free=sum(max(0, h.duty.max_chats - h.chats) for h in there),
    )


@dataclass(frozen=True, slots=True)
class TraineeOnDuty:
    """A trainee who wants to watch. watched: chats they have been in; chats: places they hold now."""

    duty: Duty
    availability: Availability
    watched: int
    chats: int

    @property
    def is_free(self) -> bool:
        """Return whether they can be asked into a chat now."""
        return self.availability in MAY_BE_ASKED and self.chats < self.duty.max_chats


def choose_trainees(
    trainees: Iterable[TraineeOnDuty], *, asked_before: frozenset[BareJid], places: int
) -> list[BareJid]:
    """Return up to `places` trainees to invite, those who have watched the fewest chats first.

    asked_before: who was asked into this chat already and did not come; the place passes on to others.
    """
    able = [t for t in trainees if t.duty.jid not in asked_before and t.is_free]
    able.sort(key=lambda t: (t.watched, t.duty.turn_at, t.duty.jid))
    return [t.duty.jid for t in able[:places]]


def default_role(standing_roles: Sequence[DutyRole]) -> DutyRole | None:
    """Return what a person is on duty as when they do not say: helper if they may, else what they may, if anything."""
    return DutyRole.HELPER if DutyRole.HELPER in standing_roles else next(iter(standing_roles), None)
