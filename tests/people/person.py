"""A person with a bare XMPP client, for stories that read the same on the simulated and on a real server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self
from xml.etree.ElementTree import Element

from tests.people.client import LIMIT_S, Client
from tests.people.elements import COMMANDS, DISCO_INFO, DISCO_ITEMS, MUC, bare, make, new_id
from tests.people.forms import CommandResult, read_command, submitted
from tests.people.received import Received, StanzaError
from tests.people.rooms import Departure, Occupant, RoomView


class Person(Client):
    """Somebody with an XMPP client, who goes into rooms (XEP-0045) and gives commands (XEP-0050).

    name: the nick in rooms unless told otherwise. desk: whom commands are sent to unless told otherwise.
    """

    _rooms: dict[str, RoomView]

    async def arrive(self, *, available: bool = True) -> Self:
        """Log in, and be available unless told otherwise. After a loss: come back, and be in no room."""
        known = getattr(self, "_rooms", {})
        self._rooms = {jid: RoomView(jid, view.nick, messages=view.messages) for jid, view in known.items()}
        return await super().arrive(available=available)

    def on_lost(self, reason: str) -> None:
        for view in self._rooms.values():
            view.out(None)
        super().on_lost(reason)

    def _on_message(self, received: Received) -> None:
        room = self._rooms.get(bare(received.sender))
        if room is not None and (received.type == "groupchat" or not received.nick):
            room.on_message(received)
        super()._on_message(received)

    def _on_presence(self, received: Received) -> None:
        room = self._rooms.get(bare(received.sender))
        if room is not None:
            room.on_presence(received)
        else:
            super()._on_presence(received)

    # rooms

    async def enter(
        self,
        room: str,
        nick: str | None = None,
        *,
        history: int | None = None,
        since: str | None = None,
        limit_s: float = LIMIT_S,
    ) -> frozenset[int]:
        """Enter a room and wait to be inside; return the status codes of the self-presence (201: made anew).

        history, since: maxstanzas and since of XEP-0045 §7.2.14. Raises StanzaError when refused.
        Entering again what one is in shows all occupants anew.
        """
        view = self._rooms.setdefault(room, RoomView(room, ""))
        before, nick = view.answers, nick or self.name
        if nick == view.nick:
            view.occupants.clear()  # all that is true comes anew, before our own presence (XEP-0045 §7.2.2)
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

    @property
    def rooms(self) -> list[str]:
        """Return all rooms that were tried or entered."""
        return list(self._rooms)

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

    async def sees_gone(self, room: str, who: str, limit_s: float = LIMIT_S) -> Departure | None:
        """Wait until somebody, by nick or bare JID, is not in the room, where oneself still is.

        Return how the last one of that nick went; None when there was none, or `who` is an address.
        """
        await self.until(
            lambda: self.is_in(room) and self._find_inside(room, who) is None, f"{who} gone from {room}", limit_s
        )
        return self._rooms[room].departures.get(who)

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

    async def command(
        self, node: str, /, at: str | None = None, *, submit: bool = False, **fields: object
    ) -> CommandResult:
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

    async def command_step(
        self,
        node: str,
        session_id: str | None = None,
        action: str | None = None,
        fields: dict[str, object] | None = None,
        *,
        at: str | None = None,
        form: Element | None = None,
    ) -> CommandResult:
        """Do one stage of a command, with any session id, action and fields: the way to attack one."""
        if form is None and fields is not None:
            form = submitted(fields)
        command = make(
            f"{{{COMMANDS}}}command",
            form,
            node=node,
            sessionid=session_id,
            action=action or (None if session_id else "execute"),
        )
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
