"""What the record says of the moment, in numbers, for those who watch the desk from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from livechat_xmpp.domain.model import ChatState, WorkgroupName
from livechat_xmpp.usecases.ports import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """waiting: requests in each queue; oldest: how long the first in each has waited."""

    waiting: Mapping[str, int]
    oldest: Mapping[str, timedelta]
    offers_open: int
    chats_open: int


def figures_now(work: Work, workgroups: Sequence[WorkgroupName]) -> Figures:
    """Return how many wait, are offered, and are helped."""
    counts = work.chats.counts()
    queues = {c.workgroup: c for c in counts if c.state is ChatState.WAITING}
    return Figures(
        waiting={name: queues[name].number if name in queues else 0 for name in workgroups},
        oldest={name: work.now - queues[name].first_at if name in queues else timedelta(0) for name in workgroups},
        offers_open=len(work.offers.open()),
        chats_open=sum(c.number for c in counts if c.state is ChatState.OPEN),
    )
