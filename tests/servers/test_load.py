"""Thirty chats at once with fifty people, on real servers: nothing is lost, doubled, or let in by mistake."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from livechat_xmpp import app
from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.settings import load
from tests.people import NotSeen, Person, RealServer, StanzaError
from tests.people.rooms import codes_of
from tests.servers.desk import Desk
from tests.servers.throwaway import ThrowawayServer

CHATS, HELPERS, MONITORS, TRAINEES = 30, 10, 4, 5  # with ada fifty people
WORDS = 4  # said by each of visitor and helper
LIMIT_S = 40.0  # of each wait: all wait for the same two cores
DESK = "Help desk"
REMOVED = 321


@dataclass
class Shift:
    """Everybody, and the rooms by their chat. helper_of: who took the chat."""

    server: RealServer
    desk: Desk
    ada: Person
    helpers: list[Person]
    monitors: list[Person]
    trainees: list[Person]
    visitors: list[Person]
    helper_of: dict[str, Person]

    @property
    def workgroup(self) -> str:
        return f"support@{self.server.component}"


@pytest_asyncio.fixture
async def shift(each_server: ThrowawayServer, tmp_path: Path) -> AsyncIterator[Shift]:
    async with RealServer.of(each_server) as server:
        ada = Account(await server.register("ada"), "", "admin")
        desk = Desk(each_server, tmp_path, [ada], {})
        await desk.start_async()
        try:
            admin = await server.person("ada")
            helpers = await _staff(server, admin, "helper", HELPERS, max_chats=CHATS // HELPERS)
            monitors = await _staff(server, admin, "monitor", MONITORS)
            trainees = await _staff(server, admin, "trainee", TRAINEES, max_chats=20)
            visitors = [await server.visitor(f"v{number}") for number in range(CHATS)]
            yield Shift(server, desk, admin, helpers, monitors, trainees, visitors, {})
        finally:
            if desk.is_running():
                desk.kill()


async def _staff(server: RealServer, ada: Person, standing: str, count: int, **duty: object) -> list[Person]:
    """Return people of a standing, on duty if fields for that are given."""
    people = [await server.person(f"{standing}{number}") for number in range(count)]
    result = await ada.command("promote", accounts=[person.bare for person in people], standing=standing)
    assert result.is_completed, result.notes
    for person in people:
        await person.receives(f"{ada.bare} decided this")
        if duty:
            assert (await person.command("go-on-duty", **duty)).is_completed
    return people


@contextlib.asynccontextmanager
async def meanwhile(*works: Awaitable[None]) -> AsyncIterator[None]:
    """Let these go on for the length of the block; what goes wrong in them fails the block."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        going = set(tasks)
        while going:  # wait_for of Python 3.11 loses a cancellation that comes together with what was waited for
            for task in going:
                task.cancel()
            _, going = await asyncio.wait(going, timeout=0.5)


async def all_of(works: Iterable[Awaitable[Any]]) -> list[Any]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_awaited(work)) for work in works]
    return [task.result() for task in tasks]


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def takes_offers(helper: Person, taken: dict[str, Person]) -> None:
    """Enter each room that is offered."""
    while True:
        room = await helper.is_invited(limit_s=LIMIT_S * 2)
        if not helper.is_in(room):
            await helper.enter(room, limit_s=LIMIT_S)
            taken[room] = helper


async def watches(trainee: Person) -> None:
    """Follow each invitation and say something; the monitor may have gone by then."""
    while True:
        room = await trainee.is_invited(limit_s=LIMIT_S * 2)
        with contextlib.suppress(StanzaError, NotSeen):
            await trainee.enter(room)
            await trainee.speak(room, f"{trainee.name} is here", limit_s=5)


async def asks(shift: Shift, visitor: Person) -> str:
    """Ask, wait, and come into the room; return it."""
    await visitor.presence(to=shift.workgroup)
    answers = {"username": visitor.name, "question": f"{visitor.name} wants to print"}
    request = await visitor.command("ask-for-help", at=shift.workgroup, **answers)
    assert request.is_completed, request.notes
    room = f"{request.fields['chat']}@{shift.server.muc}"
    await visitor.is_invited(room, limit_s=LIMIT_S)
    await visitor.enter(room, limit_s=LIMIT_S)
    return room


async def talk(shift: Shift, room: str, visitor: Person) -> None:
    """Have visitor and helper speak at once, each waiting for their own words."""
    helper = shift.helper_of[room]

    async def speaks(person: Person) -> None:
        for number in range(WORDS):
            await person.speak(room, f"{person.name} says {number}", limit_s=LIMIT_S)

    await asyncio.gather(speaks(visitor), speaks(helper))


