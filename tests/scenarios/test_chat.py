"""The chat itself: its room, what is kept of it, its end, and the visitor's coming back."""

from __future__ import annotations

import json

import pytest

from tests.people import StanzaError
from tests.people.elements import MUC, bare, make
from tests.scenarios.stage import QUESTION, VISIT, Stage, has, said


async def test_nobody_else_can_enter_see_or_guess_the_room(stage: Stage) -> None:
    """RO-1, RO-2"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben", on_duty=False)
    stranger, kit = await stage.visitor("sly"), await stage.person("kit")
    chat = await stage.chat(ana)
    for somebody in (ben, stranger, kit):
        assert await stage.refuses(somebody, chat.room) == "registration-required"
        assert await somebody.disco_items(stage.server.muc) == []
    _, features = await ana.disco_info(chat.room)
    assert {"muc_membersonly", "muc_hidden", "muc_persistent"} <= features
    assert len(chat.id) >= 12
    assert set(ana.inside(chat.room)) == {"Help desk", "ana", "vic"}
    with pytest.raises(StanzaError):
        await ben.enter(f"made-up@{stage.server.muc}")


async def test_the_subject_and_the_first_lines_tell_the_story(stage: Stage) -> None:
    """RO-7"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    assert ana.view_of(chat.room).subject == f"vic: {QUESTION}"
    story = await ana.sees(chat.room, "Who is who")
    assert f"> {QUESTION}" in story.body
    assert f"{ana.bare.partition('@')[0]} answers" in story.body
    assert "never give a password" in story.body
    assert [body for _, body in ana.heard(chat.room)].count(story.body) == 1


async def test_a_monitor_lists_all_chats_a_helper_the_own(stage: Stage) -> None:
    """RO-6"""
    ana, ben = await stage.staff("ana", max_chats=1), await stage.staff("ben", max_chats=1)
    mia = await stage.staff("mia", "monitor", on_duty=False)
    first = await stage.chat(ana)
    second = await stage.chat(ben, await stage.visitor("sam"))
    assert {row["chat"] for row in (await mia.command("list-chats")).rows} == {first.id, second.id}
    assert [row["chat"] for row in (await ben.command("list-chats")).rows] == [second.id]
    row = (await mia.command("list-chats")).row(chat=first.id)
    assert (row["room"], row["visitor"], row["question"], row["helper"]) == (first.room, "vic", QUESTION, ana.bare)


@pytest.mark.parametrize("how", ["typed in the room", "by command"])
async def test_closing_ends_the_chat_for_all_and_keeps_the_transcript(stage: Stage, how: str) -> None:
    """RO-1, RO-8, QU-1"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    vic = chat.visitor
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    for person, words in ((vic, "It prints nothing"), (ana, "Is it plugged in?"), (tom, "Try Ctrl-P"), (mia, "Good")):
        await person.speak(chat.room, words)
    await vic.speak(chat.room, "Ctrl-P works, thank you")
    if how == "by command":
        closed = await ana.command("close-chat", chat=chat.id, disposition="solved", tags="print", note="Ctrl-P")
        assert closed.is_completed
        assert not closed.error
    else:
        await ana.speak(chat.room, "!close solved")
    for person in (vic, ana, mia, tom):
        departure = await person.is_out_of(chat.room)
        assert departure is not None
        assert departure.destroyed
        assert departure.reason == "The chat has ended.", "one for all: only who asked is thanked for it"
    ended = await vic.receives(has(f"{{{VISIT}}}ended"))
    mark = ended.find(f"{{{VISIT}}}ended")
    assert mark is not None
    assert mark.get("chat") == chat.id
    assert "Thank you for asking" in ended.body
    kept = await stage.ended(chat.id)
    assert said(kept) == [
        ("visitor", "It prints nothing"),
        ("helper", "Is it plugged in?"),
        ("trainee", "Try Ctrl-P"),
        ("monitor", "Good"),
        ("visitor", "Ctrl-P works, thank you"),
    ]
    speakers = {message["role"]: message["jid"] for message in kept["messages"]}
    assert speakers["visitor"] == bare(vic.jid) == kept["visitor"]["jid"]
    assert (speakers["helper"], speakers["monitor"], speakers["trainee"]) == (ana.bare, mia.bare, tom.bare)
    assert speakers["desk"] == f"{chat.id}@{stage.server.component}", "the chat's own address"
    assert (kept["outcome"], kept["disposition"]) == ("served", "solved")
    assert kept["form"]["question"] == QUESTION
    assert {person["nick"] for person in kept["people"]} == {"vic", "ana", "mia", "tom"}
    stamps = [message["at"] for message in kept["messages"]]
    assert stamps == sorted(stamps)
    assert all(stamp.endswith("Z") for stamp in stamps)
    assert [m["kind"] for m in kept["messages"]].count("command") == (1 if how == "typed in the room" else 0)
    json.dumps(kept)
    with pytest.raises(StanzaError):
        await vic.enter(chat.room)
    await stage.asks(vic)  # who was served may ask again


async def test_a_monitor_who_joins_by_the_list_reads_one_message(stage: Stage) -> None:
    """RO-6"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    chat = await stage.chat(ana)
    await mia.say(stage.workgroup, "chats")
    listed = await mia.receives(f"- join {chat.id}: vic:")
    await mia.say(stage.workgroup, listed.body.partition("- ")[2].partition(":")[0])
    assert await mia.is_invited(chat.room)
    await stage.settled()
    assert len([one for one in mia.inbox if one.body and chat.id in one.body and one is not listed]) == 1
    await mia.enter(chat.room)
    await ana.sees_inside(chat.room, "mia")
    await stage.settled()
    await mia.say(stage.workgroup, f"join {chat.id}")
    await mia.receives("You are in the chat with vic already.")


