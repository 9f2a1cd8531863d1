"""Owners and moderators can do the same in the simulation as on a real Prosody."""

from __future__ import annotations

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
from tests.simulation.asking import a_room, new_room, refusal


async def test_lists_of_the_affiliated(server: Server, desk: Person) -> None:
    room = await a_room(server, desk, "ana@example.org", "ben@example.org")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org", "ben@example.org"}
    assert await those_with(desk, room, affiliation="owner") == {desk.bare}
    await affiliate(desk, room, "ana@example.org", as_="none")
    assert await those_with(desk, room, affiliation="member") == {"ben@example.org"}


async def test_only_the_first_of_several_affiliations_is_applied(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await affiliate(desk, room, "ana@example.org", "ben@example.org", as_="member")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org"}


async def test_a_full_address_has_no_affiliation(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    assert await refusal(affiliate(desk, room, "ana@example.org/x", as_="member")) == ("jid-malformed", "modify")


async def test_the_last_owner_stays_owner(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    assert await refusal(affiliate(desk, room, desk.bare, as_="none")) == ("conflict", "cancel")


async def test_the_owner_need_not_be_inside(server: Server, desk: Person) -> None:
    room = await a_room(server, desk, persistentroom=True)
    await desk.leave(room)
    await affiliate(desk, room, "ana@example.org", as_="member")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org"}
    assert await refusal(give_role(desk, room, "ana", "none")) == ("item-not-found", "modify")
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


async def test_a_new_admin_sees_everybodys_address(server: Server, desk: Person) -> None:
    mia, ana = await server.person("mia"), await server.person("ana")
    room = await a_room(server, desk, mia.bare, ana.bare)
    await ana.enter(room)
    await mia.enter(room)
    assert mia.inside(room)["ana"].jid is None
    await affiliate(desk, room, mia.bare, as_="admin")
    await mia.until(lambda: mia.inside(room)["ana"].jid == ana.jid, "ana's address")
    assert mia.inside(room)["mia"].role == "moderator"


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


async def test_the_form_offers_the_same_fields(server: Server, desk: Person) -> None:
    room = new_room(server)
    await desk.enter(room, "Help desk")
    form = {var.partition("config_")[2]: value for var, value in (await read_configuration(desk, room)).items()}
    assert sorted(form.pop("presencebroadcast")) == ["moderator", "participant", "visitor"]
    form.pop("", None)
    assert form == {
        "roomname": "",
        "roomdesc": "",
        "lang": "en",
        "persistentroom": "",
        "publicroom": "0",
        "roomsecret": "",
        "membersonly": "",
        "moderatedroom": "",
        "whois": "moderators",
        "changesubject": "",
        "historylength": "20",
        "defaulthistorymessages": "20",
        "enablearchiving": "1",
        "allowmemberinvites": "",
    }


async def test_a_part_of_the_form_changes_only_that(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await configure(desk, room, **{"roomname": "Chat with Vic", "muc#nothing_like_it": "1"})
    form = await read_configuration(desk, room)
    assert (form["muc#roomconfig_roomname"], form["muc#roomconfig_membersonly"]) == ("Chat with Vic", "1")


async def test_a_changed_configuration_is_told(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await configure(desk, room, roomname="Chat")
    await desk.until(
        lambda: any(one.find("status") is not None and not one.body for one in desk.view_of(room).messages),
        "status 104",
    )


async def test_voice_is_lent_in_a_moderated_room(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, membersonly=False, moderatedroom=True)
    await ana.enter(room)
    assert ana.inside(room)["ana"].role == "visitor"
    assert await refusal(ana.speak(room, "may I?")) == ("forbidden", "auth")
    await give_role(desk, room, "ana", "participant")
    await ana.until(lambda: ana.inside(room)["ana"].role == "participant", "voice")
    await ana.speak(room, "thank you")