async def looks_in(shift: Shift, monitor: Person, rooms: Set[str]) -> None:
    """Have a monitor enter these rooms one after the other, speak, go out of each, and into every third again."""
    for number, room in enumerate(sorted(rooms)):
        assert (await monitor.command("join-chat", chat=room.partition("@")[0])).is_completed
        await monitor.is_invited(room, limit_s=LIMIT_S)
        await monitor.enter(room, limit_s=LIMIT_S)
        await monitor.speak(room, f"{monitor.name} looks in", limit_s=LIMIT_S)
        if number % 2:  # wait for a trainee, so that one is there to be put out
            with contextlib.suppress(NotSeen):
                await monitor.until(lambda r=room: _trainees(monitor, r), f"a trainee in {room}", 3)  # type: ignore[misc]
        await monitor.leave(room)
        if number % 3 == 0:
            await monitor.enter(room, limit_s=LIMIT_S)


def _trainees(person: Person, room: str) -> set[str]:
    return {nick for nick in person.inside(room) if nick.startswith("trainee")}


async def closes(shift: Shift, room: str, visitor: Person) -> None:
    helper = shift.helper_of[room]
    await helper.speak(room, "!close solved", limit_s=LIMIT_S)
    await helper.is_out_of(room, limit_s=LIMIT_S)
    departure = await visitor.is_out_of(room, limit_s=LIMIT_S)
    assert departure is not None
    assert departure.destroyed


async def test_thirty_chats_at_once_with_fifty_people(shift: Shift) -> None:
    """QU-1, RO-3, RO-8"""
    helping = [takes_offers(helper, shift.helper_of) for helper in shift.helpers]
    watching = [watches(trainee) for trainee in shift.trainees]
    async with meanwhile(*helping, *watching):
        rooms = dict(zip(await all_of(asks(shift, v) for v in shift.visitors), shift.visitors, strict=True))
        assert set(shift.helper_of) == set(rooms)
        assert Counter(h.name for h in shift.helper_of.values()) == {h.name: CHATS // HELPERS for h in shift.helpers}
        shares = [set(sorted(rooms)[start::MONITORS]) for start in range(MONITORS)]
        await all_of(
            [talk(shift, room, visitor) for room, visitor in rooms.items()]
            + [looks_in(shift, monitor, share) for monitor, share in zip(shift.monitors, shares, strict=True)]
        )
        for room, helper in shift.helper_of.items():
            if not any(nick.startswith("monitor") for nick in helper.inside(room)):
                await helper.until(lambda h=helper, r=room: not _trainees(h, r), f"no trainee in {room}", LIMIT_S)  # type: ignore[misc]
            assert {helper.name, rooms[room].name, DESK} <= set(helper.inside(room))
    await all_of(closes(shift, room, visitor) for room, visitor in rooms.items())
    put_out = sum(trainees_were_never_left_alone(helper, room) for room, helper in shift.helper_of.items())
    assert put_out > 0, "no trainee was in a room whose last monitor went: nothing was tried"
    await everything_is_kept(shift)
    assert (await shift.ada.command("list-chats")).rows == []
    assert (await shift.ada.command("list-queue")).rows == []
    await shift.desk.stop_async()
    assert shift.desk.log_errors() == []


def trainees_were_never_left_alone(helper: Person, room: str) -> int:
    """See, in the order in which the helper saw people come and go, that the rule of trainees held.

    Between a monitor's going and the desk's answer to it a trainee who was asked in may still come; but each one
    is put out (321) unless a monitor comes back first, and before the first monitor none comes at all.
    Returns how many were put out.
    """
    put_out = 0
    inside: set[str] = set()
    had_monitor = False
    for presence in helper.received:
        if presence.sender.partition("/")[0] != room or presence.stanza.tag.rpartition("}")[2] != "presence":
            continue
        nick, monitors = presence.nick, {one for one in inside if one.startswith("monitor")}
        if presence.type == "unavailable":
            inside.discard(nick)
            put_out += nick.startswith("trainee") and REMOVED in codes_of(presence.stanza)
            if nick.startswith("trainee") and not monitors:
                is_end = presence.find("destroy") is not None
                assert is_end or REMOVED in codes_of(presence.stanza), f"{nick} went out alone, not put out: {presence}"
        elif presence.type == "available":
            had_monitor = had_monitor or nick.startswith("monitor")
            assert had_monitor or not nick.startswith("trainee"), f"{nick} came into {room} before any monitor"
            inside.add(nick)
    return put_out


async def everything_is_kept(shift: Shift) -> None:
    """Compare each transcript with what the helper, who was there from the first to the last word, has heard."""
    settings = load(shift.desk.config)
    spoken = 0
    for room, helper in shift.helper_of.items():
        kept = await app.export_chat(settings, room.partition("@")[0])
        assert (kept["outcome"], kept["disposition"]) == ("served", "solved")
        said = [(m["nick"], m["body"]) for m in kept["messages"] if m["kind"] == "speech"]
        heard = [(nick, body) for nick, body in helper.heard(room) if nick != DESK and not body.startswith("!")]
        assert said == heard
        assert len(said) >= 2 * WORDS
        assert [m["body"] for m in kept["messages"] if m["kind"] == "command"] == ["!close solved"]
        spoken += len(said)
    assert spoken >= CHATS * 2 * WORDS + CHATS, "the monitors' words are there as well"
