"""What is not where the rules say, found in the record alone: the last look, after everything that acts by itself.

A moment that is over is not at once a problem: what acts on it may be under way. Only `overdue` later it is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from livechat_xmpp.domain.model import BareJid, ChatId, ChatState, Duty, Outcome, RoomState, Standing, WorkgroupName
from livechat_xmpp.domain.rooms import latest
from livechat_xmpp.domain.standing import ROLES


class Trouble(StrEnum):
    """What is the matter, as lists show it."""

    WAITED_TOO_LONG = "waited-too-long"  # a request waits although its time is over
    VISITOR_GONE = "visitor-gone"  # a request waits whose visitor has been gone for too long
    OFFER_OVERDUE = "offer-overdue"  # an offer is open although its time is over
    OFFER_ASTRAY = "offer-astray"  # an offer is open for a chat that does not wait
    NO_HELPER = "no-helper"  # an open chat has no helper, or one who may not help any more
    NO_ROOM = "no-room"  # people talk in a chat that has no room
    ROOM_NOT_READY = "room-not-ready"  # the room of an open chat cannot be made
    ROOM_LEFT = "room-left"  # a chat is over, and its room still there
    PEOPLE_LEFT = "people-left"  # somebody is invited to a chat that is over, or inside by the record
    NO_OUTCOME = "no-outcome"  # a chat is over, and nobody knows how
    STUCK = "stuck"  # steps in the room fail, or do not help
    NO_STANDING = "no-standing"  # somebody is on duty as what they may not be
    LETTERS_EXPIRED = "letters-expired"  # messages to people were not sent in time
    GROUPS_FAILED = "groups-failed"  # contact lists do not show the groups as they should
    GROUPS_CUT = "groups-cut"  # there are more people than contact lists may show

    @property
    def is_repaired_here(self) -> bool:
        """Return whether the record can be put right; else only the server can, or somebody who looks."""
        return self not in (
            Trouble.ROOM_NOT_READY,
            Trouble.ROOM_LEFT,
            Trouble.STUCK,
            Trouble.GROUPS_FAILED,
            Trouble.GROUPS_CUT,
        )


@dataclass(frozen=True, slots=True)
class SweepRules:
    """How long anything may take. overdue: how long after its moment something may still be under way.

    linked_at: when the present link began: before that no visitor could come back.
    """

    overdue: timedelta
    longest_wait: timedelta
    visitor_grace: timedelta
    linked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    """A chat that may be in trouble, as far as the record decides it.

    offered_until: the first deadline of its open offers; None: none is open. has_people: somebody's invitation or
    visit has not ended.
    """

    chat_id: ChatId
    workgroup: WorkgroupName
    state: ChatState
    room: RoomState
    queued_at: datetime
    helper: BareJid | None = None
    helper_standing: Standing | None = None
    opened_at: datetime | None = None
    first_opened_at: datetime | None = None
    visitor_gone_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    offered_until: datetime | None = None
    has_people: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not where the rules say. subject: a chat, or an address; "" where there is none.

    since_at: since when it has been wrong. reason: what is known of why.
    """

    subject: str
    what: Trouble
    since_at: datetime
    reason: str = ""


def find_in_chat(chat: Suspect, rules: SweepRules, *, now: datetime) -> list[Problem]:
    """Return what is the matter with the chat."""
    moments = {
        ChatState.WAITING: _while_waiting,
        ChatState.OPEN: _while_open,
        ChatState.CLOSED: _when_closed,
    }[chat.state](chat, rules)
    return [Problem(chat.chat_id, what, since) for what, since in moments if now >= since + rules.overdue]


def _while_waiting(chat: Suspect, rules: SweepRules) -> Iterator[tuple[Trouble, datetime]]:
    yield Trouble.WAITED_TOO_LONG, chat.queued_at + rules.longest_wait
    if chat.visitor_gone_at is not None and chat.first_opened_at is None:
        yield Trouble.VISITOR_GONE, latest(chat.visitor_gone_at, rules.linked_at) + rules.visitor_grace
    if chat.offered_until is not None:
        yield Trouble.OFFER_OVERDUE, chat.offered_until
    if chat.first_opened_at is not None and chat.room in (RoomState.NONE, RoomState.GONE):
        yield Trouble.NO_ROOM, chat.queued_at


def _while_open(chat: Suspect, rules: SweepRules) -> Iterator[tuple[Trouble, datetime]]:
    since = chat.opened_at or chat.queued_at
    if chat.offered_until is not None:
        yield Trouble.OFFER_ASTRAY, since
    if chat.helper is None or chat.helper_standing is None or not chat.helper_standing.reaches(Standing.HELPER):
        yield Trouble.NO_HELPER, since
    if chat.room in (RoomState.NONE, RoomState.GONE):
        yield Trouble.NO_ROOM, since
    elif chat.room is RoomState.NEEDED:
        yield Trouble.ROOM_NOT_READY, since


def _when_closed(chat: Suspect, rules: SweepRules) -> Iterator[tuple[Trouble, datetime]]:
    since = chat.closed_at or chat.queued_at
    if chat.offered_until is not None:
        yield Trouble.OFFER_ASTRAY, since
    if chat.outcome is None:
        yield Trouble.NO_OUTCOME, since
    if chat.room is not RoomState.GONE:
        yield Trouble.ROOM_LEFT, since
    elif chat.has_people:  # with the room everybody's visit ends
        yield Trouble.PEOPLE_LEFT, since


def find_in_duty(duty: Duty, standing: Standing | None) -> list[Problem]:
    """Return what is the matter with somebody's being on duty; standing: None where they have none."""
    if standing is not None and duty.role in ROLES[standing]:
        return []
    reason = f"on duty as {duty.role}, standing {standing or 'none'}"
    return [Problem(duty.jid, Trouble.NO_STANDING, duty.since_at, reason)]
