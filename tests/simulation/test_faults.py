"""The simulation's faults, and how one waits for quiet after them, with a component of slixmpp on the link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

import pytest
import pytest_asyncio
from slixmpp import ComponentXMPP, Message

from tests.people import BareComponent, Person, StanzaError
from tests.people.elements import body_of, name, new_id
from tests.people.owner import affiliate, configure
from tests.simulation import EJABBERD, PROSODY, Quirks, SimulatedServer


class Parrot(ComponentXMPP):  # type: ignore[misc]
    """A component that repeats what it is told, each time a little later and in a task of its own."""

    def __init__(self, server: SimulatedServer) -> None:
        super().__init__(
            server.component, server.component_secret, server.host, server.component_port, fix_error_ns=True
        )
        self.add_event_handler("message", self.on_message)
        self._thoughts: set[asyncio.Task[None]] = set()

    def on_message(self, message: Message) -> None:
        self._thoughts.add(asyncio.get_running_loop().create_task(self._think(message)))

    async def _think(self, message: Message) -> None:
        words = message["body"]
        for _ in range(20):
            await asyncio.sleep(0)
        if words:
            self.send_message(mto=message["from"], mfrom=message["to"], mbody=words[1:], mtype="chat")

    async def idle(self) -> None:
        """Wait until there is nothing more to think about."""
        while self._thoughts:
            done, self._thoughts = self._thoughts, set()
            await asyncio.gather(*done)


@pytest_asyncio.fixture
async def parrot(simulated: SimulatedServer) -> AsyncIterator[Parrot]:
    bird = Parrot(simulated)
    bird.connect()
    await simulated.linked()
    yield bird
    await bird.disconnect(wait=1.0)
    bird.cancel_connection_attempt()


@pytest_asyncio.fixture
async def simulated() -> AsyncIterator[SimulatedServer]:
    async with SimulatedServer() as server:
        yield server


async def test_quiet_is_when_an_exchange_has_come_to_its_end(simulated: SimulatedServer, parrot: Parrot) -> None:
    """Each answer makes the person say something again, until nothing is left to repeat."""
    ana = await simulated.person("ana")
    heard: list[str] = []

    def answer(direction: str, stanza: Element) -> None:
        if direction == "from component" and name(stanza) == "message" and stanza.get("to") == ana.jid:
            heard.append(body_of(stanza) or "")
            if heard[-1]:
                asyncio.get_running_loop().create_task(ana.say(f"polly@{simulated.component}", heard[-1]))

    simulated.on_stanza(answer)
    await ana.say(f"polly@{simulated.component}", "hello")
    await simulated.quiet(parrot.idle)
    assert heard == ["ello", "llo", "lo", "o", ""]


async def test_a_stanza_can_be_lost_on_the_way(simulated: SimulatedServer, parrot: Parrot) -> None:
    ana = await simulated.person("ana")
    find_again = simulated.on_stanza(lambda _, stanza: "drop" if body_of(stanza) == "lost" else None)
    await ana.say(simulated.component, "lost")
    find_again()
    await ana.say(simulated.component, "found")
    await ana.receives("ound")
    assert not ana.has_unread("ost")


async def test_a_link_kept_down_comes_back_when_mended(simulated: SimulatedServer) -> None:
    component = await a_component(simulated)
    simulated.break_link(keep_down=True)
    await component.over()
    assert not simulated.is_linked
    with pytest.raises(ConnectionError):
        await a_component(simulated)
    simulated.mend_link()
    async with await a_component(simulated):
        assert simulated.is_linked


async def test_a_link_can_break_in_the_midst_of_what_is_sent(simulated: SimulatedServer) -> None:
    ana = await simulated.person("ana")
    component = await a_component(simulated)
    simulated.on_stanza(lambda _, stanza: simulated.break_link() if body_of(stanza) == "two" else None)
    for words in ("one", "two", "three"):
        component.send_raw(f"<message to='{ana.bare}'><body>{words}</body></message>")
    await component.over()
    await ana.receives("one")
    assert not ana.has_unread("three")


async def a_component(server: SimulatedServer) -> BareComponent:
    return await BareComponent.connect(server.host, server.component_port, server.component, server.component_secret)


async def a_room_with_ana(server: SimulatedServer, component: BareComponent) -> tuple[str, Person, Person]:
    """Return a persistent room, the desk and ana in it."""
    room = f"{new_id()}@{server.muc}"
    desk = await component.person(f"desk@{component.domain}/desk").arrive(available=False)
    ana = await server.person("ana")
    await desk.enter(room, "Help desk")
    await configure(desk, room, membersonly=True, persistentroom=True)
    await affiliate(desk, room, ana.bare, as_="member")
    await ana.enter(room)
    await desk.sees_inside(room, "ana")
    return room, desk, ana


@pytest.mark.parametrize("keeps", [True, False], ids=["persistent rooms stay, empty", "no room stays"])
async def test_the_rooms_restart_without_a_word(simulated: SimulatedServer, keeps: bool) -> None:
    async with await a_component(simulated) as component:
        room, desk, _ = await a_room_with_ana(simulated, component)
        before = len(desk.received)
        simulated.restart_muc(keep_rooms=keeps)
        await simulated.quiet()
        assert len(desk.received) == before
        with pytest.raises(StanzaError) as outside:
            await desk.ping(f"{room}/Help desk")
        assert outside.value.condition == ("not-acceptable" if keeps else "item-not-found")
        assert (201 in await desk.enter(room, "Help desk")) is not keeps
        assert set(desk.inside(room)) == {"Help desk"}


@pytest.mark.parametrize("quirks", [PROSODY, EJABBERD], ids=lambda quirks: quirks.name)
async def test_the_server_restarts(quirks: Quirks) -> None:
    async with SimulatedServer(quirks=quirks) as server:
        component = await a_component(server)
        room, _, ana = await a_room_with_ana(server, component)
        server.restart()
        await component.over()
        assert not ana.is_connected
        async with await a_component(server) as component:
            desk = await component.person(f"desk@{component.domain}/desk").arrive(available=False)
            inside = {"Help desk", "ana"} if quirks is PROSODY else {"Help desk"}
            assert await desk.enter(room, "Help desk") == {110}
            assert set(desk.inside(room)) == inside
            await ana.arrive()
            await ana.enter(room)
            await desk.sees_inside(room, "ana")


async def test_a_subscription_survives_a_restart(simulated: SimulatedServer) -> None:
    component = await a_component(simulated)
    watcher = await component.person(f"support@{component.domain}").arrive(available=False)
    ana = await simulated.person("ana")
    await watcher.subscribe(ana.bare)
    await watcher.sees_presence(ana.jid)
    simulated.restart()
    await component.over()
    async with await a_component(simulated) as component:
        watcher = await component.person(f"support@{component.domain}").arrive(available=False)
        await ana.arrive()
        await watcher.sees_presence(ana.jid)
