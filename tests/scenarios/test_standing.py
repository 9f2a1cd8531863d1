"""Who is who: promoting and demoting, and commands by those who may not give them."""

from __future__ import annotations

import pytest

from tests.people import StanzaError
from tests.scenarios.stage import Stage


async def test_an_admin_promotes_and_all_is_recorded_and_listed(stage: Stage) -> None:
    """AP-6, AP-7"""
    tom, una = await stage.person("tom"), await stage.person("una")
    result = await stage.ada.command(
        "promote", accounts=[tom.bare, una.bare], standing="helper", reason="they are good at it"
    )
    assert tom.bare in result.info
    await tom.receives("they are good at it")
    assert (await tom.command("my-status")).fields["standing"] == "helper"
    accounts = await stage.ada.command("list-accounts", standing="helper")
    assert {row["jid"] for row in accounts.rows} == {tom.bare, una.bare}
    everybody = await stage.ada.command("list-accounts", standing="any")
    assert everybody.row(jid=stage.ada.bare)["standing"] == "admin"


async def test_the_last_admin_cannot_be_demoted(stage: Stage) -> None:
    """AP-6"""
    with pytest.raises(StanzaError) as refused:
        await stage.ada.command("demote", accounts=[stage.ada.bare], standing="helper")
    assert refused.value.condition == "forbidden"
    assert "last admin" in refused.value.text
    kim = await stage.staff("kim", "admin", on_duty=False)
    with pytest.raises(StanzaError) as refused:
        await stage.ada.command("demote", accounts=[stage.ada.bare, kim.bare], standing="helper")
    assert refused.value.condition == "forbidden"
    assert (await stage.ada.command("demote", accounts=[kim.bare], standing="trainee")).is_completed
    assert (await kim.command("my-status")).fields["standing"] == "trainee"


async def test_promoting_downwards_and_demoting_upwards_name_the_other_command(stage: Stage) -> None:
    """AP-6"""
    mia, ana = await stage.staff("mia", "monitor", on_duty=False), await stage.staff("ana", on_duty=False)
    down = await stage.ada.command("promote", accounts=[mia.bare], standing="helper")
    assert down.status == "executing"
    assert 'use "demote"' in down.error
    up = await stage.ada.command("demote", accounts=[ana.bare], standing="monitor")
    assert 'use "promote"' in up.error
    assert (await mia.command("my-status")).fields["standing"] == "monitor"


async def test_of_several_changes_all_happen_or_none(stage: Stage) -> None:
    """AP-6"""
    ana, tom = await stage.staff("ana", on_duty=False), await stage.staff("tom", "trainee", on_duty=False)
    result = await stage.ada.command("demote", accounts=[ana.bare, "stranger@localhost"], standing="trainee")
    assert result.status == "executing"
    assert "stranger@localhost" in result.error
    assert (await ana.command("my-status")).fields["standing"] == "helper"
    assert (await tom.command("my-status")).fields["standing"] == "trainee"


async def test_an_anonymous_account_never_gets_a_standing(stage: Stage) -> None:
    """AP-6, RO-3"""
    vic = await stage.visitor()
    for command, fields in (
        ("promote", {"accounts": [vic.bare], "standing": "helper"}),
        ("add-account", {"jid": vic.bare}),
    ):
        result = await stage.ada.command(command, **fields)
        assert result.status == "executing"
        assert "cannot belong to the team" in result.error
    with pytest.raises(StanzaError) as refused:
        await vic.command("my-status")
    assert refused.value.condition == "forbidden"


async def test_a_helper_adds_an_account_as_trainee(stage: Stage) -> None:
    """AP-1, AP-6"""
    ana, tom = await stage.staff("ana", on_duty=False), await stage.person("tom")
    assert (await ana.command("add-account", jid=tom.bare)).is_completed
    await tom.receives("Welcome!")
    assert (await tom.command("my-status")).fields["standing"] == "trainee"
    again = await ana.command("add-account", jid=tom.bare)
    assert "trainee already" in again.error


@pytest.mark.parametrize(
    ("standing", "refused"),
    [
        (
            "trainee",
            {
                "promote",
                "demote",
                "list-accounts",
                "add-account",
                "join-chat",
                "close-chat",
                "list-queue",
                "list-chats",
                "accept-offer",
            },
        ),
        ("helper", {"promote", "demote", "list-accounts", "list-problems", "join-chat"}),
        ("monitor", {"promote", "demote", "list-accounts", "list-problems"}),
    ],
)
async def test_the_wrong_persons_commands_are_neither_listed_nor_done(
    stage: Stage, standing: str, refused: set[str]
) -> None:
    """AP-6"""
    person = await stage.staff("pat", standing)
    assert not refused & set(await person.commands())
    for command in refused:
        with pytest.raises(StanzaError) as no:
            await person.command(command)
        assert no.value.condition == "forbidden"
    with pytest.raises(StanzaError) as unknown:
        await person.command("no-such-command")
    assert unknown.value.condition == "item-not-found"


async def test_somebody_elses_command_session_is_refused(stage: Stage) -> None:
    """AP-6"""
    kim = await stage.staff("kim", "admin", on_duty=False)
    first = await stage.ada.command("promote")
    fields: dict[str, object] = {"accounts": [kim.bare], "standing": "admin"}
    for session in (first.session_id, "made-up", f"{first.session_id}x"):
        with pytest.raises(StanzaError) as refused:
            await kim.command_step("promote", session, "complete", fields)
        assert refused.value.condition == "bad-request"
        assert refused.value.has("bad-sessionid")
    with pytest.raises(StanzaError) as refused:
        await stage.ada.command_step("demote", first.session_id, "complete", fields)
    assert refused.value.has("bad-sessionid"), "begun for another command"


