"""Offers: who gets them, how they are taken, and when they go to the next."""

from __future__ import annotations

import pytest

from tests.people import StanzaError
from tests.people.elements import MUC_USER, bare, make
from tests.scenarios.stage import QUESTION, WORKGROUP, Request, Stage, has, until
from tests.servers.waiting import wait_until_async


async def test_an_offer_is_a_message_with_a_link_then_a_direct_invitation(stage: Stage) -> None:
    """OF-1, OF-8"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    told = [one for one in ana.inbox if room in str(one)]
    story, invitation = told
    assert bare(story.sender) == stage.workgroup
    assert QUESTION in story.body
    assert f"xmpp:{room}?join" in story.body
    assert "You have 20 seconds" in story.body
    assert (invitation.invited_to, invitation.body) == (room, ""), "a body keeps Converse.js from showing it"
    assert invitation.find(f"{{{MUC_USER}}}invite") is None


@pytest.mark.parametrize("how", ["by entering", "with yes", "by command"])
async def test_an_offer_is_taken(stage: Stage, how: str) -> None:
    """OF-1, OF-8"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    if how == "by entering":
        await ana.enter(room)
    elif how == "with yes":
        await ana.say(stage.workgroup, "yes")
        await ana.receives("vic is yours")
        await stage.settled()
        (told,) = [one.body for one in ana.inbox if "yours" in one.body]
        assert '"!close"' in told
        assert f"xmpp:{room}?join" in told, "one message says all"
    else:
        assert "accept-offer" in await ana.commands(stage.workgroup)
        form = await ana.command("accept-offer", at=stage.workgroup)
        assert "How do I print this page?" in form.instructions, "as much as the message says"
        assert f"xmpp:{room}?join" in form.instructions
        assert (await ana.command("accept-offer", at=stage.workgroup, chat=request.chat)).is_completed
    assert await vic.is_invited() == room, "the visitor comes in only now"
    await vic.enter(room)
    if not ana.is_in(room):
        assert await ana.is_invited() == room
        await ana.enter(room)
    await ana.sees_inside(room, "vic")
    assert (await ana.command("list-chats")).row(chat=request.chat)["helper"] == ana.bare


async def test_a_visitor_is_not_let_in_before_a_helper_has_accepted(stage: Stage) -> None:
    """RO-2"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    room = await stage.is_offered(ana, await stage.asks(vic))
    assert await stage.refuses(vic, room) == "registration-required"


@pytest.mark.parametrize("how", ["with no", "by command", "by declining", "by going off duty", "by going offline"])
async def test_an_offer_refused_goes_to_the_next_helper(stage: Stage, how: str) -> None:
    """OF-1, OF-2, OF-8"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    if how == "with no":
        await ana.say(stage.workgroup, "no")
        await ana.receives("Passed on: vic")
    elif how == "by command":
        assert (await ana.command("reject-offer", at=stage.workgroup, chat=request.chat)).is_completed
    elif how == "by declining":
        decline = make(f"{{{MUC_USER}}}x", make(f"{{{MUC_USER}}}decline", to=stage.workgroup))
        await ana.send(make("message", decline, to=room))
    elif how == "by going off duty":
        await ana.say(stage.workgroup, "off")
    else:
        await ana.drop()
    assert await stage.is_offered(ben, request) == room
    if ana.is_connected:
        assert await stage.refuses(ana, room) == "registration-required"


