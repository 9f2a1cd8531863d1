"""Letters that a server takes and slixmpp does not: Prosody has them in the names of clients, ejabberd has not."""

from __future__ import annotations

import pytest

from tests.people.c2s import LoginFailed
from tests.people.elements import MUC, make, new_id
from tests.people.person import Person
from tests.scenarios.stage import said
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


async def test_nobody_hides_behind_an_error_that_is_none(stage: RealStage) -> None:
    """slixmpp takes every stanza with an error inside for an error, and servers pass such stanzas on."""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await tom.is_invited(chat.room)
    await tom.send(make("presence", make(f"{{{MUC}}}x"), make("error"), to=f"{chat.room}/tom"))
    await ana.sees_inside(chat.room, "tom")
    said_so = make("message", make("body", "psst"), make("error"), to=chat.room, type="groupchat", id=new_id())
    await tom.send(said_so)
    await ana.sees(chat.room, "psst")
    await stage.settled()
    row = (await mia.command("list-chats")).row(chat=chat.id)
    assert tom.bare in str(row["trainees"])
    await mia.leave(chat.room)
    await ana.sees_gone(chat.room, "tom")
    await ana.command("close-chat", chat=chat.id)
    kept = await stage.ended(chat.id)
    assert ("trainee", "psst") in said(kept)
