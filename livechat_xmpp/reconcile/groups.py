"""When contact lists are brought in step with the groups: at each new link, after each change, and now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from livechat_xmpp.domain.groups import Belonging, Group
from livechat_xmpp.domain.model import Availability, BareJid
from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.reconcile.ports import Clock, GroupKeeper, LinkDown, LinkTrouble, People, StaffPresences
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases import groups
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

GROUPS = "groups"  # the timers' key
BACK_OFF = tuple(timedelta(seconds=s) for s in (1, 5, 15, 60, 300))
Key: TypeAlias = tuple[int, str]  # which keeper, and the list's name


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The numbers; each is a setting, described there. most_people: 0 where no groups are wanted."""

    most_people: int = 200
    look_every: timedelta = timedelta(hours=1)
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A list that could not be brought in step. tries: how often in a row; retry_at: when it is looked at again."""

    since_at: datetime
    tries: int
    retry_at: datetime
    reason: str


class Groups:
    """Keeps a heap of lists to look at, and works on few of them at once.

    keepers: the best first; the first that serves a domain has its lists. is_woken: set when there may be something
    to do; while it is, work under way ends after the lists in hand, so that a change is not behind a long look.
    """

    def __init__(
        self,
        desk: Desk,
        people: People,
        presences: StaffPresences,
        clock: Clock,
        timers: Timers,
        keepers: Sequence[GroupKeeper],
        rules: GroupRules,
    ) -> None:
        self._desk = desk
        self._people = people
        self._presences = presences
        self._clock = clock
        self._timers = timers
        self._keepers = keepers
        self._rules = rules
        self.is_woken = asyncio.Event()
        self._members: Mapping[BareJid, Group] | None = None  # as last looked at; None: nothing is known
        self._left_out = 0
        self._cut_since: datetime | None = None
        self._look_at: datetime | None = None
        self._due: dict[Key, None] = {}
        self._put_off: set[Key] = set()
        self._failures: dict[Key, Failure] = {}

    def begin(self) -> None:
        """Look at all lists: the link is new, or the server lets us do something else."""
        self._members = None
        self._failures.clear()
        self.is_woken.set()

    def on_moved(self) -> None:
        """Take in that somebody came or went: lists may have waited for their owners."""
        if self._put_off:
            self.is_woken.set()

    def problems(self) -> list[Problem]:
        """Return what admins should know: lists that cannot be kept, taken together, and people left out."""
        found = []
        if self._failures:
            first = min(self._failures.values(), key=lambda f: f.since_at)
            names = sorted(name for _, name in self._failures)
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found.append(Problem("", Trouble.GROUPS_FAILED, first.since_at, f"{names[0]}{more}: {first.reason}"))
        if self._cut_since is not None:
            reason = (
                f"{self._left_out} people more than groups.most_people allows; helpers and those active last are shown"
            )
            found.append(Problem("", Trouble.GROUPS_CUT, self._cut_since, reason))
        return found

    # --- the work

    async def look(self) -> None:
        """Bring in step what is due, until it is done or something new comes up. Raises LinkTrouble."""
        self._people.require_link()
        now = self._clock.now()
        belonging = await self._desk.ask(groups.who_belongs, self._rules.most_people)
        self._note_cut(belonging.left_out)
        if self._look_at is None or now >= self._look_at:
            self._members = None
        if belonging.members != self._members:
            await self._look_at_all(belonging)
        self._due |= dict.fromkeys(k for k, failure in self._failures.items() if now >= failure.retry_at)
        self._due |= dict.fromkeys(self._put_off)
        self._put_off.clear()
        await asyncio.gather(*(self._work(belonging.members) for _ in range(self._rules.at_once)))
        self._people.require_link()
        self._timers.set(GROUPS, min([self._look_at or now, *(f.retry_at for f in self._failures.values())]))

    async def _look_at_all(self, belonging: Belonging) -> None:
        """Have all lists looked at, those of the people who moved before others."""
        before, is_first = self._members or {}, self._members is None
        moved = {jid for jid, group in belonging.members.items() if before.get(jid) is not group}
        moved = set() if is_first else moved | (before.keys() - belonging.members.keys())
        due: set[Key] = set()
        for number, keeper in enumerate(self._keepers):
            theirs = belonging.members.keys() | before.keys() | await self._desk.ask(groups.owners, keeper.way)
            for name in keeper.lists_of({jid for jid in theirs if self._keeper_of(jid) is keeper}):
                due.add((number, name))
        self._due = dict.fromkeys(sorted(due, key=lambda key: (key[1] not in moved, key)))
        self._failures = {key: failure for key, failure in self._failures.items() if key in due}
        self._put_off.clear()
        self._members = belonging.members
        if is_first:
            self._look_at = self._clock.now() + self._rules.look_every

    def _keeper_of(self, jid: BareJid) -> GroupKeeper | None:
        domain = jid.partition("@")[2]
        return next((keeper for keeper in self._keepers if keeper.serves(domain)), None)

    def _is_there(self, jid: BareJid) -> bool:
        return self._presences.availability(jid) not in (Availability.OFFLINE, Availability.UNKNOWN)

    def _note_cut(self, left_out: int) -> None:
        if left_out and self._cut_since is None:
            self._cut_since = self._clock.now()
            log.warning("not everybody is in the groups", extra={"left_out": left_out})
        elif not left_out:
            self._cut_since = None
        self._left_out = left_out

    async def _work(self, members: Mapping[BareJid, Group]) -> None:
        """Take lists from the heap, one after the other, until it is empty or something new comes up."""
        while self._due and not self.is_woken.is_set():
            key = self._take_next()
            number, name = key
            try:
                is_kept = await self._keepers[number].keep(name, members)
            except LinkDown:
                return  # the next link has all lists looked at
            except LinkTrouble as trouble:
                self._failed(key, trouble.reason)
            except StoreTrouble:
                self._failed(key, "the database does not answer")
            except Exception as bug:
                if key not in self._failures:
                    log.exception("keeping a contact list failed", extra={"list": name})
                self._failed(key, f"{type(bug).__name__}, see the log")
            else:
                self._failures.pop(key, None)
                if not is_kept:
                    self._put_off.add(key)

    def _take_next(self) -> Key:
        """Take the next list from the heap; of who is there to see it before others."""
        first = next(iter(self._due))
        key = next((key for key in self._due if self._is_there(BareJid(key[1]))), first)
        del self._due[key]
        return key

    def _failed(self, key: Key, reason: str) -> None:
        now, before = self._clock.now(), self._failures.get(key)
        tries = before.tries + 1 if before else 1
        retry_at = now + BACK_OFF[min(tries, len(BACK_OFF)) - 1]
        self._failures[key] = Failure(before.since_at if before else now, tries, retry_at, reason)
        log.debug("contact list not kept", extra={"list": key[1], "way": self._keepers[key[0]].way, "why": reason})
