"""Nobody thinks of every order of events: random walks look the same in the simulation and on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from random import Random

import pytest

from tests.people import BareComponent, Person, RealServer, Server, StanzaError
from tests.people.elements import bare
from tests.people.owner import affiliate, configure, give_role
from tests.simulation import WAYS, SimulatedServer
from tests.simulation.asking import new_room

NAMES = ("ana", "mia", "tom")
STEPS = 40


class Walk:
    """The desk and three people around one room, doing what chance says; seen: what all of it looked like."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server, self._random, self.seen = server, Random(seed), list[object]()
        self._room = new_room(server)

    async def run(self) -> None:
        server = self._server
        async with await BareComponent.connect(
            server.host, server.component_port, server.component, server.component_secret
        ) as component:
            self._desk = await component.person(f"desk@{component.domain}/desk").arrive(available=False)
            self._people = {name: await server.person(name) for name in NAMES}
            self._everybody = [self._desk, *self._people.values()]
            await self._desk.enter(self._room, "desk")
            await configure(self._desk, self._room, membersonly=True, persistentroom=True)
            for person in self._people.values():
                await affiliate(self._desk, self._room, person.bare, as_="member")
                await person.enter(self._room)
            for number in range(STEPS):
                await self._step(number)

    async def _step(self, number: int) -> None:
        name, other = self._random.choice(NAMES), self._random.choice(NAMES)
        what = self._random.choice(
            [
                "enter",
                "enter",
                "enter",
                "leave",
                "drop",
                "nick",
                "affiliate",
                "affiliate",
                "role",
                "speak",
                "speak",
                "whisper",
                "desk enters",
                "desk leaves",
                "open or close",
                "whois",
            ]
        )
        arguments = self._random.random()
        try:
            outcome: object = await self._do(what, self._people[name], other, arguments, number)
        except StanzaError as refused:
            outcome = refused.condition
        await self._settle()
        self.seen.append((number, what, name, other, outcome, self._picture()))

    async def _do(self, what: str, who: Person, other: str, chance: float, number: int) -> object:
        room, desk = self._room, self._desk
        if what == "enter":
            return set(await who.enter(room, who.name, history=0))
        if what == "leave" and who.is_in(room):
            await who.leave(room)
        elif what == "drop":
            await who.drop()
            await who.arrive()
        elif what == "nick" and who.is_in(room):
            return set(await who.enter(room, f"{who.name}{number % 2}" if chance < 0.7 else other, history=0))
        elif what == "affiliate":
            as_ = ["none", "member", "member", "member", "admin", "outcast"][int(chance * 6)]
            await affiliate(desk, room, self._people[other].bare, as_=as_)
        elif what == "role":
            await give_role(desk, room, other, ["none", "visitor", "participant", "moderator"][int(chance * 4)])
        elif what == "speak":
            return (await who.speak(room, f"line {number}")).body
        elif what == "whisper" and who.is_in(room):
            await who.whisper(room, other, f"psst {number}")
        elif what == "desk enters":
            return set(await desk.enter(room, "desk", history=0))
        elif what == "desk leaves" and desk.is_in(room):
            await desk.leave(room)
        elif what == "open or close":
            await configure(desk, room, membersonly=chance < 0.6)
        elif what == "whois":
            await configure(desk, room, whois="anyone" if chance < 0.5 else "moderators")
        return "done"

    async def _settle(self) -> None:
        """Let all that was sent arrive: what the server sends after is after it."""
        for person in self._everybody:
            await person.ping(self._server.domain)

    def _picture(self) -> dict[str, object]:
        """Return what each sees of the room, with names for addresses."""
        names = {person.bare: person.name for person in self._everybody}

        def view(person: Person) -> Iterator[object]:
            for one in sorted(person.inside(self._room).values(), key=lambda one: one.nick):
                yield one.nick, names.get(bare(one.jid or "")), one.affiliation, one.role
            departure = person.view_of(self._room).departure if person in self._been_there() else None
            yield None if departure is None else (sorted(departure.codes), departure.actor)
            yield person.heard(self._room)[-3:]

        return {person.name: list(view(person)) for person in self._everybody}

    def _been_there(self) -> list[Person]:
        return [person for person in self._everybody if self._room in person.rooms]


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("seed", range(8))
async def test_a_random_walk_looks_the_same(kind: str, seed: int, request: pytest.FixtureRequest) -> None:
    process = request.getfixturevalue(kind)
    async with AsyncExitStack() as stack:
        simulated = Walk(await stack.enter_async_context(SimulatedServer(quirks=WAYS[kind])), seed)
        await simulated.run()
        real = Walk(await stack.enter_async_context(RealServer.of(process)), seed)
        await real.run()
    for ours, theirs in zip(simulated.seen, real.seen, strict=True):
        assert ours == theirs
