"""What a chat needs of its room: plan() gives the steps from the room as seen to the room needed.

Pure. The other half of a round is domain.learning.learn, which gives the facts that the room shows; the
reconciler calls both in turn until neither has anything to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from zlib import crc32

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.access import allowed_members, is_below_helper, is_monitored
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
    WorkgroupName,
)
from livechat_xmpp.domain.names import imitates
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import visitors as words


@dataclass(frozen=True, slots=True)
class RoomRules:
    """The numbers of the rules below; each is a setting, described there."""

    helper_counts_as_monitor: bool = True
    trainee_places: int = 3
    trainee_patience: timedelta = timedelta(seconds=60)
    remind_after: timedelta = timedelta(seconds=10)
    visitor_grace: timedelta = timedelta(seconds=120)
    helper_grace: timedelta = timedelta(seconds=60)
    first_reply: timedelta = timedelta(seconds=120)
    resync_after: timedelta = timedelta(seconds=600)
    longest_wait: timedelta = timedelta(hours=1)
    archive_patience: timedelta = timedelta(seconds=60)
    lent_voice: frozenset[WorkgroupName] = frozenset()  # workgroups whose trainees speak only once somebody lets them
    are_trainees_welcome: bool = True  # False while the desk is being stopped


# --- steps: what to do to the room or to say to a person


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """Enter, or enter again: the service answers with every occupant (XEP-0045 §7.2.2); then read the member list."""


@dataclass(frozen=True, slots=True)
class ReadPast:
    """Read what was said while we were not there; after the removals, before anybody is let in."""


@dataclass(frozen=True, slots=True)
class ConfigureRoom:
    """Make the room members-only, hidden and persistent before anybody is let in (XEP-0045 §10.1.3)."""

    title: str


@dataclass(frozen=True, slots=True)
class SetAffiliation:
    jid: BareJid
    affiliation: Affiliation
    reason: Sayable = ""


@dataclass(frozen=True, slots=True)
class Kick:
    """Take the voice and the place of an occupant whom no membership holds (XEP-0045 §8.2)."""

    nick: str
    jid: BareJid
    reason: Sayable


@dataclass(frozen=True, slots=True)
class SetVoice:
    """Let an occupant speak, or only listen (XEP-0045 §8.3, §8.4). A service that cannot is left as it is."""

    nick: str
    has_voice: bool


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
    """Read the room's archive to its end, so that the transcript is whole before the room goes.

    is_required: the room does not go before the archive has answered.
    """

    is_required: bool = True


@dataclass(frozen=True, slots=True)
class DestroyRoom:
    reason: str


Step: TypeAlias = (
    EnterRoom
    | ReadPast
    | ConfigureRoom
    | SetAffiliation
    | Kick
    | SetVoice
    | SetSubject
    | TellOffer
    | TellInvitation
    | Speak
    | SettleTranscript
    | DestroyRoom
)


def latest(moment: datetime, *others: datetime | None) -> datetime:
    """Return the latest of the moments that there are."""
    return max((moment, *(other for other in others if other is not None)))


def plan(
    chat: Chat,
    seen: RoomView | None,
    rules: RoomRules,
    *,
    now: datetime,
    absent: Set[BareJid] = frozenset(),
    unheard: Set[BareJid] = frozenset(),
    linked_at: datetime | None = None,
) -> tuple[Step, ...]:
    """Return the steps from the room as seen to the room the chat needs; () when it is there.

    seen is None while the room is unknown (new link, failed step): then we only look, and let nobody
    in. Removals come first: a link lost half-way leaves too few people inside, never too many.
    absent: occupants whose own presence has said offline for so long that they do not count as present.
    unheard: staff who are not there to be told anything; those who were inside are asked in anew once they are.
    linked_at: when the present link began; None: nobody knows.
    """
    if chat.room in (RoomState.NONE, RoomState.GONE):
        return ()
    if chat.state is ChatState.CLOSED:
        return _ending(chat, seen, rules, now, absent, linked_at)
    if seen is None:
        return (EnterRoom(),)
    if seen.is_new or chat.room is RoomState.NEEDED:
        return (ConfigureRoom(texts.room_title(chat)),)
    wanted = _wanted(chat, seen, rules, absent)
    removals = tuple(_removals(chat, seen, rules, wanted, absent))
    if (due := resync_due(chat, seen, rules)) is not None and now >= due:
        return removals or (EnterRoom(),)
    if seen.is_altered:
        return (*removals, ConfigureRoom(texts.room_title(chat)))
    subject = texts.room_subject(chat)
    return (
        *removals,
        *_voices(chat, seen, rules),
        *(() if seen.is_read else (ReadPast(),)),
        *(SetAffiliation(jid, Affiliation.MEMBER) for jid in sorted(wanted - seen.members)),
        *((SetSubject(subject),) if seen.subject != subject else ()),
        *_tellings(chat, seen, rules, wanted, unheard, now),
        *(Speak(n) for n in chat.notices if n.expires_at > now and n.stanza_id not in seen.spoken),
    )


def _ending(
    chat: Chat,
    seen: RoomView | None,
    rules: RoomRules,
    now: datetime,
    absent: Set[BareJid],
    linked_at: datetime | None,
) -> tuple[Step, ...]:
    """Return the last steps of a chat that is over. Its people stay until the room goes, trainees with a monitor only.

    An archive that does not answer keeps the room, but not for ever.
    """
    is_required = chat.closed_at is None or now < latest(chat.closed_at, linked_at) + rules.archive_patience
    if seen is None and is_required and any(is_below_helper(chat, v.jid) for v in chat.visits if v.left_at is None):
        return (EnterRoom(),)
    return (*_unmonitored(chat, seen, rules, absent), SettleTranscript(is_required), DestroyRoom(chat.closing))


def _unmonitored(chat: Chat, seen: RoomView | None, rules: RoomRules, absent: Set[BareJid]) -> Iterator[Step]:
    if seen is None:
        return
    if not _is_watched(chat, seen, rules, absent) or not rules.are_trainees_welcome:
        trainees = {jid for jid in seen.members | seen.present if is_below_helper(chat, jid)}
        yield from _removals(chat, seen, rules, seen.members - trainees, absent)


def _is_watched(chat: Chat, seen: RoomView, rules: RoomRules, absent: Set[BareJid]) -> bool:
    return is_monitored(chat, seen.present - absent, helper_counts=rules.helper_counts_as_monitor)


def resync_due(chat: Chat, seen: RoomView, rules: RoomRules) -> datetime | None:
    """Return when the room is looked at anew; None: it was not looked at.

    Between half of resync_after and all of it, as the id says: rooms first seen together are not seen again together.
    """
    if seen.looked_at is None:
        return None
    return seen.looked_at + rules.resync_after * (0.5 + crc32(chat.id.encode()) % 1000 / 2000)


def _wanted(chat: Chat, seen: RoomView, rules: RoomRules, absent: Set[BareJid]) -> frozenset[BareJid]:
    """Return the members wanted. What was set by hand is not touched: owners, admins, who was banned.

    But a trainee is in the room as a member or not at all.
    """
    wanted = allowed_members(chat, seen.present - absent, helper_counts=rules.helper_counts_as_monitor)
    if not rules.are_trainees_welcome:
        wanted -= {jid for jid in wanted if is_below_helper(chat, jid)}
    above = {o.jid for o in seen.occupants if o.affiliation in (Affiliation.OWNER, Affiliation.ADMIN)}
    return wanted - (above - seen.members) - seen.outcasts


def _removals(
    chat: Chat, seen: RoomView, rules: RoomRules, wanted: frozenset[BareJid], absent: Set[BareJid]
) -> Iterator[Step]:
    is_watched = _is_watched(chat, seen, rules, absent)

    def why_out(jid: BareJid) -> Sayable:
        return _why_out(chat, jid, rules, is_watched=is_watched)

    for jid in sorted(seen.members - wanted):
        yield SetAffiliation(jid, Affiliation.NONE, why_out(jid))
    for occupant in seen.occupants:
        if _is_disguised_visitor(chat, occupant):
            yield Kick(occupant.nick, occupant.jid, words.OWN_NAME)
        if occupant.jid in wanted | seen.members:
            continue
        if occupant.affiliation is Affiliation.NONE:
            yield Kick(occupant.nick, occupant.jid, why_out(occupant.jid))
        elif is_below_helper(chat, occupant.jid):  # more than a member by hand: the one such thing that is not let be
            yield SetAffiliation(occupant.jid, Affiliation.NONE, why_out(occupant.jid))


def _voices(chat: Chat, seen: RoomView, rules: RoomRules) -> Iterator[SetVoice]:
    """Yield what gives trainees the voice that they have to have; of nobody else it is the desk's affair."""
    for occupant in seen.occupants:
        if occupant.affiliation is Affiliation.MEMBER and is_below_helper(chat, occupant.jid):
            invitation = chat.invitation_of(occupant.jid)
            wanted = chat.workgroup not in rules.lent_voice or (invitation is not None and invitation.has_voice)
            if occupant.has_voice is not wanted:
                yield SetVoice(occupant.nick, wanted)


