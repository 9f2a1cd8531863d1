"""What the check looks for, and how it says what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from livechat_xmpp.reconcile.ports import AccountLists, LinkDown, LinkTrouble
from livechat_xmpp.usecases.visits import ID_LENGTH
from livechat_xmpp.xmpp.account_lists import AccountLists as XmppAccountLists
from livechat_xmpp.xmpp.check.words import Need, words
from livechat_xmpp.xmpp.link import Link

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for, from the configuration. health_url: "" where the desk serves no pages. people: bare JIDs.

    max_stanza_bytes: the largest stanza that the desk may send. title_characters: of a room's name at the most.
    people_in_room, rooms_of_one: as many as there have to be able to be at once.
    account_lists: who asks for accounts over a link. has_groups: whether contact lists get groups. try_shared_groups:
    tries whether the server has them for a domain, raises LinkTrouble; None: it is not asked.
    """

    component: str
    secret: str
    host: str
    port: int
    muc: str
    contributors: str
    staff_domains: tuple[str, ...]
    anonymous_domain: str
    websocket_url: str
    health_url: str
    contact: str
    people: tuple[str, ...]
    max_stanza_bytes: int
    title_characters: int
    people_in_room: int
    rooms_of_one: int
    has_groups: bool = True
    try_shared_groups: Callable[[str], Awaitable[None]] | None = None
    account_lists: Callable[[Link], AccountLists] = XmppAccountLists

    @property
    def general_muc(self) -> str:
        """The service that has the contributors' room."""
        return self.contributors.partition("@")[2]

    @property
    def longest_title(self) -> str:
        """As long as the name of a room gets: with letters of four bytes."""
        return "🙂" * self.title_characters

    @property
    def names(self) -> Mapping[str, str]:
        """What the words of servers may use."""
        return {
            "component": self.component,
            "muc": self.muc,
            "domain": self.staff_domains[0],
            "anonymous": self.anonymous_domain,
            "contributors": self.contributors,
            "general_muc": self.general_muc,
            "contact": self.contact,
            "max_bytes": str(self.max_stanza_bytes),
            "title_bytes": str(len(self.longest_title.encode())),
            "people": str(self.people_in_room),
            "rooms": str(self.rooms_of_one),
            "id_length": str(ID_LENGTH),
        }


class NotAsNeeded(LinkTrouble):
    """The server did as asked, and yet something is not as the desk needs it; the text says what.

    need: what has to be changed; None: what is always needed for the step.
    """

    def __init__(self, what: str, need: Need | None = None) -> None:
        super().__init__(what)
        self.need = need


class Findings:
    """Says each finding as one line, and keeps whether all that is required is there.

    software: the server's name as it tells it, "" while it has not.
    """

    def __init__(self, say: Say, names: Mapping[str, str]) -> None:
        self._say, self._names = say, names
        self.software = ""
        self.missing: set[Need] = set()

    @property
    def is_well(self) -> bool:
        return not self.missing

    def ok(self, what: str) -> None:
        self._say(f"ok  {what}")

    def no(self, what: str, need: Need, why: str = "", **names: str) -> None:
        """Say that something required is missing, and what to change."""
        self.missing.add(need)
        reason = f" ({why})" if why else ""
        self._say(f"NO  {what}{reason}: {words(need, self.software, {**self._names, **names})}")

    def note(self, what: str, need: Need | None = None, why: str = "", **names: str) -> None:
        """Say what is good to know but does not stand in the way."""
        reason = f" ({why})" if why else ""
        change = f": {words(need, self.software, {**self._names, **names})}" if need else ""
        self._say(f"--  {what}{reason}{change}")

    async def tried(self, what: str, need: Need, step: Awaitable[Any], **names: str) -> bool:
        """Take the step and say how it went. Raises LinkDown, as nothing more can be tried then."""
        try:
            await step
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            need = (trouble.need if isinstance(trouble, NotAsNeeded) else None) or need
            self.no(what, need, str(trouble), **names)
            return False
        self.ok(what)
        return True
