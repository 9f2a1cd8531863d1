"""Coming in: asking, the queue, and who is pointed elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.people import StanzaError
from tests.people.elements import make
from tests.scenarios.stage import QUESTION, VISIT, WORKGROUP, Stage, has, shown, status_of

OWN_FORM = pytest.mark.desk(
    LIVECHAT_WORKGROUPS=json.dumps(
        [
            {
                "name": "support",
                "fields": [
                    {"name": "username", "is_required": True},
                    {"name": "question", "kind": "lines", "is_required": True},
                    {
                        "name": "browser",
                        "label": "Your browser",
                        "kind": "choice",
                        "options": ["Firefox", "Chromium"],
                        "is_required": True,
                    },
                    {"name": "reply-to", "label": "Reply to", "kind": "email"},
                ],
            }
        ]
    )
)


@pytest.mark.parametrize("by", ["queue", "command", "words"])
async def test_asking_in_any_way_leads_to_the_same_request(stage: Stage, by: str) -> None:
    """IN-2, OF-8"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic, by=by)
    assert request.position == 1
    assert len(request.token) >= 16
    room = await stage.is_offered(ana, request)
    assert room == stage.room_of(request.chat)
    queue = await ana.command("list-queue")
    assert (queue.row(chat=request.chat)["question"], queue.row(chat=request.chat)["state"]) == (QUESTION, "offered")


@pytest.mark.desk(LIVECHAT_VISITORS__STATUS_INTERVAL_S="0.2")
async def test_places_count_from_one_and_move_up(stage: Stage) -> None:
    """QU-2, QU-3"""
    ana = await stage.staff("ana", max_chats=1)
    await stage.chat(ana)
    first, second = await stage.visitor("fay"), await stage.visitor("sam")
    assert (await stage.asks(first, by="queue")).position == 1
    assert (await stage.asks(second, by="queue")).position == 2
    assert (await stage.place(first), await stage.place(second)) == (1, 2)
    await first.iq(stage.workgroup, make(f"{{{WORKGROUP}}}depart-queue"))
    told = await second.receives(lambda one: status_of(one) == 1)
    assert told.body.startswith("You are next in the queue.")
    mark = told.find(f"{{{VISIT}}}resume")
    assert mark is not None
    assert mark.get("token") is None


async def test_who_asks_twice_has_one_request_and_is_told_the_place(stage: Stage) -> None:
    """IN-2, QU-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic, by="queue")
    with pytest.raises(StanzaError) as again:
        await stage.joins_queue(vic)
    assert again.value.condition == "conflict"
    assert status_of(await vic.receives(lambda one: status_of(one) is not None)) == 1
    with pytest.raises(StanzaError) as again:
        await vic.command("ask-for-help", at=stage.workgroup, username="vic", question="Again")
    assert again.value.condition == "conflict"
    assert [row["chat"] for row in (await ana.command("list-queue")).rows] == [request.chat]


async def test_who_leaves_the_queue_is_out_of_it_and_counted(stage: Stage) -> None:
    """IN-2, QU-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    request = await stage.asks(vic, by="queue")
    await stage.is_offered(ana, request)
    await vic.iq(stage.workgroup, make(f"{{{WORKGROUP}}}depart-queue"))
    await vic.receives(has(f"{{{WORKGROUP}}}depart-queue"))
    await ana.receives("not waiting for you any more")
    with pytest.raises(StanzaError) as nowhere:
        await stage.place(vic)
    assert nowhere.value.condition == "item-not-found"
    assert (await stage.ended(request.chat))["outcome"] == "abandoned"
    await stage.asks(vic)


async def test_a_closed_desk_says_so_and_takes_nobody(stage: Stage) -> None:
    """IN-2, IN-3"""
    vic = await stage.visitor()
    await vic.sees_presence(stage.workgroup, "unavailable")
    for asking in (stage.joins_queue(vic), stage.asks(vic)):
        with pytest.raises(StanzaError) as closed:
            await asking
        assert closed.value.condition == "service-unavailable"
        assert "closed" in closed.value.text
    await vic.say(stage.workgroup, QUESTION)
    await vic.receives("closed")


