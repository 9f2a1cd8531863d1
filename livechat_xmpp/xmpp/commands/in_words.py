"""Lists as people read them in a message: a line for each row of a table."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from livechat_xmpp.domain.apprenticeship import TrainingRules
from livechat_xmpp.domain.model import Account, BareJid, Duty
from livechat_xmpp.domain.sweep import Problem
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, chats, training, troubles
from livechat_xmpp.domain.wording import lists as words
from livechat_xmpp.domain.wording.duty import ROLES, STANDINGS
from livechat_xmpp.domain.wording.lengths import short_length
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.usecases.chats import ChatLine
from livechat_xmpp.usecases.deciding import TraineeLine
from livechat_xmpp.usecases.ports import Entry
from livechat_xmpp.usecases.stuck import Stuck, Why
from livechat_xmpp.usecases.training import missing_in_words, short

SHORT = 80  # characters of a question, so that a chat stays a line on most screens
WHYS = {
    Why.NEVER_DECIDED: training.WHY_NEVER_DECIDED,
    Why.LEFT_WAITING: training.WHY_LEFT_WAITING,
    Why.NEVER_ENDORSED: training.WHY_NEVER_ENDORSED,
    Why.NEVER_INVITED: training.WHY_NEVER_INVITED,
}


def request(line: ChatLine) -> Phrase:
    chat, known = line.chat, [words.WAITS.of(time=short_length(line.age))]
    if line.state != "waiting":
        known.append(chats.STATES[line.state].of())
    return words.REQUEST.of(
        position=line.position,
        visitor=chat.visitor_name,
        question=one_line(chat.question, SHORT),
        known=tuple(known),
        chat=chat.id,
    )


def chat(line: ChatLine, *, may_enter: bool) -> Phrase:
    """Return a chat in progress, with what is to be written to enter it for who may."""
    chat = line.chat
    known = [words.ANSWERS.of(helper=short(chat.helper)) if chat.helper else words.NOBODY_ANSWERS.of()]
    known.append(words.AGE.of(time=short_length(line.age)))
    if line.monitors:
        known.append(words.MONITORS.of(people=_names(line.monitors)))
    if line.trainees:
        known.append(words.TRAINEES.of(people=_names(line.trainees)))
    text, question = words.CHAT if may_enter else words.OWN_CHAT, one_line(chat.question, SHORT)
    return text.of(chat=chat.id, visitor=chat.visitor_name, question=question, known=tuple(known))


def _names(people: Collection[BareJid]) -> str:
    return ", ".join(short(jid) for jid in people)


def account(account: Account, duty: Duty | None, now: datetime) -> Phrase:
    values = {"jid": account.jid, "standing": STANDINGS[account.standing], "since": moment(account.since_at, now)}
    if duty is None:
        return words.ACCOUNT.of(**values)
    return words.ACCOUNT_ON_DUTY.of(role=ROLES[duty.role], **values)


def trainee(line: TraineeLine, rules: TrainingRules, now: datetime) -> Phrase:
    progress, missing = line.progress, line.progress.missing(rules)
    said = words.TRAINEE.of(
        jid=line.account.jid,
        since=moment(line.account.since_at, now),
        watched=progress.watched,
        helped=progress.helped,
        endorsers=_names([e.by for e in progress.endorsements]) or training.NOBODY,
        missing=words.LACKS.of(missing=missing_in_words(missing)) if missing else words.LACKS_NOTHING,
    )
    if line.application is None:
        return said
    return words.DECIDE_BY.of(trainee=said, decide_by=moment(line.application.decide_by, now))


def stuck(stuck: Stuck, now: datetime) -> Phrase:
    since = moment(stuck.since, now)
    return words.STUCK.of(jid=stuck.account.jid, why=WHYS[stuck.why], since=since, command=stuck.command)


def problem(problem: Problem, now: datetime) -> Phrase:
    return words.PROBLEM.of(problem=troubles.line(problem), since=moment(problem.since_at, now))


def entry(entry: Entry, now: datetime) -> Phrase:
    """Return a line of the audit; the version of the settings is for those who read the table."""
    values = {"at": moment(entry.at, now), "jid": entry.jid, "by": short(BareJid(entry.by))}
    if not entry.jid:
        return words.ENTRY_OF_NOBODY.of(what=_happened(entry), **values)
    if entry.reason:
        return words.ENTRY_WHY.of(what=_happened(entry), reason=one_line(entry.reason), **values)
    return words.ENTRY.of(what=_happened(entry), **values)


def _happened(entry: Entry) -> Phrase | str:
    if entry.kind != "standing":
        return words.HAPPENED[entry.kind].of() if entry.kind in words.HAPPENED else entry.kind
    if entry.new is None:
        return words.LEFT.of(old=STANDINGS[entry.old] if entry.old else "")
    if entry.old is None:
        return words.JOINED.of(new=STANDINGS[entry.new])
    return words.CHANGED.of(old=STANDINGS[entry.old], new=STANDINGS[entry.new])
