"""The order of the queue and what a visitor is told about their wait."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import ChatId, FullJid

NOBODY = FullJid("")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request in the queue. asked_at never changes, so a request that returns keeps its place.

    queued_at: when it came, or came back, to the queue; None: when it was asked.
    is_gone: the visitor is known not to be there. has_room: a helper was there before; the visitor is in a room.
    """

    chat_id: ChatId
    asked_at: datetime
    priority: int = 0
    visitor: FullJid = NOBODY
    is_offered: bool = False
    is_gone: bool = False
    has_room: bool = False
    queued_at: datetime | None = None


def place_key(waiting: Waiting) -> tuple[int, datetime, ChatId]:
    """Return what the queue is ordered by: first come first served within a priority; the id breaks ties."""
    return (-waiting.priority, waiting.asked_at, waiting.chat_id)


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return them in the queue's order, the highest priority first."""
    return sorted(waiting, key=place_key)


def places(waiting: Iterable[Waiting], *, begin: int = 1) -> Iterator[tuple[int, Waiting]]:
    """Yield each with the place that is told: how many come before who are there, and one; begin: of the first.

    Who is gone keeps the place, and nobody waits for them meanwhile.
    """
    place = begin
    for one in waiting:
        yield place, one
        place += not one.is_gone


def is_passed_over(first: Waiting, passed_at: datetime | None, *, offer_timeout: timedelta, now: datetime) -> bool:
    """Return whether nobody takes requests though there are free places: not even the first that waits.

    passed_at: when a helper last said no to it, or nothing; None: nobody did. One "no" may be made good by the next
    helper, in the time of one offer; what is not taken by then will be when it will be.
    """
    since = first.queued_at or first.asked_at
    return passed_at is not None and passed_at >= since and now >= since + offer_timeout


@dataclass(frozen=True, slots=True)
class Wait:
    """The expected wait and the range it will probably lie in."""

    expected: timedelta
    low: timedelta
    high: timedelta


def expected_wait(
    position: int,
    *,
    places: int,
    free: int,
    offer_timeout: timedelta,
    handle_times: Sequence[timedelta],
    has_stopped: bool = False,
) -> Wait | None:
    """Return the wait of the visitor at position (1 is next), or None where nothing is known to tell it from.

    places: chats that the helpers on duty can have at once; free: how many of these are not taken.
    handle_times: of the latest served chats. A free place costs one offer at most; each further place in
    the queue waits until one of the chats in progress ends, of which `places` run side by side.
    has_stopped: nobody takes requests, so that free places say nothing.
    """
    if has_stopped:
        return None
    if position <= free:
        return Wait(offer_timeout / 2, timedelta(0), offer_timeout)
    if places <= 0 or len(handle_times) < 2:
        return None
    turns = (position - free) / places
    low, expected, high = statistics.quantiles([t.total_seconds() for t in handle_times], n=4)
    return Wait(*(timedelta(seconds=math.ceil(max(0.0, s) * turns)) for s in (expected, low, high)))
