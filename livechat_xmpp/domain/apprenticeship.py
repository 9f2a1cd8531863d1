"""What a trainee's chats and endorsements amount to: what counts, what is missing, when a decision is due.

Everything here follows from recorded facts alone, so it can be worked out again from the transcripts at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import BareJid, ChatId, Message, Part, Standing, Visit

Span = tuple[datetime, datetime]  # from, until


@dataclass(frozen=True, slots=True)
class TrainingRules:
    """What a trainee has to have done, and how long a decision may take. Each is a setting, described there.

    lasting: how long what is said about it may wait for a link. stuck_after: how long nothing may happen to somebody.
    """

    watched_needed: int = 5
    helped_needed: int = 3
    watch_share: float = 0.5
    watch_time: timedelta = timedelta(minutes=5)
    said_needed: int = 3
    endorsers_needed: int = 2
    days_needed: int = 2
    approvals_needed: int = 1
    decide_within: timedelta = timedelta(hours=24)
    remind_after: timedelta = timedelta(hours=18)
    ask_again_after: timedelta = timedelta(hours=24)
    lasting: timedelta = timedelta(days=7)
    stuck_after: timedelta = timedelta(days=3)
    active_within: timedelta = timedelta(days=7)
    daily_at_hour: int = 7
    helper_counts_as_monitor: bool = True


@dataclass(frozen=True, slots=True)
class Credit:
    """What a trainee's presence in one chat counts for. seconds: there with a monitor; said: while it was talked."""

    jid: BareJid
    watched: bool
    helped: bool
    seconds: int
    said: int


def credits(visits: Sequence[Visit], messages: Sequence[Message], chat: Span, rules: TrainingRules) -> list[Credit]:
    """Return what the chat counts for, for each trainee who was in it. chat: from its first helper to its end.

    Watched: there, with a room monitor, for a share of the chat or for a set time, whichever is less. Helped: said so
    many things between the first and the last words of visitor and helper, where both have spoken.
    """
    monitored = _spans((v for v in visits if _oversaw(v, rules)), chat)
    needed = min((chat[1] - chat[0]) * rules.watch_share, rules.watch_time)
    found = []
    for jid in sorted({v.jid for v in visits if v.standing is Standing.TRAINEE and v.part is not Part.VISITOR}):
        present = _spans((v for v in visits if v.jid == jid and v.standing is Standing.TRAINEE), chat)
        there = sum((until - since for since, until in _shared(present, monitored)), timedelta())
        said = _said_by(jid, messages)
        has_watched = timedelta() < there >= needed
        found.append(Credit(jid, has_watched, said >= rules.said_needed, round(there.total_seconds()), said))
    return found


def _oversaw(visit: Visit, rules: TrainingRules) -> bool:
    if visit.standing is None or not visit.standing.reaches(Standing.MONITOR) or visit.part is Part.VISITOR:
        return False
    return rules.helper_counts_as_monitor or visit.part is not Part.HELPER


def _spans(visits: Iterable[Visit], within: Span) -> list[Span]:
    """Return when any of these visits went on, without overlaps, in order."""
    joined: list[Span] = []
    for visit in sorted(visits, key=lambda v: v.entered_at):
        since, until = max(visit.entered_at, within[0]), min(visit.left_at or within[1], within[1])
        if since >= until:
            continue
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((since, until))
    return joined


def _shared(ours: Sequence[Span], theirs: Sequence[Span]) -> list[Span]:
    """Return when spans of both went on at once."""
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in ours for b in theirs]
    return [span for span in both if span[0] < span[1]]


def _said_by(jid: BareJid, messages: Sequence[Message]) -> int:
    """Return how much the person said as trainee while visitor and helper were talking, in the order of the room."""
    speech = [m for m in messages if m.kind == "speech"]
    talk = [n for n, m in enumerate(speech) if m.part in (Part.VISITOR, Part.HELPER)]
    if {speech[n].part for n in talk} != {Part.VISITOR, Part.HELPER}:
        return 0
    return sum(m.jid == jid and m.part is Part.TRAINEE for m in speech[talk[0] : talk[-1] + 1])


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A helper's word for a trainee, after a chat that both were in."""

    by: BareJid
    at: datetime
    chat_id: ChatId
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing yet, in numbers; all 0: nothing."""

    watched: int = 0
    helped: int = 0
    endorsers: int = 0
    days: int = 0

    def __bool__(self) -> bool:
        return bool(self.watched or self.helped or self.endorsers or self.days)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a trainee has come since they became one. endorsements: those that stand, of who may endorse now."""

    watched: int = 0
    helped: int = 0
    endorsements: tuple[Endorsement, ...] = ()

    def missing(self, rules: TrainingRules) -> Missing:
        return Missing(
            max(0, rules.watched_needed - self.watched),
            max(0, rules.helped_needed - self.helped),
            max(0, rules.endorsers_needed - len({e.by for e in self.endorsements})),
            max(0, rules.days_needed - len({e.at.date() for e in self.endorsements})),
        )

    def is_endorsed(self, rules: TrainingRules) -> bool:
        """Return whether different people, on different days (UTC), have endorsed often enough for a decision."""
        missing = self.missing(rules)
        return not (missing.endorsers or missing.days)


@dataclass(frozen=True, slots=True)
class Application:
    """The clock of a decision about a trainee. by: who asked for it; "": their endorsements did.

    votes: admins who have agreed so far, where more than one has to.
    """

    id: int
    trainee: BareJid
    by: str
    comment: str
    opened_at: datetime
    decide_by: datetime
    reminded_at: datetime | None = None
    overdue_at: datetime | None = None
    votes: tuple[BareJid, ...] = ()

    def ring_at(self, rules: TrainingRules) -> datetime | None:
        """Return when the admins are told again, or the trainee that it is late; None: all that is done."""
        if self.reminded_at is None:
            return min(self.opened_at + rules.remind_after, self.decide_by)
        return self.decide_by if self.overdue_at is None else None
