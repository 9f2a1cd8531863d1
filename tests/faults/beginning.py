"""How the story begins: who is there, with what standing, and which chats are in what state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.faults.actors import Actor, new_account, persist, staff_opener

if TYPE_CHECKING:
    from tests.faults.world import World

PEOPLE = (
    ("ada", "admin"),
    ("ana", "helper"),
    ("ben", "helper"),
    ("cai", "helper"),
    ("dan", "helper"),
    ("mia", "monitor"),
    ("max", "monitor"),
    ("tom", "trainee"),
    ("tia", "trainee"),
)


async def hire(world: World) -> None:
    """Make the staff, with their standings, on duty: ada, helpers, monitors, trainees."""
    for name, part in PEOPLE:
        password = await new_account("127.0.0.1", world.server.ports.c2s, world.jids[name])
        opener = staff_opener("127.0.0.1", world.server.ports.c2s, world.jids[name], password)
        world.staff[name] = Actor(name, part, opener, world.server.names.component, lambda: world.under)
        await world.staff[name].begin()
    for standing in ("helper", "monitor", "trainee"):
        await world.ada.client.command(
            "promote", accounts=[world.jids[n] for n, part in PEOPLE if part == standing], standing=standing
        )
    await persist("all know their standing", partial(_all_told, world))
    await world.settled()


async def _all_told(world: World) -> bool:
    return all(one.has_heard("decided this") for one in world.staff.values() if one.part != "admin")


async def begin_chats(world: World) -> None:
    """va talks with ana, vb with ben while mia, tom and tia are there, vo is offered to cai, w1 and w2 wait."""
    world.open_chats = []
    for helper, visitor in (("ana", "va"), ("ben", "vb")):
        await _on_duty(world, helper, max_chats="1")
        world.open_chats.append((await world.newcomer(visitor)).chat_id)
        inside = partial(_are_inside, world, world.room_of(world.open_chats[-1]), 2)
        await persist(f"{visitor} is inside", inside)
    watched = world.room_of(world.open_chats[1])
    await _on_duty(world, "tom", max_chats="4")
    await _on_duty(world, "tia", max_chats="4")
    await world.staff["mia"].client.command("join-chat", chat=world.open_chats[1])
    await persist("the monitor and both trainees are inside", partial(_are_inside, world, watched, 5))
    world.staff["cai"].follows = world.staff["dan"].follows = lambda room: False
    await world.staff["dan"].appear("dnd")
    await _on_duty(world, "cai", max_chats="1")
    await _on_duty(world, "dan", max_chats="1")
    await world.newcomer("vo")
    await persist("cai has an offer", partial(_has_offer, world, "cai"))
    await world.newcomer("w1")
    await world.newcomer("w2")


async def _has_offer(world: World, name: str) -> bool:
    return world.staff[name].has_heard("asks for help")


async def _on_duty(world: World, name: str, **fields: str) -> None:
    await world.settled()  # their presence is known by then
    result = await world.staff[name].client.command("go-on-duty", submit=True, **fields)
    assert result.is_completed, result.notes


async def _are_inside(world: World, room: str, count: int) -> bool:
    return sum(one.client.is_in(room) for one in [*world.staff.values(), *world.visitors]) == count
