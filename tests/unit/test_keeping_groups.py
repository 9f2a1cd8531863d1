"""When contact lists are looked at, in which order, and what becomes of those that cannot be kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from livechat_xmpp.domain.groups import Group
from livechat_xmpp.domain.model import Account, Availability, BareJid
from livechat_xmpp.domain.sweep import Trouble
from livechat_xmpp.reconcile.groups import GroupRules, Groups
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.reconcile.timers import Timers
from livechat_xmpp.usecases.ports import StoreTrouble
from tests.factories import a_helper, a_trainee, an_admin, at, jid, s
from tests.unit.test_timers import ManualClock

RULES = GroupRules(most_people=10, look_every=s(3600), at_once=1)


class Lists:
    """Keeps lists, and remembers what was asked of it (reconcile.ports.GroupKeeper)."""

    way = "tried"

    def __init__(self, domain: str = "localhost") -> None:
        self.domain = domain
        self.kept: list[str] = []
        self.trouble: dict[str, Exception] = {}
        self.away: set[str] = set()
        self.on_keep: Callable[[str], None] = lambda name: None
        self.members: Mapping[BareJid, Group] = {}

    def serves(self, domain: str) -> bool:
        return domain == self.domain

    def lists_of(self, people: Collection[BareJid]) -> set[str]:
        return set(people)

    async def keep(self, name: str, members: Mapping[BareJid, Group]) -> bool:
        self.kept.append(name.partition("@")[0])
        self.members = members
        self.on_keep(name)
        if name in self.trouble:
            raise self.trouble[name]
        return name not in self.away


class World:
    """The part under test, with accounts and presences that the test sets."""

    def __init__(self, *keepers: Lists, rules: GroupRules = RULES) -> None:
        self.clock = ManualClock()
        self.accounts: list[Account] = [an_admin("ada"), a_helper("ana"), a_trainee("tom")]
        self.there: set[BareJid] = set()
        self.is_up = True
        self.owners: set[BareJid] = set()
        self.timers = Timers(self.clock, lambda key: self.groups.is_woken.set())
        self.groups = Groups(self, self, self, self.clock, self.timers, keepers, rules)  # type: ignore[arg-type]

    # as the desk, people and presences are asked

    async def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        return question(Record(self), *arguments)

    def require_link(self) -> None:
        if not self.is_up:
            raise LinkDown("no link")

    def availability(self, who: BareJid) -> Availability:
        return Availability.AVAILABLE if who in self.there else Availability.OFFLINE

    # what tests do

    async def looks(self) -> None:
        self.groups.is_woken.clear()
        await self.groups.look()

    async def looks_at(self, seconds: float) -> bool:
        """Look if it is time to; return whether it was."""
        await self.clock.go_to(seconds)
        self.timers._fire()
        if self.groups.is_woken.is_set():
            await self.looks()
            return True
        return False


class Record:
    """The accounts and contact lists of the world, as use cases see them."""

    def __init__(self, world: World) -> None:
        self.accounts = self.contact_lists = self
        self._world = world

    def list(self) -> list[Account]:
        return list(self._world.accounts)

    def owners(self, way: str) -> set[BareJid]:
        return self._world.owners


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def world(lists: Lists) -> World:
    return World(lists)


async def test_a_new_link_looks_at_all_lists_first_of_who_is_there(world: World, lists: Lists) -> None:
    world.there = {jid("tom")}
    world.groups.begin()
    await world.looks()
    assert lists.kept == ["tom", "ada", "ana"]
    assert lists.members == {jid("ada"): Group.SUPPORT, jid("ana"): Group.SUPPORT, jid("tom"): Group.TRAINEES}
    await world.looks()
    assert len(lists.kept) == 3, "nothing has changed since"


async def test_a_change_looks_at_all_lists_first_of_who_changed(world: World, lists: Lists) -> None:
    world.there = {jid("ana")}
    await world.looks()
    lists.kept.clear()
    world.accounts[2] = replace(world.accounts[2], standing=world.accounts[1].standing)
    await world.looks()
    assert lists.kept == ["tom", "ana", "ada"]


async def test_who_has_left_is_looked_at_too(world: World, lists: Lists) -> None:
    await world.looks()
    lists.kept.clear()
    del world.accounts[2]
    await world.looks()
    assert lists.kept == ["tom", "ada", "ana"]


async def test_who_left_while_the_desk_was_down_is_known_from_the_record(world: World, lists: Lists) -> None:
    world.owners = {jid("una")}
    await world.looks()
    assert "una" in lists.kept


async def test_what_drifts_is_found_after_a_while(world: World, lists: Lists) -> None:
    await world.looks()
    lists.kept.clear()
    assert not await world.looks_at(3599)
    assert await world.looks_at(3600)
    assert sorted(lists.kept) == ["ada", "ana", "tom"]
    assert await world.looks_at(7200)
    assert len(lists.kept) == 6


async def test_a_change_is_not_behind_a_long_look(world: World, lists: Lists) -> None:
    def promoted(name: str) -> None:
        lists.on_keep = lambda name: None
        world.accounts[2] = replace(world.accounts[2], standing=world.accounts[1].standing)
        world.groups.is_woken.set()

    lists.on_keep = promoted
    await world.looks()
    assert lists.kept == ["ada"], "the list in hand is done, then comes what is new"
    await world.looks()
    assert lists.kept[1:] == ["tom", "ada", "ana"]
    assert lists.members[jid("tom")] is Group.SUPPORT


async def test_each_domain_is_kept_in_the_first_way_that_serves_it() -> None:
    one, rest = Lists("example.org"), Lists()
    rest.serves = lambda domain: True  # type: ignore[method-assign]
    world = World(one, rest)
    world.accounts.append(a_helper("eve@example.org"))
    await world.looks()
    assert one.kept == ["eve"]
    assert sorted(rest.kept) == ["ada", "ana", "tom"]


async def test_a_list_that_fails_is_tried_again_later_and_later(world: World, lists: Lists) -> None:
    lists.trouble[jid("ana")] = StepRefused("item-not-found")
    await world.looks()
    lists.kept.clear()
    tries = [second for second in range(1, 100) if await world.looks_at(second)]
    assert tries == [1, 6, 21, 81]
    assert set(lists.kept) == {"ana"}, "the others do not wait for it, and are not looked at again"
    (problem,) = world.groups.problems()
    assert (problem.what, problem.since_at) == (Trouble.GROUPS_FAILED, at(0))
    assert problem.reason == "ana@localhost: item-not-found"
    lists.trouble.clear()
    assert await world.looks_at(400)
    assert world.groups.problems() == []


@pytest.mark.parametrize("trouble", [StoreTrouble("away"), LinkTrouble("no answer in time"), ZeroDivisionError()])
async def test_whatever_goes_wrong_with_one_list_the_others_are_kept(
    world: World, lists: Lists, trouble: Exception
) -> None:
    lists.trouble[jid("ada")] = trouble
    await world.looks()
    assert lists.kept == ["ada", "ana", "tom"]
    assert len(world.groups.problems()) == 1


async def test_many_that_fail_are_one_problem(world: World, lists: Lists) -> None:
    for name in ("ada", "ana", "tom"):
        lists.trouble[jid(name)] = StepRefused("forbidden")
    await world.looks()
    (problem,) = world.groups.problems()
    assert problem.reason == "ada@localhost and 2 more: forbidden"


async def test_without_a_link_nothing_is_tried_and_the_next_one_begins_anew(world: World, lists: Lists) -> None:
    lists.trouble[jid("ada")] = LinkDown("lost")
    await world.looks()
    assert lists.kept == ["ada"]
    world.is_up = False
    with pytest.raises(LinkDown):
        await world.looks()
    world.is_up = True
    lists.trouble.clear()
    world.groups.begin()
    await world.looks()
    assert lists.kept == ["ada", "ada", "ana", "tom"]
    assert world.groups.problems() == []


async def test_a_list_waits_for_its_owner_to_be_there(world: World, lists: Lists) -> None:
    lists.away = {jid("ana")}
    await world.looks()
    world.groups.on_moved()
    assert world.groups.is_woken.is_set()
    lists.kept.clear()
    lists.away.clear()
    await world.looks()
    assert lists.kept == ["ana"]
    world.groups.on_moved()
    assert not world.groups.is_woken.is_set(), "nobody is waited for any more"


async def test_people_left_out_are_a_problem(lists: Lists) -> None:
    world = World(lists, rules=replace(RULES, most_people=2))
    await world.looks()
    assert sorted(lists.kept) == ["ada", "ana"]
    (problem,) = world.groups.problems()
    assert problem.what is Trouble.GROUPS_CUT
    assert problem.reason.startswith("1 people")
    del world.accounts[2]
    await world.looks()
    assert world.groups.problems() == []
