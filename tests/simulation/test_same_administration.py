"""Owners and moderators can do the same in the simulation as on a real server."""

from __future__ import annotations

import pytest

from tests.people import Person, Server
from tests.people.elements import MUC_USER
from tests.people.owner import (
    affiliate,
    configure,
    destroy,
    give_role,
    read_configuration,
    those_with,
)
from tests.simulation import Quirks
from tests.simulation.asking import a_room, has_ended, new_room, refusal


async def test_lists_of_the_affiliated(server: Server, desk: Person) -> None:
    room = await a_room(server, desk, "ana@example.org", "ben@example.org")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org", "ben@example.org"}
    assert await those_with(desk, room, affiliation="owner") == {desk.bare}
    await affiliate(desk, room, "ana@example.org", as_="none")
    assert await those_with(desk, room, affiliation="member") == {"ben@example.org"}


async def test_of_several_affiliations_only_the_first_may_be_applied(
    server: Server, ways: Quirks, desk: Person
) -> None:
    room = await a_room(server, desk)
    both = ("ana@example.org", "ben@example.org")
    await affiliate(desk, room, *both, as_="member")
    assert await those_with(desk, room, affiliation="member") == set(both[:1] if ways.first_item_only else both)


async def test_a_full_address_has_no_affiliation(server: Server, ways: Quirks, desk: Person) -> None:
    room = await a_room(server, desk)
    giving = affiliate(desk, room, "ana@example.org/x", as_="member")
    if ways.refuses_full_addresses:
        assert await refusal(giving) == ("jid-malformed", "modify")
    else:
        await giving
        assert await those_with(desk, room, affiliation="member") == {"ana@example.org"}


async def test_the_last_owner_stays_owner(server: Server, ways: Quirks, desk: Person) -> None:
    room = await a_room(server, desk)
    assert await refusal(affiliate(desk, room, desk.bare, as_="none")) == (ways.last_owner, "cancel")


async def test_the_owner_need_not_be_inside(server: Server, ways: Quirks, desk: Person) -> None:
    room = await a_room(server, desk, persistentroom=True)
    await desk.leave(room)
    await affiliate(desk, room, "ana@example.org", as_="member")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org"}
    assert await refusal(give_role(desk, room, "ana", "none")) == (ways.nobody_of_that_nick, "modify")
    await destroy(desk, room)


