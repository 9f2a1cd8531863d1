"""How a request climbs that nobody takes: all are asked at once, then staff are alarmed, then the visitor is told.

Each step has its moment, counted from when the request came to the queue, and is taken once a climb. A request that
returns to the queue begins a new climb. It climbs also while nobody is on duty: somebody was when it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from livechat_xmpp.domain.model import ChatId, FullJid, WorkgroupName


class ClimbStep(StrEnum):
    ALARM = "alarm"  # tell the admins and the contributors' room
    TELL_VISITOR = "tell-visitor"


@dataclass(frozen=True, slots=True)
class ClimbRules:
    """When each step is taken, counted from when the request came to the queue; each is a setting, described there."""

    ring_all_after: timedelta = timedelta(seconds=60)
    alarm_after: timedelta = timedelta(seconds=120)
    tell_visitor_after: timedelta = timedelta(seconds=180)

    @property
    def moments(self) -> tuple[timedelta, ...]:
        return (self.ring_all_after, self.alarm_after, self.tell_visitor_after)


@dataclass(frozen=True, slots=True)
class Climber:
    """A request in the queue, as far as it decides about its climb.

    queued_at: when it last came to the queue. alarmed_at, visitor_told_at: when that step was taken; None: not yet.
    is_gone: the visitor is known not to be there: nobody can help them now. has_room: they wait in a room.
    """

    chat_id: ChatId
    workgroup: WorkgroupName
    visitor: FullJid
    queued_at: datetime
    alarmed_at: datetime | None = None
    visitor_told_at: datetime | None = None
    is_gone: bool = False
    has_room: bool = False


def rung_at(queued_at: datetime, rules: ClimbRules, *, now: datetime) -> datetime | None:
    """Return since when all who are free are asked at once; None: one is asked after the other still."""
    moment = queued_at + rules.ring_all_after
    return moment if now >= moment else None


def steps_due(climber: Climber, rules: ClimbRules, *, now: datetime) -> tuple[ClimbStep, ...]:
    """Return the steps that have to be taken now."""
    if climber.is_gone:
        return ()
    due = []
    if climber.alarmed_at is None and now >= climber.queued_at + rules.alarm_after:
        due.append(ClimbStep.ALARM)
    if climber.visitor_told_at is None and now >= climber.queued_at + rules.tell_visitor_after:
        due.append(ClimbStep.TELL_VISITOR)
    return tuple(due)


def alarm_waits_until(last_alarm_at: datetime | None, rules: ClimbRules) -> datetime | None:
    """Return until when a queue's next alarm waits, to tell of more requests at once; None: it need not.

    In a long queue one request after the other becomes due: people who are told every second do not listen.
    """
    return None if last_alarm_at is None else last_alarm_at + rules.alarm_after


def next_look(next_moments: Iterable[datetime | None], rules: ClimbRules, *, now: datetime) -> datetime:
    """Return when the queues have to be looked at again: at the next step that is known of.

    At the latest after the shortest of the lengths: what is asked from now on climbs no sooner.
    """
    return min(m for m in (*next_moments, now + min(rules.moments)) if m is not None)
