"""When the record is swept, and what the sweep is told of the rooms; what it does is usecases.sweep's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.domain.sweep import Problem
from livechat_xmpp.reconcile.ports import Clock, People
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import sweep
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

SWEEP = "sweep"  # the timers' key
REPAIRS = 100  # in one sweep: repairing shall not keep people waiting
LOOK_BACK = timedelta(days=1)  # what was closed before was swept often enough; after a start all is


class Sweep:
    """Sweeps now and then while there is a link: without one, what should happen cannot.

    stuck: returns the chats whose steps fail, since when and why. busy: those that are worked on or will be next.
    others: returns what else fails outside of the record.
    """

    def __init__(
        self,
        desk: Desk,
        people: People,
        clock: Clock,
        timers: Timers,
        *,
        every: timedelta,
        stuck: Callable[[], Mapping[ChatId, tuple[datetime, str]]],
        busy: Callable[[], Set[ChatId]],
        others: Callable[[], Sequence[Problem]] = tuple,
    ) -> None:
        self._others = others
        self._desk = desk
        self._people = people
        self._clock = clock
        self._timers = timers
        self._every = every
        self._stuck = stuck
        self._busy = busy
        self._has_swept = False

    def begin(self) -> None:
        """Sweep once all that waited for a link has had the time that anything may take."""
        self._timers.set(SWEEP, self._clock.now() + self._desk.rules.overdue)

    async def look(self) -> None:
        """Find, repair, record and report. Raises LinkTrouble."""
        self._people.require_link()
        now = self._clock.now()
        self._timers.set(SWEEP, now + self._every)
        found = await self._desk.ask(
            sweep.find,
            stuck=self._stuck(),
            busy=self._busy(),
            others=self._others(),
            closed_since=now - LOOK_BACK if self._has_swept else None,
            presences=self._desk.presences,
            rules=self._desk.rules,
        )
        new = await self._desk.do(sweep.keep, found, workgroup=self._desk.workgroups[0], rules=self._desk.rules)
        self._has_swept = True
        if not await self._desk.ask(lambda work: work.chats.counts()):
            self._clock.follow()
        for problem in new:
            log.warning("not where the rules say", extra=_fields(problem))
        for problem in found[:REPAIRS]:
            await self._repair(problem)

    async def _repair(self, problem: Problem) -> None:
        """Put one problem right; one that cannot be is found again, and does not keep the others from it."""
        try:
            if await self._desk.do(sweep.repair, problem, presences=self._desk.presences, rules=self._desk.rules):
                log.info("repaired", extra=_fields(problem))
        except StoreTrouble:
            raise
        except Exception:
            log.exception("repair failed", extra=_fields(problem))


def _fields(problem: Problem) -> dict[str, str]:
    return {"subject": problem.subject, "what": problem.what, "since": problem.since_at.isoformat(timespec="seconds")}
