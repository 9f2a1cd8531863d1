"""What becomes of a request that nobody takes, and of one that is taken and not answered."""

from __future__ import annotations

import pytest

from tests.people import Person
from tests.people.owner import configure
from tests.scenarios.stage import Request, Stage


async def contributors(stage: Stage, person: Person) -> str:
    """Have somebody into the contributors' room, which they make if there is none; return its address."""
    room = stage.settings.xmpp.contributors
    if 201 in await person.enter(room):
        await configure(person, room)
    return room


# --- accepted, and then silent


@pytest.mark.desk(LIVECHAT_ROUTING__FIRST_REPLY_S="2")  # within which the visitor has to have come
async def test_who_takes_a_request_and_says_nothing_loses_it(stage: Stage) -> None:
    """OF-6, QU-3"""
    ana = await stage.staff("ana", max_chats=1)
    ben = await stage.staff("ben", max_chats=1)
    await ben.presence("dnd")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "Hello?")
    await ana.receives("You have not written to vic")
    await chat.visitor.sees(chat.room, "Your helper has not answered")
    await ana.is_out_of(chat.room)
    await ben.presence()
    assert await stage.is_offered(ben, Request(chat.id, chat.token, 1)) == chat.room
    await ben.enter(chat.room)
    await ben.speak(chat.room, "Hello vic")
    assert chat.visitor.is_in(chat.room), "the visitor stays where they are"
    await chat.visitor.sees(chat.room, "Hello vic")


@pytest.mark.parametrize("who", ["the helper", "a monitor"])
async def test_a_first_word_is_enough(stage: Stage, who: str) -> None:
    """OF-6"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    chat = await stage.chat(ana)
    if who == "a monitor":
        await stage.enters_as_monitor(mia, chat)
        await mia.speak(chat.room, "Hello vic")
    else:
        await ana.speak(chat.room, "Hello vic")
    await chat.visitor.sees(chat.room, "Hello vic")
    await stage.settled()
    await stage.restart_component(LIVECHAT_ROUTING__FIRST_REPLY_S="2")
    silent = await stage.chat(ana, await stage.visitor("sam"))  # the desk has looked at both when this one returns
    await silent.visitor.sees(silent.room, "Your helper has not answered")
    await stage.settled()
    assert (await stage.ada.command("list-chats")).row(chat=chat.id)["helper"] == ana.bare
    assert not chat.visitor.has_seen(chat.room, "has not answered")


# --- taken by nobody


@pytest.mark.desk(LIVECHAT_ROUTING__RING_ALL_AFTER_S="1", LIVECHAT_ROUTING__OFFER_TIMEOUT_S="60")
async def test_what_nobody_takes_goes_to_all_at_once_and_the_first_has_it(stage: Stage) -> None:
    """OF-5"""
    ana, ben, cai = [await stage.staff(name) for name in ("ana", "ben", "cai")]
    vic = await stage.visitor()
    request = await stage.asks(vic)
    for helper in (ana, ben, cai):
        room = await stage.is_offered(helper, request)
    await cai.enter(room)
    for helper in (ana, ben):
        await helper.receives(f"{cai.bare.partition('@')[0]} has taken vic's request")
    await vic.is_invited(room)
    await stage.settled()
    for helper in (ana, ben):
        assert await stage.refuses(helper, room) == "registration-required"
    assert (await stage.ada.command("list-chats")).row(chat=request.chat)["helper"] == cai.bare


async def test_then_staff_are_told_and_then_the_visitor(stage: Stage) -> None:
    """OF-5: also when nobody at all is on duty any more"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    room = await contributors(stage, mia)
    await ana.presence("away")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    await ana.say(stage.workgroup, "off")
    await ana.receives("You are off duty")
    await stage.restart_component(LIVECHAT_ROUTING__ALARM_AFTER_S="1", LIVECHAT_ROUTING__TELL_VISITOR_AFTER_S="1.5")
    told = await stage.ada.receives("A request has been waiting")
    assert "nobody is on duty" in told.body
    said = await mia.sees(room, "A request has been waiting")
    assert f'write "on" to {stage.workgroup}' in said.body
    assert "vic" not in said.body + told.body
    await vic.receives("nobody has been free")
    await stage.settled()
    assert "Help desk" in mia.inside(room), "it stays"
    assert len([one for one in stage.ada.inbox if "has been waiting" in one.body]) == 1, "once a climb"
    assert await stage.place(vic) == 1
    await ana.presence()
    await ana.say(stage.workgroup, "on")
    await stage.is_offered(ana, request)


@pytest.mark.desk(LIVECHAT_ROUTING__ALARM_AFTER_S="1")
async def test_where_the_desk_cannot_speak_to_contributors_admins_are_told(stage: Stage) -> None:
    """OF-5"""
    ana, kim = await stage.staff("ana"), await stage.staff("kim", "admin", on_duty=False)
    await ana.presence("away")
    await stage.asks(await stage.visitor())
    for admin in (stage.ada, kim):
        told = await admin.receives("A request has been waiting")
        assert "everybody on duty is away" in told.body
    await stage.settled()
    room = stage.settings.xmpp.contributors
    assert 201 in await kim.enter(room), "the desk has not made the room"


@pytest.mark.desk(LIVECHAT_ROUTING__ALARM_AFTER_S="1")
async def test_an_admin_who_is_not_there_is_told_later(stage: Stage) -> None:
    """OF-5: their server keeps it"""
    ana, kim = await stage.staff("ana"), await stage.staff("kim", "admin", on_duty=False)
    await ana.presence("away")
    await kim.drop()
    await stage.settled()
    await stage.asks(await stage.visitor())
    await stage.ada.receives("A request has been waiting")
    await stage.settled()
    await kim.arrive()
    await kim.receives("A request has been waiting")