async def test_a_command_that_is_over_cannot_be_given_again(stage: Stage) -> None:
    """AP-6"""
    tom = await stage.person("tom")
    first = await stage.ada.command("promote")
    fields: dict[str, object] = {"accounts": [tom.bare], "standing": "trainee"}
    assert (await stage.ada.command_step("promote", first.session_id, "complete", fields)).is_completed
    with pytest.raises(StanzaError) as over:
        await stage.ada.command_step("promote", first.session_id, "complete", fields)
    assert over.value.has("bad-sessionid")
    second = await stage.ada.command("promote")
    assert (await stage.ada.command_step("promote", second.session_id, "cancel")).status == "canceled"
    with pytest.raises(StanzaError) as over:
        await stage.ada.command_step("promote", second.session_id, "complete", fields)
    assert over.value.has("bad-sessionid")


async def test_rights_are_checked_at_the_last_step(stage: Stage) -> None:
    """AP-6, AP-7"""
    kim, tom = await stage.staff("kim", "admin", on_duty=False), await stage.person("tom")
    begun = await kim.command("promote")
    assert begun.status == "executing"
    await stage.gives(kim, "helper", demote=True)
    with pytest.raises(StanzaError) as too_late:
        await kim.command_step("promote", begun.session_id, "complete", {"accounts": [tom.bare], "standing": "admin"})
    assert too_late.value.condition == "forbidden"
    with pytest.raises(StanzaError):
        await tom.command("my-status")


async def test_a_command_begun_before_a_restart_can_be_ended_after_it(stage: Stage) -> None:
    """AP-6"""
    tom = await stage.person("tom")
    begun = await stage.ada.command("promote")
    await stage.restart_component()
    fields: dict[str, object] = {"accounts": [tom.bare], "standing": "trainee"}
    assert (await stage.ada.command_step("promote", begun.session_id, "complete", fields)).is_completed


async def test_a_chat_that_is_none_of_theirs_is_as_one_that_does_not_exist(stage: Stage) -> None:
    """RO-2"""
    ana, ben = await stage.staff("ana", max_chats=1), await stage.staff("ben", max_chats=1)
    mia = await stage.staff("mia", "monitor", on_duty=False)
    chat = await stage.chat(ana)
    first = await ben.command_step("close-chat")
    assert first.is_completed, "there is none for ben to close"
    for node, person, target in (
        ("close-chat", ben, chat.id),
        ("close-chat", mia, "nowhere"),
        ("join-chat", mia, "nowhere"),
        ("accept-offer", ben, chat.id),
    ):
        answer = await person.command_step(node, None, None, {"chat": target, "disposition": "solved"})
        assert answer.is_completed
        assert answer.error
    assert ana.is_in(chat.room)


async def test_a_promotion_in_mid_chat_lets_the_person_do_more_at_once(stage: Stage) -> None:
    """AP-7"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben", on_duty=False)
    chat = await stage.chat(ana)
    with pytest.raises(StanzaError):
        await ben.command("join-chat")
    await stage.gives(ben, "monitor")
    await stage.enters_as_monitor(ben, chat)


async def test_who_does_not_let_the_desk_see_them_is_not_asked_with_every_link(stage: Stage) -> None:
    """OF-1; who comes on duty is asked once more"""
    ben = await stage.person("ben")
    ben.accepts_subscriptions = False
    await stage.gives(ben, "helper")
    await ben.presence(to=stage.workgroup, type="unsubscribed")
    await stage.settled()

    def questions() -> int:
        return sum(one.type == "subscribe" for one in ben.received)

    before = questions()
    await stage.break_link()
    await stage.mend_link()
    await stage.settled()
    assert questions() == before
    result = await ben.command("go-on-duty", submit=True)
    assert result.is_completed
    request = await stage.asks(await stage.visitor())
    await stage.is_offered(ben, request)


async def test_who_stops_being_a_helper_gets_no_offers_and_loses_the_one_open(stage: Stage) -> None:
    """AP-7, OF-4"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    request = await stage.asks(await stage.visitor())
    room = await stage.is_offered(ana, request)
    await stage.gives(ana, "trainee", demote=True)
    await stage.is_offered(ben, request)
    await stage.settled()
    assert await stage.refuses(ana, room) == "registration-required"


async def test_all_on_duty_are_spoken_to_at_once(stage: Stage) -> None:
    """TE-1: whoever helps can; trainees on the list hear it, who is off duty does not"""
    ana, ben = await stage.staff("ana"), await stage.staff("ben")
    tom = await stage.staff("tom", "trainee")
    mia = await stage.staff("mia", "monitor", on_duty=False)
    told = await ana.command("tell-on-duty", message="The print server is down.")
    assert told.notes == [("info", "2 people on duty will read it.")]
    for colleague in (ben, tom):
        await colleague.receives(f"{ana.bare} to all on duty: The print server is down.")
    await ben.say(stage.workgroup, "all Thanks!")
    await ana.receives("to all on duty: Thanks!")
    await stage.settled()
    assert not [one for one in mia.inbox if "to all on duty" in one.body]
    assert (await ana.command("tell-on-duty", message="  ")).status == "executing"
    with pytest.raises(StanzaError):
        await tom.command("tell-on-duty", message="May I?")
