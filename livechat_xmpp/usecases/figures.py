"""What the record says of the moment, in numbers, for those who watch the desk from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.usecases.ports import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """waiting: requests in each queue; oldest: how long the first in each has waited."""

    waiting: Mapping[str, int]
    oldest: Mapping[str, timedelta]
    offers_open: int
    chats_open: int


async def figures_now(work: Work, workgroups: Sequence[WorkgroupName]) -> Figures:
    """Return how many wait, are offered, and are helped."""
    queues = {name: await work.chats.waiting(name) for name in workgroups}
    return Figures(
        waiting={name: len(queue) for name, queue in queues.items()},
        oldest={
            name: max((work.now - w.asked_at for w in queue), default=timedelta(0)) for name, queue in queues.items()
        },
        offers_open=len(await work.offers.open()),
        chats_open=len(await work.chats.open()),
    )
