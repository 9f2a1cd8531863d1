"""Everything that runs by itself: workers for the chats, the queues, the letters, the transcripts, the timers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import ChatId, FullJid
from livechat_xmpp.reconcile.attendance import ATTENDANCE, Attendance
from livechat_xmpp.reconcile.chores import Chore, Chores
from livechat_xmpp.reconcile.climbing import CLIMBING, Climbing
from livechat_xmpp.reconcile.deciding import DECISIONS, Decisions
from livechat_xmpp.reconcile.groups import GROUPS, GroupRules, Groups
from livechat_xmpp.reconcile.leftovers import Leftovers
from livechat_xmpp.reconcile.letters import LETTERS, UNSENT, Letters
from livechat_xmpp.reconcile.newcomers import LISTS, NEWCOMERS, Newcomers
from livechat_xmpp.reconcile.ports import (
    AccountLists,
    Clock,
    GroupKeeper,
    LinkDown,
    LinkTrouble,
    People,
    Rooms,
    StaffPresences,
    TeamRoom,
)
from livechat_xmpp.reconcile.queues import QUEUES, Queues
from livechat_xmpp.reconcile.rounds import Round, Stuck
from livechat_xmpp.reconcile.sweep import SWEEP, Sweep
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.reconcile.wakeups import WakeUps
from livechat_xmpp.usecases import transcripts
from livechat_xmpp.usecases.cover import Place
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble, Work
from livechat_xmpp.usecases.transcripts import Heard

log = logging.getLogger(__name__)

GUARDS = 8  # rooms guarded at once while the database holds up their rounds
WORKERS = 32  # chats worked on at once: as many as requests may wait for answers
BACK_OFF = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
STORE_RETRY = timedelta(seconds=2)  # a full disk says no at once, and every open chat asks it again
STAFF, TRANSCRIPTS, LEFTOVERS = "staff", "transcripts", "leftovers"  # as QUEUES: no chat's id


def _nobody_counts(result: str, seconds: float) -> None:
    pass


class Reconciler:
    """Keeps rooms, offers and people in step with the record.

    groups: the contact lists; keepers: the ways of keeping them, the best first; none where none is wanted.
    on_round: told of each round for a chat: "done", "failed" or "stuck", and the seconds that it took.
    """

    def __init__(
        self,
        desk: Desk,
        wakeups: WakeUps,
        rooms: Rooms,
        people: People,
        presences: StaffPresences,
        clock: Clock,
        *,
        monitor_grace: timedelta,
        status_interval: timedelta,
        sweep_every: timedelta,
        destroy_again: timedelta,
        refresh_staff: Callable[[], Awaitable[None]],
        account_lists: AccountLists,
        team_room: TeamRoom,
        room_look: timedelta,
        keepers: Sequence[GroupKeeper] = (),
        group_rules: GroupRules | None = None,
        on_round: Callable[[str, float], None] = _nobody_counts,
    ) -> None:
        self._refresh_staff = refresh_staff
        self._on_round = on_round
        self._desk = desk
        self._wakeups = wakeups
        self._rooms = rooms
        self._people = people
        self._presences = presences
        self._timers = Timers(clock, self._on_due)
        self._round = Round(desk, rooms, people, presences, clock, monitor_grace)
        self.letters = Letters(desk, people)
        self._queues = Queues(desk, people, presences, clock, self._timers, status_interval=status_interval)
        self._failures: defaultdict[ChatId, int] = defaultdict(int)
        self._stuck: dict[ChatId, tuple[datetime, str]] = {}  # since when the steps fail, and why
        self._clock = clock
        self._heard: defaultdict[ChatId, list[Heard]] = defaultdict(list)
        self._is_heard = asyncio.Event()
        self._climbing = Climbing(desk, people, presences, clock, self._timers)
        self._may_climb = asyncio.Event()
        self.groups = Groups(desk, people, presences, clock, self._timers, keepers, group_rules or GroupRules())
        self._sweep = Sweep(
            desk,
            people,
            clock,
            self._timers,
            every=sweep_every,
            stuck=lambda: dict(self._stuck),
            busy=lambda: wakeups.pending,
            others=self.groups.problems,
        )
        self.newcomers = Newcomers(desk, people, account_lists, clock, self._timers, desk.rules.staff_domains)
        self.attendance = Attendance(team_room, clock, self._timers, every=room_look)
        self._decisions = Decisions(desk, people, clock, self._timers)
        self._may_decide = asyncio.Event()
        self._leftovers = Leftovers(desk, rooms, destroy_again)
        may_destroy = asyncio.Event()
        chores = (
            Chore(QUEUES, wakeups.queues, self._queues.settle, self._begin_queues),
            Chore(LETTERS, wakeups.letters, self.letters.send, wakeups.wake_letters),
            Chore(UNSENT, self.letters.are_unsent, self.letters.put_back),
            Chore(STAFF, wakeups.staff, self._look_after_staff),
            Chore(TRANSCRIPTS, self._is_heard, self._write_transcripts),
            Chore(CLIMBING, self._may_climb, self._climbing.look, self._may_climb.set),
            Chore(SWEEP, asyncio.Event(), self._sweep.look, self._sweep.begin),
            Chore(LEFTOVERS, may_destroy, self._leftovers.destroy, may_destroy.set),
            Chore(DECISIONS, self._may_decide, self._decisions.look, self._may_decide.set),
            Chore(GROUPS, self.groups.is_woken, self.groups.look, self.groups.begin),
            Chore(NEWCOMERS, self.newcomers.is_heard, self.newcomers.look, self.newcomers.begin),
            Chore(LISTS, self.newcomers.may_list, self.newcomers.catch_up),
            Chore(ATTENDANCE, self.attendance.may_look, self.attendance.look, self.attendance.begin),
        )
        self._chores = Chores(self._timers, chores)
        self._to_guard: asyncio.Queue[ChatId] = asyncio.Queue()

    # --- what happens outside

    async def on_link_up(self) -> None:
        """Look at everything anew: what was seen belonged to the last link. Chats with trainees come first."""
        for chat_id in await self._desk.ask(_unfinished):
            self._wakeups.wake(chat_id)
        self._chores.begin()

    def _begin_queues(self) -> None:
        self._queues.forget()
        self._wakeups.wake_queues()

    def on_room_changed(self, chat_id: ChatId) -> None:
        """Take in that a room shows something new."""
        self._wakeups.wake(chat_id, is_urgent=True)
        if self._wakeups.is_running(chat_id) or self._round.are_held_up:
            self._to_guard.put_nowait(chat_id)

    def on_presences_known(self) -> None:
        """Take in that silence means offline from now on: who is only listed in a room will soon not count any more."""
        for chat_id in self._rooms.with_people():
            seen = self._rooms.view(chat_id)
            if seen is not None and any(self._presences.offline_since(jid) for jid in seen.present):
                self._wakeups.wake(chat_id)

    def hear(self, chat_id: ChatId, heard: Heard) -> None:
        """Have a room message recorded; many in one transaction when many come."""
        self._heard[chat_id].append(heard)
        self._is_heard.set()

    def note_told(self, chat_id: ChatId, visitor: FullJid, place: Place) -> None:
        """Take in that a visitor was told their place."""
        self._queues.note_told(chat_id, visitor, place)

    # --- what runs

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._timers.run())
                self._chores.start(tasks)
                for _ in range(WORKERS):
                    tasks.create_task(self._work_on_chats())
                for _ in range(GUARDS):
                    tasks.create_task(self._guard_rooms())
        finally:
            await self._queues.stop()

    async def remove_trainees(self) -> None:
        """Take the trainees out of all rooms: nobody enforces the rule while the desk is stopped."""
        self._round.rules = replace(self._round.rules, are_trainees_welcome=False)
        for chat_id in reversed(await self._desk.ask(_unfinished)):  # the last one woken comes first
            self._wakeups.wake(chat_id, is_urgent=True)
        await self._wakeups.chats_done()
        for chat_id in self._failures:
            log.warning("the room may have trainees in it", extra={"chat": chat_id})

    @property
    def in_trouble(self) -> int:
        """Return how many chats are looked at again later, because a step failed or did not help."""
        return len(self._failures)

    @property
    def is_idle(self) -> bool:
        """Return whether nothing is left to do until something happens or time passes."""
        return self._wakeups.is_idle and self._queues.is_idle and self._chores.is_idle and not self._heard

    def _on_due(self, key: Hashable) -> None:
        if not self._chores.wake(key):
            self._wakeups.wake(ChatId(str(key)))

    async def _work_on_chats(self) -> None:
        while True:
            chat_id = await self._wakeups.next_chat()
            begun, result = time.perf_counter(), "failed"
            try:
                due_at = await self._round.settle(chat_id)
                result = "done"
            except LinkDown:
                self._wakeups.failed(chat_id)  # the next link wakes every chat
            except LinkTrouble as trouble:
                log.warning("step failed", extra={"chat": chat_id, "trouble": trouble.reason})
                self._back_off(chat_id, trouble.reason)
            except Stuck as stuck:
                result = "stuck"
                log.warning("chat is stuck", extra={"chat": chat_id, "plan": str(stuck)})
                self._failures[chat_id] = len(BACK_OFF)
                self._back_off(chat_id, f"the same steps do not help: {stuck}")
            except StoreTrouble as trouble:
                level = logging.DEBUG if chat_id in self._stuck else logging.WARNING  # the next try is soon
                log.log(level, "the database does not answer", extra={"chat": chat_id, "trouble": str(trouble)})
                self._wait_for_database(chat_id, str(trouble))
            except Exception as bug:
                log.exception("round failed", extra={"chat": chat_id})
                self._back_off(chat_id, f"{type(bug).__name__}, see the log")
            else:
                self._failures.pop(chat_id, None)
                self._stuck.pop(chat_id, None)
                self._timers.set(chat_id, due_at)
                self._wakeups.done(chat_id)
            finally:
                self._on_round(result, time.perf_counter() - begun)

    async def _guard_rooms(self) -> None:
        """Keep the rule for trainees in rooms whose rounds are under way: these may wait for the database."""
        while True:
            chat_id = await self._to_guard.get()
            try:
                await self._round.guard(chat_id)
            except (LinkTrouble, StoreTrouble):
                pass  # the round that follows knows what to do
            except Exception:
                log.exception("guarding a room failed", extra={"chat": chat_id})

    def _back_off(self, chat_id: ChatId, why: str) -> None:
        """Look at the room anew later, longer each time; soon when people moved there meanwhile."""
        is_urgent = self._put_aside(chat_id, why)
        self._rooms.forget(chat_id)
        delay = BACK_OFF[0 if is_urgent else min(self._failures[chat_id], len(BACK_OFF) - 1)]
        self._failures[chat_id] += 1
        self._timers.after(chat_id, delay)

    def _wait_for_database(self, chat_id: ChatId, why: str) -> None:
        """Go on with the chat soon. What its room shows stays true: who comes, goes and speaks there is not missed."""
        self._put_aside(chat_id, why)
        self._failures[chat_id] += 0  # in trouble, but no reason to ask the room later next time
        self._timers.after(chat_id, STORE_RETRY)

    def _put_aside(self, chat_id: ChatId, why: str) -> bool:
        """Note why the chat's steps fail; return whether it was woken urgently meanwhile."""
        since, _ = self._stuck.get(chat_id, (self._clock.now(), ""))
        self._stuck[chat_id] = (since, why)
        return self._wakeups.failed(chat_id)

    async def _look_after_staff(self) -> None:
        self.groups.is_woken.set()
        self.newcomers.is_heard.set()  # somebody may wait for their welcome
        self._may_decide.set()  # a clock may have been started
        await self._refresh_staff()

    async def _write_transcripts(self) -> None:
        """Record what was heard; what fails is tried again, before what came later."""
        said, self._heard = dict(self._heard), defaultdict(list)
        try:
            await self._desk.do(transcripts.record_heard, said)
        except Exception:
            for chat_id, later in self._heard.items():
                said.setdefault(chat_id, []).extend(later)
            self._heard = defaultdict(list, said)
            raise


def _unfinished(work: Work) -> list[ChatId]:
    return work.chats.unfinished()
