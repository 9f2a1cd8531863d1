"""RO-3: a trainee is in a help room only while a room monitor is; in every order of coming and going. RO-4: who."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.people import Person, StanzaError
from tests.people.elements import MUC_USER, bare, make
from tests.scenarios.stage import Chat, Stage

REMOVED = 321  # a change of affiliation (XEP-0045 §9.4)
NO_MONITOR = "No room monitor is here now"
OUT_FOR_NOW = "so you are out of it for now"


@dataclass
class Scene:
    """A chat with its helper ana; mia is a monitor and tom a trainee on duty, neither is inside."""

    stage: Stage
    chat: Chat
    ana: Person
    mia: Person
    tom: Person

    async def is_watched(self) -> None:
        """Have the monitor and then the trainee come in."""
        await self.stage.enters_as_monitor(self.mia, self.chat)
        await self.stage.enters_as_trainee(self.tom, self.chat)
        await self.ana.sees_inside(self.chat.room, "tom")

    async def tom_is_out(self) -> None:
        """Wait until tom is out, and see that nobody else was disturbed."""
        departure = await self.tom.is_out_of(self.chat.room)
        assert departure is not None
        assert REMOVED in departure.codes
        assert NO_MONITOR in departure.reason
        await self.tom.receives(OUT_FOR_NOW)
        await self.stage.settled()
        assert not self.tom.has_unread(OUT_FOR_NOW), "once each time"
        assert {"ana", "vic", "Help desk"} <= set(self.ana.inside(self.chat.room))
        assert self.chat.visitor.is_in(self.chat.room)
        assert "tom" not in self.ana.inside(self.chat.room)
        assert await self.stage.refuses(self.tom, self.chat.room) == "registration-required"

    async def tom_comes_again(self) -> None:
        """See that tom is invited again, and is let in."""
        await self.stage.enters_as_trainee(self.tom, self.chat)
        await self.ana.sees_inside(self.chat.room, "tom")


@pytest_asyncio.fixture
async def scene(stage: Stage) -> Scene:
    ana = await stage.staff("ana")
    mia = await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    return Scene(stage, await stage.chat(ana), ana, mia, tom)


async def test_a_trainee_is_neither_invited_nor_let_in_without_a_monitor(scene: Scene) -> None:
    await scene.stage.settled()
    assert scene.chat.room not in scene.tom.invitations
    assert await scene.stage.refuses(scene.tom, scene.chat.room) == "registration-required"


async def test_a_monitors_coming_brings_the_trainee_in_with_link_and_story(scene: Scene) -> None:
    """RO-4"""
    await scene.is_watched()
    story = await scene.tom.receives("Come in to watch and help")
    assert f"xmpp:{scene.chat.room}?join" in story.body
    await scene.stage.settled()
    watched = (await scene.mia.command("list-chats")).row(chat=scene.chat.id)
    assert (watched["monitors"], watched["trainees"]) == ([scene.mia.bare], [scene.tom.bare])
    await scene.tom.speak(scene.chat.room, "Hello from the trainee")
    await scene.chat.visitor.sees(scene.chat.room, "Hello from the trainee")


async def test_the_monitor_leaves_and_comes_back(scene: Scene) -> None:
    await scene.is_watched()
    await scene.mia.leave(scene.chat.room)
    await scene.tom_is_out()
    await scene.mia.enter(scene.chat.room)
    await scene.tom_comes_again()


async def test_a_trainee_put_out_is_told_by_the_desk_and_once(scene: Scene) -> None:
    """RO-3: a client may show no more of a removal than that the room is gone"""
    await scene.is_watched()
    await scene.mia.leave(scene.chat.room)
    told = await scene.tom.receives(OUT_FOR_NOW)
    assert bare(told.sender) == scene.stage.workgroup
    assert "in the chat with vic" in told.body
    await scene.stage.settled()
    await scene.stage.kill_component()
    await scene.stage.start_component()
    await scene.stage.settled()
    assert not scene.tom.has_unread(OUT_FOR_NOW)
    await scene.mia.enter(scene.chat.room)
    await scene.tom_comes_again()


async def test_who_is_out_for_another_reason_is_not_told_of_the_monitor(scene: Scene) -> None:
    await scene.is_watched()
    await scene.tom.leave(scene.chat.room)
    await scene.tom.enter(scene.chat.room)
    assert (await scene.ana.command("close-chat", chat=scene.chat.id, disposition="solved")).is_completed
    await scene.tom.is_out_of(scene.chat.room)
    second = await scene.stage.chat(scene.ana, await scene.stage.visitor("sam"))
    await scene.stage.enters_as_monitor(scene.mia, second)
    await scene.stage.enters_as_trainee(scene.tom, second)
    await scene.stage.settled()
    await scene.stage.stop_component()
    await scene.tom.is_out_of(second.room)
    await scene.stage.start_component()
    await scene.stage.enters_as_trainee(scene.tom, second)
    await scene.stage.settled()
    assert not scene.tom.has_unread(OUT_FOR_NOW)


async def test_the_room_puts_the_monitor_out(scene: Scene) -> None:
    """A client that sends an error is put out as a ghost (XEP-0045 §11.1), with 307 or 333 as in a kick."""
    await scene.is_watched()
    error = make("error", make("{urn:ietf:params:xml:ns:xmpp-stanzas}remote-server-not-found"), type="cancel")
    await scene.mia.send(make("presence", error, to=f"{scene.chat.room}/mia", type="error"))
    await scene.mia.is_out_of(scene.chat.room)
    await scene.tom_is_out()


async def test_the_monitor_loses_the_connection_and_comes_back(scene: Scene) -> None:
    await scene.is_watched()
    await scene.mia.close()
    await scene.tom_is_out()
    await scene.mia.arrive()
    await scene.mia.enter(scene.chat.room)
    await scene.tom_comes_again()


async def test_the_monitor_is_demoted_and_promoted_again(scene: Scene) -> None:
    """AP-7"""
    await scene.is_watched()
    await scene.stage.gives(scene.mia, "helper", demote=True)
    await scene.tom_is_out()
    assert await scene.mia.is_out_of(scene.chat.room) is not None, "a monitor's place ends with the standing"
    await scene.stage.gives(scene.mia, "monitor")
    await scene.stage.enters_as_monitor(scene.mia, scene.chat)
    await scene.tom_comes_again()


async def test_two_monitors_and_only_the_last_ones_leaving_counts(scene: Scene) -> None:
    kim = await scene.stage.staff("kim", "admin", on_duty=False)
    await scene.is_watched()
    await scene.stage.enters_as_monitor(kim, scene.chat)
    await scene.mia.leave(scene.chat.room)
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)
    await kim.leave(scene.chat.room)
    await scene.tom_is_out()


async def test_two_monitors_leave_at_once(scene: Scene) -> None:
    kim = await scene.stage.staff("kim", "admin", on_duty=False)
    await scene.is_watched()
    await scene.stage.enters_as_monitor(kim, scene.chat)
    await asyncio.gather(scene.mia.leave(scene.chat.room), kim.leave(scene.chat.room))
    await scene.tom_is_out()


async def test_a_monitor_who_takes_a_break_inside_is_none_any_more(scene: Scene) -> None:
    """AP-7"""
    await scene.is_watched()
    await scene.stage.gives(scene.mia, "inactive", demote=True)
    await scene.tom_is_out()
    assert await scene.mia.is_out_of(scene.chat.room) is not None


async def test_a_trainee_promoted_while_being_put_out_is_a_helper_afterwards(scene: Scene) -> None:
    """AP-7: whichever comes first"""
    await scene.is_watched()
    await asyncio.gather(scene.mia.leave(scene.chat.room), scene.stage.gives(scene.tom, "helper"))
    await scene.stage.settled()
    assert (await scene.tom.command("my-status")).fields["standing"] == "helper"
    if not scene.tom.is_in(scene.chat.room):
        await scene.tom.enter(scene.chat.room)  # as a helper who was asked into this chat
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)


async def test_a_monitor_with_two_nicks_is_one_monitor_until_the_last_is_gone(scene: Scene) -> None:
    await scene.is_watched()
    second = await scene.stage.person("mia")
    await second.enter(scene.chat.room, "mia too")
    await scene.mia.leave(scene.chat.room)
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)
    await second.leave(scene.chat.room)
    await scene.tom_is_out()


async def test_a_monitor_who_changes_the_nick_has_not_left(scene: Scene) -> None:
    await scene.is_watched()
    await scene.mia.presence(to=f"{scene.chat.room}/Mia the Monitor")
    await scene.tom.sees_inside(scene.chat.room, "Mia the Monitor")
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)


async def test_a_trainee_who_left_may_come_back_while_a_monitor_is_there(scene: Scene) -> None:
    await scene.is_watched()
    await scene.tom.leave(scene.chat.room)
    await scene.tom.enter(scene.chat.room)
    await scene.ana.sees_inside(scene.chat.room, "tom")


async def test_a_trainee_promoted_inside_stays_as_a_helper(scene: Scene) -> None:
    """AP-7: takes effect in mid-chat, for the trainee who is one no more"""
    await scene.is_watched()
    await scene.stage.gives(scene.tom, "monitor")
    await scene.stage.settled()
    await scene.mia.leave(scene.chat.room)
    await scene.stage.settled()
    assert scene.tom.is_in(scene.chat.room)


async def test_a_helper_demoted_to_trainee_in_mid_chat_goes_as_a_trainee_does(scene: Scene) -> None:
    """AP-7"""
    await scene.stage.gives(scene.ana, "trainee", demote=True)
    await scene.ana.is_out_of(scene.chat.room)
    await scene.chat.visitor.sees(scene.chat.room, "Your helper is gone")
    assert await scene.stage.refuses(scene.ana, scene.chat.room) == "registration-required"


async def test_a_monitor_who_answers_the_chat_counts(stage: Stage) -> None:
    mia = await stage.staff("mia", "monitor", duty_role="helper")
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(mia)
    await stage.enters_as_trainee(tom, chat)
    await mia.sees_inside(chat.room, "tom")
    await mia.leave(chat.room)
    assert await tom.is_out_of(chat.room) is not None


@pytest.mark.desk(LIVECHAT_ROOMS__HELPER_COUNTS_AS_MONITOR="false")
async def test_a_monitor_who_answers_the_chat_does_not_count_when_the_setting_says_so(stage: Stage) -> None:
    mia = await stage.staff("mia", "monitor", duty_role="helper")
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(mia)
    await stage.settled()
    assert chat.room not in tom.invitations
    kim = await stage.staff("kim", "monitor", on_duty=False)
    await stage.enters_as_monitor(kim, chat)
    await stage.enters_as_trainee(tom, chat)
    await kim.leave(chat.room)
    assert await tom.is_out_of(chat.room) is not None
    assert mia.is_in(chat.room)


async def test_at_most_three_trainees_and_those_who_watched_least_first(scene: Scene) -> None:
    """RO-4"""
    await scene.is_watched()
    others = [await scene.stage.staff(name, "trainee") for name in ("una", "uri", "ulf")]
    second = await scene.stage.chat(scene.ana, await scene.stage.visitor("sam"))
    await scene.stage.enters_as_monitor(scene.mia, second)
    for newcomer in others:
        await newcomer.is_invited(second.room)
    await scene.stage.settled()
    assert second.room not in scene.tom.invitations, "tom is watching one already"


async def test_trainees_away_or_off_duty_are_not_invited(scene: Scene) -> None:
    """RO-4, OF-4"""
    una = await scene.stage.staff("una", "trainee", on_duty=False)
    await scene.tom.presence("away")
    await scene.stage.settled()
    await scene.stage.enters_as_monitor(scene.mia, scene.chat)
    await scene.stage.settled()
    assert scene.chat.room not in [*scene.tom.invitations, *una.invitations]


async def test_a_trainee_who_goes_on_duty_joins_a_chat_that_is_watched_already(scene: Scene) -> None:
    """RO-4, AP-1"""
    await scene.stage.enters_as_monitor(scene.mia, scene.chat)
    una = await scene.stage.staff("una", "trainee")
    await scene.stage.enters_as_trainee(una, scene.chat)


@pytest.mark.desk(LIVECHAT_ROOMS__TRAINEE_PATIENCE_S="2", LIVECHAT_ROOMS__TRAINEE_PLACES="1")
async def test_an_invitation_not_followed_passes_on(scene: Scene) -> None:
    """RO-4"""
    await scene.stage.enters_as_monitor(scene.mia, scene.chat)
    await scene.tom.is_invited(scene.chat.room)
    una = await scene.stage.staff("una", "trainee")
    await scene.stage.enters_as_trainee(una, scene.chat)
    assert await scene.stage.refuses(scene.tom, scene.chat.room) == "registration-required"


@pytest.mark.desk(LIVECHAT_ROOMS__TRAINEE_PLACES="1")
@pytest.mark.parametrize("how", ["no", "decline"])
async def test_an_invitation_declined_passes_on(scene: Scene, how: str) -> None:
    """RO-4, OF-8"""
    await scene.stage.enters_as_monitor(scene.mia, scene.chat)
    await scene.tom.is_invited(scene.chat.room)
    una = await scene.stage.staff("una", "trainee")
    if how == "no":
        await scene.tom.say(scene.stage.workgroup, "no")
    else:
        decline = make(f"{{{MUC_USER}}}decline", to=scene.stage.workgroup)
        await scene.tom.send(make("message", make(f"{{{MUC_USER}}}x", decline), to=scene.chat.room))
    await scene.stage.enters_as_trainee(una, scene.chat)


@pytest.mark.desk(LIVECHAT_ROOMS__MONITOR_GRACE_S="0.3")
async def test_a_monitor_known_to_be_offline_counts_no_more_though_still_listed(scene: Scene) -> None:
    await scene.is_watched()
    await scene.mia.presence(type="unavailable")  # to all who see mia; the room was told of nothing
    await scene.tom.is_out_of(scene.chat.room)


async def test_a_trainee_cannot_close_a_chat_or_use_its_commands(scene: Scene) -> None:
    """TE-4, RO-5"""
    await scene.is_watched()
    await scene.tom.speak(scene.chat.room, "!close solved")
    await scene.stage.settled()
    assert scene.chat.visitor.is_in(scene.chat.room)
    assert "close-chat" not in await scene.tom.commands()


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Have another program hold the database, so that nothing can be recorded."""
    path = stage.settings.database.url.get_secret_value().partition("///")[2]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_the_rule_holds_while_the_database_is_locked(scene: Scene) -> None:
    """RO-3, RU-3: the room's round waits for the database, the trainees do not."""
    await scene.is_watched()
    await scene.stage.settled()
    with locked(scene.stage):
        await scene.ana.leave(scene.chat.room)  # to be recorded, which holds up the round
        await scene.chat.visitor.sees_gone(scene.chat.room, "ana")
        await scene.tom.commands()  # answered: what happened before it has been looked at
        await scene.mia.leave(scene.chat.room)
        departure = await scene.tom.is_out_of(scene.chat.room)
        assert departure is not None
        assert REMOVED in departure.codes
    await scene.ana.enter(scene.chat.room)
    await scene.stage.settled()
    assert {"ana", "vic"} <= set(scene.ana.inside(scene.chat.room))


