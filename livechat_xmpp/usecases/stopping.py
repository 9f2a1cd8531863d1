"""Who is told that the desk stops, and will be back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat_xmpp.domain.model import Availability, BareJid, FullJid, WorkgroupName
from livechat_xmpp.usecases.ports import Presences, Work


@dataclass(frozen=True, slots=True)
class Audience:
    """Visitors in the queues who are there and in no room, with their workgroup; staff on duty."""

    waiting: Sequence[tuple[WorkgroupName, FullJid]]
    on_duty: Sequence[BareJid]


def audience(work: Work, workgroups: Sequence[WorkgroupName], *, presences: Presences) -> Audience:
    """Return who is told by a message; those in rooms are told there."""
    waiting = [
        (name, w.visitor) for name in workgroups for w in work.chats.waiting(name) if not (w.is_gone or w.has_room)
    ]
    on_duty = [d.jid for d in work.duties.list() if presences.availability(d.jid) is not Availability.OFFLINE]
    return Audience(waiting, on_duty)
