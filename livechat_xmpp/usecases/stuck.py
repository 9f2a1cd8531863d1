"""Nobody is forgotten: who waits for somebody to move them, told to admins once a day, and what moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from livechat_xmpp.domain.apprenticeship import Application, Progress
from livechat_xmpp.domain.errors import BadInput, NotPermitted
from livechat_xmpp.domain.model import Account, BareJid, FullJid, Standing, WorkgroupName
from livechat_xmpp.domain.wording import Phrase
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Letter, Work
from livechat_xmpp.usecases.telling import language_of, tell
from livechat_xmpp.usecases.training import enquire, find_person, progress_of, short

SHOWN = 10  # in a message; the command shows all
FEW = 2  # approvers below which one person alone could keep everybody waiting
LISTED = "stuck listed"
AT_ONCE = 20  # moved in one transaction: others write in between


class Why(StrEnum):
    """What somebody waits for."""

    NEVER_DECIDED = "never decided"
    LEFT_WAITING = "left waiting"
    NEVER_ENDORSED = "never endorsed"
    NEVER_INVITED = "never invited"


class Move(StrEnum):
    """What an admin can do about it, for one or many."""

    NUDGE = "nudge"
    ASK_ENDORSERS = "ask-endorsers"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody whom nothing has happened to for too long."""

    account: Account
    why: Why
    since: datetime
    progress: Progress
    application: Application | None = None

    @property
    def command(self) -> str:
        """Return the one command that moves them, as it is written to the desk."""
        return {
            Why.NEVER_DECIDED: f"promote {self.account.jid} helper",
            Why.LEFT_WAITING: f"decide {self.account.jid}",
            Why.NEVER_ENDORSED: f"ask-endorsers {self.account.jid}",
            Why.NEVER_INVITED: f"nudge {self.account.jid}",
        }[self.why]


def list_stuck(work: Work, *, rules: DeskRules) -> list[Stuck]:
    """Return who is stuck: first those whose decision is late, then who was endorsed and no further, or never, or who
    never watched.
    """
    accounts = work.accounts.list(Standing.TRAINEE)
    progress = progress_of(work, accounts)
    clocks = {a.trainee: a for a in work.applications.list()}
    asked = work.invitations.ever_asked([a.jid for a in accounts if not progress[a.jid].watched])
    found = []
    for account in accounts:
        clock, done = clocks.get(account.jid), progress[account.jid]
        since = account.since_at
        if clock is not None:
            if clock.decide_by <= work.now:
                found.append(Stuck(account, Why.NEVER_DECIDED, clock.decide_by, done, clock))
        elif done.endorsements:
            last = max(e.at for e in done.endorsements)
            if last + rules.training.stuck_after <= work.now:
                found.append(Stuck(account, Why.LEFT_WAITING, last, done))
        elif since + rules.training.stuck_after > work.now:
            continue
        elif done.watched >= rules.training.watched_needed:
            found.append(Stuck(account, Why.NEVER_ENDORSED, since, done))
        elif not done.watched and account.jid not in asked:
            found.append(Stuck(account, Why.NEVER_INVITED, since, done))
    order = list(Why)
    return sorted(found, key=lambda s: (order.index(s.why), s.since, s.account.jid))


# --- the daily list


@dataclass(frozen=True, slots=True)
class Today:
    """What admins have to know today. due_at: since when; is_due: whether they were not told yet.

    is_first: the desk is new; nobody waits yet, and admins have other things to read.
    """

    due_at: datetime
    is_due: bool
    is_first: bool
    stuck: tuple[Stuck, ...] = ()
    active: tuple[BareJid, ...] = ()

    @property
    def next_at(self) -> datetime:
        """Return when the next list is due."""
        return self.due_at + timedelta(days=1)


def today(work: Work, *, rules: DeskRules) -> Today:
    """Return the list of the day, only read: it takes a while where there are many trainees."""
    hour = work.now.replace(hour=rules.training.daily_at_hour, minute=0, second=0, microsecond=0)
    due_at = hour if hour <= work.now else hour - timedelta(days=1)
    last = work.audit.last(LISTED)
    found = Today(due_at, is_due=last is None or last < due_at, is_first=last is None)
    if found.is_first or not found.is_due:
        return found
    return replace(found, stuck=tuple(list_stuck(work, rules=rules)), active=tuple(active_admins(work, rules)))


def tell_today(work: Work, today: Today, workgroup: WorkgroupName, *, rules: DeskRules) -> None:
    """Tell admins who is stuck, and when too few of them are there; once, and nothing on the first day."""
    last = work.audit.last(LISTED)
    if last is not None and last >= today.due_at:
        return
    if not today.is_first and (today.stuck or len(today.active) < FEW):
        for admin in work.accounts.list(Standing.ADMIN):
            text = _in_words(work, admin.jid, today.stuck, today.active, rules)
            work.letters.add(Letter(FullJid(admin.jid), text, workgroup, work.now + timedelta(days=1)))
        work.touch_letters()
    counts = {why.value: sum(s.why is why for s in today.stuck) for why in Why}
    known = {} if today.is_first else counts
    work.audit.add(Entry(work.now, LISTED, BareJid(""), "desk", policy=rules.policy, evidence=known))


