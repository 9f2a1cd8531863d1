"""What the help desk is made of. Values only; every moment is an aware UTC datetime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

BareJid = NewType("BareJid", str)
FullJid = NewType("FullJid", str)  # a bare JID where no resource is known
ChatId = NewType("ChatId", str)  # also the Fastpath session id and the room's localpart
WorkgroupName = NewType("WorkgroupName", str)


def bare(jid: str) -> BareJid:
    """Return the address without its resource."""
    return BareJid(jid.partition("/")[0])


class Standing(StrEnum):
    """What a person of the staff may do, kept until changed. Who has none is a visitor; inactive: takes a break."""

    INACTIVE = "inactive"
    TRAINEE = "trainee"
    HELPER = "helper"
    MONITOR = "monitor"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Return 0 for the least of the standings; each may do what those below may."""
        return _RANKS[self]

    def reaches(self, least: Standing) -> bool:
        """Return whether this standing may do what least may."""
        return self.rank >= least.rank


_RANKS = {standing: rank for rank, standing in enumerate(Standing)}


class DutyRole(StrEnum):
    """What a person does while on duty."""

    TRAINEE = "trainee"
    HELPER = "helper"
    ADVISOR = "advisor"
    ANCHOR = "anchor"
    MONITOR = "monitor"


class Availability(StrEnum):
    """What a person's clients say of them, the most available of their resources deciding."""

    AVAILABLE = "available"
    AWAY = "away"  # away or xa
    BUSY = "busy"  # do not disturb
    OFFLINE = "offline"
    UNKNOWN = "unknown"  # never told: they have not let us subscribe, or the link is new


class ChatState(StrEnum):
    WAITING = "waiting"  # in the queue, perhaps offered
    OPEN = "open"  # a helper has accepted
    CLOSED = "closed"


class RoomState(StrEnum):
    """What we know for certain of a chat's room; the rest is looked up on each link."""

    NONE = "none"  # never asked for
    NEEDED = "needed"  # may exist, may not be configured yet
    READY = "ready"  # was configured; only then somebody was let in
    GONE = "gone"  # destroyed


class Outcome(StrEnum):
    """How a request ended; every request gets exactly one."""

    SERVED = "served"
    ABANDONED = "abandoned"
    DEFERRED = "deferred"
    TIMED_OUT = "timed-out"
    REFUSED = "refused"
    BANNED = "banned"


class Disposition(StrEnum):
    """What a chat came to, in the words of who closed it."""

    SOLVED = "solved"
    WORKAROUND = "workaround"
    UNSOLVED = "unsolved"
    REFERRED = "referred"
    NO_REPLY = "no-reply"
    SPAM = "spam"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DROPPED = "dropped"  # accepted, and then silent: it counts as passed since then


class Part(StrEnum):
    """The part a person plays in a chat."""

    VISITOR = "visitor"
    HELPER = "helper"
    MONITOR = "monitor"
    ADVISOR = "advisor"
    TRAINEE = "trainee"
    ADMIN = "admin"
    DESK = "desk"


class Affiliation(StrEnum):
    """Long-lived relation to a room (XEP-0045 §5.2)."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    NONE = "none"
    OUTCAST = "outcast"


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the staff. is_subscribed: they let us see their presence. welcomed_at: told what to do as newcomer.

    language: a tag (RFC 5646) that their client says, or that they have chosen; "": not known.
    active_at: their last sign of life, to the hour.
    """

    jid: BareJid
    standing: Standing
    since_at: datetime
    is_subscribed: bool = False
    language: str = ""
    is_language_chosen: bool = False
    active_at: datetime | None = None
    welcomed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A person on duty. turn_at: when they last had an offer, or came on duty; the oldest is next."""

    jid: BareJid
    role: DutyRole
    max_chats: int
    since_at: datetime
    turn_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A request proposed to one helper until expires_at. told_at: when it was sent, None: not yet."""

    id: int
    chat_id: ChatId
    helper: BareJid
    made_at: datetime
    expires_at: datetime
    state: OfferState = OfferState.OPEN
    told_at: datetime | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person asked into the chat's room.

    told_at: when they were last asked; None while they have to be asked (again). times_told: how often they were,
    since their way in was last barred.
    has_voice: somebody has lent them voice; counts for trainees where that is asked for.
    """

    jid: BareJid
    part: Part
    told_at: datetime | None = None
    times_told: int = 0
    has_voice: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A person in a room from entered_at to left_at (None: still there, as far as recorded)."""

    jid: BareJid
    nick: str
    part: Part
    entered_at: datetime
    left_at: datetime | None = None
    standing: Standing | None = None
    occupant_id: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be spoken once in the chat's room; old speech is worse than none."""

    id: int
    body: str
    expires_at: datetime

    @property
    def stanza_id(self) -> str:
        """Return the message id by which the room's reflection is known."""
        return f"notice-{self.id}"


