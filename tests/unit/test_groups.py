"""Who is in which group, and what a contact list needs to show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from livechat_xmpp.domain.groups import (
    Contact,
    Given,
    Group,
    Move,
    Suggestion,
    belonging,
    group_of,
    moves,
    plan_list,
    seen_by,
    suggestions,
)
from livechat_xmpp.domain.model import Account, BareJid, Standing
from tests.factories import a_helper, a_monitor, a_trainee, an_admin, at, jid

SUPPORT, TRAINEES = Group.SUPPORT, Group.TRAINEES
TOM, ANA, ADA = jid("tom"), jid("ana"), jid("ada")
DAY = 86_400


@pytest.mark.parametrize("standing", Standing)
def test_only_trainees_are_trainees_and_helpers_and_up_are_support(standing: Standing) -> None:
    expected = {"trainee": TRAINEES, "helper": SUPPORT, "monitor": SUPPORT, "admin": SUPPORT}
    assert group_of(standing) is expected.get(standing)


def test_everybody_with_a_group_belongs() -> None:
    found = belonging([a_trainee("tom"), a_helper("ana"), a_monitor("mia"), an_admin("ada")], 4)
    assert found.members == {TOM: TRAINEES, ANA: SUPPORT, jid("mia"): SUPPORT, ADA: SUPPORT}
    assert found.left_out == 0


@pytest.mark.parametrize("kind", [a_helper, a_trainee])
def test_of_too_many_those_active_last_belong(kind: Callable[..., Account]) -> None:
    old, middle, new = (kind(name, active_at=at(day * DAY)) for day, name in enumerate(("old", "middle", "new")))
    found = belonging([old, middle, new], 2)
    assert set(found.members) == {jid("new"), jid("middle")}
    assert found.left_out == 1


def test_a_flood_of_new_accounts_pushes_nobody_out() -> None:
    """All accounts of today came before a helper who was last there yesterday."""
    ana, tom = a_helper("ana", active_at=at(0)), a_trainee("tom", active_at=at(0))
    flood = [a_trainee(f"eve{n}", since_at=at(DAY)) for n in range(300)]
    found = belonging([*flood, tom, ana], 200)
    assert {ANA, TOM} <= set(found.members)
    assert found.left_out == 102


def test_of_trainees_who_never_were_active_the_newest_come_first() -> None:
    old, new = a_trainee("ann", since_at=at(0)), a_trainee("bob", since_at=at(DAY))
    assert set(belonging([old, new], 1).members) == {jid("bob")}


def test_within_a_day_the_standing_counts_and_not_the_hour() -> None:
    people = [a_trainee("tom", active_at=at(7200)), a_helper("ana", active_at=at(3600)), an_admin("ada")]
    assert set(belonging(people, 2).members) == {ANA, ADA}


def test_everybody_sees_all_others_and_who_is_in_no_group_sees_nobody() -> None:
    members = {TOM: TRAINEES, ANA: SUPPORT}
    assert seen_by(ANA, members) == {TOM: TRAINEES}
    assert seen_by(TOM, members) == {ANA: SUPPORT}
    assert seen_by(ADA, members) == {}


# --- lists that are written


def contact(name: str, *groups: str, subscription: str = "both", called: str = "") -> Contact:
    return Contact(jid(name), subscription, called, frozenset(groups))


FRIEND = contact("tom", "Friends", subscription="to", called="Tommy")
LONER = contact("tom", subscription="none")
NAMESAKE = contact("tom", "support", subscription="from")  # a group of the person's own that is named as ours is

CASES: list[Any] = [
    # seen, wanted, given; puts, removals, left on record
    pytest.param([], TRAINEES, None, [contact("tom", "trainees")], [], Given(TRAINEES), id="nobody there: put"),
    pytest.param(
        [contact("tom", "trainees")], TRAINEES, Given(TRAINEES), [], [], Given(TRAINEES), id="as it should be: nothing"
    ),
    pytest.param(
        [FRIEND],
        TRAINEES,
        None,
        [contact("tom", "Friends", "trainees", called="Tommy")],
        [],
        Given(TRAINEES, FRIEND),
        id="there before: name and groups stay, and what it was is kept",
    ),
    pytest.param(
        [contact("tom", "trainees")],
        SUPPORT,
        Given(TRAINEES),
        [contact("tom", "support")],
        [],
        Given(SUPPORT),
        id="promoted: out of one group, into the other",
    ),
    pytest.param(
        [contact("tom", "Friends", "trainees", called="Tommy")],
        SUPPORT,
        Given(TRAINEES, FRIEND),
        [contact("tom", "Friends", "support", called="Tommy")],
        [],
        Given(SUPPORT, FRIEND),
        id="promoted: what it was before stays on record",
    ),
    pytest.param(
        [], TRAINEES, Given(TRAINEES), [contact("tom", "trainees")], [], Given(TRAINEES), id="deleted: put again"
    ),
    pytest.param(
        [contact("tom", "Later")],
        TRAINEES,
        Given(TRAINEES),
        [contact("tom", "Later", "trainees")],
        [],
        Given(TRAINEES),
        id="moved elsewhere: put back, and stays there too",
    ),
    pytest.param(
        [contact("tom", "trainees")], None, Given(TRAINEES), [], [TOM], None, id="left: an entry of ours goes"
    ),
    pytest.param([], None, Given(TRAINEES), [], [], None, id="left, and deleted before: nothing to do"),
    pytest.param(
        [contact("tom", "Friends", "trainees", called="Tommy")],
        None,
        Given(TRAINEES, FRIEND),
        [FRIEND],
        [],
        None,
        id="left: an entry from before is as it was",
    ),
    pytest.param(
        [contact("tom", "trainees")],
        None,
        Given(TRAINEES, LONER),
        [LONER],
        [],
        None,
        id="left: an entry from before stays although it was in no group",
    ),
    pytest.param(
        [contact("tom", "trainees", called="Tom")],
        None,
        Given(TRAINEES),
        [contact("tom", called="Tom")],
        [],
        None,
        id="left: an entry of ours that got a name stays",
    ),
    pytest.param(
        [contact("tom", "Band", "trainees")],
        None,
        Given(TRAINEES),
        [contact("tom", "Band")],
        [],
        None,
        id="left: an entry of ours that is in another group stays there",
    ),
    pytest.param(
        [NAMESAKE],
        TRAINEES,
        None,
        [contact("tom", "support", "trainees")],
        [],
        Given(TRAINEES, NAMESAKE),
        id="a group of their own with the name of ours stays",
    ),
    pytest.param(
        [contact("tom", "support", "trainees")],
        None,
        Given(TRAINEES, NAMESAKE),
        [NAMESAKE],
        [],
        None,
        id="left: a group of their own with the name of ours stays",
    ),
    pytest.param([NAMESAKE], None, None, [], [], None, id="never put there: never touched"),
]


@pytest.mark.parametrize(("seen", "wanted", "given", "puts", "removals", "left"), CASES)
def test_a_list_is_brought_in_step(
    seen: list[Contact],
    wanted: Group | None,
    given: Given | None,
    puts: list[Contact],
    removals: list[BareJid],
    left: Given | None,
) -> None:
    plan = plan_list(
        {one.jid: one for one in seen},
        {TOM: wanted} if wanted else {},
        {TOM: given} if given else {},
        is_mutual=lambda jid: True,
    )
    assert plan.puts == tuple(puts)
    assert plan.removals == tuple(removals)
    assert plan.left == ({TOM: left} if left else {})
    assert plan.given == ({TOM: left or given} if left or given else {}), "on record while it is being done"


def test_who_does_not_see_us_is_in_the_group_without_presence() -> None:
    plan = plan_list({}, {TOM: TRAINEES}, {}, is_mutual=lambda jid: False)
    assert plan.puts == (contact("tom", "trainees", subscription="none"),)
    before = contact("tom", subscription="to")
    plan = plan_list({TOM: before}, {TOM: TRAINEES}, {}, is_mutual=lambda jid: False)
    assert plan.puts == (contact("tom", "trainees", subscription="to"),)


def test_a_plan_that_was_carried_out_leads_to_one_with_nothing_in_it() -> None:
    seen = {TOM: FRIEND, ADA: contact("ada", subscription="none")}
    wanted = {TOM: TRAINEES, ANA: SUPPORT, ADA: SUPPORT}
    plan = plan_list(seen, wanted, {}, is_mutual=lambda jid: True)
    then = {**seen, **{one.jid: one for one in plan.puts}}
    again = plan_list(then, wanted, plan.left, is_mutual=lambda jid: True)
    assert (again.puts, again.removals, again.left) == ((), (), plan.left)
    over = plan_list(then, {}, plan.left, is_mutual=lambda jid: True)
    kept = {jid: one for jid, one in then.items() if jid not in over.removals}
    assert {**kept, **{one.jid: one for one in over.puts}} == seen
    assert over.left == {}


# --- lists that are suggested, or kept by the server


def test_only_what_is_new_is_suggested() -> None:
    told = {TOM: TRAINEES, ANA: SUPPORT, ADA: SUPPORT}
    wanted = {TOM: SUPPORT, ANA: SUPPORT, jid("mia"): SUPPORT}
    assert suggestions(told, wanted) == [
        Suggestion("delete", ADA, SUPPORT),
        Suggestion("modify", TOM, SUPPORT),
        Suggestion("add", jid("mia"), SUPPORT),
    ]
    assert suggestions(wanted, wanted) == []


@pytest.mark.parametrize(
    ("seen", "wanted", "needed"),
    [
        pytest.param({}, {TOM: TRAINEES}, [Move(TOM, (), TRAINEES)], id="new: joins"),
        pytest.param({TRAINEES: {TOM}}, {TOM: TRAINEES}, [], id="there: nothing"),
        pytest.param({TRAINEES: {TOM}}, {TOM: SUPPORT}, [Move(TOM, (TRAINEES,), SUPPORT)], id="promoted: moves"),
        pytest.param({TRAINEES: {TOM}}, {}, [Move(TOM, (TRAINEES,), None)], id="left: out"),
        pytest.param(
            {TRAINEES: {TOM}, SUPPORT: {TOM}},
            {TOM: SUPPORT},
            [Move(TOM, (SUPPORT, TRAINEES), SUPPORT)],
            id="in both: out of both, then joins anew",
        ),
    ],
)
def test_people_are_moved_between_groups(seen: Any, wanted: Any, needed: list[Move]) -> None:
    assert moves(seen, wanted) == needed
