"""What the reconciler needs of the link, as protocols; livechat_xmpp.xmpp implements them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from livechat_xmpp.domain.groups import Group
from livechat_xmpp.domain.model import (
    Affiliation,
    BareJid,
    Chat,
    ChatId,
    Departure,
    FullJid,
    Invitation,
    Notice,
    Offer,
    RoomView,
    WorkgroupName,
)
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.usecases.cover import Place
from livechat_xmpp.usecases.ports import Letter, Presences
from livechat_xmpp.usecases.transcripts import Heard


class LinkTrouble(Exception):
    """A step could not be done, or nobody knows whether it was: look again later."""

    @property
    def reason(self) -> str:
        """What the log may tell: without the server's own words, which may name people."""
        return str(self)


class LinkDown(LinkTrouble):
    """There is no link to the server; nothing was sent."""


class StepRefused(LinkTrouble):
    """The server said no. condition: as in RFC 6120 §8.3.3."""

    def __init__(self, condition: str, text: str = "") -> None:
        super().__init__(f"{condition}: {text}" if text else condition)
        self.condition = condition

    @property
    def reason(self) -> str:
        return self.condition


class Rooms(Protocol):
    """The MUC service. Every method may raise LinkTrouble; afterwards the room's view is what is known then."""

    def view(self, chat_id: ChatId) -> RoomView | None:
        """Return the room as shown on this link; None: unknown."""
        ...

    def with_people(self) -> Collection[ChatId]:
        """Return the rooms that somebody is in, as far as they show it."""
        ...

    def forget(self, chat_id: ChatId) -> None: ...
    def forget_departures(self, chat_id: ChatId, recorded: Sequence[Departure]) -> None: ...
    async def enter(self, chat_id: ChatId) -> None: ...
    async def configure(self, chat_id: ChatId, title: str) -> None: ...
    async def set_affiliation(self, chat_id: ChatId, jid: BareJid, affiliation: Affiliation, reason: str) -> None: ...
    async def kick(self, chat_id: ChatId, nick: str, reason: str) -> None: ...
    async def set_voice(self, chat_id: ChatId, nick: str, *, has_voice: bool) -> None:
        """Let an occupant speak or not; refused it counts as done."""
        ...

    async def set_subject(self, chat_id: ChatId, subject: str) -> None: ...
    async def speak(self, chat_id: ChatId, notice: Notice) -> None:
        """Say it and wait until the room reflects it."""
        ...

    async def recall(self, chat_id: ChatId) -> None:
        """Have a room that we are in show what was said last, for lately()."""
        ...

    def lately(self, chat_id: ChatId) -> Sequence[Heard]:
        """Return what a room that is not read showed of the past when we entered, and what was said since."""
        ...

    def mark_read(self, chat_id: ChatId, recorded: Sequence[Heard]) -> None:
        """Take in that what was said before we came is in the transcript, and these words are."""
        ...

    async def archive(self, chat_id: ChatId) -> Sequence[Heard]:
        """Return all that the room has kept, oldest first; nothing when there is no such room or no archive."""
        ...

    def pass_over_archive(self, chat_id: ChatId, recorded: Sequence[Heard]) -> None:
        """Have the room count as read although its archive was not; these words are recorded for now."""
        ...

    async def destroy(self, chat_id: ChatId, reason: str) -> None:
        """Destroy the room; one that does not exist counts as destroyed."""
        ...


class People(Protocol):
    """Single people: what they are told, and whether they are there. Methods may raise LinkTrouble."""

    def require_link(self) -> None:
        """Raise LinkDown when nothing can be sent."""
        ...

    def tell_offer(self, chat: Chat, offer: Offer, now: datetime) -> None: ...
    def tell_invitation(self, chat: Chat, invitation: Invitation) -> None: ...
    def tell_place(
        self, workgroup: WorkgroupName, visitor: FullJid, chat_id: ChatId, place: Place, *, has_room: bool
    ) -> None: ...
    def send_letter(self, letter: Letter, on_unsent: Callable[[], None]) -> None:
        """Send it. Raises LinkDown. on_unsent: told when it surely did not leave because the link was lost later on."""
        ...

    def show_workgroup(self, workgroup: WorkgroupName, cover: Cover) -> None:
        """Make the workgroup's presence say whether it is open; told only to those who see something else."""
        ...

    def is_known_there(self, visitor: FullJid) -> bool:
        """Return whether the visitor's presence says on this link that they are there."""
        ...

    async def ping(self, visitor: FullJid) -> bool:
        """Return whether the visitor's client answers (XEP-0199); an error answer of a client is an answer.

        Raises LinkTrouble when the server does not answer either: then nobody knows.
        """
        ...


class AccountLists(Protocol):
    """The accounts of the server's domains, where it tells them."""

    async def accounts_of(self, domain: str) -> Set[BareJid] | None:
        """Return all accounts of the domain; None: nobody tells us. Raises LinkTrouble."""
        ...


class TeamRoom(Protocol):
    """The desk's seat in the contributors' room. room: its address."""

    room: str

    async def look(self) -> bool:
        """Enter the room if the desk is not inside; return whether it has been inside since the last look.

        Raises LinkTrouble when it is not, and cannot enter.
        """
        ...


class StaffPresences(Presences, Protocol):
    """Presence of the staff on the present link."""

    @property
    def is_settled(self) -> bool:
        """Return whether silence has lasted long enough since the link came up to count as offline."""
        ...

    def offline_since(self, jid: BareJid) -> datetime | None:
        """Return since when the person's clients are known to be gone; None: they are not, or nobody knows."""
        ...

    def may_hear(self, jid: BareJid) -> bool:
        """Return whether a message may find a client; False too until who lets us see them has been heard of."""
        ...


class GroupKeeper(Protocol):
    """One way of bringing the groups into the staff's contact lists.

    What is brought in step at once has a name: a person's list by their address, or all lists of a domain by the
    domain. way: a word for the record and the log.
    """

    @property
    def way(self) -> str: ...
    def serves(self, domain: str) -> bool:
        """Return whether the lists of the domain's accounts can be kept in this way on the present link."""
        ...

    def lists_of(self, people: Collection[BareJid]) -> set[str]:
        """Return the names of these people's lists."""
        ...

    async def keep(self, name: str, members: Mapping[BareJid, Group]) -> bool:
        """Look at one list and bring it in step; return False when that has to wait for its owner to be there.

        All that can be done is done, then the first failure is raised. Raises LinkTrouble.
        """
        ...


class Clock(Protocol):
    """What time it is; tests have one that they set."""

    def now(self) -> datetime: ...
    async def sleep_until(self, moment: datetime) -> None: ...
    def follow(self) -> None:
        """Show the machine's time where that is far off: nobody waits, so no length of time matters just now."""
        ...