async def test_members_may_not_administer(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    assert await refusal(affiliate(ana, room, "tom@example.org", as_="member")) == ("not-allowed", "cancel")
    assert await refusal(those_with(ana, room, affiliation="member")) == ("forbidden", "auth")
    assert await refusal(those_with(ana, room, role="participant")) == ("forbidden", "auth")
    assert await refusal(give_role(ana, room, "Help desk", "none")) == ("not-allowed", "cancel")
    assert await refusal(configure(ana, room, membersonly=False)) == ("forbidden", "auth")
    assert await refusal(destroy(ana, room)) == ("forbidden", "auth")


async def test_roles_show_who_is_inside(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    assert await those_with(desk, room, role="participant") == {ana.jid}
    assert await those_with(desk, room, role="moderator") == {desk.jid}


async def test_a_new_admin_sees_everybodys_address(server: Server, ways: Quirks, desk: Person) -> None:
    mia, ana = await server.person("mia"), await server.person("ana")
    room = await a_room(server, desk, mia.bare, ana.bare)
    await ana.enter(room)
    await mia.enter(room)
    assert mia.inside(room)["ana"].jid is None
    await affiliate(desk, room, mia.bare, as_="admin")
    await mia.until(lambda: mia.inside(room)["mia"].role == "moderator", "being a moderator")
    if ways.shows_all_to_new_moderator:
        await mia.until(lambda: mia.inside(room)["ana"].jid == ana.jid, "ana's address")
    else:
        await mia.ping(server.domain)
        assert mia.inside(room)["ana"].jid is None
        await ana.presence("away", to=f"{room}/ana")
        await mia.until(lambda: mia.inside(room)["ana"].jid == ana.jid, "ana's address with the next presence")


async def test_an_affiliation_of_somebody_outside_is_told_to_moderators(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await affiliate(desk, room, "tom@example.org", as_="member")
    told = await desk.receives(
        lambda one: (item := one.find(f"{{{MUC_USER}}}item")) is not None and item.get("jid") == "tom@example.org"
    )
    assert told.sender == room
    await ana.ping(server.domain)
    assert not ana.has_unread(lambda one: one.sender == room)


async def test_the_form_offers_the_same_fields(server: Server, ways: Quirks, desk: Person) -> None:
    room = new_room(server)
    await desk.enter(room, "Help desk")
    form = await read_configuration(desk, room)
    assert sorted(form.pop("muc#roomconfig_presencebroadcast")) == ["moderator", "participant", "visitor"]
    form.pop("FORM_TYPE", None)
    expected = {var: value for var, (_, value) in ways.fields.items()} | ways.help_rooms
    del expected["muc#roomconfig_presencebroadcast"]
    assert {var: value or "0" for var, value in form.items()} == {var: v or "0" for var, v in expected.items()}


async def test_a_part_of_the_form_changes_only_that(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await configure(desk, room, roomname="Chat with Vic")
    form = await read_configuration(desk, room)
    assert (form["muc#roomconfig_roomname"], form["muc#roomconfig_membersonly"]) == ("Chat with Vic", "1")


async def test_a_changed_configuration_is_told(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await configure(desk, room, roomname="Chat")
    await desk.until(
        lambda: any(one.find("status") is not None and not one.body for one in desk.view_of(room).messages),
        "status 104",
    )


async def test_voice_is_lent_in_a_moderated_room(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, membersonly=False, moderatedroom=True)
    await ana.enter(room)
    if ways.gives_voice_at_the_door:
        assert ana.inside(room)["ana"].role == "participant"
        await give_role(desk, room, "ana", "visitor")
        await ana.until(lambda: ana.inside(room)["ana"].role == "visitor", "no voice")
    assert ana.inside(room)["ana"].role == "visitor"
    assert await refusal(ana.speak(room, "may I?")) == ("forbidden", "auth")
    await give_role(desk, room, "ana", "participant")
    await ana.until(lambda: ana.inside(room)["ana"].role == "participant", "voice")
    await ana.speak(room, "thank you")


async def test_in_a_moderated_room_the_banned_may_come_back(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare, moderatedroom=True)
    await ana.enter(room)
    await affiliate(desk, room, ana.bare, as_="outcast")
    await ana.is_out_of(room)
    if ways.removed_may_come_back:
        assert await ana.enter(room) == {110}
        await configure(desk, room, moderatedroom=False)
        await ana.leave(room)
    assert await refusal(ana.enter(room)) == (ways.banned_from_closed, "auth")


@pytest.mark.parametrize(
    ("option", "value", "condition"),
    [
        pytest.param("no_such_thing", "1", "bad-request", id="a field of nobody's"),
        pytest.param("allowpm", "anyone", "internal-server-error", id="a field of the standard's"),
        pytest.param("enablelogging", "1", "not-acceptable", id="a module that is off"),
    ],
)
async def test_a_form_with_a_field_that_was_not_offered(
    server: Server, ways: Quirks, desk: Person, option: str, value: str, condition: str
) -> None:
    room = await a_room(server, desk)
    setting = configure(desk, room, **{"roomname": "Chat", option: value})
    if ways.refuses_unknown_fields:
        assert (await refusal(setting))[0] == condition
    else:
        await setting
    name = (await read_configuration(desk, room))["muc#roomconfig_roomname"]
    assert name == ("" if ways.refuses_unknown_fields else "Chat")


async def test_an_owners_question_may_make_a_room(server: Server, ways: Quirks, desk: Person) -> None:
    room = new_room(server)
    if not ways.iq_makes_room:
        assert await refusal(read_configuration(desk, room)) == ("item-not-found", "cancel")
        return
    await read_configuration(desk, room)
    await has_ended(desk, room)
    assert 201 in await desk.enter(room, "Help desk")
