"""What a chat needs of its room: plan() gives the steps there, learn() the facts that the room shows.

Both are pure. The reconciler calls them in turn until neither has anything to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.access import allowed_members, is_monitored, part_of
from livechat_xmpp.domain.model import (
    Affiliation,
    BareJid,
    Chat,
    ChatState,
    Invitation,
    Notice,
    Occupant,
    Offer,
    Part,
    RoomState,
    RoomView,
    Standing,
    Visit,
)
from livechat_xmpp.domain.names import imitates


@dataclass(frozen=True, slots=True)
class RoomRules:
    """The numbers of the rules below; each is a setting, described there."""

    helper_counts_as_monitor: bool = True
    trainee_places: int = 3
    trainee_patience: timedelta = timedelta(seconds=60)
    remind_after: timedelta = timedelta(seconds=10)
    visitor_grace: timedelta = timedelta(seconds=120)
    helper_grace: timedelta = timedelta(seconds=60)
    resync_after: timedelta = timedelta(seconds=600)
    are_trainees_welcome: bool = True  # False while the desk is being stopped


# --- steps: what to do to the room or to say to a person


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """Enter, or enter again: the service answers with every occupant (XEP-0045 §7.2.2); then read the member list."""


@dataclass(frozen=True, slots=True)
class ConfigureRoom:
    """Make the room members-only, hidden and persistent before anybody is let in (XEP-0045 §10.1.3)."""

    title: str


@dataclass(frozen=True, slots=True)
class SetAffiliation:
    jid: BareJid
    affiliation: Affiliation
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kick:
    """Take the voice and the place of an occupant whom no membership holds (XEP-0045 §8.2)."""

    nick: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetSubject:
    subject: str


@dataclass(frozen=True, slots=True)
class TellOffer:
    offer: Offer


@dataclass(frozen=True, slots=True)
class TellInvitation:
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class Speak:
    notice: Notice


@dataclass(frozen=True, slots=True)
class SettleTranscript:
    """Read the room's archive to its end, so that the transcript is whole before the room goes."""


@dataclass(frozen=True, slots=True)
class DestroyRoom:
    reason: str


Step: TypeAlias = (
    EnterRoom
    | ConfigureRoom
    | SetAffiliation
    | Kick
    | SetSubject
    | TellOffer
    | TellInvitation
    | Speak
    | SettleTranscript
    | DestroyRoom
)


def plan(
    chat: Chat, seen: RoomView | None, rules: RoomRules, *, now: datetime, absent: Set[BareJid] = frozenset()
) -> tuple[Step, ...]:
    """Return the steps from the room as seen to the room the chat needs; () when it is there.

    seen is None while the room is unknown (new link, failed step): then we only look, and let nobody
    in. Removals come first: a link lost half-way leaves too few people inside, never too many.
    absent: occupants whose own presence has said offline for so long that they do not count as present.
    """
    if chat.room in (RoomState.NONE, RoomState.GONE):
        return ()
    if chat.state is ChatState.CLOSED:
        return (SettleTranscript(), DestroyRoom(chat.closing))
    if seen is None or (seen.looked_at is not None and now >= seen.looked_at + rules.resync_after):
        return (EnterRoom(),)
    if seen.is_new or chat.room is RoomState.NEEDED:
        return (ConfigureRoom(texts.room_title(chat)),)
    wanted = _wanted(chat, seen, rules, absent)
    subject = texts.room_subject(chat)
    return (
        *_removals(chat, seen, wanted),
        *(SetAffiliation(jid, Affiliation.MEMBER) for jid in sorted(wanted - seen.members)),
        *((SetSubject(subject),) if seen.subject != subject else ()),
        *_tellings(chat, seen, rules, wanted, now),
        *(Speak(n) for n in chat.notices if n.expires_at > now and n.stanza_id not in seen.spoken),
    )


def _wanted(chat: Chat, seen: RoomView, rules: RoomRules, absent: Set[BareJid]) -> frozenset[BareJid]:
    """Return the members wanted. What was set by hand is not touched: owners, admins, who was banned.

    But a trainee is in the room as a member or not at all.
    """
    wanted = allowed_members(chat, seen.present - absent, helper_counts=rules.helper_counts_as_monitor)
    if not rules.are_trainees_welcome:
        wanted -= {jid for jid in wanted if chat.standings.get(jid) is Standing.TRAINEE}
    above = {o.jid for o in seen.occupants if o.affiliation in (Affiliation.OWNER, Affiliation.ADMIN)}
    return wanted - (above - seen.members) - seen.outcasts


