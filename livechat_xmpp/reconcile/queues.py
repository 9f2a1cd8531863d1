"""The queues: who is offered what, whether the desk is open, and what the waiting are told of their place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import ChatId, FullJid, WorkgroupName
from livechat_xmpp.domain.queue import Waiting, places
from livechat_xmpp.reconcile.ports import Clock, LinkTrouble, People, StaffPresences
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import offers, visits
from livechat_xmpp.usecases.cover import Place
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.offers import Match, QueueLook
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

QUEUES = "queues"  # the timers' key for all queues
HEAD = 50  # visitors told of their place together: those next, and as many of the others in each interval
FEW = 100  # entries that are not worth throwing away
ALIVE_FOR = timedelta(seconds=30)  # how long an answered ping is believed


@dataclass(frozen=True, slots=True)
class _Told:
    """What a visitor was told last, where, and when."""

    visitor: FullJid
    place: Place
    at: datetime


class Queues:
    """Works on all queues whenever something that matters to them has changed."""

    def __init__(
        self,
        desk: Desk,
        people: People,
        presences: StaffPresences,
        clock: Clock,
        timers: Timers,
        *,
        status_interval: timedelta,
    ) -> None:
        self._desk = desk
        self._people = people
        self._presences = presences
        self._clock = clock
        self._timers = timers
        self._status_interval = status_interval
        self._answered: dict[FullJid, datetime] = {}
        self._pinging: dict[FullJid, asyncio.Task[None]] = {}
        self._asked_again: dict[FullJid, datetime] = {}
        self._told: dict[ChatId, _Told] = {}
        self._tail_next: dict[WorkgroupName, int] = {}
        self._tail_at: dict[WorkgroupName, datetime] = {}

    def forget(self) -> None:
        """Forget what was seen and told on the last link."""
        self._answered.clear()
        self._asked_again.clear()
        self._told.clear()
        self._tail_next.clear()
        self._tail_at.clear()

    @property
    def is_idle(self) -> bool:
        return not self._pinging

    async def settle(self) -> None:
        """Make the offers that can be made, then tell everybody what has changed for them. Raises LinkTrouble."""
        self._people.require_link()
        waiting = 0
        for workgroup in self._desk.workgroups:
            seen = await self._look(workgroup)
            self._ask_those_gone(seen.waiting)
            if self._presences.is_settled:
                await self._offer(workgroup, seen)
            if seen.repeat_at is not None:
                self._timers.after(QUEUES, seen.repeat_at - self._clock.now())
            self._tell_places(workgroup, seen)
            waiting += len(seen.waiting)
        self._forget_what_is_old(waiting)

    def _forget_what_is_old(self, waiting: int) -> None:
        """Keep no more than is of use; only once it has grown, so that it costs the same however many wait."""
        if len(self._told) > 2 * waiting + FEW:
            newest = sorted(self._told.items(), key=lambda told: told[1].at, reverse=True)
            self._told = dict(newest[: waiting + FEW])
        now = self._clock.now()
        if len(self._asked_again) > FEW:
            self._asked_again = {jid: at for jid, at in self._asked_again.items() if now < at + ALIVE_FOR}
        if len(self._answered) > FEW:
            self._answered = {jid: at for jid, at in self._answered.items() if now < at + ALIVE_FOR}

    async def _look(self, workgroup: WorkgroupName) -> QueueLook:
        seen = await self._desk.survey(offers.look, workgroup, presences=self._presences, rules=self._desk.rules)
        self._people.show_workgroup(workgroup, seen.outlook.cover)
        return seen

    async def _offer(self, workgroup: WorkgroupName, seen: QueueLook) -> None:
        """Take back the offers of those who have gone, else offer all that can be offered now.

        What that changes for others comes back as a wake-up: from revoking, and from what helpers answer.
        """
        if seen.has_absent:
            await self._desk.do(offers.revoke_of_absent, presences=self._presences, rules=self._desk.rules)
        elif there := {m.chat_id for m in seen.matches if self._is_there(m)}:
            made = await self._desk.do(
                offers.make_offers, workgroup, there, presences=self._presences, rules=self._desk.rules
            )
            if made < len(there):
                self._desk.waker.wake_queues()  # somebody came or went in between

    def _is_there(self, found: Match) -> bool:
        """Return whether the visitor is there now; where that is not known, ask their client and come back."""
        if found.has_room or self._people.is_known_there(found.visitor):
            return True
        answered_at = self._answered.get(found.visitor)
        if answered_at is not None and self._clock.now() < answered_at + ALIVE_FOR:
            return True
        self._begin_ping(found.visitor)
        return False

    def _ask_those_gone(self, waiting: Iterable[Waiting]) -> None:
        """Ask now and then who was taken for gone: that silence may have been a slow link's, or the last one's."""
        now = self._clock.now()
        gone = [one.visitor for one in waiting if one.is_gone and not one.has_room]
        for visitor in gone:
            asked_at = self._asked_again.get(visitor)
            if asked_at is not None and now < asked_at + ALIVE_FOR:
                continue
            if len(self._pinging) >= HEAD:
                return  # the end of each wakes the queues again
            self._asked_again[visitor] = now
            self._begin_ping(visitor)
        if gone:
            self._timers.after(QUEUES, ALIVE_FOR)

    def _begin_ping(self, visitor: FullJid) -> None:
        if visitor not in self._pinging:
            self._pinging[visitor] = asyncio.get_running_loop().create_task(self._ping(visitor))

    async def _ping(self, visitor: FullJid) -> None:
        try:
            if await self._people.ping(visitor):
                self._answered[visitor] = self._clock.now()
                await self._desk.do(visits.visitor_back, visitor)
            else:
                await self._desk.do(visits.visitor_gone, visitor, self._desk.rules)
        except LinkTrouble:
            pass  # the new link wakes everything
        except StoreTrouble:
            pass  # the queues cannot be looked at either, and say so
        except Exception:
            log.exception("asking whether a visitor is there failed")
        finally:
            del self._pinging[visitor]
            self._desk.waker.wake_queues()

    def _tell_places(self, workgroup: WorkgroupName, seen: QueueLook) -> None:
        """Tell waiting visitors what has changed for them, each at most once in status_interval.

        Those at the head of the queue at once; those behind, whom a step changes less, in turn: so many in each
        interval, however long the queue is.
        """
        head, tail = seen.waiting[:HEAD], seen.waiting[HEAD:]
        self._tell(workgroup, seen, places(head))
        now = self._clock.now()
        if not tail or now < self._tail_at.get(workgroup, now):
            return
        begin = self._tail_next.get(workgroup, 0)
        begin = begin if begin < len(tail) else 0
        before = sum(not one.is_gone for one in seen.waiting[: HEAD + begin])
        self._tell(workgroup, seen, places(tail[begin : begin + HEAD], begin=before + 1))
        self._tail_next[workgroup] = begin + HEAD
        self._tail_at[workgroup] = now + self._status_interval
        self._timers.after(QUEUES, self._status_interval)

    def _tell(self, workgroup: WorkgroupName, seen: QueueLook, waiting: Iterable[tuple[int, Waiting]]) -> None:
        now = self._clock.now()
        for position, one in waiting:
            place = seen.outlook.place(position)
            told = self._told.get(one.chat_id)
            if one.is_gone or (told is not None and (told.visitor, told.place) == (one.visitor, place)):
                continue
            if told is not None and now < told.at + self._status_interval:
                self._timers.after(QUEUES, told.at + self._status_interval - now)
                continue
            self._people.tell_place(workgroup, one.visitor, one.chat_id, place, has_room=one.has_room)
            self._told[one.chat_id] = _Told(one.visitor, place, now)

    def note_told(self, chat_id: ChatId, visitor: FullJid, place: Place) -> None:
        """Take in what somebody else told a visitor; it may be older than what was told here, so look once more."""
        before = self._told.get(chat_id)
        self._told[chat_id] = _Told(visitor, place, self._clock.now())
        if before is not None and before.place != place:
            self._desk.waker.wake_queues()

    async def stop(self) -> None:
        """End the pings that still wait."""
        for task in list(self._pinging.values()):
            task.cancel()
