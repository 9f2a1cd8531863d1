"""A bare XMPP client: the connection, questions and answers, messages, presence, and waiting for what shall come.

Every wait has a condition and a limit, and fails with what was received instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar
from xml.etree.ElementTree import Element

from tests.people.c2s import Connection, Opener
from tests.people.contacts import Entry, Suggested, entries_in, following, suggested_in
from tests.people.elements import (
    CLIENT,
    DISCO_INFO,
    PING,
    ROSTER,
    XML_LANG,
    bare,
    error_to,
    make,
    name,
    new_id,
    parse,
    reply_to,
    text_of,
)
from tests.people.received import NotSeen, Received, StanzaError, listing

T = TypeVar("T")
Wanted = str | Callable[[Received], object]
LIMIT_S = 10.0


class Client:
    """The part of a person (see Person) that has nothing to do with rooms or commands.

    received: every stanza in its order (keeps_log=False: none); inbox: every message outside of rooms' public talk.
    accepts_subscriptions, answers_pings: what the client does by itself. answer_iq: takes all other questions.
    contacts: the contact list, once it was asked for. suggestions: changes of it that were suggested (XEP-0144), which
    are in no inbox; follows_suggestions: whether they are made.
    language: what it says in xml:lang, "": nothing.
    """

    def __init__(self, opener: Opener, name: str = "", *, desk: str = "") -> None:
        self._opener = opener
        self._connection: Connection | None = None
        self._why_lost = "never connected"
        self._was_lost = asyncio.Event()
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[object]]] = []
        self._asked: dict[str, asyncio.Future[Element]] = {}
        self.name = name
        self.desk = desk
        self.jid = ""
        self.received: list[Received] = []
        self.inbox: list[Received] = []
        self.presences: dict[str, Received] = {}
        self.contacts: dict[str, Entry] = {}
        self.suggestions: list[Suggested] = []
        self.follows_suggestions = True
        self.language = ""
        self.keeps_log = True
        self.accepts_subscriptions = True
        self.answers_pings = True
        self.answer_iq: Callable[[Element], None] | None = None

    # coming and going

    async def arrive(self, *, available: bool = True) -> Self:
        """Log in, and be available unless told otherwise. After a loss: come back."""
        assert not self.is_connected, f"{self.jid} is here already"
        self.presences.clear()
        self._was_lost = asyncio.Event()
        self._connection = await self._opener(self)
        self.jid = self._connection.jid
        self.name = self.name or self.jid.partition("@")[0]
        if available:
            await self.presence()
        return self

    @property
    def bare(self) -> str:
        return bare(self.jid)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def drop(self) -> None:
        """Lose the connection: the socket is gone, and the server is not told."""
        assert self._connection is not None
        self._connection.drop()
        await self._was_lost.wait()

    async def close(self) -> None:
        """Log out; nothing happens when not connected."""
        if self._connection is not None:
            await self._connection.close()
            await self._was_lost.wait()

    async def __aenter__(self) -> Self:
        return self if self.is_connected else await self.arrive()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def on_lost(self, reason: str) -> None:
        self._connection, self._why_lost = None, reason
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ConnectionError(f"{self.jid} lost the connection: {reason}"))
        self._asked.clear()
        self._was_lost.set()
        self._wake()

    # sending

    async def send(self, stanza: str | Element) -> None:
        """Send any stanza, as text without a namespace or as an element."""
        self._send(parse(stanza) if isinstance(stanza, str) else stanza)

    def _send(self, stanza: Element) -> None:
        if self._connection is None:
            raise ConnectionError(f"{self.jid} is not connected: {self._why_lost}")
        if self.language:
            stanza.set(XML_LANG, self.language)
        self._connection.send(stanza)

    async def send_raw(self, text: str) -> None:
        """Send text that need not be XML."""
        assert self._connection is not None
        self._connection.send_raw(text)

    async def iq(
        self, to: str | None, payload: str | Element | None, type: str = "set", *, limit_s: float = LIMIT_S
    ) -> Element:
        """Ask and return the answering IQ. Raises StanzaError when the answer is an error."""
        body = parse(payload) if isinstance(payload, str) else payload
        iq = make("iq", body, type=type, id=new_id(), to=to)
        return await self._answer_to(iq, limit_s)

    async def _answer_to(self, iq: Element, limit_s: float) -> Element:
        key = iq.get("id", "")
        self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            self._send(iq)
            answer = await asyncio.wait_for(self._asked[key], limit_s)
        except TimeoutError:
            raise NotSeen(
                f"{self.jid} got no answer from {iq.get('to')} in {limit_s} s; got\n" + listing(self.received)
            ) from None
        finally:
            self._asked.pop(key, None)
        if answer.get("type") == "error":
            raise StanzaError(answer)
        return answer

    async def ping(self, to: str | None = None) -> None:
        """Ping (XEP-0199). Raises StanzaError, as almost everybody who does not know pings answers one."""
        await self.iq(to, make(f"{{{PING}}}ping"), "get")

    async def presence(
        self,
        show: str | None = None,
        to: str | None = None,
        type: str | None = None,
        *,
        status: str | None = None,
        extra: Element | None = None,
    ) -> None:
        """Tell all (or `to`) how available we are; show None is plainly available, or away, dnd, xa, chat."""
        shown = None if show is None else make("show", show)
        said = None if status is None else make("status", status)
        self._send(make("presence", shown, said, extra, to=to, type=type))

    async def say(self, to: str, body: str) -> str:
        """Write a chat message and return its id."""
        key = new_id()
        self._send(make("message", make("body", body), to=to, type="chat", id=key))
        return key

    # receiving

    def on_stanza(self, stanza: Element) -> None:
        received = Received(stanza)
        if self.keeps_log:
            self.received.append(received)
        kind = name(stanza)
        if kind == "message":
            self._on_message(received)
        elif kind == "presence":
            self._on_presence(received)
        elif kind == "iq":
            self._on_iq(stanza)
        self._wake()

    def _on_message(self, received: Received) -> None:
        if suggested := suggested_in(received.stanza):
            self.suggestions += suggested
            for one in suggested if self.follows_suggestions else ():
                self._send(make("iq", following(one), type="set", id=new_id()))
        elif received.type != "groupchat":
            self.inbox.append(received)

    def _on_presence(self, received: Received) -> None:
        if received.type == "subscribe" and self.accepts_subscriptions:
            self._send(make("presence", to=bare(received.sender), type="subscribed"))
        elif received.type in ("available", "unavailable", "error"):
            self.presences[received.sender] = received

    def _on_iq(self, iq: Element) -> None:
        if iq.get("type") in ("result", "error"):
            contacts = iq.find(f"{{{ROSTER}}}query")
            if contacts is not None and iq.get("from", self.bare) == self.bare:
                self.contacts.clear()  # now, not when who asked gets to it: changes may have come by then
                self._on_contacts(contacts)
            answer = self._asked.get(iq.get("id", ""))
            if answer is not None and not answer.done():
                answer.set_result(iq)
        elif iq.find(f"{{{PING}}}ping") is not None:
            if self.answers_pings:
                self._send(reply_to(iq))
        elif (query := iq.find(f"{{{ROSTER}}}query")) is not None and iq.get("from", self.bare) == self.bare:
            self._on_contacts(query)
            self._send(reply_to(iq))
        elif iq.find(f"{{{DISCO_INFO}}}query") is not None:
            identity = make(f"{{{DISCO_INFO}}}identity", category="client", type="bot")
            self._send(reply_to(iq, make(f"{{{DISCO_INFO}}}query", identity)))
        elif self.answer_iq is not None:
            self.answer_iq(iq)
        else:
            self._send(error_to(iq, "service-unavailable"))

    # the contact list

    def _on_contacts(self, query: Element) -> None:
        for one in entries_in(query):
            if one.subscription == "remove":
                self.contacts.pop(one.jid, None)
            else:
                self.contacts[one.jid] = one

    async def fetch_contacts(self) -> dict[str, Entry]:
        """Ask one's own server for the contact list, and be shown its changes from now on; return it."""
        await self.iq(None, make(f"{{{ROSTER}}}query"), "get")
        return dict(self.contacts)

    def groups_of(self, jid: str) -> frozenset[str]:
        """Return the groups that somebody is shown in; none for who is no contact."""
        return self.contacts[jid].groups if jid in self.contacts else frozenset()

    async def sees_in_groups(self, jid: str, *groups: str, limit_s: float = LIMIT_S) -> None:
        """Wait until somebody is shown in exactly these groups; without groups: until they are no contact."""

        def is_so() -> bool:
            return self.groups_of(jid) == set(groups) and (bool(groups) or jid not in self.contacts)

        await self.until(is_so, f"{jid} in {groups or 'no list'}; now in {sorted(self.groups_of(jid))}", limit_s)

    # waiting

    def _wake(self) -> None:
        for condition, future in self._waiting:
            if future.done():
                continue
            try:
                outcome = condition()
            except Exception as error:
                future.set_exception(error)
                continue
            if outcome:
                future.set_result(outcome)
            elif self._connection is None:
                future.set_exception(ConnectionError(f"{self.jid} lost the connection: {self._why_lost}"))

    async def until(self, condition: Callable[[], T | None], what: str, limit_s: float = LIMIT_S) -> T:
        """Wait until condition() is true, looking after each stanza received, and return what it returned.

        Fails with NotSeen after limit_s seconds, ConnectionError when the connection is lost before.
        """
        outcome = condition()
        if outcome:
            return outcome
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        entry = (condition, future)
        self._waiting.append(entry)  # type: ignore[arg-type]
        try:
            return await asyncio.wait_for(future, limit_s)
        except TimeoutError:
            raise NotSeen(
                f"{self.jid} waited {limit_s} s for {what}; the last that came:\n" + listing(self.received)
            ) from None
        finally:
            self._waiting.remove(entry)  # type: ignore[arg-type]

    def _unread(self, wanted: Wanted) -> Received | None:
        for received in self.inbox:
            if received.read or received.type == "error":
                continue
            if wanted in received.body if isinstance(wanted, str) else wanted(received):
                received.read = True
                return received
        return None

    async def receives(self, wanted: Wanted, limit_s: float = LIMIT_S) -> Received:
        """Wait for a message outside of rooms' public talk that was not read before; it counts as read from now on.

        wanted: a part of its body, or what is true of it. Messages passed over stay unread, so the order in which
        several are waited for does not matter. Errors are not looked at: see is_told_of_error.
        """
        return await self.until(lambda: self._unread(wanted), f"a message with {wanted!r}", limit_s)

    def has_unread(self, wanted: Wanted) -> bool:
        """Tell whether such a message came and was not read; it stays unread. Let things settle before asking."""
        found = self._unread(wanted)
        if found is not None:
            found.read = False
        return found is not None

    async def is_told_of_error(self, sender: str = "", limit_s: float = LIMIT_S) -> StanzaError:
        """Wait for a message that came back as an error (from this sender) and was not read before."""

        def refused() -> Received | None:
            for received in self.inbox:
                if received.type == "error" and not received.read and received.sender.startswith(sender):
                    received.read = True
                    return received
            return None

        return StanzaError((await self.until(refused, f"an error from {sender or 'anybody'}", limit_s)).stanza)

    @property
    def invitations(self) -> list[str]:
        """Return the rooms of all direct invitations received, the oldest first."""
        return [room for received in self.inbox if (room := received.invited_to) is not None]

    async def is_invited(self, to: str | None = None, limit_s: float = LIMIT_S) -> str:
        """Wait for a direct invitation (into this room) that was not read before, and return the room."""
        received = await self.receives(lambda one: one.invited_to is not None and to in (None, one.invited_to), limit_s)
        assert received.invited_to is not None
        return received.invited_to

    def sight_of(self, jid: str) -> str:
        """Return what was last seen of somebody: available, away, dnd, xa, chat, unavailable, error, or unknown.

        For a bare JID the best of its resources counts.
        """
        order = ["chat", "available", "away", "xa", "dnd", "unavailable", "error", "unknown"]
        seen = ["unknown"]
        for sender, received in self.presences.items():
            if jid in (sender, bare(sender)):
                show = text_of(received.stanza, f"{{{CLIENT}}}show")
                seen.append(show if show and received.type == "available" else received.type)
        return min(seen, key=order.index)

    async def sees_presence(self, jid: str, sight: str = "available", limit_s: float = LIMIT_S) -> None:
        """Wait until somebody is seen as `sight`, a word of sight_of."""
        await self.until(lambda: self.sight_of(jid) == sight, f"{jid} being {sight}", limit_s)

    async def subscribe(self, to: str) -> None:
        """Ask to see somebody's presence; see sees_presence for the effect."""
        await self.presence(to=to, type="subscribe")