VOICE_IS_LENT = {"LIVECHAT_WORKGROUPS": '[{"name": "support", "title": "Support", "trainee_voice": "lent"}]'}


@pytest.mark.desk(**VOICE_IS_LENT)
async def test_where_voice_is_lent_a_trainee_listens_until_somebody_lets_them(stage: Stage) -> None:
    """RO-5: a Prosody keeps them from speaking; an ejabberd only shows that they have no voice"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await tom.receives("as soon as the helper or the room monitor lets you")
    await stage.enters_as_trainee(tom, chat)
    await tom.until(lambda: tom.inside(chat.room)["tom"].role == "visitor", "no voice")
    if stage.quirks.name == "prosody":
        with pytest.raises(StanzaError, match="forbidden"):
            await tom.speak(chat.room, "Me too")
    await ana.speak(chat.room, "!voice tom")
    await ana.receives("may write in the chat now.")
    await tom.until(lambda: tom.inside(chat.room)["tom"].role == "participant", "voice")
    await tom.speak(chat.room, "Try Ctrl-P")
    await tom.leave(chat.room)
    await stage.settled()
    await tom.enter(chat.room)
    await stage.settled()
    assert tom.inside(chat.room)["tom"].role == "participant", "once for the chat"


async def test_a_trainee_who_is_free_again_is_asked_into_a_chat_that_goes_on(stage: Stage) -> None:
    """RO-4"""
    ana = await stage.staff("ana", max_chats=2)
    mia = await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee", max_chats=1)
    first = await stage.chat(ana)
    await stage.enters_as_monitor(mia, first)
    await stage.enters_as_trainee(tom, first)
    second = await stage.chat(ana, await stage.visitor("vera"))
    await stage.enters_as_monitor(mia, second)
    await stage.settled()
    assert second.room not in tom.invitations
    assert (await ana.command("close-chat", chat=first.id, disposition="solved")).is_completed
    await tom.is_invited(second.room)
