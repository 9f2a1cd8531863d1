"""The simulation does what real servers do: each story runs on both, with the same observations.

Here: entering and leaving rooms. The other subjects are in the other test_same_….py.
"""

from __future__ import annotations

from tests.people import Person, Server
from tests.people.elements import new_id
from tests.people.owner import (
    affiliate,
    configure,
    destroy,
    give_role,
)
from tests.simulation import Quirks
from tests.simulation.asking import a_room, has_ended, new_room, refusal

# making and entering


async def test_the_component_makes_a_room_and_is_told_so(server: Server, desk: Person) -> None:
    room = new_room(server)
    assert await desk.enter(room, "Help desk") == {201, 110}
    me = desk.inside(room)["Help desk"]
    assert (me.affiliation, me.role) == ("owner", "moderator")


async def test_nobody_else_makes_rooms_there(server: Server, ways: Quirks, desk: Person) -> None:
    ana, vic = await server.person("ana"), await server.visitor("vic")
    assert (await refusal(ana.enter(new_room(server))))[0] == ways.creation_refused[0]
    assert (await refusal(vic.enter(new_room(server))))[0] == ways.creation_refused[0]


async def test_who_has_an_account_makes_rooms_on_the_general_service(server: Server, ways: Quirks) -> None:
    ana, vic = await server.person("ana"), await server.visitor("vic")
    assert (await refusal(vic.enter(f"r{new_id()}@{server.general_muc}")))[0] == ways.creation_refused[0]
    assert 201 in await ana.enter(f"r{new_id()}@{server.general_muc}")


async def test_a_new_room_is_closed_until_configured(server: Server, ways: Quirks, desk: Person) -> None:
    ana, vic = await server.person("ana"), await server.visitor("vic")
    room = new_room(server)
    await desk.enter(room, "Help desk")
    await affiliate(desk, room, ana.bare, as_="member")
    if ways.locks_new_rooms:
        assert await refusal(ana.enter(room)) == ("item-not-found", "cancel")
        await configure(desk, room)
    else:  # as config/ejabberd.yml has it: for members only from the first moment on
        assert await refusal(vic.enter(room)) == ("registration-required", "auth")
    assert await ana.enter(room) == {110}


async def test_a_members_only_room_is_for_members_only(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk)
    assert await refusal(ana.enter(room)) == ("registration-required", "auth")
    await affiliate(desk, room, ana.bare, as_="member")
    await ana.enter(room)
    seen = await desk.sees_inside(room, "ana")
    assert (seen.jid, seen.affiliation, seen.role) == (ana.jid, "member", "participant")


async def test_members_do_not_see_each_others_addresses(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room)
    await ben.enter(room)
    await ana.sees_inside(room, "ben")
    assert {nick: one.jid for nick, one in ana.inside(room).items()} == {"Help desk": None, "ana": ana.jid, "ben": None}
    assert {nick: one.jid for nick, one in ben.inside(room).items()} == {"Help desk": None, "ana": None, "ben": ben.jid}


async def test_addresses_are_shown_to_all_where_the_room_says_so(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare, whois="anyone")
    assert await ana.enter(room) == {100, 110}
    assert ana.inside(room)["Help desk"].jid == desk.jid


async def test_a_nick_belongs_to_one_person(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room, "help")
    assert await refusal(ben.enter(room, "help")) == ("conflict", "cancel")
    assert not ben.is_in(room)


async def test_two_clients_of_one_person_share_a_nick(server: Server, desk: Person) -> None:
    laptop, phone = await server.person("ana", client="laptop"), await server.person("ana", client="phone")
    room = await a_room(server, desk, laptop.bare)
    await laptop.enter(room, "ana")
    await phone.enter(room, "ana")
    await laptop.leave(room)
    await desk.ping(server.domain)
    assert set(desk.inside(room)) == {"Help desk", "ana"}
    assert phone.is_in(room)
    await phone.leave(room)
    await desk.sees_gone(room, "ana")


