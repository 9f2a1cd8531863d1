"""A chat's whole life, as people live it while something breaks: what does not work is tried again."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.actors import ANSWER_S, TROUBLE, Actor, Visitor, persist
from tests.faults.judge_told import OFFER
from tests.people import NotSeen
from tests.servers.waiting import wait_until_async

if TYPE_CHECKING:
    from tests.faults.world import World

WHO_IS_WHO = "Who is who"


class Life:
    """One life: somebody asks, the helper takes who is next, a monitor comes in, words are said, the chat is closed.

    The monitor also looks into a chat that goes on without any, and leaves it again: trainees come in and have to go.
    stage: how far it came, for messages. Raises NotSeen when it stands still for a minute.
    """

    def __init__(self, world: World, helper: Actor, monitor: Actor) -> None:
        self._world, self._helper, self._monitor = world, helper, monitor
        self._heard = len(helper.told)
        self.stage = "not begun"
        self.chat_id = ""

    @property
    def _room(self) -> str:
        return self._world.room_of(self.chat_id)

    @property
    def _other(self) -> str:
        return self._world.open_chats[0]

    async def live(self) -> None:
        world, helper = self._world, self._helper
        self.stage = "somebody asks"
        await world.newcomer()
        self.stage = "the helper is offered a request and takes it"
        await helper.appear(None)
        await persist(self.stage, self._take, limit_s=120)
        visitor = world.visitor_of(self.chat_id)
        self.stage = "the visitor comes in"
        await persist(self.stage, lambda: self._is_inside(visitor))
        await self._talk(visitor, helper)
        self.stage = "a monitor comes in"
        await persist(self.stage, partial(self._look_in, self.chat_id))
        await self._talk(self._monitor, visitor)
        self.stage = "the monitor looks into another chat"
        await persist(self.stage, partial(self._look_in, self._other))
        await self._trainees_come()
        self.stage = "the monitor leaves the other chat"
        await persist(self.stage, self._look_away)
        await self._talk(helper, visitor)
        await helper.appear("dnd")
        self.stage = "the chat is closed"
        world.before.ended[self.chat_id] = "served"
        await persist(self.stage, self._close)
        self.stage = "over"

    async def _is_inside(self, who: Actor) -> bool:
        return who.client.is_in(self._room)

    async def _take(self) -> bool:
        """Take the newest offer by entering; return whether the desk has taken it in."""
        offered = [match[1] for one in self._helper.told[self._heard :] if (match := OFFER.search(one.body))]
        if not offered:
            return False
        self.chat_id = offered[-1]
        self._helper.home.add(self._room)
        try:
            await self._helper.client.sees(self._room, WHO_IS_WHO, ANSWER_S)
        except TROUBLE:
            if not self._helper.client.is_in(self._room):
                self._helper.home.discard(self._room)  # too late perhaps; who is in stays in
            return False
        return True

    async def _talk(self, *people: Actor) -> None:
        for person in people:
            await self._world.says(person, self.chat_id)

    async def _look_in(self, chat_id: str) -> bool:
        room = self._world.room_of(chat_id)
        if self._monitor.client.is_in(room):
            return True
        if room not in self._monitor.home:
            self._monitor.wishes[chat_id] += 1
            result = await self._monitor.client.command("join-chat", chat=chat_id)
            if not result.is_completed:
                return False
            await self._monitor.client.until(lambda: room in self._monitor.home, "being asked in", ANSWER_S)
        return False

    async def _trainees_come(self) -> None:
        """Give the trainees the time to come in; with a fault under way they may not."""
        with contextlib.suppress(AssertionError):
            await wait_until_async(lambda: self._world.trainees_in(self._other), "a trainee came in", ANSWER_S)

    async def _look_away(self) -> bool:
        room = self._world.room_of(self._other)
        if self._monitor.client.is_in(room):
            await self._monitor.leave(room)
        self._monitor.home.discard(room)
        return True

    async def _close(self) -> bool:
        """Close the chat; who lost the connection meanwhile learns only by asking that it was closed."""
        if await close(self._helper, self._room):
            return True
        chat = (await self._world.database.read()).chat(self.chat_id)
        if chat is not None and chat.state == "closed" and not self._helper.client.is_in(self._room):
            self._helper.home.discard(self._room)
        return False


async def close(helper: Actor, room: str) -> bool:
    """Type the command into the room; return whether it is gone."""
    if room not in helper.home:
        return True
    if helper.client.is_in(room):
        await helper.client.speak(room, "!close solved", ANSWER_S)
        await helper.client.is_out_of(room, ANSWER_S)
    return room not in helper.home


async def finish_all(world: World, helpers: list[Actor], visitors: list[Visitor]) -> None:
    """Have the helpers take and close everything, so that each request has its outcome."""
    for visitor in visitors:
        if visitor.chat_id not in world.before.ended:
            world.before.ended[visitor.chat_id] = "served"
    for helper in helpers:
        helper.follows = lambda room: True
        helper.home |= {world.room_of(chat_id) for chat_id in await world.offered_to(helper)}
        await helper.appear(None)

    async def work() -> bool:
        for helper in helpers:
            for room in sorted(helper.home):
                visitor = world.visitor_of(room.partition("@")[0])
                if helper.client.is_in(room) and visitor.client.is_in(room):
                    await close(helper, room)
        return all(chat.state == "closed" for chat in (await world.database.read()).chats)

    try:
        await persist("every request has its outcome", work, limit_s=150)
    except NotSeen as stuck:
        chats = (await world.database.read()).chats
        left = [f"{c.id} ({c.visitor_name}) {c.state}" for c in chats if c.state != "closed"]
        raise NotSeen(f"{stuck}; left: {', '.join(left)}") from None