def _removals(chat: Chat, seen: RoomView, wanted: frozenset[BareJid]) -> Iterator[Step]:
    for jid in sorted(seen.members - wanted):
        is_trainee = chat.standings.get(jid) is Standing.TRAINEE
        yield SetAffiliation(jid, Affiliation.NONE, texts.NO_MONITOR if is_trainee else texts.PLACE_OVER)
    for occupant in seen.occupants:
        if _is_disguised_visitor(chat, occupant):
            yield Kick(occupant.nick, texts.OWN_NAME)
        if occupant.jid in wanted | seen.members:
            continue
        is_trainee = chat.standings.get(occupant.jid) is Standing.TRAINEE
        if occupant.affiliation is Affiliation.NONE:
            yield Kick(occupant.nick, texts.NO_MONITOR if is_trainee else texts.PLACE_OVER)
        elif is_trainee:  # made more than a member by hand: the one thing of that kind that is not let be
            yield SetAffiliation(occupant.jid, Affiliation.NONE, texts.NO_MONITOR)


def _is_disguised_visitor(chat: Chat, occupant: Occupant) -> bool:
    """Return whether the visitor goes by a name of the desk's, and not by the one they gave when they asked."""
    if occupant.jid != chat.visitor_bare or occupant.nick == chat.visitor_name:
        return False
    return imitates(occupant.nick, chat.standings, texts.DESK_NICK)


def _tellings(
    chat: Chat, seen: RoomView, rules: RoomRules, wanted: frozenset[BareJid], now: datetime
) -> Iterator[Step]:
    """Yield whom to ask in: only who may enter already, so that nobody is sent to a closed door."""
    if chat.offer is not None and chat.offer.told_at is None and chat.offer.helper in wanted:
        yield TellOffer(chat.offer)
    for invitation in chat.invitations:
        if invitation.jid not in wanted or invitation.jid in seen.present:
            continue
        if invitation.told_at is None or _is_reminder_due(invitation, rules, now):
            yield TellInvitation(invitation)


def _is_reminder_due(invitation: Invitation, rules: RoomRules, now: datetime) -> bool:
    """Visitor and helper are asked once more when they do not come (invitations get lost); the others are not."""
    return (
        invitation.part in (Part.VISITOR, Part.HELPER)
        and invitation.times_told == 1
        and invitation.told_at is not None
        and now >= invitation.told_at + rules.remind_after
    )


# --- facts: what the room shows and the record does not have yet


@dataclass(frozen=True, slots=True)
class Entered:
    visit: Visit


@dataclass(frozen=True, slots=True)
class Left:
    jid: BareJid
    nick: str
    at: datetime


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
class VisitorMissing:
    pass


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
    | VisitorMissing
    | NoticesSpoken
)


def learn(
    chat: Chat, seen: RoomView | None, rules: RoomRules, *, now: datetime, absent: Set[BareJid] = frozenset()
) -> tuple[Fact, ...]:
    """Return what has to be recorded now: what the room shows, and what time has decided.

    Nothing while a room that may hold people is unknown: somebody who entered meanwhile has accepted.
    """
    if chat.state is ChatState.CLOSED or (seen is None and chat.room is RoomState.READY):
        return ()
    seen = seen or RoomView()
    present = seen.present - absent
    monitored = is_monitored(chat, present, helper_counts=rules.helper_counts_as_monitor)
    return (
        *_comings_and_goings(chat, seen, now),
        *_offer_facts(chat, seen, now),
        *_missing(chat, seen, rules, now),
        *_trainee_facts(chat, seen, rules, monitored, now),
        *_spoken(chat, seen, now),
    )


def _comings_and_goings(chat: Chat, seen: RoomView, now: datetime) -> Iterator[Fact]:
    recorded = {(v.jid, v.nick) for v in chat.visits if v.left_at is None}
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
    if chat.offer is None:
        return
    if chat.offer.helper in seen.present:
        yield OfferTaken(chat.offer.helper)
    elif now >= chat.offer.expires_at:
        yield OfferExpired(chat.offer.id)


