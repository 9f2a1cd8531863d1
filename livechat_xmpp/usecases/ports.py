"""What the use cases need from the outside, as protocols; the store and the link implement them."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from livechat_xmpp.domain.apprenticeship import Application, Credit, Endorsement
from livechat_xmpp.domain.escalation import Climber
from livechat_xmpp.domain.groups import Given
from livechat_xmpp.domain.model import (
    Account,
    Availability,
    BareJid,
    Chat,
    ChatId,
    ChatState,
    Duty,
    FullJid,
    Invitation,
    Message,
    Offer,
    OfferState,
    RoomState,
    Standing,
    Visit,
    WorkgroupName,
)
from livechat_xmpp.domain.queue import Waiting
from livechat_xmpp.domain.routing import PastOffers
from livechat_xmpp.domain.sweep import Problem, Suspect, SweepRules

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit, which only grows: a change of standing, or a step of a decision.

    kind: "standing", or what else happened; jid: whom it concerns; by: a bare JID, or what did it ("settings").
    policy: version of the settings that were followed; evidence: what was known then, ready for JSON.
    """

    at: datetime
    kind: str
    jid: BareJid
    by: str
    old: Standing | None = None
    new: Standing | None = None
    reason: str = ""
    policy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person that is sent once and dropped when it has expired.

    kind: "plain"; "fleeting", of no use to who reads it later; "room", to be said in the contributors' room with how to
    help; "announcement", to be said there as it is; "welcome", and "contributors", the invitation into that room that
    comes with it; or what a program may want to know: "ended" (the chat is over), "departed" (out of the queue as
    asked), "removed" (out of the queue by the desk).
    workgroup: the address it comes from.
    """

    to: FullJid
    body: str
    workgroup: WorkgroupName
    expires_at: datetime
    kind: str = "plain"
    chat_id: ChatId | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many chats of a workgroup are in a state; first_at: when the oldest of them was asked."""

    workgroup: WorkgroupName
    state: ChatState
    number: int
    first_at: datetime


class StoreTrouble(Exception):
    """The database did not do it now: it is away, full, or held by somebody else. It may go well later."""


@dataclass(frozen=True, slots=True)
class Expired:
    """How many letters were not sent in time; since_at: since when the first of them is of no use."""

    number: int
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A problem as recorded. found_at: when it was first found; told_at: when admins were told; None: not yet."""

    problem: Problem
    found_at: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Welcomed:
    """How many newcomers were welcomed since a moment, and when the first of them was; None: none was."""

    number: int
    first_at: datetime | None


class Accounts(Protocol):
    def find(self, jid: BareJid) -> Account | None: ...
    def list(self, standing: Standing | None = None) -> list[Account]: ...
    def put(self, account: Account) -> None: ...
    def remove(self, jid: BareJid) -> None: ...
    def unwelcomed(self, limit: int) -> Sequence[Account]:
        """Return trainees who wait for their welcome: those on duty first, then by the time they have waited."""
        ...

    def welcomed_since(self, moment: datetime) -> Welcomed: ...
    def set_welcomed(self, jid: BareJid, at: datetime) -> None: ...


class Registered(Protocol):
    """Accounts of the server's domains, as its lists have named them so far."""

    def is_begun(self, domain: str) -> bool:
        """Return whether the domain's list was taken whole before."""
        ...

    def begin(self, domain: str, at: datetime) -> None: ...
    def of_domain(self, domain: str) -> frozenset[BareJid]: ...
    def add(self, jids: Collection[BareJid], at: datetime) -> None:
        """Record accounts; those that are recorded already are passed over."""
        ...