def active_admins(work: Work, rules: DeskRules) -> list[BareJid]:
    """Return the admins who have shown a sign of life lately."""
    since = work.now - rules.training.active_within
    admins = work.accounts.list(Standing.ADMIN)
    return sorted(a.jid for a in admins if (a.active_at or a.since_at) >= since)


def _in_words(work: Work, admin: BareJid, stuck: Sequence[Stuck], active: Sequence[BareJid], rules: DeskRules) -> str:
    language = language_of(work, admin, rules)

    def say(phrase: Phrase) -> str:
        return rules.catalogue.say(phrase, language)

    lines = []
    if stuck:
        lines.append(say(words.STUCK.of(count=len(stuck))))
        lines += [f"- {say(_line(s, work.now))} → {s.command}" for s in stuck[:SHOWN]]
        if len(stuck) > SHOWN:
            lines.append(say(words.STUCK_MORE.of(count=len(stuck) - SHOWN)))
    if len(active) < FEW:
        days = rules.training.active_within.days
        few = words.FEW_APPROVERS.of(active=active[0], days=days) if active else words.NO_APPROVERS.of(days=days)
        lines.append(say(few))
    return "\n".join(lines)


def _line(stuck: Stuck, now: datetime) -> Phrase:
    jid = stuck.account.jid
    match stuck.why:
        case Why.NEVER_DECIDED:
            return words.STUCK_NEVER_DECIDED.of(jid=jid, decide_by=moment(stuck.since))
        case Why.LEFT_WAITING:
            days, by = (now - stuck.since).days, ", ".join(short(e.by) for e in stuck.progress.endorsements)
            return words.STUCK_LEFT_WAITING.of(jid=jid, by=by, count=days)
        case Why.NEVER_ENDORSED:
            return words.STUCK_NEVER_ENDORSED.of(jid=jid, watched=stuck.progress.watched)
        case Why.NEVER_INVITED:
            return words.STUCK_NEVER_INVITED.of(jid=jid, count=(now - stuck.since).days)


# --- moving them


def whom_to_move(work: Work, wanted: Move, accounts: Sequence[str], *, by: BareJid, rules: DeskRules) -> list[BareJid]:
    """Return these trainees, or all who wait for it when none is named.

    For admins, checked here for the person who began the command. Raises NotPermitted, BadInput.
    """
    _check_author(work, by)
    why = {Move.NUDGE: Why.NEVER_INVITED, Move.ASK_ENDORSERS: Why.NEVER_ENDORSED}[wanted]
    people = [find_person(work, text) for text in accounts]
    people = people or sorted(s.account.jid for s in list_stuck(work, rules=rules) if s.why is why)
    others = [jid for jid in people if not _is_trainee(work, jid)]
    if others or not people:
        raise BadInput(words.NOT_STUCK.of(who=", ".join(others), count=len(others)) if others else words.NOBODY_STUCK)
    return people


def move(
    work: Work, wanted: Move, people: Sequence[BareJid], *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules
) -> list[BareJid]:
    """Do it for each of these, of whom there are few (AT_ONCE); return for whom there was something to do.

    Who is no trainee any more is passed over. Raises NotPermitted.
    """
    _check_author(work, by)
    trainees = [jid for jid in people if _is_trainee(work, jid)]
    if wanted is Move.NUDGE:
        for jid in trainees:
            tell(work, jid, words.NUDGE, workgroup, rules, expires_after=rules.training.lasting)
        moved = trainees
    else:
        moved = [jid for jid in trainees if _ask_endorsers(work, jid, rules)]
    for jid in moved:
        work.audit.add(Entry(work.now, wanted.value, jid, by, policy=rules.policy))
    return moved


def moved_in_words(wanted: Move, people: Sequence[BareJid], moved: Sequence[BareJid]) -> Phrase:
    """Return what to say when it was to be done for some people, and has been."""
    if wanted is Move.NUDGE:
        text = words.NUDGED if moved else words.NOBODY_STUCK
    else:
        text = words.ENDORSERS_ASKED if moved else words.NOBODY_TO_ASK
    return text.of(people=", ".join(short(jid) for jid in moved or people))


def _check_author(work: Work, by: BareJid) -> None:
    author = work.accounts.find(by)
    if author is None or author.standing is not Standing.ADMIN:
        raise NotPermitted(words.ONLY_ADMINS_DECIDE)


def _is_trainee(work: Work, jid: BareJid) -> bool:
    account = work.accounts.find(jid)
    return account is not None and account.standing is Standing.TRAINEE


def _ask_endorsers(work: Work, trainee: BareJid, rules: DeskRules) -> bool:
    """Ask everybody who shared a chat with the trainee, about the latest such chat; return whether anybody could be."""
    asked = False
    for judge, chat_id in work.visits.judges_of(trainee):
        chat = work.chats.find(chat_id)
        if chat is not None:
            asked |= enquire(work, chat, trainee, judge, rules, is_due=True)
    return asked
