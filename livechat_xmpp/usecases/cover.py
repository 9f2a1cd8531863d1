"""Who is there to help: the helpers on duty, their load, and what follows for the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat_xmpp.domain.model import ChatId, WorkgroupName
from livechat_xmpp.domain.queue import Wait, Waiting, expected_wait
from livechat_xmpp.domain.routing import Cover, OnDuty, cover
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


def places(work: Work, workgroup: WorkgroupName, presences: Presences, rules: DeskRules) -> dict[ChatId, Place]:
    """Return everybody's place in the workgroup's queue, in its order."""
    waiting = work.chats.waiting(workgroup)
    return places_of(work, workgroup, waiting, cover_now(work, presences), rules) if waiting else {}


def places_of(
    work: Work, workgroup: WorkgroupName, waiting: Sequence[Waiting], state: Cover, rules: DeskRules
) -> dict[ChatId, Place]:
    """Return the places of those waiting, given in the queue's order, and who is there to help."""
    history = work.chats.handle_times(workgroup, HISTORY)
    return {
        w.chat_id: Place(
            position,
            expected_wait(
                position,
                places=state.places,
                free=state.free,
                offer_timeout=rules.offer_timeout,
                handle_times=history,
            ),
            state.is_away,
            state.is_open,
        )
        for position, w in enumerate(waiting, start=1)
    }