class Audit(Protocol):
    """Only ever added to."""

    def add(self, entry: Entry) -> None: ...
    def list(self, jid: BareJid | None = None, *, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """Return the latest entries with their numbers, the newest first. before: only those with smaller numbers."""
        ...

    def last_standing(self, jid: BareJid) -> Entry | None:
        """Return the last change of the person's standing; None: they never had one."""
        ...

    def last(self, kind: str) -> datetime | None:
        """Return when there was an entry of this kind last."""
        ...


class Credits(Protocol):
    """What chats count for, for trainees."""

    def put(self, chat_id: ChatId, credit: Credit, at: datetime) -> None: ...
    def last(self, jid: BareJid) -> Credit | None:
        """Return what the person's latest chat counts for."""
        ...

    def totals(self, jids: Collection[BareJid] | None = None) -> Mapping[BareJid, tuple[int, int]]:
        """Return how many chats each has watched and helped in; who has none is left out. None: everybody."""
        ...


class Endorsements(Protocol):
    """Those that stand; what was withdrawn, or has been answered by a decision, is only kept."""

    def find(self, trainee: BareJid, by: BareJid) -> Endorsement | None: ...
    def add(self, trainee: BareJid, endorsement: Endorsement) -> None: ...
    def add_comment(self, trainee: BareJid, by: BareJid, comment: str) -> None:
        """Give a comment to one that was given without."""
        ...

    def withdraw(self, trainee: BareJid, by: BareJid, at: datetime) -> None: ...
    def end_all(self, trainee: BareJid, at: datetime) -> None:
        """Have nothing stand any more: whoever they become, it begins anew."""
        ...

    def of(self, trainees: Collection[BareJid] | None = None) -> Mapping[BareJid, list[Endorsement]]:
        """Return the endorsements of each, the oldest first; who has none is left out. None: of everybody."""
        ...

    def given_by(self, by: BareJid) -> Collection[BareJid]:
        """Return all whom somebody has endorsed."""
        ...


class Applications(Protocol):
    """Decisions that are open."""

    def open(self, trainee: BareJid, *, by: str, comment: str, at: datetime, decide_by: datetime) -> None: ...
    def find(self, trainee: BareJid) -> Application | None: ...
    def list(self) -> list[Application]: ...
    def vote(self, application_id: int, by: BareJid, at: datetime) -> None: ...
    def mark_reminded(self, application_id: int, at: datetime) -> None: ...
    def mark_overdue(self, application_id: int, at: datetime) -> None: ...
    def close(self, application_id: int, outcome: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Enquiry:
    """Something the desk has asked somebody. kind: "endorse", or "join" (would you like to help others?)."""

    id: int
    kind: str
    to: BareJid
    about: BareJid
    chat_id: ChatId
    asked_at: datetime


class Enquiries(Protocol):
    def ask(self, kind: str, to: BareJid, about: BareJid, chat_id: ChatId, at: datetime) -> None: ...
    def last(self, kind: str, to: BareJid, about: BareJid) -> datetime | None:
        """Return when this was asked last."""
        ...

    def find_open(self, kind: str, to: BareJid) -> Enquiry | None:
        """Return the latest that was not answered yet."""
        ...

    def answer(self, kind: str, to: BareJid, about: BareJid, answer: str, at: datetime) -> None: ...


class Policies(Protocol):
    def put(self, version: str, settings: Mapping[str, Any], at: datetime) -> None:
        """Keep the settings that a version stands for; one that is kept already stays as it is."""
        ...

    def list(self) -> list[tuple[str, Mapping[str, Any], datetime]]:
        """Return all versions, their settings, and since when there were these; the oldest first."""
        ...


class Duties(Protocol):
    def find(self, jid: BareJid) -> Duty | None: ...
    def list(self) -> list[Duty]: ...
    def put(self, duty: Duty) -> None: ...
    def take_turn(self, jid: BareJid, at: datetime) -> None:
        """Record that the person has had their turn: all others are before them."""
        ...

    def remove(self, jid: BareJid) -> None: ...


class Chats(Protocol):
    def find(self, chat_id: ChatId, also: Collection[BareJid] = ()) -> Chat | None:
        """Return the chat as recorded; also: people whose standing is wanted as well."""
        ...

    def find_of_visitor(self, visitor: BareJid) -> Chat | None:
        """Return the visitor's chat that is not closed."""
        ...

    def find_by_token(self, token_hash: str) -> Chat | None:
        """Return the chat whose token this is, or was before the present one."""
        ...

    def add(self, chat: Chat, *, token_hash: str) -> None: ...
    def save(self, chat: Chat) -> None:
        """Write the chat's own values; offers, invitations, visits and notices have their own methods."""
        ...

    def set_room(self, chat_id: ChatId, state: RoomState) -> None: ...
    def need_room(self, chat_id: ChatId) -> None:
        """Have the chat need a room, if it has none yet."""
        ...

    def set_token(self, chat_id: ChatId, token_hash: str, *, used: str) -> None:
        """Give the chat a new token; the one just used stays good until the new one is used."""
        ...

    def set_closing(self, chat_id: ChatId, *, by: str, tags: str, note: str) -> None: ...
    def waiting(self, workgroup: WorkgroupName) -> Sequence[Waiting]:
        """Return the requests waiting, those offered too, in the order of the queue."""
        ...

    def count_waiting(self, workgroup: WorkgroupName, *, are_there: bool = False) -> int:
        """Return how many wait; are_there: without those who are known to be gone."""
        ...

    def last_asked_at(self, workgroup: WorkgroupName) -> datetime | None:
        """Return when the newest of the requests that wait was asked, or None when none waits."""
        ...

    def position(self, workgroup: WorkgroupName, chat_id: ChatId) -> int:
        """Return the place of a request that waits, as it is told (domain.queue.places); 1 is next.

        Raises ValueError when it does not wait.
        """
        ...

    def open(self, workgroup: WorkgroupName | None = None) -> list[Chat]:
        """Return the chats in progress, those too whose helper is gone and who wait for another; oldest first."""
        ...

    def answered_by(self, helper: BareJid) -> list[ChatId]:
        """Return the chats in progress that the helper answers, the oldest first."""
        ...

    def never_asked(self, jid: BareJid) -> list[ChatId]:
        """Return the chats in progress that the person was never asked into."""
        ...

    def counts(self) -> Sequence[Count]:
        """Return how many chats are not closed, by workgroup and state; none where there are none."""
        ...

    def climbers(self, *, alarm_before: datetime, tell_before: datetime, limit: int) -> list[Climber]:
        """Return requests in the queue since these moments whose step was not taken, the oldest first.

        Those whose visitors are gone are left out.
        """
        ...

    def first_queued_after(self, moment: datetime) -> datetime | None:
        """Return when the first of the requests came to the queue that came after the moment and wait still."""
        ...

    def last_alarm(self, workgroup: WorkgroupName) -> datetime | None:
        """Return when staff were last told that nobody takes requests of the workgroup."""
        ...

    def mark_alarmed(self, chat_ids: Collection[ChatId], at: datetime) -> None: ...
    def mark_visitor_told(self, chat_ids: Collection[ChatId], at: datetime) -> None: ...
    def unfinished(self) -> list[ChatId]:
        """Return chats that are not closed, or whose room is not gone yet; those with trainees first."""
        ...

    def ended_last(self, within: timedelta, limit: int) -> list[ChatId]:
        """Return closed chats whose room is gone: the latest, and those closed at most so long before it."""
        ...

    def naming(self, jid: BareJid) -> list[ChatId]:
        """Return unclosed chats in which the person answers, is offered, or is invited."""
        ...

    def loads(self) -> Mapping[BareJid, int]:
        """Return how many open chats each helper answers."""
        ...

    def handle_times(self, workgroup: WorkgroupName, limit: int) -> Sequence[timedelta]: ...


class Offers(Protocol):
    def add(self, chat_id: ChatId, helper: BareJid, made_at: datetime, expires_at: datetime) -> None: ...
    def decide(self, offer_id: int, state: OfferState, at: datetime) -> None: ...
    def mark_told(self, told: Offer, *, was: datetime | None) -> bool:
        """Record when the offer is being sent and when it ends; return False if it is over, or marked since `was`."""
        ...

    def drop(self, chat_id: ChatId, helper: BareJid, at: datetime) -> None:
        """Record that the helper, who had accepted, was silent: it counts as passed at this moment."""
        ...

    def find_open_of(self, helper: BareJid) -> Offer | None: ...
    def open(self) -> Sequence[Offer]: ...
    def past(self, chat_ids: Collection[ChatId]) -> Mapping[ChatId, PastOffers]:
        """Return the offers that helpers have had; those taken back from them do not count."""
        ...


class Invitations(Protocol):
    def put(self, chat_id: ChatId, invitation: Invitation) -> None: ...
    def mark(self, chat_id: ChatId, invitation: Invitation) -> bool:
        """Write when the person was told; return False if the invitation has ended meanwhile."""
        ...

    def end(self, chat_id: ChatId, jid: BareJid, at: datetime) -> None: ...
    def asked_before(self, chat_id: ChatId) -> frozenset[BareJid]:
        """Return everybody ever asked into the chat, also those whose invitation has ended."""
        ...

    def ever_asked(self, jids: Collection[BareJid]) -> frozenset[BareJid]:
        """Return those of these people who were ever asked into a chat as trainee."""
        ...

    def places_held(self, jids: Collection[BareJid]) -> Mapping[BareJid, int]:
        """Return how many unclosed chats each of these people holds a place in; who holds none is left out."""
        ...

    def of_person(self, jid: BareJid) -> list[ChatId]: ...


class Visits(Protocol):
    def add(self, chat_id: ChatId, visit: Visit) -> None: ...
    def end(self, chat_id: ChatId, jid: BareJid, nick: str, at: datetime) -> None: ...
    def end_all(self, chat_id: ChatId, at: datetime) -> None: ...
    def list(self, chat_id: ChatId) -> list[Visit]: ...
    def counts(self, jids: Collection[BareJid]) -> Mapping[BareJid, int]:
        """Return in how many chats each of these people has been."""
        ...

    def met(self, trainee: BareJid, other: BareJid) -> builtins.list[ChatId]:
        """Return the chats in which both were inside at once, one as trainee, the other as a helper or more.

        The latest first.
        """
        ...

    def trainees_met(self, other: BareJid) -> frozenset[BareJid]:
        """Return everybody who was inside as trainee at once with this helper or more."""
        ...

    def judges_of(self, trainee: BareJid) -> builtins.list[tuple[BareJid, ChatId]]:
        """Return all helpers or more whom the trainee was inside with at once, and the latest such chat with each."""
        ...


class Messages(Protocol):
    def add(self, chat_id: ChatId, messages: Sequence[Message]) -> None:
        """Append messages; one whose archive id is recorded already is passed over."""
        ...

    def list(self, chat_id: ChatId) -> list[Message]: ...
    def replace(self, chat_id: ChatId, messages: Sequence[Message]) -> None: ...
    def has_reply(self, chat_id: ChatId, *, since: datetime) -> bool:
        """Return whether somebody of the staff has written to the visitor at that moment or later."""
        ...


class Notices(Protocol):
    def add(self, chat_id: ChatId, body: str, *, at: datetime, expires_at: datetime) -> None: ...
    def mark_done(self, ids: Collection[int], at: datetime) -> None: ...


class Letters(Protocol):
    def add(self, letter: Letter) -> None: ...
    def take_due(self, now: datetime, limit: int) -> list[Letter]:
        """Return letters not sent and not expired, oldest first, marked as sent."""
        ...

    def put_back(self, ids: Collection[int]) -> None:
        """Mark letters that were taken as not sent."""
        ...

    def expired(self, now: datetime) -> Expired:
        """Return how many letters were not sent in time."""
        ...

    def drop_expired(self, now: datetime) -> None: ...


class Record(Protocol):
    """The record as a sweep sees it, and what the last one found."""

    def suspects(self, rules: SweepRules, *, now: datetime, closed_since: datetime | None) -> list[Suspect]:
        """Return chats that may be in trouble, and few others. closed_since: as in usecases.sweep.find."""
        ...

    def suspect(self, chat_id: ChatId) -> Suspect | None: ...
    def problems(self) -> list[Found]: ...
    def replace_problems(self, found: Sequence[Found]) -> None: ...


class ContactLists(Protocol):
    """What the desk has put into people's contact lists, or suggested to them; way: how."""

    def owners(self, way: str) -> set[BareJid]:
        """Return the people into whose lists something was put that was not taken out again."""
        ...

    def given(self, owner: BareJid, way: str) -> dict[BareJid, Given]: ...
    def set_given(self, owner: BareJid, way: str, given: Mapping[BareJid, Given]) -> None: ...


class Touched(Protocol):
    """What a transaction asked to be woken."""

    @property
    def chats(self) -> Mapping[ChatId, bool]: ...
    @property
    def queues(self) -> bool: ...
    @property
    def letters(self) -> bool: ...
    @property
    def staff(self) -> bool: ...
    @property
    def facts(self) -> Sequence[tuple[str, Mapping[str, str | int | None]]]: ...


class Work(Protocol):
    """One transaction. now: the moment of all facts recorded in it."""

    @property
    def now(self) -> datetime: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def registered(self) -> Registered: ...
    @property
    def credits(self) -> Credits: ...
    @property
    def endorsements(self) -> Endorsements: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def enquiries(self) -> Enquiries: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def duties(self) -> Duties: ...
    @property
    def chats(self) -> Chats: ...
    @property
    def offers(self) -> Offers: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def visits(self) -> Visits: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def record(self) -> Record: ...
    @property
    def contact_lists(self) -> ContactLists: ...
    @property
    def touched(self) -> Touched: ...
    def touch(self, chat_id: ChatId, *, is_urgent: bool = False) -> None:
        """Say that the chat has to be looked at after the commit; urgent: before all others."""
        ...

    def touch_queues(self) -> None:
        """Say that offers, places and open or closed have to be worked out again after the commit."""
        ...

    def touch_letters(self) -> None:
        """Say that there is something to send to people."""
        ...

    def fact(self, what: str, **fields: str | int | None) -> None:
        """Say what was recorded, for one line in the log after the commit; never with people's words."""
        ...

    def touch_staff(self) -> None:
        """Say that somebody joined the staff or changed standing."""
        ...


class Transactions(Protocol):
    """Where transactions come from. A unit is one function that does all of a transaction, in a thread of its own."""

    async def chat(self, chat_id: ChatId, also: Collection[BareJid] = ()) -> Chat | None:
        """Return the chat as committed last, as a rule without asking the database.

        also: people whose standing is wanted as well.
        """
        ...

    async def standing_of(self, jid: BareJid) -> Standing | None:
        """Return the person's standing; None for visitors."""
        ...

    async def write(self, unit: Callable[[Work], T]) -> T:
        """Run the unit and commit; what it raises rolls back and is raised here."""
        ...

    async def survey(self, unit: Callable[[Work], T]) -> T:
        """Run the unit, which only reads, in turn with those that write: then nearly all is known without asking."""
        ...

    async def read(self, unit: Callable[[Work], T]) -> T:
        """Run the unit, which only reads, on one moment of the database."""
        ...


class Presences(Protocol):
    """What people's clients say of them, on the present link."""

    @property
    def since(self) -> datetime | None:
        """Return when the present link began; None: there was none yet."""
        ...

    def availability(self, jid: BareJid) -> Availability: ...


class Waker(Protocol):
    """What runs the chats after a fact was recorded."""

    def wake(self, chat_id: ChatId, *, is_urgent: bool = False) -> None: ...
    def wake_queues(self) -> None: ...
    def wake_letters(self) -> None: ...
    def wake_staff(self) -> None: ...