@pytest.mark.desk(LIVECHAT_ROUTING__OFFER_TIMEOUT_S="1")
async def test_silence_passes_an_offer_on_at_the_deadline(stage: Stage) -> None:
    """OF-1"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await ana.receives("Time is up")
    assert await stage.is_offered(ben, request) == room
    assert await stage.refuses(ana, room) == "registration-required"
    assert "Nothing is offered" in (await ana.command("accept-offer", at=stage.workgroup)).error


async def test_requests_go_in_strict_turns(stage: Stage) -> None:
    """OF-2, QU-3: six requests, three helpers, each gets every third"""
    helpers = [await stage.staff(name) for name in ("ana", "ben", "cai")]
    taken = []
    for number in range(6):
        vic = await stage.visitor(f"vic{number}")
        request = await stage.asks(vic)
        room = stage.room_of(request.chat)
        await wait_until_async(lambda room=room: any(room in one.invitations for one in helpers), "an offer")
        await stage.settled()
        offered = [helper for helper in helpers if room in helper.invitations]
        assert len(offered) == 1, "one at a time"
        await offered[0].enter(room)
        await offered[0].sees(room, "Who is who")
        taken.append(offered[0].name)
    assert taken == ["ana", "ben", "cai", "ana", "ben", "cai"]


async def test_no_helper_has_two_open_offers(stage: Stage) -> None:
    """OF-1"""
    ana = await stage.staff("ana")
    first = await stage.asks(await stage.visitor("fay"))
    second = await stage.asks(await stage.visitor("sam"))
    await stage.is_offered(ana, first)
    await stage.settled()
    assert ana.invitations == [stage.room_of(first.chat)]
    await ana.say(stage.workgroup, "yes")
    await stage.is_offered(ana, second)


async def test_the_cap_counts_chats_and_can_be_set_lower(stage: Stage) -> None:
    """OF-4"""
    ana = await stage.staff("ana", max_chats=1)
    chat = await stage.chat(ana)
    request = await stage.asks(await stage.visitor("sam"))
    await stage.settled()
    assert stage.room_of(request.chat) not in ana.invitations
    await ana.speak(chat.room, "!close solved")
    await stage.is_offered(ana, request)


@pytest.mark.parametrize("show", ["away", "dnd", "xa"])
async def test_who_is_not_available_gets_no_offer_until_back(stage: Stage, show: str) -> None:
    """OF-4, AW-1"""
    ana = await stage.staff("ana")
    await ana.presence(show)
    await stage.settled()
    request = await stage.asks(await stage.visitor())
    await stage.settled()
    assert not ana.invitations
    await ana.presence()
    await stage.is_offered(ana, request)


async def test_a_visitor_who_has_gone_is_not_offered(stage: Stage) -> None:
    """OF-7, IN-6: going is noticed by the directed presence"""
    ana = await stage.staff("ana")
    await ana.presence("away")
    vic = await stage.visitor()
    gone = await stage.asks(vic)
    await vic.drop()
    sam = await stage.visitor("sam")
    here = await stage.asks(sam)
    await stage.settled()
    await ana.presence()
    await stage.is_offered(ana, here)
    await ana.say(stage.workgroup, "yes")
    await stage.settled()
    assert stage.room_of(gone.chat) not in ana.invitations
    back = await stage.comes_back(await vic.arrive(), gone.token)
    assert back["chat"] == gone.chat
    await stage.is_offered(ana, gone)


async def test_a_visitor_whose_going_takes_back_the_offer_keeps_the_place(stage: Stage) -> None:
    """OF-7, QU-3"""
    ana = await stage.staff("ana", max_chats=1)
    vic = await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await vic.drop()
    await ana.receives("not waiting for you any more")
    await stage.settled()
    assert await stage.refuses(ana, room) == "registration-required"
    assert (await ana.command("list-queue")).row(chat=request.chat)["position"] == "1"


@pytest.mark.desk(LIVECHAT_ROUTING__PING_TIMEOUT_S="0.5")
async def test_who_was_taken_for_gone_is_asked_again_on_a_new_link(stage: Stage) -> None:
    """QU-3: on a link that hangs everybody seems to have gone"""
    ana = await stage.staff("ana", max_chats=1)
    vic = await stage.visitor()
    await vic.presence(to=stage.workgroup, type="unavailable")
    await stage.settled()
    vic.answers_pings = False
    request = await stage.asks(vic)

    async def is_away() -> bool:
        return bool((await stage.ada.command("list-queue")).row(chat=request.chat)["state"] == "away")

    await until(is_away, "the visitor being taken for gone")
    vic.answers_pings = True
    await stage.break_link()
    await stage.mend_link()
    assert await stage.is_offered(ana, request) == stage.room_of(request.chat)


@pytest.mark.parametrize("answers", [True, False])
async def test_who_sent_no_presence_is_pinged_before_an_offer(stage: Stage, answers: bool) -> None:
    """OF-7"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    await vic.presence(to=stage.workgroup, type="unavailable")
    await stage.settled()
    vic.answers_pings = answers
    if not answers:
        vic.answer_iq = lambda iq: None
        await ana.presence("away")
    request = await stage.asks(vic)
    if answers:
        await stage.is_offered(ana, request)
        return
    await vic.close()
    await ana.presence()
    await stage.settled()
    assert not ana.invitations


