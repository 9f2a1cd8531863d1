"""The groups trainees and support in the staff's contact lists, in whichever way the server lets the desk keep them.

On the Prosody the desk writes lists (XEP-0356), on the ejabberd it has the server's shared groups (HTTP API), and on
the simulated servers it suggests contacts (XEP-0144), which people's clients follow.
"""

from __future__ import annotations

import pytest

from tests.people import Person
from tests.people.contacts import entry
from tests.scenarios.stage import Stage, until

OFTEN = pytest.mark.desk(LIVECHAT_GROUPS__LOOK_S="0.5")


def is_repaired(stage: Stage) -> bool:
    """Return whether the server's lists are the desk's to put right: elsewhere they are their owners'."""
    return hasattr(stage, "desk")


async def joined(stage: Stage, **standings: str) -> list[Person]:
    """Return ada, and people of these standings; all look at their contacts."""
    people = [stage.ada]
    await stage.ada.fetch_contacts()
    for name, standing in standings.items():
        person = await stage.person(name)
        await person.fetch_contacts()
        await stage.gives(person, standing)
        people.append(person)
    return people


async def test_everybody_sees_everybody_in_their_groups_at_once(stage: Stage) -> None:
    """AP-2"""
    ada, tom, ana = await joined(stage, tom="trainee", ana="helper")
    for person, others in ((ada, {tom: "trainees", ana: "support"}), (tom, {ada: "support", ana: "support"})):
        for other, group in others.items():
            await person.sees_in_groups(other.bare, group)
    await ana.sees_in_groups(tom.bare, "trainees")
    for person in (ada, tom, ana):
        assert person.bare not in await person.fetch_contacts(), "nobody is their own contact"
    kept = await ana.fetch_contacts()
    assert (kept[tom.bare].groups, kept[ada.bare].groups) == ({"trainees"}, {"support"})


async def test_who_is_promoted_in_mid_chat_moves_for_everybody_at_once(stage: Stage) -> None:
    """AP-2, AP-7"""
    ada, tom, ana, mia = await joined(stage, tom="trainee", ana="helper", mia="monitor")
    for person in (ana, mia, tom):
        assert (await person.command("go-on-duty", submit=True)).is_completed
    await stage.settled()
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    for person in (ada, ana, mia):
        await person.sees_in_groups(tom.bare, "trainees")
    await stage.gives(tom, "helper")

    async def is_listed_by(person: Person) -> bool:
        found = (await person.fetch_contacts()).get(tom.bare)
        return found is not None and found.groups == {"support"}

    for person in (ada, ana, mia):
        await person.sees_in_groups(tom.bare, "support")
        await until(lambda person=person: is_listed_by(person), f"the list of {person} says so too")
    for other in (ada, ana, mia):
        await tom.sees_in_groups(other.bare, "support")
    assert tom.is_in(chat.room)
    await stage.gives(tom, "trainee", demote=True)
    for person in (ada, ana, mia):
        await person.sees_in_groups(tom.bare, "trainees")


async def test_a_contact_of_ones_own_keeps_its_name_and_groups(stage: Stage) -> None:
    """AP-2"""
    tom, ana = await stage.person("tom"), await stage.person("ana")
    await ana.fetch_contacts()
    ana.follows_suggestions = False  # what is done with a suggestion is the client's affair
    await ana.iq(None, entry(tom.bare, "Friends", name="Tommy"))
    await stage.gives(ana, "helper")
    await stage.gives(tom, "trainee")
    await stage.settled()
    if is_repaired(stage):
        await until(lambda: has_group(ana, tom.bare, "trainees"), "tom is a trainee for ana")
    mine = (await ana.fetch_contacts())[tom.bare]
    assert mine.name == "Tommy"
    assert "Friends" in mine.groups
    await stage.gives(tom, "helper")
    if is_repaired(stage):
        await until(lambda: has_group(ana, tom.bare, "support"), "tom is in support for ana")
    mine = (await ana.fetch_contacts())[tom.bare]
    assert mine.name == "Tommy"
    assert "Friends" in mine.groups
    assert "trainees" not in mine.groups


async def has_group(person: Person, jid: str, group: str) -> bool:
    """Return whether the group is shown now; an ejabberd takes a contact out for a moment when it changes groups."""
    kept = (await person.fetch_contacts()).get(jid)
    return kept is not None and group in kept.groups


@OFTEN
async def test_a_contact_that_was_deleted_comes_back(stage: Stage) -> None:
    """AP-2"""
    _, tom, ana = await joined(stage, tom="trainee", ana="helper")
    await ana.sees_in_groups(tom.bare, "trainees")
    before = len(ana.suggestions)
    await ana.iq(None, entry(tom.bare, subscription="remove"))
    if is_repaired(stage):
        await until(lambda: has(ana, tom.bare), "tom is ana's contact again")
        await ana.sees_in_groups(tom.bare, "trainees")
    else:
        await stage.settled()
        assert len(ana.suggestions) == before, "what was suggested is not suggested again"


async def has(person: Person, jid: str) -> bool:
    return jid in await person.fetch_contacts()


async def test_a_restart_changes_nothing_and_catches_up_with_what_happened_meanwhile(stage: Stage) -> None:
    """AP-2"""
    ada, tom, ana = await joined(stage, tom="trainee", ana="helper")
    await ana.sees_in_groups(tom.bare, "trainees")
    await stage.settled()
    before = list(ana.suggestions)
    await stage.restart_component()
    await stage.gives(tom, "helper")
    await ana.sees_in_groups(tom.bare, "support")
    await ada.sees_in_groups(tom.bare, "support")
    later = ana.suggestions[len(before) :]
    assert [(one.action, one.jid) for one in later] in ([], [("modify", tom.bare)]), "told before is not told again"


async def test_who_comes_later_is_shown_all_that_happened_meanwhile(stage: Stage) -> None:
    """AP-2"""
    ada, tom, ana = await joined(stage, tom="trainee", ana="helper")
    await ana.sees_in_groups(tom.bare, "trainees")
    await ana.close()
    await ada.sees_presence(ana.bare, "unavailable") if is_repaired(stage) else await stage.settled()
    await stage.gives(tom, "helper")
    await ada.sees_in_groups(tom.bare, "support")
    await ana.arrive()
    await ana.fetch_contacts()
    await ana.sees_in_groups(tom.bare, "support")


@pytest.mark.desk(LIVECHAT_GROUPS__ENABLED="false")
async def test_without_groups_contact_lists_are_left_alone(stage: Stage) -> None:
    """AP-2"""
    _, tom, ana = await joined(stage, tom="trainee", ana="helper")
    await stage.settled()
    assert not any(one.groups for one in (await ana.fetch_contacts()).values())
    assert not ana.suggestions
    assert tom.bare not in ana.contacts


async def test_who_takes_a_break_is_in_nobodys_list_until_they_are_back(stage: Stage) -> None:
    """AP-2, AP-7"""
    ada, tom, ana = await joined(stage, tom="trainee", ana="helper")
    await ada.sees_in_groups(ana.bare, "support")
    await ana.sees_in_groups(tom.bare, "trainees")
    await stage.gives(ana, "inactive", demote=True)
    for person, other in ((ada, ana), (tom, ana), (ana, ada), (ana, tom)):
        await person.sees_in_groups(other.bare)
    await stage.gives(ana, "helper")
    for person, other, group in ((ada, ana, "support"), (tom, ana, "support"), (ana, tom, "trainees")):
        await person.sees_in_groups(other.bare, group)
