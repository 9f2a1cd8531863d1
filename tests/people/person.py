"""A person with a bare XMPP client, for stories that read the same on the simulated and on a real server.

Every wait has a condition and a limit, and fails with what was received instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar
from xml.etree.ElementTree import Element

from tests.people.c2s import Connection, Opener
from tests.people.elements import (
    CLIENT,
    COMMANDS,
    DISCO_INFO,
    DISCO_ITEMS,
    MUC,
    PING,
    ROSTER,
    bare,
    error_to,
    make,
    name,
    new_id,
    parse,
    reply_to,
    text_of,
)
from tests.people.forms import CommandResult, read_command, submitted
from tests.people.received import NotSeen, Received, StanzaError, listing
from tests.people.rooms import Departure, Occupant, RoomView

T = TypeVar("T")
Wanted = str | Callable[[Received], object]
LIMIT_S = 10.0


class Person:
    """Somebody with an XMPP client.

    name: the nick in rooms unless told otherwise. desk: whom commands are sent to unless told otherwise.
    accepts_subscriptions, answers_pings: what the client does by itself.
    """

    def __init__(self, opener: Opener, name: str = "", *, desk: str = "") -> None:
        self._opener = opener
        self._connection: Connection | None = None
        self._why_lost = "never connected"
        self._was_lost = asyncio.Event()
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[object]]] = []
        self._asked: dict[str, asyncio.Future[Element]] = {}
        self._rooms: dict[str, RoomView] = {}
        self.name = name
        self.desk = desk
        self.jid = ""
        self.received: list[Received] = []
        self.inbox: list[Received] = []
        self.presences: dict[str, Received] = {}
        self.keeps_log = True
        self.accepts_subscriptions = True
        self.answers_pings = True

    # coming and going

    async def arrive(self, *, available: bool = True) -> Self:
        """Log in, and be available unless told otherwise. After a loss: come back, with nothing known of any room."""
        assert not self.is_connected, f"{self.jid} is here already"
        self._rooms = {jid: RoomView(jid, view.nick, messages=view.messages) for jid, view in self._rooms.items()}
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

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close()

    def on_lost(self, reason: str) -> None:
        self._connection, self._why_lost = None, reason
        for view in self._rooms.values():
            view.out(None)
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
        self._connection.send(stanza)

    async def send_raw(self, text: str) -> None:
        """Send text that need not be XML."""
        assert self._connection is not None
        self._connection.send_raw(text)

    async def iq(self, to: str | None, payload: str | Element | None, type: str = "set", *,
                 limit_s: float = LIMIT_S) -> Element:
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
            raise NotSeen(f"{self.jid} got no answer from {iq.get('to')} in {limit_s} s; got\n"
                          + listing(self.received)) from None
        finally:
            self._asked.pop(key, None)
        if answer.get("type") == "error":
            raise StanzaError(answer)
        return answer

    async def ping(self, to: str | None = None) -> None:
        """Ping (XEP-0199). Raises StanzaError, as almost everybody who does not know pings answers one."""
        await self.iq(to, make(f"{{{PING}}}ping"), "get")

    async def presence(self, show: str | None = None, to: str | None = None, type: str | None = None, *,
                       status: str | None = None, extra: Element | None = None) -> None:
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
        room = self._rooms.get(bare(received.sender))
        if room is not None and (received.type == "groupchat" or not received.nick):
            room.on_message(received)
        if received.type != "groupchat":
            self.inbox.append(received)

    def _on_presence(self, received: Received) -> None:
        room = self._rooms.get(bare(received.sender))
        if room is not None:
            room.on_presence(received)
        elif received.type == "subscribe" and self.accepts_subscriptions:
            self._send(make("presence", to=bare(received.sender), type="subscribed"))
        elif received.type in ("available", "unavailable", "error"):
            self.presences[received.sender] = received

    def _on_iq(self, iq: Element) -> None:
        if iq.get("type") in ("result", "error"):
            answer = self._asked.get(iq.get("id", ""))
            if answer is not None and not answer.done():
                answer.set_result(iq)
        elif iq.find(f"{{{PING}}}ping") is not None:
            if self.answers_pings:
                self._send(reply_to(iq))
        elif iq.find(f"{{{ROSTER}}}query") is not None and iq.get("from", self.bare) == self.bare:
            self._send(reply_to(iq))
        elif iq.find(f"{{{DISCO_INFO}}}query") is not None:
            identity = make(f"{{{DISCO_INFO}}}identity", category="client", type="bot")
            self._send(reply_to(iq, make(f"{{{DISCO_INFO}}}query", identity)))
        else:
            self._send(error_to(iq, "service-unavailable"))

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
            raise NotSeen(f"{self.jid} waited {limit_s} s for {what}; the last that came:\n"
                          + listing(self.received)) from None
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
        received = await self.receives(
            lambda one: one.invited_to is not None and to in (None, one.invited_to), limit_s)
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

    # rooms

    async def enter(self, room: str, nick: str | None = None, *, history: int | None = None,
                    since: str | None = None, limit_s: float = LIMIT_S) -> frozenset[int]:
        """Enter a room and wait to be inside; return the status codes of the self-presence (201: made anew).

        history, since: maxstanzas and since of XEP-0045 §7.2.14. Raises StanzaError when refused.
        Entering again what one is in shows all occupants anew.
        """
        view = self._rooms.setdefault(room, RoomView(room, ""))
        before, nick = view.answers, nick or self.name
        past = None
        if history is not None or since is not None:
            past = make(f"{{{MUC}}}history", maxstanzas=None if history is None else str(history), since=since)
        await self.presence(to=f"{room}/{nick}", extra=make(f"{{{MUC}}}x", past))
        await self.until(lambda: view.answers > before, f"being let into {room}", limit_s)
        if view.refusal is not None:
            refusal, view.refusal = view.refusal, None
            raise refusal
        return view.entered_codes

    async def leave(self, room: str) -> None:
        """Leave a room and wait to be out."""
        view = self._rooms[room]
        await self.presence(to=f"{room}/{view.nick}", type="unavailable")
        await self.is_out_of(room)

    def inside(self, room: str) -> dict[str, Occupant]:
        """Return who is in the room by nick, oneself too; empty when one is not in it."""
        view = self._rooms.get(room)
        return dict(view.occupants) if view is not None and view.is_inside else {}

    def view_of(self, room: str) -> RoomView:
        """Return all that was seen of a room."""
        return self._rooms[room]

    def is_in(self, room: str) -> bool:
        view = self._rooms.get(room)
        return view is not None and view.is_inside

    async def is_out_of(self, room: str, limit_s: float = LIMIT_S) -> Departure | None:
        """Wait to be out of the room; return how it came, None when never inside or when the connection was lost."""
        await self.until(lambda: not self.is_in(room), f"being out of {room}", limit_s)
        return self._rooms[room].departure if room in self._rooms else None

    def _find_inside(self, room: str, who: str) -> Occupant | None:
        for occupant in self.inside(room).values():
            if who == occupant.nick or who == bare(occupant.jid or ""):
                return occupant
        return None

    async def sees_inside(self, room: str, who: str, limit_s: float = LIMIT_S) -> Occupant:
        """Wait until somebody, by nick or bare JID, is in the room."""
        return await self.until(lambda: self._find_inside(room, who), f"{who} in {room}", limit_s)

    async def sees_gone(self, room: str, who: str, limit_s: float = LIMIT_S) -> None:
        """Wait until somebody, by nick or bare JID, is not in the room, where oneself still is."""
        await self.until(lambda: self.is_in(room) and self._find_inside(room, who) is None,
                         f"{who} gone from {room}", limit_s)

    async def speak(self, room: str, body: str, limit_s: float = LIMIT_S) -> Received:
        """Say something in a room; return it as the room gave it to all. Raises StanzaError when refused."""
        key = new_id()
        self._send(make("message", make("body", body), to=room, type="groupchat", id=key))
        view = self._rooms.setdefault(room, RoomView(room, ""))

        def came() -> Received | None:
            for received in reversed(view.messages):
                if received.id == key:
                    return received
            for received in reversed(self.inbox):
                if received.id == key and received.type == "error":
                    received.read = True
                    raise StanzaError(received.stanza)
            return None

        return await self.until(came, f"{room} to repeat {body!r}", limit_s)

    async def sees(self, room: str, text: str, limit_s: float = LIMIT_S) -> Received:
        """Wait until this was said in the room, before or from now on; it can be seen again."""
        return await self.until(lambda: self.has_seen(room, text), f"{text!r} said in {room}", limit_s)

    def has_seen(self, room: str, text: str) -> Received | None:
        view = self._rooms.get(room)
        messages: Iterable[Received] = view.messages if view else ()
        return next((received for received in messages if text in received.body), None)

    def heard(self, room: str) -> list[tuple[str, str]]:
        """Return nick and body of all that was said in a room, in its order."""
        view = self._rooms.get(room)
        return [(one.nick, one.body) for one in view.messages if one.body] if view else []

    async def whisper(self, room: str, nick: str, body: str) -> None:
        """Write a private message to an occupant."""
        await self.say(f"{room}/{nick}", body)

    # commands and discovery

    async def command(self, node: str, /, at: str | None = None, *, submit: bool = False,
                      **fields: object) -> CommandResult:
        """Run an ad-hoc command and return its last answer.

        Without fields only the first stage is run (submit=True: the form is sent back as it is filled). at: whom it is
        given to, the desk unless told otherwise. Raises StanzaError when refused; a form that comes back has
        status executing, and the reason among the notes.
        """
        first = await self.command_step(node, at=at)
        if first.status != "executing" or not (fields or submit):
            return first
        action = "complete" if not first.actions or "complete" in first.actions else "next"
        unknown = set(fields) - set(first.form_fields)
        assert not unknown, f"{node} has no field {unknown}, it has {list(first.form_fields)}"
        form = submitted(fields, asked=first.form_fields.values())
        return await self.command_step(node, first.session_id, action, at=at, form=form)

    async def command_step(self, node: str, session_id: str | None = None, action: str | None = None,
                           fields: dict[str, object] | None = None, *, at: str | None = None,
                           form: Element | None = None) -> CommandResult:
        """Do one stage of a command, with any session id, action and fields: the way to attack one."""
        if form is None and fields is not None:
            form = submitted(fields)
        command = make(f"{{{COMMANDS}}}command", form, node=node, sessionid=session_id,
                       action=action or (None if session_id else "execute"))
        return read_command(await self.iq(at or self.desk, command))

    async def commands(self, at: str | None = None) -> dict[str, str]:
        """Return the commands on offer: node and title."""
        items = await self.disco_items(at or self.desk, COMMANDS)
        return {item["node"]: item.get("name", "") for item in items}

    async def disco_items(self, to: str, node: str | None = None) -> list[dict[str, str]]:
        answer = await self.iq(to, make(f"{{{DISCO_ITEMS}}}query", node=node), "get")
        return [dict(item.attrib) for item in answer.iter(f"{{{DISCO_ITEMS}}}item")]

    async def disco_info(self, to: str, node: str | None = None) -> tuple[set[str], set[str]]:
        """Return identities, as category/type, and features."""
        answer = await self.iq(to, make(f"{{{DISCO_INFO}}}query", node=node), "get")
        identities = {f"{one.get('category')}/{one.get('type')}" for one in answer.iter(f"{{{DISCO_INFO}}}identity")}
        return identities, {one.get("var", "") for one in answer.iter(f"{{{DISCO_INFO}}}feature")}

    def __repr__(self) -> str:
        return f"<{self.name or 'somebody'} {self.jid} {'here' if self.is_connected else 'away'}>"


