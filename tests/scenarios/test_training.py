"""From watching to being a helper, as people live it with their clients."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.people import Person, StanzaError
from tests.people.owner import configure
from tests.scenarios.stage import Chat, Stage, until

SOON = {
    "LIVECHAT_APPRENTICESHIP__WATCH_S": "0.001",  # these chats are short
    "LIVECHAT_APPRENTICESHIP__SAID_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__WATCHED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__HELPED_NEEDED": "1",
    "LIVECHAT_APPRENTICESHIP__DAYS_NEEDED": "1",
}


def named(person: Person) -> str:
    """Return what the staff call somebody: the first part of the address."""
    return person.bare.partition("@")[0]


@dataclass
class Scene:
    """A chat that ana answers and mia oversees; tom, a trainee, is inside and has helped."""

    stage: Stage
    chat: Chat
    ana: Person
    mia: Person
    tom: Person

    async def is_over(self) -> None:
        assert (await self.ana.command("close-chat", chat=self.chat.id, disposition="solved")).is_completed
        await self.tom.is_out_of(self.chat.room)

    async def is_asked(self, judge: Person) -> None:
        await judge.receives(f'"endorse {self.tom.bare.partition("@")[0]}"')

    async def progress(self) -> dict[str, object]:
        return dict((await self.tom.command("my-status")).fields)


@pytest_asyncio.fixture
async def scene(stage: Stage) -> Scene:
    ana = await stage.staff("ana")
    mia = await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await chat.visitor.speak(chat.room, "Where is it?")
    await ana.speak(chat.room, "What do you see?")
    await tom.speak(chat.room, "It may be under Tools.")
    await chat.visitor.speak(chat.room, "There it is, thank you.")
    await stage.settled()
    return Scene(stage, chat, ana, mia, tom)


@pytest.mark.desk(**SOON)
async def test_from_the_first_chat_to_the_decision(scene: Scene) -> None:
    """AP-3, AP-4, AP-5, AP-6, AP-7, KN-8"""
    stage, tom = scene.stage, scene.tom
    await scene.is_over()
    await scene.is_asked(scene.ana)
    await scene.is_asked(scene.mia)
    found = await scene.progress()
    assert (found["watched"], found["helped"]) == ("1", "1")
    name = tom.bare.partition("@")[0]
    await scene.ana.say(stage.workgroup, f"endorse {name} Calm and right.")
    await scene.ana.receives("Your word for")
    await tom.receives("says that you are ready")
    assert (await scene.mia.command("endorse-trainee", trainee=tom.bare, comment="")).is_completed
    told = await stage.ada.receives("may be ready to become a helper")
    assert f'{scene.ana.bare} ("Calm and right.")' in told.body
    assert f'"promote {tom.bare} helper"' in told.body
    await tom.receives("asked whether you become a helper")
    assert (await scene.progress())["decide_by"]
    row = (await stage.ada.command("list-trainees")).row(jid=tom.bare)
    assert (row["watched"], row["helped"], row["ready"]) == ("1", "1", "1")
    assert row["decide_by"]
    await stage.ada.say(stage.workgroup, f"promote {tom.bare} helper well done")
    await tom.receives("You are a helper now")
    await scene.ana.receives("whom you endorsed, is a helper now")
    assert (await tom.command("my-status")).fields["standing"] == "helper"
    kept = (await stage.ada.command("list-audit", account=tom.bare)).rows
    assert [one["what"] for one in kept[:4]] == ["standing", "decision asked for", "endorsed", "endorsed"]
    assert (kept[0]["by"], kept[0]["old"], kept[0]["new"], kept[0]["reason"]) == (
        stage.ada.bare,
        "trainee",
        "helper",
        "well done",
    )


@pytest.mark.desk(**SOON)
async def test_promoted_in_the_middle_of_a_chat_they_stay_without_a_monitor(scene: Scene) -> None:
    """AP-7, RO-3"""
    await scene.stage.gives(scene.tom, "helper")
    await scene.mia.leave(scene.chat.room)
    await scene.ana.sees_gone(scene.chat.room, "mia")
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)
    vic = await scene.stage.visitor("vera")
    await scene.ana.presence("dnd")
    request = await scene.stage.asks(vic)
    await scene.stage.is_offered(scene.tom, request)


@pytest.mark.desk(**SOON)
async def test_a_break_in_the_middle_of_a_chat(scene: Scene) -> None:
    """AP-7: the request finds somebody else, and nobody is left alone with a word that hurts"""
    ben = await scene.stage.staff("ben")
    await scene.stage.gives(scene.ana, "inactive", demote=True)
    assert [one for one in scene.ana.inbox if "Your place stays yours" in one.body]
    departure = await scene.ana.is_out_of(scene.chat.room)
    assert departure is not None
    assert "monitor" not in departure.reason
    await ben.receives("asks for help")
    with pytest.raises(StanzaError, match="on a break"):
        await scene.ana.command("go-on-duty", submit=True)


@pytest.mark.desk(
    **SOON,
    LIVECHAT_APPRENTICESHIP__ENDORSERS_NEEDED="1",
    LIVECHAT_APPRENTICESHIP__REMIND_S="0.5",
    LIVECHAT_APPRENTICESHIP__DECIDE_S="1",
)
async def test_the_clock_rings_and_the_trainee_reads_that_it_is_late(scene: Scene) -> None:
    """AP-5"""
    stage = scene.stage
    kim = await stage.staff("kim", "admin", on_duty=False)
    await scene.is_over()
    await scene.is_asked(scene.ana)
    assert (await scene.ana.command("endorse-trainee", trainee=scene.tom.bare, comment="")).is_completed
    for admin in (stage.ada, kim):
        await admin.receives("may be ready to become a helper")
        await admin.receives("it is overdue")
    await scene.tom.receives("We are sorry")
    (row,) = (await stage.ada.command("list-stuck")).rows
    assert row["command"] == f"promote {scene.tom.bare} helper"
    refusal = await stage.ada.command("refuse-trainees", accounts=[scene.tom.bare], reason="Once more, please.")
    assert refusal.is_completed
    await scene.tom.receives("Once more, please.")
    assert (await stage.ada.command("list-stuck")).rows == []


@pytest.mark.desk(**SOON)
async def test_who_was_not_there_learns_nothing(scene: Scene) -> None:
    """AP-4, PR-3: and a name that nobody has is refused in the same words"""
    ben = await scene.stage.staff("ben", on_duty=False)
    await scene.is_over()
    refusals = []
    for whom in (scene.tom.bare, "nobody@localhost"):
        result = await ben.command("endorse-trainee", trainee=whom, comment="")
        refusals.append(str(result.notes).replace(whom, "X"))
    assert refusals[0] == refusals[1]
    assert "have not been in a chat" in refusals[0]
    assert (await ben.command("list-trainees")).rows == []
    assert "list-trainees" not in await scene.tom.commands(scene.stage.workgroup)


@pytest.mark.desk(**SOON)
async def test_a_reason_is_added_to_an_endorsement_that_was_given_without(scene: Scene) -> None:
    """AP-4"""
    stage, ana, tom, name = scene.stage, scene.ana, scene.tom, named(scene.tom)
    await scene.is_over()
    await ana.say(stage.workgroup, f"endorse {name}")
    await ana.receives(f"Your word for {name} is on record")
    await ana.say(stage.workgroup, f"endorse {name} Calm and right.")
    await ana.receives(f"Your word for {name} is on record")
    assert '"Calm and right."' in (await tom.receives("adds why you are ready")).body
    await ana.say(stage.workgroup, f"endorse {name} And quick.")
    await ana.receives(f"You have endorsed {name} already.")
    await ana.say(stage.workgroup, f"decide {name}")
    assert f'{ana.bare} ("Calm and right.")' in (await stage.ada.receives("may be ready to become a helper")).body
    assert (await stage.ada.command("list-trainees")).row(jid=tom.bare)["endorsements"] == [ana.bare]


@pytest.mark.desk(**SOON)
async def test_who_is_no_trainee_is_refused_with_the_truth(scene: Scene) -> None:
    """AP-4: the staff know each other; after the decision there is nothing to take back"""
    stage, ana, name = scene.stage, scene.ana, named(scene.tom)
    await scene.is_over()
    for word, who in (("endorse", stage.ada), ("decide", stage.ada), ("withdraw", stage.ada), ("endorse", ana)):
        await ana.say(stage.workgroup, f"{word} {named(who)}")
        await ana.receives(f"{named(who)} is not a trainee now.")
    await ana.say(stage.workgroup, f"withdraw {name}")
    await ana.receives(f"You have no endorsement of {name} to take back.")
    await ana.say(stage.workgroup, f"endorse {name}")
    await ana.receives(f"Your word for {name} is on record")
    await stage.gives(scene.tom, "helper")
    await ana.say(stage.workgroup, f"withdraw {name}")
    await ana.receives(f"{name} is not a trainee now.")


async def test_helpers_are_told_that_their_list_shows_whom_they_met(scene: Scene) -> None:
    """AP-3, PR-3"""
    stage = scene.stage
    await stage.staff("uli", "trainee", on_duty=False)
    ben = await stage.staff("ben", on_duty=False)
    assert (await ben.command("list-trainees")).info.startswith("You were in no chat with a trainee yet.")
    met = await scene.ana.command("list-trainees")
    assert met.info.startswith("1 trainee whom you were in a chat with.")
    assert [row["jid"] for row in met.rows] == [scene.tom.bare]
    assert (await stage.ada.command("list-trainees")).info == "2 trainees."


async def test_who_is_demoted_while_on_duty_is_not_told_to_go_on_duty(stage: Stage) -> None:
    """AP-7: and is asked in as a trainee from then on"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", duty_role="helper")
    result = await stage.ada.command("demote", accounts=[ana.bare], standing="trainee")
    assert result.is_completed
    told = (await ana.receives("You are a trainee again")).body
    assert 'You are on duty as trainee now; write "off" to stop.' in told
    assert "ready" not in told
    chat = await stage.chat(mia)
    await stage.enters_as_trainee(ana, chat)


