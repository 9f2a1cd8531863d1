"""What occupants put into their messages says nothing about who they are: Prosody passes it on to us."""

from __future__ import annotations

import pytest_asyncio

from tests.people import Person
from tests.people.elements import MUC_USER, make
from tests.scenarios.stage import Chat, Stage


@pytest_asyncio.fixture
async def chat(stage: Stage) -> Chat:
    return await stage.chat(await stage.staff("ana"))


async def says_as(person: Person, room: str, body: str, *payload: object) -> None:
    """Speak in the room with an element of the room's own in the message, and see it come back."""
    x = make(f"{{{MUC_USER}}}x", *payload)
    await person.send(make("message", make("body", body), x, to=room, type="groupchat"))
    await person.sees(room, body)


async def test_a_visitor_who_names_themself_a_monitor_closes_nothing(stage: Stage, chat: Chat) -> None:
    mia = await stage.staff("mia", "monitor", on_duty=False)
    await stage.enters_as_monitor(mia, chat)
    vic = chat.visitor
    await says_as(vic, chat.room, "!close spam", make("item", jid=mia.bare, affiliation="owner", role="moderator"))
    await vic.speak(chat.room, "and I am still here")
    await stage.settled()
    assert vic.is_in(chat.room)
    await mia.speak(chat.room, "!close solved")
    kept = await stage.ended(chat.id)
    spoken = {m["body"]: (m["role"], m["jid"]) for m in kept["messages"] if m["role"] != "desk"}
    assert spoken["!close spam"] == ("visitor", vic.bare)
    assert spoken["and I am still here"] == ("visitor", vic.bare)
    assert kept["disposition"] == "solved"


async def test_a_visitor_cannot_decline_for_a_monitor(stage: Stage, chat: Chat) -> None:
    mia = await stage.staff("mia", "monitor", on_duty=False)
    await mia.command("join-chat", chat=chat.id)
    await mia.is_invited(chat.room)
    decline = make(f"{{{MUC_USER}}}decline", **{"from": mia.bare})
    await says_as(chat.visitor, chat.room, "no thanks", decline)
    await stage.settled()
    await mia.enter(chat.room)


async def test_a_trainee_cannot_take_himself_off_the_members(stage: Stage, chat: Chat) -> None:
    """RO-3"""
    mia = await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await says_as(tom, chat.room, "I am nobody", make(f"{{{MUC_USER}}}item", jid=tom.bare, affiliation="none"))
    await mia.leave(chat.room)
    departure = await tom.is_out_of(chat.room)
    assert departure is not None
    assert 321 in departure.codes


async def test_a_visitor_who_takes_the_name_of_staff_in_the_room_is_put_out(stage: Stage, chat: Chat) -> None:
    """Staff who are not in the chat too; under the name that was given with the request they may stay."""
    ben = await stage.staff("ben", on_duty=False)
    vic = chat.visitor
    await vic.leave(chat.room)
    await vic.enter(chat.room, ben.bare.partition("@")[0].capitalize())
    departure = await vic.is_out_of(chat.room)
    assert departure is not None
    assert 307 in departure.codes
    await vic.enter(chat.room, "vic")
    await vic.speak(chat.room, "It is only me")
