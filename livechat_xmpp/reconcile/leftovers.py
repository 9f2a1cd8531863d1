"""Rooms that a server which crashed has brought back, after they were destroyed.

COMPAT ejabberd 23.01: what it writes reaches the disk some seconds later, so a room that was destroyed right before a
crash is there again after it, with its members, and nobody in it but who walks in.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.domain.wording.visitors import CHAT_ENDED
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, Rooms
from livechat_xmpp.usecases.desk import Desk

log = logging.getLogger(__name__)

MOST = 200  # rooms destroyed again on one link: more do not end in the time


class Leftovers:
    """Destroys again, on each new link, the rooms of chats that ended within so long before the last that did."""

    def __init__(self, desk: Desk, rooms: Rooms, within: timedelta) -> None:
        self._desk = desk
        self._rooms = rooms
        self._within = within

    async def destroy(self) -> None:
        """Raises LinkDown; a room that the server does not give up is only logged: nobody can do more."""
        ended = await self._desk.ask(lambda work: work.chats.ended_last(self._within, MOST))
        await asyncio.gather(*(self._destroy(chat_id) for chat_id in ended))

    async def _destroy(self, chat_id: ChatId) -> None:
        try:
            await self._rooms.destroy(chat_id, self._desk.rules.catalogue.say(CHAT_ENDED, ""))
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            log.warning("room may be there again", extra={"chat": chat_id, "trouble": trouble.reason})