def _why_out(chat: Chat, jid: BareJid, rules: RoomRules, *, is_watched: bool) -> Sayable:
    """Return what somebody is told who is taken out. is_watched: a room monitor is there."""
    visit = chat.last_visit(jid)
    came_as = visit.part if visit is not None and visit.left_at is None else None
    if is_below_helper(chat, jid) and came_as not in (None, Part.TRAINEE, Part.VISITOR):
        return words.ROLE_CHANGED
    if chat.standings.get(jid) is not Standing.TRAINEE:
        return words.PLACE_OVER
    if not rules.are_trainees_welcome:
        return words.RESTARTING
    return words.PLACE_OVER if is_watched else words.NO_MONITOR


def _is_disguised_visitor(chat: Chat, occupant: Occupant) -> bool:
    """Return whether the visitor goes by a name of the desk's, and not by the one they gave when they asked."""
    if occupant.jid != chat.visitor_bare or occupant.nick == chat.visitor_name:
        return False
    return imitates(occupant.nick, chat.standings, texts.DESK_NICK)


def _tellings(
    chat: Chat, seen: RoomView, rules: RoomRules, wanted: frozenset[BareJid], unheard: Set[BareJid], now: datetime
) -> Iterator[Step]:
    """Yield whom to ask in: only who may enter already, so that nobody is sent to a closed door.

    Servers keep no invitations for those who are offline. A server's restart ends people's connections too, and ours
    is back first: helper and monitor are asked in anew once they are there. A trainee's place goes to the next one.
    """
    for offer in chat.offers:
        if offer.told_at is None and offer.helper in wanted:
            yield TellOffer(offer)
    for invitation in chat.invitations:
        if invitation.jid not in wanted or invitation.jid in seen.present:
            continue
        is_for_the_next = invitation.part is Part.TRAINEE
        if invitation.jid in unheard and chat.last_visit(invitation.jid) is not None and not is_for_the_next:
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
