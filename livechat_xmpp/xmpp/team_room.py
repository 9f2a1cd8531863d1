"""The contributors' room: the desk has a seat there, sees who comes, and says something now and then.

The room is somebody else's: what is said there is not the desk's to hear, and is passed over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from slixmpp import Iq, Message, Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Affiliation, BareJid, bare
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.link import Link

log = logging.getLogger(__name__)

NICKS = (texts.DESK_NICK, f"{texts.DESK_NICK} 2", f"{texts.DESK_NICK} 3")  # somebody may sit on ours
INFO = "http://jabber.org/protocol/disco#info"
RULING = (Affiliation.OWNER, Affiliation.ADMIN)
NOT_INSIDE = ("not-acceptable", "item-not-found")  # what a ping of oneself is answered with from outside (XEP-0410 §3)


class TeamRoom:
    """The seat in the contributors' room (reconcile.ports.TeamRoom). room: its address; "" where there is none.

    It is the first workgroup's. on_seen: told of everybody inside whose address the room shows, at each of their
    presences. on_out: told when the desk is not inside any more.
    """

    def __init__(
        self,
        link: Link,
        addresses: Addresses,
        room: str,
        *,
        answer_timeout_s: float,
        on_seen: Callable[[BareJid], None],
        on_out: Callable[[], None],
    ) -> None:
        self.room = room
        self.name = room.partition("@")[0].capitalize()
        self._link = link
        self._seat = f"{addresses.workgroup(addresses.workgroups[0])}/desk"
        self._timeout_s = answer_timeout_s
        self._on_seen = on_seen
        self._on_out = on_out
        self._turn = asyncio.Lock()
        self._nick = ""  # while inside
        self._affiliation = Affiliation.NONE
        self._is_hiding_told = False
        self._entered: asyncio.Future[muc.Item] | None = None
        self._echo: asyncio.Future[None] | None = None
        self._said_id = ""

    @property
    def is_inside(self) -> bool:
        return bool(self._nick)

    def forget(self) -> None:
        """Begin anew with a new link; where the server still has us inside, entering again does no harm.

        Who waits for an answer of the room gets LinkDown: it will not come, and others wait for their turn.
        """
        self._nick = ""
        for future in (self._entered, self._echo):
            if future is not None and not future.done():
                future.set_exception(LinkDown("the link was lost before the room answered"))
                future.exception()  # seen: who waits gets it

    # --- being there

    async def look(self) -> bool:
        """Enter if the desk is not inside; return whether it has been inside all the time. Raises LinkTrouble."""
        if not self.room:
            return True
        async with self._turn:
            if self._nick and await self._is_still_inside():
                return True
            await self._enter()
            return False

    async def _is_still_inside(self) -> bool:
        """Ask the room by pinging ourselves in it (XEP-0410). Raises LinkTrouble on silence."""
        try:
            await self._ask("get", ET.Element("{urn:xmpp:ping}ping"), f"{self.room}/{self._nick}", self._seat)
        except StepRefused as refusal:
            if refusal.condition in NOT_INSIDE:
                self._nick = ""
                return False
        return True

    async def _enter(self) -> None:
        """Enter under one of our nicks. A room that our entering has made is left, and so is gone again."""
        for nick in NICKS:
            self._entered = asyncio.get_running_loop().create_future()
            self._presence(nick)
            try:
                item: muc.Item = await self._answer(self._entered)
            except StepRefused as refusal:
                if refusal.condition != "conflict":
                    raise
                continue
            if muc.CREATED in item.codes:
                self._presence(nick, "unavailable")
                raise StepRefused("item-not-found", "there is no such room")
            return
        raise StepRefused("conflict", "every nick is taken")

    async def _is_members_only(self) -> bool:
        answer = await self._ask("get", ET.Element(f"{{{INFO}}}query"))
        return any(f.get("var") == "muc_membersonly" for f in answer.xml.iter(f"{{{INFO}}}feature"))

    async def _ask(self, kind: str, payload: ET.Element, to: str = "", by: str = "") -> Iq:
        iq = self._link.make_iq(ito=to or self.room, ifrom=by or bare(self._seat), itype=kind)
        iq.append(payload)
        return await self._link.request(iq)

    def _presence(self, nick: str, kind: str = "") -> None:
        presence: Presence = self._link.make_presence(pto=f"{self.room}/{nick}", pfrom=self._seat, ptype=kind or None)
        if not kind:
            presence.append(muc.join())
        presence.send()

    async def _answer(self, future: asyncio.Future[Any]) -> Any:
        try:
            return await asyncio.wait_for(future, self._timeout_s)
        except TimeoutError:
            raise LinkTrouble("the room did not answer in time") from None

    def leave(self) -> None:
        """Get up, as the desk stops."""
        if self._nick:
            self._presence(self._nick, "unavailable")
            self._nick = ""

    # --- letting people in

    async def admit(self, jid: BareJid) -> None:
        """Make the person a member where only members may enter and the desk may say who does. Raises LinkTrouble.

        Who has another affiliation keeps it: a ban by the room's people is theirs. An admin sees no list of owners,
        and could not make members of those who rule (XEP-0045 §9.5, §5.2).
        """
        if not (self._nick and self._affiliation in RULING and await self._is_members_only()):
            return
        rulers = RULING if self._affiliation is Affiliation.OWNER else ()
        for affiliation in (Affiliation.OUTCAST, Affiliation.MEMBER, *rulers):
            if jid in muc.listed((await self._ask("get", muc.admin_query(affiliation=affiliation))).xml):
                return
        await self._ask("set", muc.admin_query(jid=jid, affiliation=Affiliation.MEMBER))

    # --- speaking

    def say(self, text: str, on_unsaid: Callable[[], None]) -> None:
        """Have it said; where the desk may not enter, or may not speak, the log says so.

        on_unsaid: told when the link was lost before it was said.
        """
        self._link.spawn(self._say(text, on_unsaid))

    async def _say(self, text: str, on_unsaid: Callable[[], None]) -> None:
        async with self._turn:
            try:
                try:
                    if not self._nick:
                        await self._enter()
                    echo = self._speak(text)
                except LinkDown:
                    on_unsaid()
                else:
                    await self._answer(echo)
            except LinkTrouble as trouble:
                log.warning("cannot speak in the contributors' room", extra={"room": self.room, "why": trouble.reason})

    def _speak(self, text: str) -> asyncio.Future[None]:
        """Say it; the room's reflection, or its refusal, ends the future."""
        self._echo = asyncio.get_running_loop().create_future()
        self._said_id = self._link.new_id()
        message = self._link.make_message(mto=self.room, mfrom=self._seat, mbody=text, mtype="groupchat")
        message["id"] = self._said_id
        message.send()
        return self._echo

    # --- what comes in

    def take_presence(self, presence: Presence) -> bool:
        """Take in a presence if it is of the room; return whether it was: its occupants are no visitors."""
        if not self.room or presence["from"].bare != self.room:
            return False
        nick = presence["from"].resource
        item = muc.read_presence(presence.xml, nick)
        if presence["type"] == "error":
            self._on_refused(StepRefused(presence["error"]["condition"], presence["error"]["text"]))
        elif item is not None and presence["type"] == "unavailable":
            if muc.SELF in item.codes or nick == self._nick:
                self._on_gone(item)
        elif item is not None and muc.SELF in item.codes:
            self._on_self(item)
        elif item is not None:
            self._on_occupant(item)
        return True

    def _on_self(self, item: muc.Item) -> None:
        """Take in that we are inside, or what has changed about us."""
        if muc.CREATED not in item.codes:
            self._nick, self._affiliation = item.nick, item.affiliation
        if self._entered is not None and not self._entered.done():
            self._entered.set_result(item)

    def _on_refused(self, refusal: StepRefused) -> None:
        if self._entered is not None and not self._entered.done():
            self._entered.set_exception(refusal)

    def _on_gone(self, item: muc.Item) -> None:
        """Take in that we are out, for whatever reason, unless it is only another nick (XEP-0045 §7.6)."""
        if not self._nick:
            return
        self._nick = item.new_nick if muc.RENAMED in item.codes else ""
        if not self._nick:
            log.warning("out of the contributors' room", extra={"codes": ",".join(sorted(item.codes))})
            self._on_out()

    def _on_occupant(self, item: muc.Item) -> None:
        if item.jid:
            self._on_seen(bare(item.jid))
        elif not self._is_hiding_told:
            self._is_hiding_told = True
            log.warning("the contributors' room hides addresses from the desk", extra={"room": self.room})

    def take_message(self, message: Message) -> bool:
        """Take in a message if it is of the room; return whether it was. Only our own is looked at."""
        if not self.room or message["from"].bare != self.room:
            return False
        if message["id"] == self._said_id and self._echo is not None and not self._echo.done():
            if message["type"] == "error":
                self._echo.set_exception(StepRefused(message["error"]["condition"], message["error"]["text"]))
            else:
                self._echo.set_result(None)
        return True