async def test_a_visitor_cannot_close_with_the_staffs_word(stage: Stage) -> None:
    """TE-4"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await chat.visitor.speak(chat.room, "!close solved")
    await stage.settled()
    assert ana.is_in(chat.room)
    await ana.speak(chat.room, "!close nonsense")
    told = await ana.receives("nonsense is not one of the choices")
    assert "This is how: !close [solved" in told.body, "as it is written in a room"
    assert ana.is_in(chat.room)


async def test_a_visitor_ends_the_chat_by_saying_so(stage: Stage) -> None:
    """QU-1, IN-1"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    assert (await chat.visitor.command("leave-queue", at=stage.workgroup)).is_completed
    departure = await ana.is_out_of(chat.room)
    assert departure is not None
    assert departure.destroyed
    assert (await stage.ended(chat.id))["outcome"] == "served"


@pytest.mark.parametrize("how", ["leaves", "loses the connection"])
async def test_a_visitor_who_stays_away_ends_the_chat_after_the_grace(stage: Stage, how: str) -> None:
    """QU-1, IN-6"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await stage.restart_component(LIVECHAT_VISITORS__GRACE_S="0.7")
    await stage.settled()
    await (chat.visitor.leave(chat.room) if how == "leaves" else chat.visitor.drop())
    departure = await ana.is_out_of(chat.room)
    assert departure is not None
    assert departure.destroyed
    assert (await stage.ended(chat.id))["outcome"] == "served"


@pytest.mark.desk(LIVECHAT_VISITORS__GRACE_S="3")  # within which the visitor has to have come
async def test_a_visitor_who_comes_in_and_is_gone_at_once_was_there(stage: Stage) -> None:
    """QU-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await ana.enter(room)
    await vic.is_invited(room)
    await vic.presence(to=f"{room}/vic", extra=make(f"{{{MUC}}}x"))
    await vic.presence(to=f"{room}/vic", type="unavailable")  # before anybody can have looked
    await ana.is_out_of(room)
    assert (await stage.ended(request.chat))["outcome"] == "served"


