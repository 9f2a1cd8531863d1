"""The contributors' room: a workgroup enters it to say one thing, and leaves again.

It does not stay: the room is somebody else's, and what is said there is not the desk's to hear.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from slixmpp import Message, Presence

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.reconcile.ports import LinkTrouble, StepRefused
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.link import Link

log = logging.getLogger(__name__)

NICKS = (texts.DESK_NICK, f"{texts.DESK_NICK} 2", f"{texts.DESK_NICK} 3")  # somebody may sit on ours


class TeamRoom:
    """Speaks in the contributors' room. room: its address; "" where there is none."""

    def __init__(self, link: Link, addresses: Addresses, room: str, *, answer_timeout_s: float) -> None:
        self.room = room
        self._link = link
        self._addresses = addresses
        self._timeout_s = answer_timeout_s
        self._turn = asyncio.Lock()
        self._entered: asyncio.Future[frozenset[str]] | None = None
        self._echo: asyncio.Future[None] | None = None
        self._said_id = ""

    def say(self, workgroup: WorkgroupName, text: str) -> None:
        """Have it said; where the workgroup may not enter, or may not speak, the log says so."""
        self._link.spawn(self._say(workgroup, text))

    async def _say(self, workgroup: WorkgroupName, text: str) -> None:
        async with self._turn:
            try:
                nick = await self._enter(workgroup)
                try:
                    await self._speak(workgroup, text)
                finally:
                    self._presence(workgroup, nick, "unavailable")
            except LinkTrouble as trouble:
                log.warning("cannot speak in the contributors' room", extra={"room": self.room, "why": trouble.reason})

    async def _enter(self, workgroup: WorkgroupName) -> str:
        """Enter and return the nick. A room that our entering has made is left, and so is gone again."""
        for nick in NICKS:
            self._entered = asyncio.get_running_loop().create_future()
            self._presence(workgroup, nick)
            try:
                codes = await self._answer(self._entered)
            except StepRefused as refusal:
                if refusal.condition != "conflict":
                    raise
                continue
            if muc.CREATED in codes:
                self._presence(workgroup, nick, "unavailable")
                raise StepRefused("item-not-found", "there is no such room")
            return nick
        raise StepRefused("conflict", "every nick is taken")

    async def _speak(self, workgroup: WorkgroupName, text: str) -> None:
        self._echo = asyncio.get_running_loop().create_future()
        self._said_id = self._link.new_id()
        message = self._link.make_message(mto=self.room, mfrom=self._seat(workgroup), mbody=text, mtype="groupchat")
        message["id"] = self._said_id
        message.send()
        await self._answer(self._echo)

    async def _answer(self, future: asyncio.Future[Any]) -> Any:
        try:
            return await asyncio.wait_for(future, self._timeout_s)
        except TimeoutError:
            raise LinkTrouble("the room did not answer in time") from None

    def _seat(self, workgroup: WorkgroupName) -> str:
        return f"{self._addresses.workgroup(workgroup)}/desk"

    def _presence(self, workgroup: WorkgroupName, nick: str, kind: str = "") -> None:
        presence: Presence = self._link.make_presence(
            pto=f"{self.room}/{nick}", pfrom=self._seat(workgroup), ptype=kind or None
        )
        if not kind:
            presence.append(muc.join())
        presence.send()

    # --- what comes in

    def take_presence(self, presence: Presence) -> bool:
        """Take in a presence if it is of the room; return whether it was: its occupants are no visitors."""
        if not self.room or presence["from"].bare != self.room:
            return False
        item = muc.read_presence(presence.xml, presence["from"].resource)
        if self._entered is not None and not self._entered.done():
            if presence["type"] == "error":
                self._entered.set_exception(StepRefused(presence["error"]["condition"], presence["error"]["text"]))
            elif item is not None and muc.SELF in item.codes and presence["type"] != "unavailable":
                self._entered.set_result(item.codes)
        return True

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
