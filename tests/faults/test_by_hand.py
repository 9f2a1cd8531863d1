"""Somebody with the power changes a room by hand: its settings, who belongs to it, and the desk's own place in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.people import Person, StanzaError
from tests.people.owner import affiliate, configure, give_role, read_configuration
from tests.property.test_room_machine import MachineClock
from tests.scenarios.stage import Chat
from tests.scenarios.stages import SimulatedStage
from tests.servers.waiting import wait_until_async
from tests.simulation import WAYS, SimulatedServer, muc_affiliations

LOOKED_AT_ANEW = timedelta(seconds=601)
CONFIG = "muc#roomconfig_"


@dataclass
class Scene:
    """A chat with its helper ana, the monitor mia and the trainee tom inside; olga is an owner of the room."""

    stage: SimulatedStage
    chat: Chat
    mia: Person
    tom: Person
    olga: Person

    async def has_our_settings(self) -> bool:
        have = await read_configuration(self.olga, self.chat.room)
        wanted = {"membersonly": True, "publicroom": False, "persistentroom": True, "moderatedroom": False}
        return {name: have[CONFIG + name] in (True, "1", "true") for name in wanted} == wanted


@pytest_asyncio.fixture(params=list(WAYS))
async def scene(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    clock = MachineClock()
    async with SimulatedServer(clock=clock.now, quirks=WAYS[request.param]) as server:
        stage = SimulatedStage(server, tmp_path, {}, clock)
        try:
            await stage.open()
            ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
            tom, olga = await stage.staff("tom", "trainee"), await stage.person("olga")
            chat = await stage.chat(ana)
            await stage.enters_as_monitor(mia, chat)
            await stage.enters_as_trainee(tom, chat)
            await stage.settled()
            muc_affiliations.affiliate(server.help_rooms.rooms[chat.room], None, olga.bare, "owner")
            await stage.settled()
            yield Scene(stage, chat, mia, tom, olga)
        finally:
            await stage.close()


@pytest.mark.parametrize(
    "changed",
    [{"membersonly": False}, {"publicroom": True}, {"moderatedroom": True}, {"persistentroom": False}],
    ids=lambda changed: next(iter(changed)),
)
async def test_settings_changed_by_hand_are_put_right(scene: Scene, changed: dict[str, bool]) -> None:
    """RO-1"""
    await configure(scene.olga, scene.chat.room, **changed)
    await scene.stage.settled()
    assert await scene.has_our_settings()
    assert scene.tom.is_in(scene.chat.room), "who may be there is not disturbed"


async def test_who_comes_in_while_a_room_is_open_by_hand_is_put_out(scene: Scene) -> None:
    """RO-2"""
    await configure(scene.olga, scene.chat.room, membersonly=False)
    with contextlib.suppress(StanzaError):  # closed again already
        await scene.stage.ada.enter(scene.chat.room)
    await scene.stage.settled()
    assert not scene.stage.ada.is_in(scene.chat.room)
    assert await scene.stage.refuses(scene.stage.ada, scene.chat.room) == "registration-required"


async def test_settings_changed_while_the_desk_was_away_are_put_right_at_the_next_look(scene: Scene) -> None:
    """RO-1, RO-3"""
    await scene.stage.kill_component()
    await configure(scene.olga, scene.chat.room, membersonly=False)
    await scene.stage.start_component()
    await scene.stage.settled()
    assert isinstance(scene.stage.clock, MachineClock)
    scene.stage.clock.advance(LOOKED_AT_ANEW)
    await scene.stage.settled()
    assert await scene.has_our_settings()


async def test_a_desk_that_was_kicked_comes_back_and_keeps_the_rule(scene: Scene) -> None:
    """RO-3"""
    occupants = scene.stage.server.help_rooms.rooms[scene.chat.room].occupants.values()
    nick = next(one.nick for one in occupants if one.bare_jid.startswith(scene.chat.id))
    await scene.olga.enter(scene.chat.room)
    await give_role(scene.olga, scene.chat.room, nick, "none")
    await scene.mia.leave(scene.chat.room)
    await scene.tom.is_out_of(scene.chat.room)


@pytest.mark.parametrize("affiliation", ["none", "outcast"])
async def test_a_desk_that_owns_the_room_no_more_says_so_to_admins(scene: Scene, affiliation: str) -> None:
    """RO-3: it can put nobody out, so people have to"""
    await affiliate(scene.olga, scene.chat.room, f"{scene.chat.id}@{scene.stage.server.component}", as_=affiliation)
    await scene.stage.settled()
    assert isinstance(scene.stage.clock, MachineClock)
    for _ in range(12):
        scene.stage.clock.advance(timedelta(seconds=61))
        await scene.stage.settled()
    await wait_until_async(lambda: scene.stage.running.component.reconciler.in_trouble > 0, "the chat is in trouble")
    await scene.stage.ada.receives(scene.chat.id)


@pytest.mark.parametrize("affiliation", ["member", "admin", "owner"])
async def test_a_trainee_who_was_given_more_by_hand_goes_with_the_monitor(scene: Scene, affiliation: str) -> None:
    """RO-3"""
    await affiliate(scene.olga, scene.chat.room, scene.tom.bare, as_=affiliation)
    await scene.mia.leave(scene.chat.room)
    await scene.tom.is_out_of(scene.chat.room)
    await scene.stage.settled()
    assert await scene.stage.refuses(scene.tom, scene.chat.room) == "registration-required"


async def test_two_clients_of_a_trainee_go_both(scene: Scene) -> None:
    """RO-3"""
    second = await scene.stage.person("tom")
    third = await scene.stage.person("tom")
    await second.enter(scene.chat.room, "tom too")
    await third.enter(scene.chat.room, "tom")
    await scene.mia.leave(scene.chat.room)
    for one in (scene.tom, second, third):
        await one.is_out_of(scene.chat.room)


async def test_a_trainee_goes_by_the_name_of_the_monitor_who_leaves(scene: Scene) -> None:
    """RO-3: who somebody is is told by the address"""
    await scene.mia.presence(to=f"{scene.chat.room}/other")
    await scene.tom.sees_inside(scene.chat.room, "other")
    await scene.tom.presence(to=f"{scene.chat.room}/mia")
    await scene.mia.sees_inside(scene.chat.room, "mia")
    await scene.mia.leave(scene.chat.room)
    await scene.tom.is_out_of(scene.chat.room)
