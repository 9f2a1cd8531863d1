"""Taking the steps of a climb: what is done about requests that nobody takes (domain.escalation)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from livechat_xmpp.domain.escalation import Climber, ClimbStep, alarm_waits_until, next_look, steps_due
from livechat_xmpp.domain.model import BareJid, Standing, WorkgroupName, bare
from livechat_xmpp.domain.wording import sentences
from livechat_xmpp.domain.wording.staff import CAN_YOU_HELP, nobody_takes
from livechat_xmpp.domain.wording.visitors import NOBODY_FREE
from livechat_xmpp.usecases.cover import cover_now
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Letter, Presences, Work
from livechat_xmpp.usecases.revoking import LETTER_EXPIRY
from livechat_xmpp.usecases.telling import said_to, tell

AT_ONCE = 200  # requests that steps are taken for in one transaction; the rest follow at once


def climb(
    work: Work,
    workgroups: Sequence[WorkgroupName],
    *,
    last_look_at: datetime | None,
    presences: Presences,
    rules: DeskRules,
) -> datetime:
    """Take the steps that are due in these queues, and return when to look again.

    last_look_at: None after a start. What it saw need not be seen again; it decides nothing else.
    """
    now, lengths = work.now, rules.climb
    alarm_before, tell_before = now - lengths.alarm_after, now - lengths.tell_visitor_after
    found = work.chats.climbers(alarm_before=alarm_before, tell_before=tell_before, limit=AT_ONCE)
    due = [(climber, steps_due(climber, lengths, now=now)) for climber in found]
    moments = [_alarm(work, name, _of(due, ClimbStep.ALARM, name), presences, rules) for name in workgroups]
    _tell_visitors(work, [climber for name in workgroups for climber in _of(due, ClimbStep.TELL_VISITOR, name)], rules)
    if last_look_at is None or _queued_between(work, last_look_at, lengths.ring_all_after):
        work.touch_queues()  # there are requests that all are asked to take now
    for length in lengths.moments:
        queued_at = work.chats.first_queued_after(now - length)
        moments.append(None if queued_at is None else queued_at + length)
    return now if len(found) == AT_ONCE else next_look(moments, lengths, now=now)


def _of(due: Sequence[tuple[Climber, Sequence[ClimbStep]]], step: ClimbStep, workgroup: WorkgroupName) -> list[Climber]:
    return [climber for climber, steps in due if step in steps and climber.workgroup == workgroup]


def _queued_between(work: Work, last_look_at: datetime, length: timedelta) -> bool:
    """Return whether a request has been in the queue for so long, and had not at the last look."""
    queued_at = work.chats.first_queued_after(last_look_at - length)
    return queued_at is not None and queued_at <= work.now - length


def _alarm(
    work: Work, workgroup: WorkgroupName, climbers: Sequence[Climber], presences: Presences, rules: DeskRules
) -> datetime | None:
    """Tell the admins and the contributors' room of these requests, in one message; return until when that waits."""
    if not climbers:
        return None
    waits_until = alarm_waits_until(work.chats.last_alarm(workgroup), rules.climb)
    if waits_until is not None and work.now < waits_until:
        return waits_until
    work.chats.mark_alarmed([c.chat_id for c in climbers], work.now)
    longest = work.now - min(c.queued_at for c in climbers)
    text = nobody_takes(len(climbers), longest, cover_now(work, presences))
    for account in work.accounts.list(Standing.ADMIN):
        tell(work, account.jid, sentences(text, CAN_YOU_HELP), workgroup, rules)
    if rules.contributors:
        tell(work, BareJid(rules.contributors), text, workgroup, rules, kind="room")
    work.fact("nobody takes requests", workgroup=workgroup, requests=len(climbers))
    return None


def _tell_visitors(work: Work, climbers: Sequence[Climber], rules: DeskRules) -> None:
    """Tell visitors that nobody is free: in the room that they wait in, else by a message."""
    for climber in climbers:
        expires_at = work.now + LETTER_EXPIRY
        text = said_to(work, bare(climber.visitor), NOBODY_FREE, rules)
        if climber.has_room:
            work.notices.add(climber.chat_id, text, at=work.now, expires_at=expires_at)
            work.touch(climber.chat_id)
        else:
            work.letters.add(Letter(climber.visitor, text, climber.workgroup, expires_at, "fleeting", climber.chat_id))
            work.touch_letters()
    work.chats.mark_visitor_told([c.chat_id for c in climbers], work.now)
