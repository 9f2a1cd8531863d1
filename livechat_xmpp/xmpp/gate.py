"""Where stanzas come in: each goes to the one who knows what to do with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from slixmpp import Iq, Message, Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.errors import DeskError
from livechat_xmpp.domain.model import BareJid, ChatId, FullJid, WorkgroupName, bare
from livechat_xmpp.usecases import chats, offers, recruiting, signup, visits
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands.door import NS as COMMANDS
from livechat_xmpp.xmpp.commands.door import CommandDoor
from livechat_xmpp.xmpp.disco import INFO, ITEMS, Disco
from livechat_xmpp.xmpp.errors import Say, answer, refuse, refuse_excess, refuse_flood, refuse_for_now
from livechat_xmpp.xmpp.languages import Ears
from livechat_xmpp.xmpp.limits import Limits
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.people import Speaker
from livechat_xmpp.xmpp.queue_door import QueueDoor
from livechat_xmpp.xmpp.registration_door import NS as REGISTER
from livechat_xmpp.xmpp.registration_door import RegistrationDoor
from livechat_xmpp.xmpp.rooms import MucRooms
from livechat_xmpp.xmpp.signs_of_life import SignsOfLife
from livechat_xmpp.xmpp.staff_presence import StaffPresence
from livechat_xmpp.xmpp.stanzas.workgroup import NS as WORKGROUP
from livechat_xmpp.xmpp.team_room import TeamRoom
from livechat_xmpp.xmpp.turns import Turns
from livechat_xmpp.xmpp.words import Words, is_ready, yes_or_no

COMPONENT = "jabber:component:accept"
SHOWN = (None, "unavailable", "error", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe")


Handler: TypeAlias = Callable[[Iq], Awaitable[Any]]


class Gate:
    """Registers for every stanza that concerns us and hands it on.

    on_server: takes what a domain itself says to the component: what it lets us do, or that there is a new account.
    """

    def __init__(
        self,
        link: Link,
        turns: Turns,
        addresses: Addresses,
        desk: Desk,
        rooms: MucRooms,
        speaker: Speaker,
        presence: StaffPresence,
        door: CommandDoor,
        queue_door: QueueDoor,
        disco: Disco,
        words: Words,
        limits: Limits,
        team_room: TeamRoom,
        registration: RegistrationDoor,
        ears: Ears,
        signs: SignsOfLife,
        on_server: Callable[[Message], None],
    ) -> None:
        self._on_server = on_server
        self._team_room = team_room
        self._ears = ears
        self._signs = signs
        self._link = link
        self._turns = turns
        self._addresses = addresses
        self._desk = desk
        self._rooms = rooms
        self._speaker = speaker
        self._presence = presence
        self._queue_door = queue_door
        self._words = words
        self._limits = limits
        self._answerers: dict[tuple[str, str], Handler] = {}
        link.on_stanza("messages", f"{{{COMPONENT}}}message", self._on_message)
        link.on_stanza("presences", f"{{{COMPONENT}}}presence", self._on_presence)
        link.on_stanza("questions", f"{{{COMPONENT}}}iq", self._on_iq)
        self._answers("command", COMMANDS, door.on_command, "set")
        self._answers("query", INFO, disco.on_info, "get")
        self._answers("query", ITEMS, disco.on_items, "get")
        self._answers("join-queue", WORKGROUP, queue_door.on_join, "set")
        self._answers("depart-queue", WORKGROUP, queue_door.on_depart, "set")
        self._answers("queue-status", WORKGROUP, queue_door.on_status, "get")
        self._answers("workgroup-form", WORKGROUP, queue_door.on_form, "get")
        self._answers("ping", "urn:xmpp:ping", _pong, "get")
        for kind in ("get", "set"):
            self._answers("query", REGISTER, registration.on_register, kind)

    def _answers(self, name: str, namespace: str, handler: Handler, kind: str) -> None:
        """Have IQs of this kind with this payload answered by the handler."""
        self._answerers[f"{{{namespace}}}{name}", kind] = handler

    def _on_iq(self, iq: Iq) -> None:
        """Answer a question, whatever it is (RFC 6120 §8.2.3); answers are for those who have asked."""
        kind, sender = iq.xml.get("type"), iq["from"].bare
        if kind in ("result", "error"):
            return
        if not self._limits.take_stanza(BareJid(sender), iq.xml):
            refuse_excess(iq, self._say_to(iq))
        elif kind not in ("get", "set") or len(iq.xml) != 1:
            refuse(iq, "bad-request", "A question has one child, and its type is get or set.")
        else:
            handler = self._answerers.get((iq.xml[0].tag, kind))
            self._notice(BareJid(sender), iq.xml, is_written=kind == "set")
            if handler is None:
                refuse(iq, "feature-not-implemented", "Nobody here answers that.")
            elif not self._turns.take(sender, lambda: answer(iq, handler, self._say_to(iq))):
                refuse_flood(iq, self._say_to(iq))

    def _say_to(self, stanza: Iq | Message | Presence) -> Say:
        """Return what says texts in the language that the sender was last heard to speak."""
        return partial(self._desk.rules.said, jid=BareJid(stanza["from"].bare))

    def _notice(self, jid: BareJid, xml: ET.Element, *, is_written: bool) -> None:
        """Take in what a stanza tells of who sent it, whatever it is for."""
        self._ears.hear(jid, xml, is_written=is_written)
        self._signs.note(jid)
        self._presence.on_sign(jid)

    def _is_too_much(self, stanza: Message | Presence) -> bool:
        """Return whether the stanza is not looked at; who sends too much is told, but not without end."""
        sender = BareJid(stanza["from"].bare)
        if self._limits.take_stanza(sender, stanza.xml):
            return False
        if self._limits.take_refusal(sender):
            refuse_excess(stanza, self._say_to(stanza))
        return True

    # --- presence

    def _on_presence(self, presence: Presence) -> None:
        chat_id = self._addresses.chat_of(presence["to"])
        if chat_id is not None:
            if self._addresses.is_room_of(presence["from"], chat_id):
                self._rooms.on_presence(chat_id, presence)
            return
        workgroup = self._addresses.workgroup_of(presence["to"])
        if workgroup is not None and self._team_room.take_presence(presence):
            return
        if (workgroup is not None or not presence["to"].local) and self._is_taken(presence):
            if presence.xml.get("type") is None:
                self._notice(BareJid(presence["from"].bare), presence.xml, is_written=False)
            self._presence.on_presence(presence, workgroup)
            self._presence.forget_oldest(self._limits.remembered)

    def _is_taken(self, presence: Presence) -> bool:
        """Return whether the presence is looked at; that somebody known has gone always is."""
        kind = presence.xml.get("type")
        if kind in ("unavailable", "error"):
            is_known = self._speaker.is_known_there(FullJid(presence["from"].full))
            return is_known or self._limits.take_stanza(BareJid(presence["from"].bare), presence.xml)
        return kind in SHOWN and not self._is_too_much(presence)

    # --- messages

    def _on_message(self, message: Message) -> None:
        chat_id = self._addresses.chat_of(message["to"])
        if chat_id is not None:
            if self._addresses.is_room_of(message["from"], chat_id):
                self._on_room_message(chat_id, message)
            return
        workgroup = self._addresses.workgroup_of(message["to"])
        if workgroup is not None and self._team_room.take_message(message):
            return
        if workgroup is not None:
            self._on_workgroup_message(workgroup, message)
        elif not message["to"].local and not message["from"].local:
            self._on_server(message)

    def _on_workgroup_message(self, workgroup: WorkgroupName, message: Message) -> None:
        if decliner := muc.read_decline(message.xml):
            # A room sends it to who invited, which is the workgroup. Anybody else who does may be lying.
            if chat_id := self._addresses.chat_in(message["from"]):
                self._turns.take(decliner, lambda: self._decline(decliner, chat_id))
        elif message["type"] == "error":
            self._on_returned(message)
        elif muc.is_of_a_room(message.xml) or message["type"] not in ("chat", "normal", ""):
            return  # an invitation, a headline, something a room says: nobody asks for help with that
        elif message["body"].strip() and not self._is_too_much(message):
            self._notice(BareJid(message["from"].bare), message.xml, is_written=True)
            if not self._turns.take(message["from"].bare, lambda: self._on_words(workgroup, message)):
                refuse_flood(message, self._say_to(message))

    def _on_returned(self, message: Message) -> None:
        """Take in that a message to a visitor did not arrive. Too many are passed over: an error is never answered."""
        visitor = FullJid(message["from"].full)
        if self._limits.take_stanza(bare(visitor), message.xml):
            self._turns.take(bare(visitor), lambda: self._desk.do(visits.visitor_gone, visitor, self._desk.rules))

    def _on_room_message(self, chat_id: ChatId, message: Message) -> None:
        if self._rooms.on_archived(message):
            return
        if decliner := muc.read_decline(message.xml):
            self._turns.take(decliner, lambda: self._decline(decliner, chat_id))
            return
        said = self._rooms.on_message(chat_id, message)
        if said is None and message["type"] == "chat":
            speaker = self._rooms.speaker(chat_id, message["from"].resource)
            said = (speaker, message["body"]) if speaker is not None else None
        if said is not None and said[1].startswith("!"):
            speaker, text = said
            self._turns.take(speaker, lambda: self._on_room_command(chat_id, speaker, text))

    async def _decline(self, jid: BareJid, chat_id: ChatId) -> None:
        """Take a "no" that the MUC service brings, which knows who said it; from anybody else it may be forged."""
        try:
            await self._desk.do(offers.decline, jid, chat_id)
        except DeskError:
            return  # there is nothing to decline any more

    async def _on_words(self, workgroup: WorkgroupName, message: Message) -> None:
        """Take what somebody wrote to a workgroup; what cannot be taken now goes back to them."""
        try:
            await self._take_words(workgroup, message)
        except StoreTrouble:
            refuse_for_now(message, self._say_to(message))
            raise

    async def _take_words(self, workgroup: WorkgroupName, message: Message) -> None:
        """Take what somebody wrote to a workgroup: staff give commands, all others ask for help."""
        sender, text = FullJid(message["from"].full), message["body"]
        is_staff = await self._desk.standing_of(bare(sender)) is not None
        say = self._say_to(message)
        if not is_staff and is_ready(text, say):
            is_staff = await self._desk.do(signup.sign_up_ready, bare(sender), rules=self._desk.rules)
        if not is_staff and await self._is_answer(sender, workgroup, text):
            return
        if not is_staff:
            nick = message.xml.findtext("{http://jabber.org/protocol/nick}nick") or ""
            await self._queue_door.on_words(sender, workgroup, text, nick)
        elif reply := await self._words.answer(sender, workgroup, text):
            self._speaker.say(workgroup, sender, reply)

    async def _is_answer(self, visitor: FullJid, workgroup: WorkgroupName, text: str) -> bool:
        """Take it if somebody answers whether they would like to help others; return whether they do."""
        rules = self._desk.rules
        is_yes = yes_or_no(text, partial(rules.said, jid=bare(visitor)))
        if is_yes is None or not await self._desk.ask(recruiting.is_asked, bare(visitor), rules):
            return False
        reply = await self._desk.do(recruiting.answer, bare(visitor), is_yes=is_yes, rules=rules)
        if reply is not None:
            self._speaker.say(workgroup, visitor, rules.said(reply, bare(visitor)))
        return True

    async def _on_room_command(self, chat_id: ChatId, jid: BareJid, text: str) -> None:
        """Do what staff type with ! in a room; the answer goes to them alone, from the workgroup."""
        chat = await self._desk.ask(chats.find_chat, chat_id)
        if chat is None:
            return
        if reply := await self._words.in_room(jid, chat_id, chat.workgroup, text):
            self._speaker.say(chat.workgroup, jid, reply)


async def _pong(iq: Iq) -> Iq:
    return iq.reply(clear=True)