async def test_the_new_helper_is_made_known_in_the_contributors_room(stage: Stage) -> None:
    """AP-7"""
    mia, tom = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("tom", "trainee")
    room = stage.settings.xmpp.contributors
    if 201 in await mia.enter(room):
        await configure(mia, room)
    await stage.settled()
    await stage.gives(tom, "helper")
    await mia.sees(room, "has become a helper. Welcome!")


@pytest.mark.desk(**SOON)
async def test_those_who_have_watched_least_come_first(stage: Stage) -> None:
    """RO-4"""
    ana = await stage.staff("ana", max_chats=3)
    mia = await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    first = await stage.chat(ana, await stage.visitor("v1"))
    await stage.enters_as_monitor(mia, first)
    await stage.enters_as_trainee(tom, first)
    assert (await ana.command("close-chat", chat=first.id, disposition="solved")).is_completed
    await tom.is_out_of(first.room)

    async def is_counted() -> bool:
        return (await tom.command("my-status")).fields["watched"] == "1"

    await until(is_counted, "the chat counts for tom")
    others = [await stage.staff(name, "trainee") for name in ("una", "uli", "udo")]
    second = await stage.chat(ana, await stage.visitor("v2"))
    await stage.enters_as_monitor(mia, second)
    for newcomer in others:
        await newcomer.is_invited(second.room)
    await stage.settled()
    assert not [one for one in tom.inbox if second.room in one.body]


async def test_from_visitor_to_trainee_in_one_word(stage: Stage) -> None:
    """AP-9"""
    ana, kim = await stage.staff("ana"), await stage.person("kim")
    await kim.presence(to=stage.workgroup)
    chat = await stage.chat(ana, kim)
    assert (await ana.command("close-chat", chat=chat.id, disposition="solved")).is_completed
    await kim.receives("Would you like to help others")
    await kim.say(stage.workgroup, "Yes!")

    async def is_trainee() -> bool:
        return any(row["jid"] == kim.bare for row in (await stage.ada.command("list-trainees")).rows)

    await until(is_trainee, "kim is a trainee")
    assert (await kim.command("my-status")).fields["standing"] == "trainee"
