"""An orderly stop: trainees leave first, then everybody is told that the desk will be back, within a bounded time.

Nothing of it is recorded: after a kill nobody was told, and after a start nobody is told again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial

from livechat_xmpp.domain.wording.visitors import STOPS_IN_ROOM
from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.reconcile.reconciler import Reconciler
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble
from livechat_xmpp.usecases.stopping import farewells
from livechat_xmpp.xmpp.people import Speaker
from livechat_xmpp.xmpp.rooms import MucRooms

log = logging.getLogger(__name__)

FOR_TRAINEES = 0.8  # of the time: the rest is enough to tell the others
AT_ONCE = 50  # told before others have their turn: the link has to send it, too


async def stop(
    desk: Desk,
    reconciler: Reconciler,
    rooms: MucRooms,
    speaker: Speaker,
    *,
    within: timedelta,
    removes_trainees: bool,
) -> None:
    """Do what has to be done before the link ends; there is one."""
    limit_s = within.total_seconds()
    deadline = asyncio.get_running_loop().time() + limit_s
    if removes_trainees:
        try:
            await asyncio.wait_for(reconciler.remove_trainees(), limit_s * FOR_TRAINEES)
        except (TimeoutError, LinkTrouble, StoreTrouble):
            log.warning("trainees may still be in rooms: the server did not answer in time")
    try:
        async with asyncio.timeout_at(deadline):
            await _tell_all(desk, rooms, speaker)
    except (TimeoutError, LinkTrouble, StoreTrouble):
        log.warning("not everybody was told of the stop: there was no time, or no link")


async def _tell_all(desk: Desk, rooms: MucRooms, speaker: Speaker) -> None:
    told = 0
    async for tell in _tellings(desk, rooms, speaker):
        tell()
        told += 1
        if told % AT_ONCE == 0:
            await asyncio.sleep(0)
    log.info("told of the stop", extra={"people": told})


async def _tellings(desk: Desk, rooms: MucRooms, speaker: Speaker) -> AsyncIterator[Callable[[], None]]:
    """Yield all that is to be said, those in rooms first."""
    in_rooms = desk.rules.catalogue.say(STOPS_IN_ROOM, "")  # all in a room are told at once, whatever they speak
    for chat_id in rooms.with_people():
        yield partial(rooms.announce, chat_id, in_rooms)
    for told in await desk.survey(farewells, desk.workgroups, presences=desk.presences, rules=desk.rules):
        yield partial(speaker.say, told.workgroup, told.to, told.body, is_fleeting=True)
