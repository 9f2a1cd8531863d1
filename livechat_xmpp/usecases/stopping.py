"""Who is told that the desk stops, and will be back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livechat_xmpp.domain.model import Availability, WorkgroupName, bare
from livechat_xmpp.domain.wording.chats import STOPS_ON_DUTY
from livechat_xmpp.domain.wording.visitors import STOPS_IN_QUEUE
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work
from livechat_xmpp.usecases.telling import said_to


@dataclass(frozen=True, slots=True)
class Farewell:
    """What one person is told, in their language, and in the name of which workgroup."""

    workgroup: WorkgroupName
    to: str
    body: str


def farewells(
    work: Work, workgroups: Sequence[WorkgroupName], *, presences: Presences, rules: DeskRules
) -> list[Farewell]:
    """Return what is told to visitors in the queues who are there and in no room, and to the staff on duty.

    Those in rooms are told there.
    """
    told = [
        Farewell(name, w.visitor, said_to(work, bare(w.visitor), STOPS_IN_QUEUE, rules))
        for name in workgroups
        for w in work.chats.waiting(name)
        if not (w.is_gone or w.has_room)
    ]
    on_duty = [d.jid for d in work.duties.list() if presences.availability(d.jid) is not Availability.OFFLINE]
    return told + [Farewell(workgroups[0], jid, said_to(work, jid, STOPS_ON_DUTY, rules)) for jid in on_duty]