@pytest.mark.desk(LIVECHAT_VISITORS__GRACE_S="0.7")
async def test_a_visitor_who_never_comes_in_ends_the_request_after_the_grace(stage: Stage) -> None:
    """QU-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await ana.enter(room)
    await ana.is_out_of(room)
    assert (await stage.ended(request.chat))["outcome"] == "abandoned"


@pytest.mark.desk(LIVECHAT_VISITORS__GRACE_S="0.7")
async def test_a_visitor_gone_from_the_queue_loses_the_place_after_the_grace(stage: Stage) -> None:
    """QU-1, IN-6"""
    ana = await stage.staff("ana")
    await ana.presence("dnd")
    await stage.settled()
    vic = await stage.visitor()
    request = await stage.asks(vic)
    await vic.drop()
    assert (await stage.ended(request.chat))["outcome"] == "abandoned"
    result = await (await vic.arrive()).command("resume", at=stage.workgroup, token=request.token)
    assert "over" in result.error


async def test_a_visitor_comes_back_to_the_place_under_a_new_address(stage: Stage) -> None:
    """IN-6, QU-3"""
    ana = await stage.staff("ana")
    await ana.presence("dnd")
    await stage.settled()
    vic, sam = await stage.visitor(), await stage.visitor("sam")
    request = await stage.asks(vic)
    await stage.asks(sam)
    before = vic.bare
    await vic.drop()
    await vic.arrive()
    assert vic.bare != before
    back = await stage.comes_back(vic, request.token)
    assert (back["chat"], back["position"]) == (request.chat, "1")
    assert back["token"] != request.token
    await stage.comes_back(vic, back["token"])  # used: from now on the token before it is good no more
    used = await sam.command("resume", at=stage.workgroup, token=request.token)
    assert "over" in used.error
    assert (await stage.place(vic), await stage.place(sam)) == (1, 2)
    await ana.presence()
    await ana.enter(await stage.is_offered(ana, request))
    await vic.enter(await vic.is_invited(stage.room_of(request.chat)))


async def test_a_visitor_comes_back_to_the_room_and_the_old_address_is_out(stage: Stage) -> None:
    """IN-6, RO-2"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    vic = chat.visitor
    await vic.speak(chat.room, "before the reload")
    old = await stage.visitor("old")  # the same visitor's second page, say, with the old address still inside
    back = await stage.comes_back(old, chat.token)
    assert back["room"] == chat.room
    departure = await vic.is_out_of(chat.room)
    assert departure is not None
    assert 321 in departure.codes
    await old.is_invited(chat.room)
    await old.enter(chat.room, "vic", history=50)
    await old.sees(chat.room, "before the reload")
    await ana.sees_inside(chat.room, "vic")
    assert await stage.refuses(vic, chat.room) == "registration-required"
    await old.speak(chat.room, "after the reload")
    await ana.speak(chat.room, "!close solved")
    await ana.is_out_of(chat.room)
    kept = await stage.export(chat.id)
    assert said(kept) == [("visitor", "before the reload"), ("visitor", "after the reload")]


async def test_a_visitor_who_reloads_while_the_helper_is_absent_finds_the_room(stage: Stage) -> None:
    """IN-6"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    vic = chat.visitor
    await ana.drop()
    await vic.drop()
    await vic.arrive()
    back = await stage.comes_back(vic, chat.token)
    assert back["room"] == chat.room
    await vic.is_invited(chat.room)
    await vic.enter(chat.room, "vic")
    await ana.arrive()
    await ana.enter(chat.room)
    await vic.sees_inside(chat.room, "ana")


@pytest.mark.desk(LIVECHAT_ROOMS__HELPER_GRACE_S="0.3")
async def test_a_visitor_who_reloads_while_waiting_again_finds_room_and_place(stage: Stage) -> None:
    """IN-6, QU-3: the helper is gone for good, and nobody else is free"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    vic = chat.visitor
    await ana.presence("dnd")
    await ana.leave(chat.room)
    await vic.sees(chat.room, "Your helper is gone")
    await vic.drop()
    await vic.arrive()
    back = await stage.comes_back(vic, chat.token)
    assert (back["room"], back["position"]) == (chat.room, "1")
    await vic.is_invited(chat.room)
    await vic.enter(chat.room, "vic")


async def test_who_knows_no_token_is_told_so(stage: Stage) -> None:
    """IN-6"""
    await stage.staff("ana")
    vic = await stage.visitor()
    for token in ("", "made-up", "x" * 1000):
        result = await vic.command("resume", at=stage.workgroup, token=token)
        assert result.is_completed
        assert result.error


async def test_a_visitor_with_an_account_needs_no_token(stage: Stage) -> None:
    """IN-2, IN-6"""
    ana, kit = await stage.staff("ana"), await stage.person("kit")
    await kit.presence(to=stage.workgroup)
    chat = await stage.chat(ana, kit)
    await kit.drop()
    await ana.sees_gone(chat.room, "kit", limit_s=20)
    await kit.arrive()
    await kit.enter(chat.room)
    await ana.sees_inside(chat.room, "kit")
