"""What the judge is given: what is recorded, what rooms show to their owner, what is exported, what people saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["lost", "doubled", "rule"]
Found = Iterator[tuple[Kind, str]]  # what a rule objects to, of what kind
Moment = str | datetime  # SQLite's text or PostgreSQL's time stamp: only compared within one database


@dataclass(frozen=True)
class ChatRow:
    """One request; state: waiting, open, closed; room: none, needed, ready, gone."""

    id: str
    state: str
    room: str
    visitor_bare: str
    visitor_name: str
    asked_at: Moment
    helper: str | None = None
    opened_at: Moment | None = None
    closed_at: Moment | None = None
    outcome: str | None = None
    visitor_gone_at: Moment | None = None


@dataclass(frozen=True)
class OfferRow:
    id: int
    chat_id: str
    helper: str
    state: str
    made_at: Moment
    expires_at: Moment
    told_at: Moment | None = None
    decided_at: Moment | None = None


@dataclass(frozen=True)
class InvitationRow:
    chat_id: str
    jid: str
    part: str
    told_at: Moment | None = None
    ended_at: Moment | None = None


@dataclass(frozen=True)
class DutyRow:
    jid: str
    role: str
    max_chats: int


@dataclass(frozen=True)
class LetterRow:
    id: int
    to: str
    kind: str
    sent_at: Moment | None = None


@dataclass(frozen=True)
class Recorded:
    """The database. chats: in the order of the queue."""

    chats: tuple[ChatRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    invitations: tuple[InvitationRow, ...] = ()
    duties: tuple[DutyRow, ...] = ()
    letters: tuple[LetterRow, ...] = ()
    standings: Mapping[str, str] = field(default_factory=dict)

    def chat(self, chat_id: str) -> ChatRow | None:
        return next((one for one in self.chats if one.id == chat_id), None)

    @property
    def waiting(self) -> list[ChatRow]:
        return [one for one in self.chats if one.state == "waiting"]


@dataclass(frozen=True)
class RoomSeen:
    """A room as its owner sees it on the server. exists False: there is none. Addresses are bare.

    has_desk: the desk is an occupant under the chat's own address. archive: what was said, as the server keeps it.
    is_closed: its settings are those of help rooms: members only, hidden, persistent, not moderated.
    """

    exists: bool = True
    has_desk: bool = True
    members: frozenset[str] = frozenset()
    occupants: frozenset[str] = frozenset()
    archive: tuple[str, ...] = ()
    is_closed: bool = True


@dataclass(frozen=True)
class Line:
    """A message of an exported transcript; kind: speech, command, desk."""

    kind: str
    body: str


@dataclass
class Said:
    """Something that a person said in a room, with words that nobody else says.

    is_heard: the room repeated it. may_be_lost: the server lost the room afterwards, so what it kept decides.
    is_kept: it was seen in the transcript, so it stays there.
    """

    chat_id: str
    body: str
    is_heard: bool = False
    may_be_lost: bool = False
    is_kept: bool = False


@dataclass(frozen=True)
class Told:
    """A message that came to a person outside of rooms' public talk. at: seconds of a clock that nobody steps.

    room: of a direct invitation. during: the fault that was under way, "" if none was. is_kept: the server had kept it
    until the person was there.
    """

    at: float
    sender: str
    body: str
    room: str = ""
    error: str = ""
    during: str = ""
    is_kept: bool = False


@dataclass(frozen=True)
class Shown:
    """How a person went out of a room: by themself (is_own), destroyed, or put out with codes and a reason."""

    at: float
    room: str
    codes: frozenset[int] = frozenset()
    reason: str = ""
    is_destroyed: bool = False
    is_own: bool = False
    is_lost: bool = False
    during: str = ""


@dataclass
class Witness:
    """What one person knows. part: visitor, helper, monitor, trainee or admin; jid: the bare address, of now.

    chat_id: the visitor's request; place: what they were last told of it. losses: how often the connection ended.
    inside: rooms that the person means to be in. wishes: how often they asked to be asked into a chat.
    """

    name: str
    part: str
    jid: str
    told: Sequence[Told] = ()
    shown: Sequence[Shown] = ()
    losses: int = 0
    inside: frozenset[str] = frozenset()
    chat_id: str = ""
    place: int | None = None
    addresses: frozenset[str] = frozenset()
    wishes: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Before:
    """What was true before any fault, and what people did on purpose since.

    asked: requests that the desk has acknowledged, in that order. ended: what became of them by somebody's wish.
    rooms_lost: how often a chat's room was lost or destroyed, also for those who had not come in yet. stops: how often
    the desk was stopped in an orderly way. slow: how often the link was so slow that people seemed to have gone.
    """

    asked: list[str] = field(default_factory=list)
    asked_at: dict[str, Moment] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    rooms_lost: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    slow: int = 0
    standings: Mapping[str, str] = field(default_factory=dict)
    duties: frozenset[DutyRow] = frozenset()


@dataclass
class Evidence:
    """offer_timeout_s: what helpers are told that they have. muc: the domain of the rooms, desk: of the component.

    at: the moment of the evidence, on the clock of Told.at.
    """

    recorded: Recorded
    before: Before = field(default_factory=Before)
    rooms: Mapping[str, RoomSeen] = field(default_factory=dict)
    transcripts: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    people: Sequence[Witness] = ()
    said: Sequence[Said] = ()
    offer_timeout_s: float = 20.0
    muc: str = "chats.workgroup.localhost"
    desk: str = "workgroup.localhost"
    at: float = 0.0

    def room(self, chat_id: str) -> str:
        return f"{chat_id}@{self.muc}"


@dataclass(frozen=True)
class Objection:
    """What is wrong. kind: something is lost, something is doubled, or a rule is broken."""

    kind: Kind
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.kind}): {self.what}"
