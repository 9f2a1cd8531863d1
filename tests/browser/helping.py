"""What helpers do in these stories."""

from __future__ import annotations

from tests.browser.page import VisitorPage
from tests.people import Person, StanzaError


async def take(helper: Person, nick: str = "Ana") -> str:
    """Follow the next invitation into a help room that still holds, which accepts the request; return the room.

    An offer whose visitor was gone for a moment is withdrawn, and its invitation with it.
    """
    while True:
        room = await helper.is_invited()
        try:
            await helper.enter(room, nick)
        except StanzaError as refusal:
            if refusal.condition != "registration-required":
                raise
        else:
            return room


async def start_chat(visitor: VisitorPage, helper: Person, name: str = "Anna") -> str:
    """Bring a visitor and a helper together; return the room."""
    await visitor.ask(name)
    room = await take(helper)
    await visitor.is_at("chat")
    await helper.sees_inside(room, name)
    return room