async def test_the_workgroup_shows_open_away_and_closed_at_once(stage: Stage) -> None:
    """IN-3, AW-1"""
    vic = await stage.visitor()
    await vic.sees_presence(stage.workgroup, "unavailable")
    ana = await stage.staff("ana")
    await vic.sees_presence(stage.workgroup, "available")
    await ana.presence("away")
    await vic.sees_presence(stage.workgroup, "away")
    assert "away for the moment" in shown(vic, stage.workgroup)[1]
    await ana.presence()
    await vic.sees_presence(stage.workgroup, "available")
    await ana.drop()
    await vic.sees_presence(stage.workgroup, "unavailable")


async def test_a_desk_where_all_are_away_takes_the_request_and_says_so(stage: Stage) -> None:
    """AW-1, OF-4"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    await ana.presence("away")
    await vic.sees_presence(stage.workgroup, "away")
    result = await vic.command("ask-for-help", at=stage.workgroup, username="vic", question=QUESTION)
    assert result.is_completed
    assert "away for the moment" in result.info
    await stage.settled()
    assert not ana.invitations
    await ana.presence()
    assert await ana.is_invited() == stage.room_of(str(result.fields["chat"]))


async def test_staff_who_ask_at_the_public_entry_are_pointed_to_the_contributors(stage: Stage) -> None:
    """IN-7"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben", on_duty=False)
    with pytest.raises(StanzaError) as pointed:
        await stage.joins_queue(ben)
    assert pointed.value.condition == "not-allowed"
    assert stage.settings.xmpp.contributors in pointed.value.text
    await stage.settled()
    assert not ana.invitations
    assert not (await ana.command("list-queue")).rows


async def test_staff_who_give_the_visitors_command_are_refused_with_the_way(stage: Stage) -> None:
    """IN-7"""
    ana = await stage.staff("ana")
    assert "ask-for-help" not in await ana.commands(stage.workgroup)
    with pytest.raises(StanzaError) as pointed:
        await ana.command("ask-for-help", at=stage.workgroup, username="ana", question=QUESTION)
    assert pointed.value.condition == "not-allowed"
    assert stage.settings.xmpp.contributors in pointed.value.text


@OWN_FORM
@pytest.mark.parametrize("by", ["queue", "command"])
async def test_a_workgroups_own_fields_are_asked_kept_and_told(stage: Stage, by: str) -> None:
    """IN-1"""
    ana = await stage.staff("ana")
    vic = await stage.visitor()
    answers = {"username": "vic", "question": QUESTION, "browser": "Firefox", "reply-to": "vic@example.org"}
    if by == "command":
        asked = await vic.command("ask-for-help", at=stage.workgroup, **{**answers, "browser": "Lynx"})
        assert asked.error == '"Your browser": Lynx is not one of the choices (Firefox, Chromium).'
        field = asked.form_fields["browser"]
        assert (field.type, field.options, field.required) == ("list-single", ("Firefox", "Chromium"), True)
        chat = str((await vic.command("ask-for-help", at=stage.workgroup, **answers)).fields["chat"])
    else:
        with pytest.raises(StanzaError) as refused:
            await stage.joins_queue(vic, browser="Lynx")
        assert refused.value.condition == "not-acceptable"
        await stage.joins_queue(vic, **answers)
        mark = (await vic.receives(has(f"{{{VISIT}}}resume"))).find(f"{{{VISIT}}}resume")
        assert mark is not None
        chat = mark.get("chat", "")
    offer = await ana.receives("Your browser: Firefox")
    assert "Reply to: vic@example.org" in offer.body
    room = await ana.is_invited(stage.room_of(chat))
    await ana.enter(room)
    story = await ana.sees(room, "Your browser: Firefox")
    assert "vic@example.org" not in story.body
    assert (await stage.export(chat))["form"] == answers


async def test_a_visitor_sees_the_visitors_commands_only(stage: Stage) -> None:
    """IN-2, AP-6"""
    vic = await stage.visitor()
    assert set(await vic.commands(stage.workgroup)) == {"ask-for-help", "resume"}
    with pytest.raises(StanzaError) as refused:
        await vic.command("list-chats", at=stage.workgroup)
    assert refused.value.condition == "forbidden"


async def test_wrong_answers_bring_the_form_back_with_the_reason(stage: Stage) -> None:
    """IN-2"""
    await stage.staff("ana")
    vic = await stage.visitor()
    result = await vic.command("ask-for-help", at=stage.workgroup, username="vic", question="  ")
    assert result.status == "executing"
    assert "question" in result.error
    result = await vic.command("ask-for-help", at=stage.workgroup, username="Help desk", question=QUESTION)
    assert result.status == "executing"
    assert "belongs to the desk" in result.error