def _missing(chat: Chat, seen: RoomView, rules: RoomRules, now: datetime) -> Iterator[Fact]:
    helper_due = _helper_due(chat, seen, rules)
    if chat.helper is not None and helper_due is not None and now >= helper_due:
        yield HelperMissing(chat.helper)
    visitor_due = _visitor_due(chat, seen, rules)
    if visitor_due is not None and now >= visitor_due:
        yield VisitorMissing()


def _helper_due(chat: Chat, seen: RoomView, rules: RoomRules) -> datetime | None:
    """Return when the request goes back to the queue because its helper is not there; None: they are."""
    if chat.state is not ChatState.OPEN or chat.helper is None or chat.opened_at is None:
        return None
    standing = chat.standings.get(chat.helper)
    if standing is None or not standing.reaches(Standing.HELPER):
        return chat.opened_at  # demoted: at once
    if chat.helper in seen.present:
        return None
    return _since_gone(chat, chat.helper, chat.opened_at) + rules.helper_grace


def _visitor_due(chat: Chat, seen: RoomView, rules: RoomRules) -> datetime | None:
    """Return when the visitor's not being there ends the request; None: they are there, or were not asked in yet.

    Before the first helper has accepted, what counts is that they are known to be gone from the queue.
    """
    if chat.first_opened_at is None:
        return None if chat.visitor_gone_at is None else chat.visitor_gone_at + rules.visitor_grace
    invitation = chat.invitation_of(chat.visitor_bare)
    if chat.visitor_bare in seen.present or invitation is None or invitation.told_at is None:
        return None
    return max(_since_gone(chat, chat.visitor_bare, invitation.told_at), invitation.told_at) + rules.visitor_grace


def _since_gone(chat: Chat, jid: BareJid, at_least: datetime) -> datetime:
    visit = chat.last_visit(jid)
    return at_least if visit is None or visit.left_at is None else max(at_least, visit.left_at)


def _trainee_facts(chat: Chat, seen: RoomView, rules: RoomRules, monitored: bool, now: datetime) -> Iterator[Fact]:
    trainees = [i for i in chat.invitations if i.part is Part.TRAINEE]
    if not monitored:
        return  # they keep their places; let in again, they are asked in again
    lapsed = {i.jid for i in trainees if (due := _lapse_due(chat, i, seen, rules)) is not None and now >= due}
    for jid in sorted(lapsed):
        yield InvitationLapsed(jid)
    free = rules.trainee_places - (len(trainees) - len(lapsed))
    if chat.state is ChatState.OPEN and free > 0 and rules.are_trainees_welcome:
        yield TraineePlacesFree(free)


def _lapse_due(chat: Chat, invitation: Invitation, seen: RoomView, rules: RoomRules) -> datetime | None:
    if invitation.told_at is None or invitation.jid in seen.present:
        return None
    return _since_gone(chat, invitation.jid, invitation.told_at) + rules.trainee_patience


def _spoken(chat: Chat, seen: RoomView, now: datetime) -> Iterator[Fact]:
    done = tuple(n.id for n in chat.notices if n.stanza_id in seen.spoken or n.expires_at <= now)
    if done:
        yield NoticesSpoken(done)


def next_due(chat: Chat, seen: RoomView | None, rules: RoomRules, *, now: datetime) -> datetime | None:
    """Return the next moment at which plan() or learn() may say something new by time alone; None: never.

    now: the moment at which both had nothing to say, so what was due by then did not matter.
    """
    if chat.state is ChatState.CLOSED:
        return None
    view = seen or RoomView()
    moments = [
        chat.offer.expires_at if chat.offer else None,
        _helper_due(chat, view, rules),
        _visitor_due(chat, view, rules),
        view.looked_at + rules.resync_after if view.looked_at else None,
    ]
    for invitation in chat.invitations:
        if invitation.told_at is None or invitation.jid in view.present:
            continue
        if invitation.part is Part.TRAINEE:
            moments.append(_lapse_due(chat, invitation, view, rules))
        elif invitation.part in (Part.VISITOR, Part.HELPER) and invitation.times_told == 1:
            moments.append(invitation.told_at + rules.remind_after)
    return min((m for m in moments if m is not None and m > now), default=None)
