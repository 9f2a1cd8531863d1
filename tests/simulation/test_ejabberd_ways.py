"""What the simulation does otherwise with EJABBERD, as it was seen on ejabberd 23.01."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.people import BareComponent, Person
from tests.people.owner import affiliate, configure, read_configuration, those_with
from tests.simulation import EJABBERD, SimulatedServer
from tests.simulation.asking import a_room, new_room, refusal


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SimulatedServer]:
    async with SimulatedServer(quirks=EJABBERD) as simulated:
        yield simulated


async def test_a_new_room_is_open_until_it_is_configured(server: SimulatedServer, desk: Person) -> None:
    vic, room = await server.visitor("vic"), new_room(server)
    await desk.enter(room, "Help desk")
    assert await vic.enter(room) == {110}


async def test_all_of_several_affiliations_are_applied(server: SimulatedServer, desk: Person) -> None:
    room = await a_room(server, desk)
    await affiliate(desk, room, "ana@example.org", "ben@example.org", as_="member")
    assert await those_with(desk, room, affiliation="member") == {"ana@example.org", "ben@example.org"}


@pytest.mark.parametrize(
    ("option", "condition"),
    [
        pytest.param("muc#roomconfig_historylength", "bad-request", id="a field of Prosody's"),
        pytest.param("muc#roomconfig_allowpm", "internal-server-error", id="a field of the standard's"),
        pytest.param("muc#roomconfig_enablelogging", "not-acceptable", id="a module that is off"),
    ],
)
async def test_a_form_with_a_field_that_was_not_offered_is_refused_as_a_whole(
    server: SimulatedServer, desk: Person, option: str, condition: str
) -> None:
    room = await a_room(server, desk)
    assert (await refusal(configure(desk, room, **{"roomname": "Chat", option: "1"})))[0] == condition
    assert (await read_configuration(desk, room))["muc#roomconfig_roomname"] == ""


async def test_in_a_moderated_room_the_banned_come_back(server: SimulatedServer, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare, moderatedroom=True)
    await ana.enter(room)
    await affiliate(desk, room, ana.bare, as_="outcast")
    await ana.is_out_of(room)
    assert await ana.enter(room) == {110}
    await configure(desk, room, moderatedroom=False)
    await ana.leave(room)
    assert await refusal(ana.enter(room)) == ("forbidden", "auth")


async def test_a_ghost_goes_without_a_status_code(
    server: SimulatedServer, component: BareComponent, desk: Person
) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    server.break_link(keep_down=True)
    await ana.speak(room, "anybody?")
    await ana.sees_gone(room, "Help desk")
    assert ana.view_of(room).departures["Help desk"].codes == set()


async def test_a_stanza_without_a_sender_ends_the_link(server: SimulatedServer, component: BareComponent) -> None:
    component.send_raw("<message to='ana@localhost'><body>hi</body></message>")
    assert await component.over() == "improper-addressing"
