"""When the queues are looked at for requests that nobody takes; the steps are usecases.escalation's."""

from __future__ import annotations

from datetime import datetime, timedelta

from livechat_xmpp.reconcile.ports import Clock, People, StaffPresences
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import escalation
from livechat_xmpp.usecases.desk import Desk

CLIMBING = "climbing"  # the timers' key
PAUSE = timedelta(seconds=1)  # between two looks: in a long queue something is due at any moment


class Climbing:
    """Looks at all queues whenever a step may be due, and at each new link."""

    def __init__(self, desk: Desk, people: People, presences: StaffPresences, clock: Clock, timers: Timers) -> None:
        self._desk = desk
        self._people = people
        self._presences = presences
        self._clock = clock
        self._timers = timers
        self._last_look_at: datetime | None = None

    async def look(self) -> None:
        """Take the steps that are due. Raises LinkTrouble: what nobody can be told is not counted as told."""
        self._people.require_link()
        now = self._clock.now()
        if not self._presences.is_settled:  # nobody knows yet who is there
            self._timers.after(CLIMBING, PAUSE)
            return
        look_at = await self._desk.do(
            escalation.climb,
            self._desk.workgroups,
            last_look_at=self._last_look_at,
            presences=self._presences,
            rules=self._desk.rules,
        )
        self._last_look_at = now
        self._timers.set(CLIMBING, max(look_at, now + PAUSE))
