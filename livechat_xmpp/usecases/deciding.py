"""Deciding about trainees: the clock that starts, rings and ends, and what every approver is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from livechat_xmpp.domain.apprenticeship import Application, Progress
from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import Account, BareJid, FullJid, Standing, WorkgroupName
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, Text
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Letter, Work
from livechat_xmpp.usecases.telling import tell
from livechat_xmpp.usecases.training import (
    COMMENT_LIMIT,
    evidence,
    evidence_in_words,
    find_person,
    missing_in_words,
    progress_of,
    refuse_no_trainee,
    short,
)

# --- the clock begins


def begin(
    work: Work, account: Account, *, by: str, comment: str, workgroup: WorkgroupName, rules: DeskRules
) -> Application:
    """Start the clock for a trainee, and tell every admin and the trainee. by: who asks; "": the endorsements do."""
    decide_by = work.now + rules.training.decide_within
    work.applications.open(account.jid, by=by, comment=comment, at=work.now, decide_by=decide_by)
    opened = work.applications.find(account.jid)
    assert opened is not None
    progress = progress_of(work, [account])[account.jid]
    known = evidence(progress)
    entry = Entry(work.now, "decision asked for", account.jid, by or "endorsements", reason=comment)
    work.audit.add(replace(entry, policy=rules.policy, evidence=known))
    work.fact("decision asked for", jid=account.jid, by=by or None)
    said = words.COMMENT.of(comment=one_line(comment, 300)) if comment else ""
    _tell_admins(
        work,
        words.DECISION_ASKED,
        opened,
        progress,
        workgroup,
        rules,
        asked_by=words.ASKED_BY.of(by=by, comment=said) if by else "",
    )
    _tell(work, account.jid, words.CLOCK_BEGUN, workgroup, rules, decide_by=moment(decide_by))
    work.touch_staff()  # who looks after the staff looks at the clocks too
    return opened


def begin_if_endorsed(
    work: Work, account: Account, progress: Progress, *, workgroup: WorkgroupName, rules: DeskRules
) -> Application | None:
    """Start the clock where the endorsements suffice and it does not run yet."""
    if not progress.is_endorsed(rules.training) or work.applications.find(account.jid) is not None:
        return None
    return begin(work, account, by="", comment="", workgroup=workgroup, rules=rules)


def ask_for_decision(
    work: Work, text: str, comment: str, *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules
) -> Application:
    """Start the clock because a helper says so, who shared a chat with the trainee; admins may for all.

    Raises NotPermitted, NotFound, BadInput.
    """
    author, trainee = work.accounts.find(by), find_person(work, text)
    if author is None or not author.standing.reaches(Standing.HELPER):
        raise NotPermitted(words.ONLY_HELPERS)
    account = work.accounts.find(trainee)
    refuse_no_trainee(account, text)
    is_theirs = author.standing is Standing.ADMIN or (account is not None and bool(work.visits.met(trainee, by)))
    if account is None or account.standing is not Standing.TRAINEE or not is_theirs:
        raise NotFound(words.NO_SHARED_CHAT.of(who=one_line(text, 60)))
    known = work.applications.find(trainee)
    if known is not None:
        raise BadInput(words.DECISION_OPEN.of(trainee=short(trainee), decide_by=moment(known.decide_by)))
    if len(comment) > COMMENT_LIMIT:
        raise BadInput(words.TOO_LONG.of(limit=COMMENT_LIMIT))
    return begin(work, account, by=by, comment=comment, workgroup=workgroup, rules=rules)


def _tell(work: Work, to: BareJid, text: Text, workgroup: WorkgroupName, rules: DeskRules, /, **values: object) -> None:
    phrase = text.of(**values)
    tell(work, to, phrase, workgroup, rules, expires_after=rules.training.lasting)


def _tell_admins(
    work: Work,
    text: Text,
    application: Application,
    progress: Progress,
    workgroup: WorkgroupName,
    rules: DeskRules,
    **values: object,
) -> None:
    """Tell all of them, whoever is online: their servers keep it for the others."""
    values |= {
        "trainee": short(application.trainee),
        "jid": application.trainee,
        "evidence": evidence_in_words(progress),
        "decide_by": moment(application.decide_by),
        "opened_at": moment(application.opened_at),
    }
    for admin in work.accounts.list(Standing.ADMIN):
        _tell(work, admin.jid, text, workgroup, rules, **values)


# --- the clock rings


def ring(work: Work, workgroup: WorkgroupName, *, rules: DeskRules) -> datetime | None:
    """Tell admins again of what is due, and trainees of what is late; return when the next clock rings."""
    moments = []
    for application in work.applications.list():
        due_at = application.ring_at(rules.training)
        if due_at is not None and due_at <= work.now:
            due_at = _ring(work, application, workgroup, rules)
        if due_at is not None:
            moments.append(due_at)
    return min(moments, default=None)


def _ring(work: Work, application: Application, workgroup: WorkgroupName, rules: DeskRules) -> datetime | None:
    account = work.accounts.find(application.trainee)
    if account is None:
        work.applications.close(application.id, "withdrawn", work.now)
        return None
    progress = progress_of(work, [account])[account.jid]
    if work.now >= application.decide_by:
        work.applications.mark_reminded(application.id, work.now)
        work.applications.mark_overdue(application.id, work.now)
        _tell_admins(work, words.DECISION_OVERDUE, application, progress, workgroup, rules)
        _tell(work, account.jid, words.CLOCK_OVERDUE, workgroup, rules)
        work.fact("decision overdue", jid=account.jid)
        return None
    work.applications.mark_reminded(application.id, work.now)
    _tell_admins(work, words.DECISION_SOON, application, progress, workgroup, rules)
    work.fact("decision due soon", jid=account.jid)
    return application.decide_by


# --- the decision


def check_agreement(work: Work, jid: BareJid, old: Account | None, new: Standing, rules: DeskRules) -> None:
    """Refuse what would make somebody a helper, or more, without the agreement that the settings ask for.

    What is agreed on is that a trainee becomes a helper. Who comes back from a break had it before. Raises BadInput.
    """
    if rules.training.approvals_needed <= 1 or not new.reaches(Standing.HELPER):
        return
    if old is not None and old.standing is Standing.TRAINEE and new is not Standing.HELPER:
        raise BadInput(words.HELPER_FIRST.of(jid=jid))
    last = work.audit.last_standing(jid)
    comes_back = last is not None and last.new is Standing.INACTIVE and last.old is not None and last.old.reaches(new)
    if (old is None or old.standing is Standing.INACTIVE) and not comes_back:
        raise BadInput(words.TRAINEE_FIRST.of(jid=jid))


def agree(
    work: Work, account: Account, *, by: BareJid, reason: str, workgroup: WorkgroupName, rules: DeskRules
) -> Phrase | None:
    """Take an admin's yes to a trainee's promotion; return what to say while others have to agree, None: enough have.

    Where one admin decides, theirs is enough. Raises BadInput for a second yes of the same.
    """
    needed = rules.training.approvals_needed
    if needed <= 1:
        return None
    application = work.applications.find(account.jid)
    if application is None:
        application = begin(work, account, by=by, comment=reason, workgroup=workgroup, rules=rules)
    given = len(application.votes)
    common = {"trainee": short(account.jid), "needed": needed}
    if by in application.votes:
        raise BadInput(words.VOTED_ALREADY.of(given=given, **common))
    work.applications.vote(application.id, by, work.now)
    work.audit.add(Entry(work.now, "agreed", account.jid, by, reason=reason, policy=rules.policy))
    admins = {a.jid for a in work.accounts.list(Standing.ADMIN)}
    given = len({*application.votes, by} & admins)
    if given >= needed:
        return None
    for admin in sorted(admins - {by}):
        _tell(work, admin, words.VOTE_NEWS, workgroup, rules, by=by, given=given, **common)
    return words.VOTE_KEPT.of(given=given, **common)


def settle(work: Work, jid: BareJid, new: Standing) -> None:
    """End the clock of somebody whose standing has changed."""
    application = work.applications.find(jid)
    if application is not None:
        outcome = "promoted" if new.reaches(Standing.HELPER) else "withdrawn"
        work.applications.close(application.id, outcome, work.now)


def announce(work: Work, jid: BareJid, *, workgroup: WorkgroupName, rules: DeskRules) -> None:
    """Make a new helper known to those who spoke for them, and to the contributors' room.

    With that the endorsements have done what they were given for.
    """
    for endorsement in work.endorsements.of([jid]).get(jid, []):
        _tell(work, endorsement.by, words.YOUR_WORD_COUNTED, workgroup, rules, trainee=short(jid))
    work.endorsements.end_all(jid, work.now)
    if rules.contributors:
        text = rules.catalogue.say(words.NEW_HELPER, "", trainee=short(jid), date=f"{work.now:%Y-%m-%d}")
        room, expires_at = FullJid(rules.contributors), work.now + rules.training.lasting
        work.letters.add(Letter(room, text, workgroup, expires_at, "announcement"))
        work.touch_letters()


def refuse(
    work: Work, accounts: Sequence[str], reason: str, *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules
) -> list[BareJid]:
    """Decide that trainees stay what they are, all or none of those named; each is told why and what is missing.

    For admins, checked here for the person who began the command. Raises NotPermitted; BadInput with all reasons.
    """
    author = work.accounts.find(by)
    if author is None or author.standing is not Standing.ADMIN:
        raise NotPermitted(words.ONLY_ADMINS_DECIDE)
    people = [find_person(work, text) for text in accounts]
    if not people:
        raise BadInput(words.NAME_SOMEBODY)
    if not reason:
        raise BadInput(words.REASON_NEEDED.of(trainee=", ".join(short(p) for p in people)))
    if len(reason) > COMMENT_LIMIT:
        raise BadInput(words.TOO_LONG.of(limit=COMMENT_LIMIT))
    found = [(work.accounts.find(jid), work.applications.find(jid)) for jid in people]
    unknown = [jid for jid, (account, clock) in zip(people, found, strict=True) if account is None or clock is None]
    if unknown:
        raise BadInput(words.NO_DECISION_OPEN.of(trainee=", ".join(one_line(jid, 60) for jid in unknown)))
    for account, clock in found:
        if account is not None and clock is not None:
            _refuse(work, account, clock, reason, by=by, workgroup=workgroup, rules=rules)
    return sorted(people)


def _refuse(
    work: Work,
    account: Account,
    clock: Application,
    reason: str,
    *,
    by: BareJid,
    workgroup: WorkgroupName,
    rules: DeskRules,
) -> None:
    progress = progress_of(work, [account])[account.jid]
    work.applications.close(clock.id, "refused", work.now)
    entry = Entry(work.now, "refused", account.jid, by, account.standing, account.standing, reason)
    work.audit.add(replace(entry, policy=rules.policy, evidence=evidence(progress)))
    work.fact("refused", jid=account.jid, by=by)
    missing = progress.missing(rules.training)
    said = words.WHAT_IS_MISSING.of(missing=missing_in_words(missing)) if missing else ""
    _tell(work, account.jid, words.REFUSED, workgroup, rules, by=by, reason=reason, missing=said)


# --- all evidence in one table


@dataclass(frozen=True, slots=True)
class TraineeLine:
    """A trainee as those see them who decide."""

    account: Account
    progress: Progress
    application: Application | None


def list_trainees(work: Work, *, by: BareJid) -> list[TraineeLine]:
    """Return the trainees: all for admins, for helpers those whom they shared a chat with.

    First who waits for a decision, the most urgent first; then who has come farthest. Raises NotPermitted.
    """
    author = work.accounts.find(by)
    if author is None or not author.standing.reaches(Standing.HELPER):
        raise NotPermitted(words.ONLY_HELPERS)
    accounts = work.accounts.list(Standing.TRAINEE)
    if author.standing is not Standing.ADMIN:
        shared = work.visits.trainees_met(by)
        accounts = [a for a in accounts if a.jid in shared]
    progress, open_now = progress_of(work, accounts), {a.trainee: a for a in work.applications.list()}
    lines = [TraineeLine(a, progress[a.jid], open_now.get(a.jid)) for a in accounts]
    return sorted(lines, key=_most_urgent)


def _most_urgent(line: TraineeLine) -> tuple[object, ...]:
    if line.application is not None:
        return 0, line.application.decide_by.timestamp(), line.account.jid
    progress = line.progress
    return 1, -len(progress.endorsements), -progress.helped, -progress.watched, line.account.jid
