"""What the comparisons with a real server have in common."""

from __future__ import annotations

import asyncio

import pytest

from tests.people import BareComponent, NotSeen, Person, Server, StanzaError
from tests.people.elements import DISCO_INFO, make, new_id
from tests.people.owner import (
    affiliate,
    configure,
)

WAIT_S, SWALLOWED_S = 20.0, 1.0
CLOSED = {"membersonly": True, "publicroom": False, "moderatedroom": False}


def new_room(server: Server) -> str:
    return f"r{new_id()}@{server.muc}"


async def a_room(server: Server, desk: Person, *members: str, **options: object) -> str:
    """Return a members-only room that the desk is in, with these members."""
    room = new_room(server)
    await desk.enter(room, "Help desk")
    await configure(desk, room, **(CLOSED | options))
    for jid in members:
        await affiliate(desk, room, jid, as_="member")
    return room


async def refusal(doing: object) -> tuple[str, str]:
    """Return condition and error type of what is refused."""
    with pytest.raises(StanzaError) as refused:
        await doing  # type: ignore[misc]
    error = refused.value.stanza.find("{jabber:client}error")
    assert error is not None
    return refused.value.condition, error.get("type", "")


async def reconnected(server: Server) -> tuple[BareComponent, Person]:
    component = await BareComponent.connect(
        server.host, server.component_port, server.component, server.component_secret
    )
    return component, await component.person(f"desk@{component.domain}/desk").arrive(available=False)


async def has_ended(desk: Person, room: str) -> None:
    """Wait until a destroyed room is gone.

    On ejabberd it lives on for a moment, and answers what it gets, or swallows it.
    """
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                await desk.iq(room, make(f"{{{DISCO_INFO}}}query"), "get", limit_s=SWALLOWED_S)
            except StanzaError:
                return
            except NotSeen:
                continue
