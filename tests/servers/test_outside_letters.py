"""Letters that a server takes and slixmpp does not: Prosody has them in the names of clients, ejabberd has not."""

from __future__ import annotations

import pytest

from tests.people.c2s import LoginFailed
from tests.people.elements import make
from tests.people.person import Person
from tests.scenarios.stages import RealStage
from tests.servers.outside import stage

__all__ = ["stage"]

SMILE = "\U0001f600"  # newer than Unicode 3.2, at which slixmpp's addresses stop
WORKGROUP = "http://jabber.org/protocol/workgroup"


async def arriving(stage: RealStage, name: str, client: str) -> Person | None:
    """Return somebody whose client has this name; None where the server does not take it."""
    try:
        return await stage.server.person(name, client=client)
    except LoginFailed:
        return None


async def test_clients_with_new_letters_in_their_names_are_served_like_others(stage: RealStage) -> None:
    vera = await arriving(stage, "vera", f"phone {SMILE}")
    ana = await stage.server.person("ana", client=f"phone {SMILE}" if vera else "phone")
    vera = vera or await stage.server.person("vera", client="phone")
    stage.people += [ana, vera]
    await stage.gives(ana, "helper")
    assert (await ana.command("go-on-duty", submit=True)).is_completed
    await vera.ping(stage.workgroup)
    await vera.iq(stage.workgroup, make(f"{{{WORKGROUP}}}workgroup-form"), "get")
    request = await stage.asks(vera)
    room = await stage.is_offered(ana, request)
    await ana.enter(room)
    await vera.is_invited(room)
    await vera.enter(room)
    await ana.sees_inside(room, "vera")


@pytest.mark.parametrize("name", ["\u0378", "a\u2066b", "\U000e0041", "\u2160\u00a0", "\u0130\u0307"])
async def test_a_client_of_any_name_is_answered_over_the_same_link(stage: RealStage, name: str) -> None:
    odd = await arriving(stage, "odd", name)
    if odd is not None:
        await odd.presence(to=stage.workgroup)
        await odd.ping(stage.workgroup)
    await stage.ada.ping(stage.workgroup)
    assert stage.desk.log.read_text("utf-8").count("link up") == 1
