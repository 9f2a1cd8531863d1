"""The sweep: finding what is not where the rules say, putting it right, telling admins of the rest (domain.sweep)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from livechat_xmpp.domain.model import BareJid, Chat, ChatId, RoomState, Standing, WorkgroupName
from livechat_xmpp.domain.outcome import outcome_when_left
from livechat_xmpp.domain.sweep import Problem, SweepRules, Trouble, find_in_chat, find_in_duty
from livechat_xmpp.domain.wording import troubles
from livechat_xmpp.usecases import rooms
from livechat_xmpp.usecases.chats import return_to_queue
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Found, Presences, Work
from livechat_xmpp.usecases.revoking import revoke
from livechat_xmpp.usecases.staff import take_back_offer
from livechat_xmpp.usecases.telling import tell


def _limits(rules: DeskRules, presences: Presences) -> SweepRules:
    return SweepRules(rules.overdue, rules.rooms.longest_wait, rules.rooms.visitor_grace, presences.since)


def find(
    work: Work,
    *,
    stuck: Mapping[ChatId, tuple[datetime, str]],
    busy: Collection[ChatId],
    others: Sequence[Problem] = (),
    closed_since: datetime | None,
    presences: Presences,
    rules: DeskRules,
) -> list[Problem]:
    """Return all that is not where the rules say; nothing is changed.

    stuck: chats whose steps fail, since when and why. busy: chats that are being worked on, or will be next.
    others: what else fails outside of the record. closed_since: what was closed before has been looked at; None:
    nothing has.
    """
    limits = _limits(rules, presences)
    found = [
        problem
        for suspect in work.record.suspects(limits, now=work.now, closed_since=closed_since)
        if suspect.chat_id not in busy
        for problem in find_in_chat(suspect, limits, now=work.now)
    ]
    found += [
        Problem(chat_id, Trouble.STUCK, since, reason)
        for chat_id, (since, reason) in stuck.items()
        if work.now >= since + rules.overdue
    ]
    found += [problem for problem in others if work.now >= problem.since_at + rules.overdue]
    standings = {a.jid: a.standing for a in work.accounts.list()}
    found += [problem for duty in work.duties.list() for problem in find_in_duty(duty, standings.get(duty.jid))]
    if (expired := work.letters.expired(work.now)).number:
        found.append(Problem("", Trouble.LETTERS_EXPIRED, expired.since_at, f"{expired.number} of them"))
    return found


def repair(work: Work, problem: Problem, *, presences: Presences, rules: DeskRules) -> bool:
    """Put a problem right by what would have had to happen; return whether the record was changed.

    What has come right by itself meanwhile is left alone. Where only the room is wrong, it is looked at again.
    """
    if problem.what is Trouble.LETTERS_EXPIRED:
        work.letters.drop_expired(work.now)
        return True
    if problem.what is Trouble.NO_STANDING:
        return _take_off_duty(work, BareJid(problem.subject), rules)
    chat_id = ChatId(problem.subject)
    suspect, chat = work.record.suspect(chat_id), work.chats.find(chat_id)
    if suspect is None or chat is None:
        return False
    still = {p.what for p in find_in_chat(suspect, _limits(rules, presences), now=work.now)}
    work.touch(chat_id)
    if problem.what not in still or problem.what not in REPAIRS:
        return False
    REPAIRS[problem.what](work, chat, presences, rules)
    return True


def _take_off_duty(work: Work, jid: BareJid, rules: DeskRules) -> bool:
    duty, account = work.duties.find(jid), work.accounts.find(jid)
    if duty is None or not find_in_duty(duty, account.standing if account else None):
        return False
    work.duties.remove(jid)
    take_back_offer(work, jid, rules)
    work.touch_queues()
    return True


def _expire_offers(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> None:
    for offer in chat.offers:
        if work.now >= offer.expires_at:
            rooms.expire(work, chat, offer, presences, rules)


def _revoke_offers(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> None:
    for offer in chat.offers:
        revoke(work, chat, offer, rules)


def _need_room(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> None:
    work.chats.set_room(chat.id, RoomState.NEEDED)


def _forget_room(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> None:
    """Take a room that was never made as gone; one that may exist is looked at again until it is."""
    if chat.room is RoomState.NONE:
        work.chats.set_room(chat.id, RoomState.GONE)


def _let_go(work: Work, chat: Chat, presences: Presences, rules: DeskRules) -> None:
    for invitation in chat.invitations:
        work.invitations.end(chat.id, invitation.jid, work.now)
    work.visits.end_all(chat.id, chat.closed_at or work.now)


REPAIRS: Mapping[Trouble, Callable[[Work, Chat, Presences, DeskRules], None]] = {
    Trouble.WAITED_TOO_LONG: lambda work, chat, presences, rules: rooms.waited_too_long(work, chat, rules),
    Trouble.VISITOR_GONE: lambda work, chat, presences, rules: rooms.visitor_missing(work, chat, rules),
    Trouble.OFFER_OVERDUE: _expire_offers,
    Trouble.OFFER_ASTRAY: _revoke_offers,
    Trouble.NO_HELPER: lambda work, chat, presences, rules: return_to_queue(work, chat, rules),
    Trouble.NO_ROOM: _need_room,
    Trouble.ROOM_LEFT: _forget_room,
    Trouble.PEOPLE_LEFT: _let_go,
    Trouble.NO_OUTCOME: lambda work, chat, presences, rules: work.chats.save(
        replace(chat, outcome=outcome_when_left(chat))
    ),
}


def keep(work: Work, problems: Sequence[Problem], *, workgroup: WorkgroupName, rules: DeskRules) -> list[Problem]:
    """Record what a sweep has found in place of what the last one found; return what is new.

    Admins are told once of what the sweep cannot put right, and of what is there again although it should be.
    workgroup: in whose name.
    """
    known = {(f.problem.subject, f.problem.what): f for f in work.record.problems()}
    found, to_tell = [], []
    for problem in problems:
        before = known.get((problem.subject, problem.what))
        told_at = before.told_at if before else None
        if told_at is None and (before is not None or not problem.what.is_repaired_here):
            to_tell.append(problem)
            told_at = work.now
        found.append(Found(problem, before.found_at if before else work.now, told_at))
    if found or known:
        work.record.replace_problems(found)
    if to_tell:
        for account in work.accounts.list(Standing.ADMIN):
            tell(work, account.jid, troubles.problems(to_tell), workgroup, rules)
    return [f.problem for f in found if (f.problem.subject, f.problem.what) not in known]


def list_problems(work: Work) -> list[Problem]:
    """Return what the last sweep found, the oldest first."""
    return sorted((f.problem for f in work.record.problems()), key=lambda p: (p.since_at, p.subject, p.what))