@pytest.mark.desk(LIVECHAT_ROUTING__OFFER_TIMEOUT_S="1", LIVECHAT_ROUTING__REPEAT_AFTER_S="2")
async def test_a_request_that_returns_keeps_its_old_place(stage: Stage) -> None:
    """QU-3, OF-1"""
    ana = await stage.staff("ana", max_chats=1)
    first = await stage.asks(await stage.visitor("fay"))
    await stage.is_offered(ana, first)
    sam = await stage.visitor("sam")
    second = await stage.asks(sam)
    assert await stage.place(sam) == 2
    await ana.say(stage.workgroup, "no")
    await stage.is_offered(ana, second)
    queue = await ana.command("list-queue")
    assert [row["chat"] for row in queue.rows] == [first.chat, second.chat]
    await ana.say(stage.workgroup, "no")
    await stage.is_offered(ana, first)


@pytest.mark.desk(LIVECHAT_ROOMS__HELPER_GRACE_S="0.5")
async def test_a_helper_who_leaves_is_replaced_after_the_grace(stage: Stage) -> None:
    """OF-1, OF-6, QU-3"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    ben = await stage.staff("ben", max_chats=1)
    await ana.leave(chat.room)
    await chat.visitor.sees(chat.room, "Your helper is gone")
    assert await stage.is_offered(ben, Request(chat.id, chat.token, 1)) == chat.room
    assert await stage.refuses(ana, chat.room) == "registration-required"
    await ben.enter(chat.room)
    await chat.visitor.sees_inside(chat.room, "ben")
    await stage.settled()
    assert (await stage.ada.command("list-chats")).row(chat=chat.id)["helper"] == ben.bare


@pytest.mark.desk(LIVECHAT_ROOMS__HELPER_GRACE_S="0.5")
async def test_a_chat_whose_helper_is_gone_is_first_in_the_queue_again(stage: Stage) -> None:
    """QU-3"""
    ana = await stage.staff("ana", max_chats=1)
    chat = await stage.chat(ana)
    ben = await stage.staff("ben", max_chats=1)
    await ben.presence("dnd")
    sam = await stage.visitor("sam")
    later = await stage.asks(sam)
    assert await stage.place(sam) == 1
    await ana.presence("away")
    await ana.leave(chat.room)
    await chat.visitor.sees(chat.room, "you are next")
    queue = await ben.command("list-queue")
    assert [row["chat"] for row in queue.rows] == [chat.id, later.chat]
    assert await stage.place(sam) == 2
    await ben.presence()
    await stage.is_offered(ben, Request(chat.id, chat.token, 1))


async def test_a_helper_back_within_the_grace_has_lost_nothing(stage: Stage) -> None:
    """OF-6, IN-6"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    await ana.drop()
    await chat.visitor.sees_gone(chat.room, "ana", limit_s=20)
    await ana.arrive()
    await ana.enter(chat.room)
    await chat.visitor.sees_inside(chat.room, "ana")
    await stage.settled()
    assert (await ana.command("list-chats")).row(chat=chat.id)["helper"] == ana.bare
    assert not chat.visitor.has_seen(chat.room, "Your helper is gone")


async def test_an_advisor_gets_no_offers(stage: Stage) -> None:
    """OF-4, CO-2"""
    await stage.staff("ana")
    kim = await stage.staff("kim", duty_role="advisor")
    await stage.asks(await stage.visitor())
    await stage.asks(await stage.visitor("sam"))
    await stage.settled()
    assert not kim.invitations


async def test_a_visitor_taken_out_of_the_queue_is_told(stage: Stage) -> None:
    """QU-1"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    await ana.presence("away")
    vic = await stage.visitor()
    request = await stage.asks(vic)
    assert (await mia.command("close-chat", chat=request.chat, disposition="spam")).is_completed
    await vic.receives(has(f"{{{WORKGROUP}}}depart-queue"))
    kept = await stage.ended(request.chat)
    assert (kept["outcome"], kept["disposition"]) == ("refused", "spam")


@pytest.mark.desk(LIVECHAT_ROUTING__OFFER_TIMEOUT_S="1")
async def test_who_missed_an_offer_takes_the_request_by_a_word(stage: Stage) -> None:
    """OF-1, OF-3: a helper alone does not wait for the next offer"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    assert '"take" still gets it for you' in (await ana.receives("Time is up")).body
    assert 'write "take"' in (await ana.command("list-queue")).info
    assert '1 request waits that you can take: write "take".' in (await ana.command("my-status")).info
    await ana.say(stage.workgroup, "take")
    await ana.receives("The chat with vic is yours. Please come in.")
    await ana.enter(room)
    await vic.is_invited(room)
    await vic.enter(room)
    await ana.sees_inside(room, "vic")
    assert (await ana.command("list-chats")).row(chat=request.chat)["helper"] == ana.bare
    await ana.say(stage.workgroup, "take")
    await ana.receives("No request waits that you can take now.")


