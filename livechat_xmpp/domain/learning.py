"""What a room shows that the record does not have yet: learn() gives the facts, next_due() when time brings more.

Both are pure. The other half of a round is domain.rooms.plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from livechat_xmpp.domain.access import is_monitored, part_of
from livechat_xmpp.domain.model import (
    BareJid,
    Chat,
    ChatState,
    FullJid,
    Invitation,
    Occupant,
    Offer,
    Part,
    RoomState,
    RoomView,
    Standing,
    Visit,
)
from livechat_xmpp.domain.rooms import RoomRules, latest, resync_due


@dataclass(frozen=True, slots=True)
class Entered:
    visit: Visit


@dataclass(frozen=True, slots=True)
class Left:
    """lacked_monitor: a trainee who was put out, as the last room monitor was gone."""

    jid: BareJid
    nick: str
    at: datetime
    lacked_monitor: bool = False


@dataclass(frozen=True, slots=True)
class OfferTaken:
    """The helper with the offer is inside: entering is accepting."""

    helper: BareJid


@dataclass(frozen=True, slots=True)
class OfferExpired:
    offer_id: int


@dataclass(frozen=True, slots=True)
class InvitationLapsed:
    jid: BareJid


@dataclass(frozen=True, slots=True)
class TraineePlacesFree:
    count: int


@dataclass(frozen=True, slots=True)
class HelperMissing:
    helper: BareJid


@dataclass(frozen=True, slots=True)
class HelperSilent:
    """The helper has accepted, is there with the visitor, and nobody of the staff has written for too long."""

    helper: BareJid


@dataclass(frozen=True, slots=True)
class Replied:
    """Somebody of the staff has written to the visitor since the helper accepted."""


@dataclass(frozen=True, slots=True)
class VisitorMissing:
    """The visitor has been gone for longer than the grace. gone_at: from the queue, by the record it was seen in."""

    visitor: FullJid
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitedTooLong:
    """Nobody has taken the request for as long as the rules let anybody wait."""


@dataclass(frozen=True, slots=True)
class NoticesSpoken:
    ids: tuple[int, ...]


Fact: TypeAlias = (
    Entered
    | Left
    | OfferTaken
    | OfferExpired
    | InvitationLapsed
    | TraineePlacesFree
    | HelperMissing
    | HelperSilent
    | Replied
    | VisitorMissing
    | WaitedTooLong
    | NoticesSpoken
)


def learn(
    chat: Chat,
    seen: RoomView | None,
    rules: RoomRules,
    *,
    now: datetime,
    absent: Set[BareJid] = frozenset(),
    linked_at: datetime | None = None,
) -> tuple[Fact, ...]:
    """Return what has to be recorded now: what the room shows, and what time has decided, knowing that.

    Nothing while a room that may hold people is unknown: somebody who entered meanwhile has accepted.
    linked_at: when the present link began. Nobody is missed for the time before, in which they may have tried to come.
    """
    if chat.state is ChatState.CLOSED or (seen is None and chat.room is RoomState.READY):
        return ()
    seen = seen or RoomView()
    present = seen.present - absent
    monitored = is_monitored(chat, present, helper_counts=rules.helper_counts_as_monitor)
    moves = tuple(comings_and_goings(chat, seen, now, is_watched=monitored or not rules.are_trainees_welcome))
    chat = _after(chat, moves)
    offered = tuple(_offer_facts(chat, seen, now))
    spoken = tuple(_spoken(chat, seen, now))
    if any(isinstance(fact, OfferTaken) for fact in offered):
        return (*moves, *offered, *spoken)  # then nobody waits any more, and nobody was asked in yet
    return (
        *moves,
        *offered,
        *_missing(chat, seen, rules, now, linked_at),
        *_reply_facts(chat, seen, rules, now),
        *_trainee_facts(chat, seen, rules, monitored, now, linked_at),
        *spoken,
    )


def _after(chat: Chat, moves: Sequence[Entered | Left]) -> Chat:
    """Return the chat as it is once the comings and goings are recorded."""
    if not moves:
        return chat
    visits = list(chat.visits)
    for move in moves:
        if isinstance(move, Entered):
            visits.append(move.visit)
        else:
            key = (move.jid, move.nick)
            visits = [replace(v, left_at=move.at) if (v.jid, v.nick, v.left_at) == (*key, None) else v for v in visits]
    return replace(chat, visits=tuple(visits))


def comings_and_goings(
    chat: Chat, seen: RoomView, now: datetime, *, is_watched: bool = True
) -> Iterator[Entered | Left]:
    """Yield who left and who came since the record was written; also to be asked before a room goes for good.

    is_watched: a room monitor is there, or trainees are put out for another reason than that none is.
    """
    recorded = {(v.jid, v.nick) for v in chat.visits if v.left_at is None}
    for gone in seen.departures:
        key = (gone.who.jid, gone.who.nick)
        if key not in recorded:
            yield Entered(_visit(chat, gone.who))
        is_trainee = chat.standings.get(gone.who.jid) is Standing.TRAINEE
        yield Left(*key, gone.at, lacked_monitor=gone.was_removed and is_trainee and not is_watched)
        recorded.discard(key)
    shown = {(o.jid, o.nick): o for o in seen.occupants}
    for jid, nick in sorted(recorded - set(shown)):
        yield Left(jid, nick, now)
    for key in sorted(set(shown) - recorded):
        yield Entered(_visit(chat, shown[key]))


def _visit(chat: Chat, who: Occupant) -> Visit:
    return Visit(
        who.jid, who.nick, part_of(chat, who.jid), who.since_at, None, chat.standings.get(who.jid), who.occupant_id
    )


def _offer_facts(chat: Chat, seen: RoomView, now: datetime) -> Iterator[Fact]:
    """Yield who has taken the request: of several who were asked and came, the first; else whose time is up."""
    came = {o.helper: at for o in chat.offers if (at := _came_for_it(chat, seen, o)) is not None}
    if came:
        yield OfferTaken(min(came, key=lambda helper: (came[helper], helper)))
        return
    for offer in chat.offers:
        if not offer.made_at <= now < offer.expires_at:  # made in the future: the clock was set back meanwhile
            yield OfferExpired(offer.id)


def _came_for_it(chat: Chat, seen: RoomView, offer: Offer) -> datetime | None:
    """Return when the helper entered after the offer was made, or None; a monitor who watches is asked like others."""
    stays = {v.nick: v.entered_at for v in chat.visits if v.jid == offer.helper and v.left_at is None}
    moments = [stays.get(o.nick, o.since_at) for o in seen.occupants if o.jid == offer.helper]
    return min((m for m in moments if m >= offer.made_at), default=None)


def _missing(chat: Chat, seen: RoomView, rules: RoomRules, now: datetime, linked_at: datetime | None) -> Iterator[Fact]:
    helper_due = _helper_due(chat, seen, rules, linked_at)
    if chat.helper is not None and helper_due is not None and now >= helper_due:
        yield HelperMissing(chat.helper)
    visitor_due = _visitor_due(chat, seen, rules, linked_at)
    if visitor_due is not None and now >= visitor_due:
        yield VisitorMissing(chat.visitor, chat.visitor_gone_at)
    wait_due = _wait_due(chat, rules)
    if wait_due is not None and now >= wait_due:
        yield WaitedTooLong()


def _helper_due(chat: Chat, seen: RoomView, rules: RoomRules, linked_at: datetime | None) -> datetime | None:
    """Return when the request goes back to the queue because its helper is not there; None: they are."""
    if chat.state is not ChatState.OPEN or chat.helper is None or chat.opened_at is None:
        return None
    standing = chat.standings.get(chat.helper)
    if standing is None or not standing.reaches(Standing.HELPER):
        return chat.opened_at  # demoted: at once
    if chat.helper in seen.present:
        return None
    return _gone_or_asked_at(chat, chat.helper, chat.opened_at, linked_at) + rules.helper_grace


def _reply_facts(chat: Chat, seen: RoomView, rules: RoomRules, now: datetime) -> Iterator[Fact]:
    """Yield, once the time for a first reply is over, whether there was one."""
    due = _reply_due(chat, seen, rules)
    if due is None or now < due or chat.helper is None or chat.opened_at is None:
        return
    staff = set(chat.standings) - {chat.visitor_bare}
    has_replied = any(at >= chat.opened_at and jid in staff for jid, at in seen.spoke_at.items())
    yield Replied() if has_replied else HelperSilent(chat.helper)


def _reply_due(chat: Chat, seen: RoomView, rules: RoomRules) -> datetime | None:
    """Return when somebody must have written to the visitor; None: somebody has, or not both are there.

    Counted from when visitor and helper were both there. Anybody of the staff may be the one who writes.
    """
    if chat.state is not ChatState.OPEN or chat.helper is None or chat.opened_at is None:
        return None
    if chat.has_reply:
        return None
    stays = [
        [v.entered_at for v in chat.visits if v.jid == jid and v.left_at is None and jid in seen.present]
        for jid in (chat.helper, chat.visitor_bare)
    ]
    if not all(stays):
        return None
    return max(chat.opened_at, *(min(entered) for entered in stays)) + rules.first_reply


def _visitor_due(chat: Chat, seen: RoomView, rules: RoomRules, linked_at: datetime | None) -> datetime | None:
    """Return when the visitor's not being there ends the request; None: they are there, or were not asked in yet.

    Before the first helper has accepted, what counts is that they are known to be gone from the queue.
    """
    if chat.first_opened_at is None:
        return None if chat.visitor_gone_at is None else latest(chat.visitor_gone_at, linked_at) + rules.visitor_grace
    if chat.visitor_bare in seen.present:
        return None
    return _gone_or_asked_at(chat, chat.visitor_bare, chat.first_opened_at, linked_at) + rules.visitor_grace


def _wait_due(chat: Chat, rules: RoomRules) -> datetime | None:
    """Return when a request has waited for too long, counted from when it last came to the queue."""
    return chat.queued_at + rules.longest_wait if chat.state is ChatState.WAITING else None


def _gone_or_asked_at(chat: Chat, jid: BareJid, at_least: datetime, linked_at: datetime | None) -> datetime:
    """Return since when the person could be inside and is not: since they left, or were last asked in.

    plan() asks in whom it can before learn() is called, so who was never asked in cannot be (banned by hand, say).
    """
    invitation = chat.invitation_of(jid)
    asked_at = invitation.told_at if invitation is not None and invitation.told_at is not None else at_least
    return _since_gone(chat, jid, latest(at_least, asked_at, linked_at))


def _since_gone(chat: Chat, jid: BareJid, at_least: datetime) -> datetime:
    return latest(at_least, *(visit.left_at for visit in chat.visits if visit.jid == jid))


def _trainee_facts(
    chat: Chat, seen: RoomView, rules: RoomRules, monitored: bool, now: datetime, linked_at: datetime | None
) -> Iterator[Fact]:
    trainees = [i for i in chat.invitations if i.part is Part.TRAINEE]
    if not monitored:
        return  # they keep their places; let in again, they are asked in again
    dues = {i.jid: _lapse_due(chat, i, seen, rules, linked_at) for i in trainees}
    lapsed = {jid for jid, due in dues.items() if due is not None and now >= due}
    for jid in sorted(lapsed):
        yield InvitationLapsed(jid)
    free = rules.trainee_places - (len(trainees) - len(lapsed))
    if chat.state is ChatState.OPEN and free > 0 and rules.are_trainees_welcome:
        yield TraineePlacesFree(free)


def _lapse_due(
    chat: Chat, invitation: Invitation, seen: RoomView, rules: RoomRules, linked_at: datetime | None
) -> datetime | None:
    if invitation.told_at is None or invitation.jid in seen.present:
        return None
    return _since_gone(chat, invitation.jid, latest(invitation.told_at, linked_at)) + rules.trainee_patience


def _spoken(chat: Chat, seen: RoomView, now: datetime) -> Iterator[Fact]:
    done = tuple(n.id for n in chat.notices if n.stanza_id in seen.spoken or n.expires_at <= now)
    if done:
        yield NoticesSpoken(done)


def next_due(
    chat: Chat, seen: RoomView | None, rules: RoomRules, *, now: datetime, linked_at: datetime | None = None
) -> datetime | None:
    """Return the next moment at which plan() or learn() may say something new by time alone; None: never.

    now: the moment at which both had nothing to say, so what was due by then did not matter.
    """
    if chat.state is ChatState.CLOSED:
        return None
    view = seen or RoomView()
    chat = _after(chat, tuple(comings_and_goings(chat, view, now)))
    moments = [
        *(offer.expires_at for offer in chat.offers),
        _helper_due(chat, view, rules, linked_at),
        _visitor_due(chat, view, rules, linked_at),
        _wait_due(chat, rules),
        _reply_due(chat, view, rules),
        resync_due(chat, view, rules),
    ]
    for invitation in chat.invitations:
        if invitation.told_at is None or invitation.jid in view.present:
            continue
        if invitation.part is Part.TRAINEE:
            moments.append(_lapse_due(chat, invitation, view, rules, linked_at))
        elif invitation.part in (Part.VISITOR, Part.HELPER) and invitation.times_told == 1:
            moments.append(invitation.told_at + rules.remind_after)
    return min((m for m in moments if m is not None and m > now), default=None)