async def test_entering_again_shows_everybody_and_makes_nothing(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    desk.view_of(room).occupants.clear()
    assert await desk.enter(room, "Help desk") == {110}
    assert {nick: one.jid for nick, one in desk.inside(room).items()} == {"Help desk": desk.jid, "ana": ana.jid}


async def test_presence_in_the_room_follows_the_person(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await ana.presence("away", to=f"{room}/ana")
    await desk.sees_inside(room, "ana")
    await desk.until(lambda: desk.inside(room)["ana"].show == "away", "ana being away in the room")
    await desk.ping(server.domain)
    assert set(desk.inside(room)) == {"Help desk", "ana"}


async def test_a_nick_is_changed(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await ana.enter(room, "anna")
    await desk.sees_inside(room, "anna")
    assert set(desk.inside(room)) == {"Help desk", "anna"}
    assert desk.view_of(room).departures["ana"].codes == {303}


async def test_presence_without_muc_does_not_enter(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.presence(to=f"{room}/ana")
    if ways.enters_without_muc:  # as in the protocol before XEP-0045
        await desk.sees_inside(room, "ana")
        return
    await ana.until(lambda: ana.sight_of(room) == "error", "a refusal")
    assert set(desk.inside(room)) == {"Help desk"}


async def test_an_empty_room_is_gone_unless_persistent(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await desk.leave(room)
    await has_ended(desk, room)
    assert 201 in await desk.enter(room, "Help desk")
    await configure(desk, room, persistentroom=True)
    await desk.leave(room)
    assert await desk.enter(room, "Help desk") == {110}


# going, and being made to go


async def test_losing_the_connection_is_leaving(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await desk.sees_inside(room, "ana")
    await ana.drop()
    await desk.sees_gone(room, "ana")
    assert desk.view_of(room).departures["ana"].codes == set()


async def test_losing_membership_is_being_put_out(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room)
    await ben.enter(room)
    await affiliate(desk, room, ana.bare, as_="none", reason="no monitor")
    gone = await ana.is_out_of(room)
    assert gone is not None
    assert (set(gone.codes), gone.reason, gone.actor) == ({110, 321}, "no monitor", "Help desk")
    await ben.sees_gone(room, "ana")
    assert ben.view_of(room).departures["ana"].codes == {321}
    assert await refusal(ana.enter(room)) == ("registration-required", "auth")


async def test_the_nick_of_one_put_out_is_free_at_once(server: Server, desk: Person) -> None:
    before, after = await server.visitor("vic"), await server.visitor("vic")
    room = await a_room(server, desk, before.bare, after.bare)
    await before.enter(room)
    await affiliate(desk, room, before.bare, as_="none")
    assert await after.enter(room) == {110}


async def test_the_banned_stay_out(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await affiliate(desk, room, ana.bare, as_="outcast")
    gone = await ana.is_out_of(room)
    assert gone is not None
    assert gone.codes == {110, 301}
    assert await refusal(ana.enter(room)) == (ways.banned_from_closed, "auth")
    await configure(desk, room, membersonly=False)
    assert await refusal(ana.enter(room)) == ("forbidden", "auth")


async def test_the_kicked_may_come_back(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await give_role(desk, room, "ana", "none", "mind your words")
    gone = await ana.is_out_of(room)
    assert gone is not None
    assert (set(gone.codes), gone.reason) == ({110, 307}, "mind your words")
    assert await ana.enter(room) == {110}


async def test_closing_a_room_puts_strangers_out(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, membersonly=False)
    await ana.enter(room)
    await desk.sees_inside(room, "ana")
    await configure(desk, room, membersonly=True)
    gone = await ana.is_out_of(room)
    assert gone is not None
    assert gone.codes == {110, 322}
    await desk.ping(server.domain)
    assert ("ana" not in desk.inside(room)) is ways.shows_322_to_others
    await desk.enter(room, "Help desk")
    assert set(desk.inside(room)) == {"Help desk"}


async def test_destroying_tells_why_and_where_to_go(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await destroy(desk, room, "The chat has ended.")
    gone = await ana.is_out_of(room)
    assert gone is not None
    assert (gone.destroyed, gone.reason) == (True, "The chat has ended.")
    assert not desk.is_in(room)
    await has_ended(desk, room)
    assert (await refusal(ana.enter(room)))[0] == ways.creation_refused[0]
