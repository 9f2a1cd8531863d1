"""When the desk looks after its seat in the contributors' room; what it does there is the room's (ports.TeamRoom)."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from livechat_xmpp.reconcile.ports import Clock, LinkDown, LinkTrouble, TeamRoom
from livechat_xmpp.reconcile.timers import Timers

log = logging.getLogger(__name__)

ATTENDANCE = "attendance"  # the timers' key
# Until it tries again: who put the desk out may mean it, and a room that is not there yet is made at some time.
BACK_OFF = (timedelta(seconds=2), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=10))


class Attendance:
    """Has the desk enter, and come back when it has lost its seat. every: how often the seat is looked at.

    may_look: set when it is to be looked at now.
    """

    def __init__(self, room: TeamRoom, clock: Clock, timers: Timers, *, every: timedelta) -> None:
        self._room = room
        self._clock = clock
        self._timers = timers
        self._every = every
        self._failures = 0
        self._told = ""
        self.may_look = asyncio.Event()

    def begin(self) -> None:
        """Begin with a new link."""
        self._failures = 0
        self.may_look.set()

    def on_out(self) -> None:
        """Take in that the desk is out of the room."""
        self._back_off()

    async def look(self) -> None:
        """Raises LinkDown."""
        try:
            if await self._room.look():
                self._failures = 0
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            if trouble.reason != self._told:
                log.warning("not in the contributors' room", extra={"room": self._room.room, "why": trouble.reason})
            self._told = trouble.reason
            self._back_off()
        else:
            if self._told:
                log.info("in the contributors' room", extra={"room": self._room.room})
            self._told = ""
            self._timers.after(ATTENDANCE, self._every)  # or before it, where the seat was lost meanwhile

    def _back_off(self) -> None:
        """Look again, later each time on this link: a seat that is lost again and again is not fought for."""
        self._timers.set(ATTENDANCE, self._clock.now() + BACK_OFF[min(self._failures, len(BACK_OFF) - 1)])
        self._failures += 1
