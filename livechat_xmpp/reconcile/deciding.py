"""When clocks of decisions ring, and when the day's list of the stuck is due; what follows is usecases'."""

from __future__ import annotations

from livechat_xmpp.reconcile.ports import Clock, People
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import deciding, stuck
from livechat_xmpp.usecases.desk import Desk

DECISIONS = "decisions"  # the timers' key


class Decisions:
    """Looks at the clocks at each new link, whenever one was started, and when the next one rings."""

    def __init__(self, desk: Desk, people: People, clock: Clock, timers: Timers) -> None:
        self._desk = desk
        self._people = people
        self._clock = clock
        self._timers = timers

    async def look(self) -> None:
        """Ring what is due. Raises LinkTrouble: who cannot be told is not counted as told."""
        self._people.require_link()
        workgroup, rules = self._desk.workgroups[0], self._desk.rules
        rings_at = await self._desk.do(deciding.ring, workgroup, rules=rules)
        today = await self._desk.ask(stuck.today, rules=rules)
        if today.is_due:
            await self._desk.do(stuck.tell_today, today, workgroup, rules=rules)
        self._timers.set(DECISIONS, min(today.next_at, rings_at or today.next_at))
