"""The hearing: the evidence is gathered, from the database, the server and the people, and the judge is asked."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from livechat_xmpp import app
from livechat_xmpp.settings import load
from tests.faults.evidence import Evidence, Line, Objection, RoomSeen
from tests.faults.judge import judge
from tests.faults.owner_view import room_seen

if TYPE_CHECKING:
    from tests.faults.world import World

OFFER_TIMEOUT = "LIVECHAT_ROUTING__OFFER_TIMEOUT_S"
TRIES = 20  # to gather evidence while nothing happens
RIGHT_LIMIT_S = 40.0  # what is not right by then is wrong


async def gathered(world: World) -> Evidence:
    recorded = await world.database.read()
    for chat in recorded.chats:
        if chat.id in world.before.asked:
            world.before.asked_at.setdefault(chat.id, chat.asked_at)
    rooms: dict[str, RoomSeen] = {}
    for chat in recorded.chats:
        if chat.room != "none":
            rooms[chat.id] = await room_seen(world.cable, world.server.names, chat.id, is_gone=chat.room == "gone")
    settings = load(world.desk.config)
    words: dict[str, list[Line]] = {}
    for chat_id in {said.chat_id for said in world.said}:
        exported = await app.export_chat(settings, chat_id)
        words[chat_id] = [Line(one["kind"], one["body"]) for one in exported["messages"]]
    return Evidence(
        recorded,
        world.before,
        rooms,
        words,
        [one.witness(world.meant(one)) for one in world.everybody],
        world.said,
        offer_timeout_s=float(world.environment[OFFER_TIMEOUT]),
        at=time.monotonic(),
        muc=world.server.names.muc,
        desk=world.server.names.component,
    )


async def of_one_moment(world: World) -> tuple[Evidence, bool]:
    """Return evidence, and whether the record and what people know in it are of one moment: nothing happened meanwhile.

    What they know and the record does not is no evidence otherwise: it may have been recorded in between.
    """
    for _ in range(TRIES):
        heard = world.heard()
        evidence = await gathered(world)
        if (await world.database.read(), world.heard()) == (evidence.recorded, heard):
            return evidence, True
    return evidence, False


async def judged(world: World, limit_s: float = RIGHT_LIMIT_S) -> list[Objection]:
    """Wait until nothing is objected to; return what still is at the limit."""
    give_up_at = time.monotonic() + limit_s
    objections: list[Objection] = []
    while time.monotonic() < give_up_at:
        await world.settled()
        evidence, is_of_one_moment = await of_one_moment(world)
        objections = judge(evidence)
        for said in world.said:
            said.is_kept |= any(line.body == said.body for line in evidence.transcripts[said.chat_id])
        if is_of_one_moment and all(one.kind == "doubled" for one in objections):
            break
        await asyncio.sleep(0.5)
    return objections
