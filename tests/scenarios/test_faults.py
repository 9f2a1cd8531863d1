"""Faults: the component dies, the link breaks, the server restarts, rooms are lost. RO-3 and RO-8 hold all the same."""

from __future__ import annotations

import pytest

from tests.people import Person
from tests.scenarios.stage import Chat, Request, Stage, said
from tests.servers.waiting import wait_until_async

LONG_S = 20.0  # a component process has to start, or a link to be tried again


async def come_back(*people: Person) -> None:
    """Have all arrive whose connection the server's restart has ended."""
    for person in people:
        await wait_until_async(lambda person=person: not person.is_connected, f"the end of {person}'s connection")
        await person.arrive()


async def is_watched(stage: Stage) -> tuple[Chat, Person, Person]:
    """Return a chat that a monitor and a trainee are in."""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    return chat, mia, tom


async def test_a_component_killed_in_mid_chat_goes_on_where_it_was(stage: Stage) -> None:
    """RO-8, QU-3, OF-1: same rooms, people, offers, order; what was said meanwhile is kept once, in order"""
    ana = await stage.staff("ana", max_chats=1)
    ben = await stage.staff("ben", max_chats=1)
    chat = await stage.chat(ana)
    offered = await stage.asks(await stage.visitor("fay"))
    offer = await stage.is_offered(ben, offered)
    waiting = [await stage.asks(await stage.visitor(name)) for name in ("sam", "sue")]
    vic = chat.visitor
    await vic.speak(chat.room, "before")
    await stage.kill_component()
    await vic.speak(chat.room, "while nobody listens")
    await ana.speak(chat.room, "and this")
    await stage.start_component()
    await stage.settled()
    await vic.speak(chat.room, "after")
    assert set(ana.inside(chat.room)) >= {"ana", "vic", "Help desk"}
    queue = await ana.command("list-queue")
    assert [row["chat"] for row in queue.rows] == [offered.chat, *(one.chat for one in waiting)]
    assert queue.row(chat=offered.chat)["state"] == "offered"
    await ben.enter(offer)
    await ben.sees(offer, "Who is who")
    await ana.speak(chat.room, "!close solved")
    await ana.is_out_of(chat.room)
    kept = await stage.export(chat.id)
    assert said(kept) == [
        ("visitor", "before"),
        ("visitor", "while nobody listens"),
        ("helper", "and this"),
        ("visitor", "after"),
    ]
    await stage.is_offered(ana, waiting[0])


async def test_a_trainee_inside_at_the_start_without_a_monitor_is_removed(stage: Stage) -> None:
    """RO-3"""
    chat, mia, tom = await is_watched(stage)
    await stage.kill_component()
    await mia.leave(chat.room)
    assert tom.is_in(chat.room), "nobody enforces the rule while the component is dead"
    await stage.start_component()
    assert await tom.is_out_of(chat.room, LONG_S) is not None
    assert chat.visitor.is_in(chat.room)
    assert chat.helper.is_in(chat.room)


async def test_a_trainee_inside_at_the_start_with_a_monitor_stays(stage: Stage) -> None:
    """RO-3"""
    chat, mia, tom = await is_watched(stage)
    await stage.kill_component()
    await stage.start_component()
    await stage.settled()
    assert tom.is_in(chat.room)
    await mia.leave(chat.room)
    assert await tom.is_out_of(chat.room) is not None


async def test_an_orderly_stop_takes_the_trainees_out_and_a_start_asks_them_in(stage: Stage) -> None:
    """RO-3"""
    chat, _, tom = await is_watched(stage)
    await stage.stop_component()
    assert await tom.is_out_of(chat.room) is not None
    assert chat.visitor.is_in(chat.room)
    await stage.start_component()
    await stage.enters_as_trainee(tom, chat)


async def test_the_monitor_leaves_while_the_link_is_down(stage: Stage) -> None:
    """RO-3"""
    chat, mia, tom = await is_watched(stage)
    await stage.break_link()
    await mia.leave(chat.room)
    await stage.mend_link()
    assert await tom.is_out_of(chat.room, LONG_S) is not None
    await mia.enter(chat.room)
    await stage.enters_as_trainee(tom, chat)