@dataclass(frozen=True, slots=True)
class Chat:
    """One ask for help and the conversation about it, as recorded.

    visitor: the address they are reached at now. asked_at: keeps its value when the request returns
    to the queue. opened_at: when a helper last accepted. first_opened_at: not None once somebody did.
    returned_at: when it last returned to the queue; None: it never did. alarmed_at, visitor_told_at: when staff, and
    the visitor, were told that nobody takes it; None since it last came to the queue. replied_at: when it was last
    noticed that somebody of the staff has written to the visitor; it counts if that was after opened_at.
    visitor_gone_at: since when a waiting visitor is known to be gone. closing: what all in the room read at the end.
    offers: those open; several when all are asked at once.
    visits: those not ended yet, and the last of each person. standings: of everybody staff named here; languages: those
    of them whose language is on record.
    """

    id: ChatId
    workgroup: WorkgroupName
    visitor: FullJid
    visitor_name: str
    question: str
    asked_at: datetime
    state: ChatState = ChatState.WAITING
    room: RoomState = RoomState.NONE
    form: Mapping[str, str] = field(default_factory=dict)
    helper: BareJid | None = None
    opened_at: datetime | None = None
    first_opened_at: datetime | None = None
    closed_at: datetime | None = None
    returned_at: datetime | None = None
    replied_at: datetime | None = None
    alarmed_at: datetime | None = None
    visitor_told_at: datetime | None = None
    visitor_gone_at: datetime | None = None
    outcome: Outcome | None = None
    disposition: Disposition | None = None
    closing: str = ""
    offers: tuple[Offer, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    visits: tuple[Visit, ...] = ()
    notices: tuple[Notice, ...] = ()
    standings: Mapping[BareJid, Standing] = field(default_factory=dict)
    languages: Mapping[BareJid, str] = field(default_factory=dict)

    @property
    def visitor_bare(self) -> BareJid:
        """Return the address rooms know the visitor by."""
        return bare(self.visitor)

    @property
    def queued_at(self) -> datetime:
        """Return when it came to the queue: from then on it climbs."""
        return self.returned_at or self.asked_at

    @property
    def has_reply(self) -> bool:
        """Return whether somebody of the staff is known to have written since the helper accepted."""
        return self.replied_at is not None and self.opened_at is not None and self.replied_at >= self.opened_at

    def offer_to(self, jid: BareJid) -> Offer | None:
        """Return the offer that is open for the person, or None."""
        return next((o for o in self.offers if o.helper == jid), None)

    def last_visit(self, jid: BareJid) -> Visit | None:
        """Return the person's newest visit, or None if they have never been inside."""
        return max((v for v in self.visits if v.jid == jid), key=lambda v: v.entered_at, default=None)

    def invitation_of(self, jid: BareJid) -> Invitation | None:
        """Return the person's invitation, or None if they are not asked in."""
        return next((i for i in self.invitations if i.jid == jid), None)

    def is_inside(self, jid: BareJid) -> bool:
        """Return whether the record says that the person is in the room."""
        return any(v.jid == jid and v.left_at is None for v in self.visits)


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody in a room, as the room shows them to its owner. has_voice: may speak (XEP-0045 §5.1)."""

    nick: str
    jid: BareJid
    affiliation: Affiliation
    since_at: datetime
    occupant_id: str = ""
    has_voice: bool = True


@dataclass(frozen=True, slots=True)
class Departure:
    """That somebody left a room, as the room showed it. was_removed: they were put out, and are no member any more."""

    who: Occupant
    at: datetime
    was_removed: bool = False


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as the MUC service showed it to us on the present link; the desk itself is left out.

    is_new: our entering made it, so it has to be configured before anything else. is_altered: somebody has changed its
    settings, so they may not be those it needs.
    members: bare JIDs with the affiliation member. spoken: ids of notices already said on this link.
    is_read: what was said before we came on this link is in the transcript, as far as the room's archive could be read.
    spoke_at: when each person last said something in the room on this link.
    departures: who left, oldest first, until it is recorded: a visit may be over before anybody looked.
    """

    is_new: bool = False
    is_altered: bool = False
    occupants: tuple[Occupant, ...] = ()
    members: frozenset[BareJid] = frozenset()
    outcasts: frozenset[BareJid] = frozenset()
    subject: str = ""
    spoken: frozenset[str] = frozenset()
    is_read: bool = True
    spoke_at: Mapping[BareJid, datetime] = field(default_factory=dict)
    looked_at: datetime | None = None
    departures: tuple[Departure, ...] = ()

    @property
    def present(self) -> frozenset[BareJid]:
        """Return the bare JIDs of the occupants."""
        return frozenset(o.jid for o in self.occupants)


@dataclass(frozen=True, slots=True)
class Message:
    """Something said in a room. at: as the server stamped it. archive_id: the room's own id (XEP-0359)."""

    at: datetime
    nick: str
    jid: BareJid | None
    part: Part
    kind: str  # speech, desk or command
    body: str
    stanza_id: str = ""
    archive_id: str = ""