async def test_a_request_is_taken_from_the_queue_by_command(stage: Stage) -> None:
    """OF-3, OF-4: whoever is on duty for it picks one that nobody else is asked about"""
    ana, ben = await stage.staff("ana", max_chats=1), await stage.staff("ben", on_duty=False)
    first = await stage.asks(await stage.visitor("fay"))
    await stage.is_offered(ana, first)
    second = await stage.asks(await stage.visitor("sam"))
    await ben.say(stage.workgroup, "take")
    await ben.receives("while you are on duty for it")
    assert "take-request" not in await ben.commands(stage.workgroup)
    assert (await ben.command("go-on-duty", duty_role="helper", max_chats="1")).is_completed
    await stage.is_offered(ben, second)
    await ben.say(stage.workgroup, f"take {first.chat}")
    await ben.receives("Somebody else is asked about fay's request just now.")
    await ben.say(stage.workgroup, "no")
    await ben.receives("Passed on: sam")
    form = await ben.command("take-request", at=stage.workgroup)
    assert form.form_fields["chat"].options == (second.chat,)
    assert (await ben.command("take-request", at=stage.workgroup, chat=second.chat)).is_completed
    await ben.receives("The chat with sam is yours. Please come in.")
    await ben.enter(stage.room_of(second.chat))
    third = await stage.asks(await stage.visitor("tea"))
    await ben.say(stage.workgroup, f"take {third.chat}")
    await ben.receives('You answer 1 chat, as many as you have set. "on 2" lets you take another one.')


async def test_whether_somebody_may_take_a_request_is_looked_at_at_the_last_step(stage: Stage) -> None:
    """RO-2, AP-7"""
    ana = await stage.staff("ana")
    await ana.presence("away")
    await stage.settled()
    request = await stage.asks(await stage.visitor())
    form = await ana.command("take-request", at=stage.workgroup)
    await stage.gives(ana, "trainee", demote=True)
    with pytest.raises(StanzaError, match="forbidden"):
        await ana.command_step("take-request", form.session_id, "complete", {"chat": request.chat}, at=stage.workgroup)
    assert (await stage.ada.command("list-queue")).row(chat=request.chat)["state"] == "waiting"


async def test_nobody_is_kept_waiting_behind_who_is_gone(stage: Stage) -> None:
    """QU-2, QU-3, IN-6: who comes back has the old place"""
    ana = await stage.staff("ana", max_chats=1)
    await ana.presence("away")
    await stage.settled()
    vic, sam = await stage.visitor(), await stage.visitor("sam")
    gone, behind = await stage.asks(vic), await stage.asks(sam)
    assert behind.position == 2
    await vic.drop()
    await stage.settled()
    queue = await ana.command("list-queue")
    assert [(row["chat"], row["position"], row["state"]) for row in queue.rows] == [
        (gone.chat, "1", "away"),
        (behind.chat, "2", "waiting"),
    ]
    assert await stage.place(sam) == 1
    await sam.receives("You are next in the queue.")
    last = await stage.asks(await stage.visitor("tea"))
    assert last.position == 2
    assert (await stage.comes_back(await vic.arrive(), gone.token))["position"] == "1"
    assert await stage.place(sam) == 2


@pytest.mark.desk(LIVECHAT_ROUTING__OFFER_TIMEOUT_S="1", LIVECHAT_VISITORS__STATUS_INTERVAL_S="0.1")
async def test_nobody_is_told_of_a_short_wait_while_nobody_takes_requests(stage: Stage) -> None:
    """QU-2, IN-3"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic, by="words")
    assert [one for one in vic.inbox if "The wait is less than a minute." in one.body]
    await stage.is_offered(ana, request)
    await ana.receives("Time is up")
    await vic.receives("How long it will take is not known yet.")
    await vic.say(stage.workgroup, "?")
    await vic.receives("How long it will take is not known yet.")
    sam = await stage.visitor("sam")
    await stage.asks(sam, by="words")
    await stage.settled()
    told = [one.body for one in sam.inbox if "in the queue" in one.body]
    assert told
    assert all("How long it will take is not known yet." in one for one in told)