async def test_what_is_said_while_the_link_is_down_is_kept_once_and_in_order(stage: Stage) -> None:
    """RO-8: a message that bounces has the desk put out as a ghost; a quiet room still lists it"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    words = ["one", "two", "three", "four", "five", "six"]
    for number, word in enumerate(words):
        if number == 2:
            await stage.break_link()
        if number == 4:
            await stage.mend_link()
            await stage.settled()
        await (chat.visitor if number % 2 else ana).speak(chat.room, word)
    await ana.speak(chat.room, "!close solved")
    await ana.is_out_of(chat.room)
    assert [body for _, body in said(await stage.export(chat.id))] == words


async def test_who_asks_and_answers_while_the_link_is_down_loses_nothing(stage: Stage) -> None:
    """QU-1, OF-1: the offer is there afterwards, and entering still accepts"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await stage.break_link()
    await ana.enter(room)
    await stage.mend_link()
    await ana.sees(room, "Who is who", LONG_S)
    await vic.enter(await vic.is_invited(room))


@pytest.mark.parametrize("keep_rooms", [True, False], ids=["rooms kept", "rooms lost"])
async def test_after_a_restart_of_the_server_the_chats_go_on(stage: Stage, keep_rooms: bool) -> None:
    """RO-3, RO-8, IN-6"""
    chat, mia, tom = await is_watched(stage)
    ana, vic = chat.helper, chat.visitor
    await vic.speak(chat.room, "before")
    await stage.settled()
    await stage.restart_server(keep_rooms=keep_rooms)
    await come_back(stage.ada, ana, mia, tom, vic)
    back = await stage.comes_back(vic, chat.token)
    assert back["room"] == chat.room
    await stage.settled()
    # Where it keeps rooms, Prosody lists all as before, until something sent to them bounces.
    are_listed = keep_rooms and stage.quirks.restart_keeps_occupants
    if not are_listed:
        assert await stage.refuses(tom, chat.room) == "registration-required", "no monitor is there yet"
    await vic.is_invited(chat.room)
    await vic.enter(chat.room, "vic")
    await ana.enter(chat.room)
    await mia.enter(chat.room)
    if not are_listed:
        await tom.is_invited(chat.room)
    await stage.settled()
    await tom.enter(chat.room)
    assert ana.view_of(chat.room).subject.startswith("vic: ")
    stranger = await stage.visitor("sly")
    assert await stage.refuses(stranger, chat.room) == "registration-required"
    _, features = await ana.disco_info(chat.room)
    assert {"muc_membersonly", "muc_hidden"} <= features
    await vic.speak(chat.room, "after")
    await ana.speak(chat.room, "!close solved")
    await ana.is_out_of(chat.room)
    assert said(await stage.export(chat.id)) == [("visitor", "before"), ("visitor", "after")]


async def test_who_is_inside_is_asked_in_again_when_the_rooms_are_lost(stage: Stage) -> None:
    """RO-1, OF-8"""
    chat, mia, _ = await is_watched(stage)
    insiders = (chat.helper, mia)
    before = {person: person.invitations.count(chat.room) for person in insiders}
    await stage.restart_server(keep_rooms=False)
    await come_back(stage.ada, *insiders)
    for person in insiders:
        await person.until(lambda p=person: p.invitations.count(chat.room) > before[p], "a new invitation", LONG_S)
        await person.enter(chat.room)


async def test_duty_and_offers_survive_a_restart_of_the_component(stage: Stage) -> None:
    """OF-1, CO-2"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    await stage.restart_component()
    await stage.settled()
    request = await stage.asks(await stage.visitor())
    await stage.is_offered(ana, request)
    await stage.restart_component()
    await stage.settled()
    await ana.say(stage.workgroup, "no")
    assert await stage.is_offered(ben, Request(request.chat, "", 1)) == stage.room_of(request.chat)
    assert [one.body for one in ana.inbox if "asks for help" in one.body].__len__() == 1, "not offered twice"


async def test_who_went_offline_while_the_component_was_dead_gets_no_offer(stage: Stage) -> None:
    """OF-1, OF-7"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    await stage.kill_component()
    await ana.close()
    await stage.start_component()
    vic = await stage.visitor()
    await vic.sees_presence(stage.workgroup, "available", LONG_S)
    request = await stage.asks(vic)
    await stage.is_offered(ben, request)
    assert not ana.invitations
