"""What helpers do in these stories."""

from __future__ import annotations

from tests.browser.page import VisitorPage
from tests.people import Person


async def take(helper: Person, nick: str = "Ana") -> str:
    """Follow the next invitation into a help room, which accepts the request; return the room."""
    room = await helper.is_invited()
    await helper.enter(room, nick)
    return room


async def start_chat(visitor: VisitorPage, helper: Person, name: str = "Anna") -> str:
    """Bring a visitor and a helper together; return the room."""
    await visitor.ask(name)
    room = await take(helper)
    await visitor.is_at("chat")
    await helper.sees_inside(room, name)
    return room
