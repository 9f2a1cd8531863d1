"""What people hear when the desk is stopped in an orderly way, when it starts again, and when it is killed."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.wording import chats, visitors
from tests.people import Person
from tests.scenarios.stage import Chat, Stage
from tests.servers.waiting import wait_until_async

STOPS = "stops for now and will be back"


def heard(person: Person) -> list[str]:
    """Return all that a person was told of the stop, in rooms or alone."""
    rooms = [one.body for room in person.rooms for one in person.view_of(room).messages]
    return [body for body in (*(one.body for one in person.inbox if one.type != "groupchat"), *rooms) if STOPS in body]


async def at_work(stage: Stage) -> tuple[Person, Person, Person, Chat, Person]:
    """Return a helper, a monitor and a trainee in a chat, the chat, and a visitor in the queue."""
    ana, mia = await stage.staff("ana", max_chats=1), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    sam = await stage.visitor("sam")
    await stage.asks(sam)
    await stage.settled()
    return ana, mia, tom, chat, sam


async def test_everybody_is_told_once_that_the_desk_will_be_back(stage: Stage) -> None:
    """RO-3: trainees leave first, the chat goes on"""
    ana, mia, tom, chat, sam = await at_work(stage)
    await stage.stop_component()
    for person in (ana, mia, chat.visitor):
        await person.sees(chat.room, STOPS)
    await sam.receives(STOPS)
    await ana.receives("You stay on duty")
    await tom.is_out_of(chat.room)
    await tom.receives(STOPS)
    assert heard(tom) == [chats.STOPS_ON_DUTY.english], "out before it was said in the room"
    assert len(heard(chat.visitor)) == len(heard(mia)) == len(heard(sam)) == 1
    await ana.speak(chat.room, "Still here")
    await chat.visitor.sees(chat.room, "Still here")
    await stage.start_component()
    await tom.is_invited(chat.room)
    await stage.settled()
    assert [len(heard(person)) for person in (ana, mia, tom, chat.visitor, sam)] == [2, 1, 1, 1, 1], "nobody twice"
    assert await stage.place(sam) == 1
    kept = await stage.export(chat.id)
    assert [m["body"] for m in kept["messages"] if STOPS in m["body"] or m["body"] == "Still here"] == [
        visitors.STOPS_IN_ROOM.english,
        "Still here",
    ]


async def test_nothing_is_said_by_a_desk_that_is_killed(stage: Stage) -> None:
    """RU-3"""
    ana, mia, tom, chat, sam = await at_work(stage)
    await stage.kill_component()
    await stage.start_component()
    await stage.settled()
    assert [heard(person) for person in (ana, mia, tom, chat.visitor, sam)] == [[]] * 5


@pytest.mark.desk(LIVECHAT_ROOMS__TRAINEES_ON_STOP="keep")
async def test_trainees_may_be_let_stay(stage: Stage) -> None:
    _, _, tom, chat, _ = await at_work(stage)
    await stage.stop_component()
    await tom.sees(chat.room, STOPS)
    await wait_until_async(lambda: len(heard(tom)) == 2, "told on duty, too")
    assert tom.is_in(chat.room)
