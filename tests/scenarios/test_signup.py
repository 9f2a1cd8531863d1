"""Signing up with any client: an account, a word, a room; welcomed once, invited, on the list with nobody's help."""

from __future__ import annotations

import time

import pytest

from tests.people import Person, StanzaError
from tests.people.elements import REGISTER, make
from tests.people.owner import affiliate, configure, those_with
from tests.scenarios.stage import Stage, until
from tests.scenarios.stages import RealStage

PUBSUB = "http://jabber.org/protocol/pubsub"
SIGN_UP = {
    "LIVECHAT_APPRENTICESHIP__SIGN_UP_NEW_ACCOUNTS": "true",
    "LIVECHAT_APPRENTICESHIP__GUIDE_URL": "https://example.org/guide",
}


async def standing_of(stage: Stage, who: str) -> str:
    """Return what an admin sees that somebody is; "" for nothing."""
    rows = (await stage.ada.command("list-accounts", standing="any")).rows
    return next((str(row["standing"]) for row in rows if row["jid"] == who), "")


async def is_trainee(stage: Stage, who: str) -> None:
    async def look() -> bool:
        return await standing_of(stage, who) == "trainee"

    await until(look, f"{who} is a trainee")


async def is_welcomed(stage: Stage, person: Person) -> None:
    told = await person.receives("Welcome!")
    for part in ('"off"', "https://example.org/guide", f"xmpp:{stage.settings.xmpp.contributors}?join"):
        assert part in told.body
    assert await person.is_invited(stage.settings.xmpp.contributors)


def welcomes(person: Person) -> int:
    return len([one for one in person.inbox if "Welcome!" in one.body])


async def open_contributors_room(stage: Stage, *, is_closed: bool = False) -> str:
    """Have ada make the contributors' room, with the desk among its admins and inside; return its address."""
    room = stage.settings.xmpp.contributors
    assert 201 in await stage.ada.enter(room)
    await configure(stage.ada, room, persistentroom=True, membersonly=is_closed)
    await affiliate(stage.ada, room, stage.workgroup, as_="admin")
    await stage.restart_component()
    await stage.ada.sees_inside(room, "Help desk")
    return room


# --- an account is enough


@pytest.mark.desk(**SIGN_UP)
async def test_who_makes_an_account_is_a_trainee_welcomed_once_and_invited(stage: Stage) -> None:
    """AP-1"""
    una = await stage.person("una")
    await is_welcomed(stage, una)
    assert (await una.command("my-status")).fields["standing"] == "trainee"
    await stage.restart_component()
    await una.say(stage.workgroup, "ready")
    await una.receives("You are on the list")
    await stage.settled()
    assert welcomes(una) == 1


@pytest.mark.desk(**SIGN_UP)
async def test_who_logs_in_later_finds_the_welcome(stage: Stage) -> None:
    """AP-1: their server keeps it, and the invitation too"""
    jid = await stage.server.register("una")
    await is_trainee(stage, jid)
    await stage.settled()
    await stage.restart_component()
    await is_welcomed(stage, await stage.person("una"))


@pytest.mark.desk(**SIGN_UP)
async def test_who_makes_an_account_while_the_desk_is_away_is_signed_up_as_soon_as_it_can_know(stage: Stage) -> None:
    """AP-1: from the server's list where it tells it; else at their first word"""
    await stage.settled()
    await stage.stop_component()
    una = await stage.person("una")
    await stage.start_component()
    if not stage.lists_accounts:
        await stage.settled()
        assert await standing_of(stage, una.bare) == ""
        await una.say(stage.workgroup, "ready")
    await is_welcomed(stage, una)
    assert await standing_of(stage, una.bare) == "trainee"


@pytest.mark.desk(**SIGN_UP)
async def test_visitors_stay_visitors(stage: Stage) -> None:
    """RO-3: nobody becomes one of the staff by chance"""
    room = await open_contributors_room(stage)
    vic = await stage.visitor()
    for body in (f"new-account {vic.bare}", "ready"):
        await vic.send(make("message", make("body", body), to=stage.server.component, type="chat"))
    await vic.enter(room)
    with pytest.raises(StanzaError) as refused:
        await vic.iq(stage.server.component, make(f"{{{REGISTER}}}query"))
    assert refused.value.condition == "forbidden"
    await vic.say(stage.workgroup, "ready")
    await stage.settled()
    assert await standing_of(stage, vic.bare) == ""


async def test_with_words_of_the_server_nobody_signs_others_up(stage: Stage) -> None:
    """AP-1: only the server itself says who is new"""
    una, eve = await stage.person("una"), await stage.person("eve")
    for body in (
        f"new-account {una.bare}",
        f"[2026-11-21 19:52:32] The account {una.bare} was registered from IP address 127.0.0.1 on node nonode@nohost"
        " using mod_register.",
    ):
        await eve.send(make("message", make("body", body), to=stage.server.component, type="chat"))
    await stage.settled()
    assert await standing_of(stage, una.bare) == ""


@pytest.mark.desk(**SIGN_UP)
async def test_where_the_server_lets_the_desk_the_room_is_among_their_bookmarks(stage: Stage) -> None:
    """AP-1: XEP-0402"""
    una = await stage.person("una")
    await is_welcomed(stage, una)
    items = make(f"{{{PUBSUB}}}pubsub", make(f"{{{PUBSUB}}}items", node="urn:xmpp:bookmarks:1"))
    try:
        kept = await una.iq(una.bare, items, "get")
    except StanzaError:
        assert not stage.writes_bookmarks
        return
    rooms = [item.get("id") for item in kept.iter(f"{{{PUBSUB}}}item")]
    assert rooms == [stage.settings.xmpp.contributors] * stage.writes_bookmarks


# --- by asking for it


async def test_ready_makes_a_trainee_and_puts_them_on_the_list(stage: Stage) -> None:
    """AP-1"""
    una = await stage.person("una")
    await una.say(stage.workgroup, "ready")

    def answers() -> int:
        return len([one for one in una.inbox if "You are on the list" in one.body and "Welcome!" not in one.body])

    await una.until(lambda: (welcomes(una), answers()) == (1, 1), "the welcome and the answer, in any order")
    await una.say(stage.workgroup, "ready")
    await una.until(lambda: answers() == 2, "the answer once more")
    await stage.settled()
    assert welcomes(una) == 1


async def test_registering_with_the_desk_makes_a_trainee_and_taking_it_back_none(stage: Stage) -> None:
    """AP-1"""
    una, desk, query = await stage.person("una"), stage.server.component, f"{{{REGISTER}}}query"
    shown = await una.iq(desk, make(query), "get")
    assert "become a trainee" in (shown.findtext(f"{query}/{{{REGISTER}}}instructions") or "")
    await una.iq(desk, make(query))
    await una.receives("Welcome!")
    assert (await una.command("my-status")).fields["standing"] == "trainee"
    await una.iq(desk, make(query, make(f"{{{REGISTER}}}remove")))
    await una.receives("You have left the team")
    assert await standing_of(stage, una.bare) == ""
    await una.say(stage.workgroup, "ready")
    await una.receives("You are on the list")
    await stage.settled()
    assert welcomes(una) == 1


async def test_leaving_the_staff_is_leaving_the_chat(stage: Stage) -> None:
    """RO-3"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    una = await stage.person("una")
    await una.say(stage.workgroup, "ready")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(una, chat)
    await una.iq(stage.server.component, make(f"{{{REGISTER}}}query", make(f"{{{REGISTER}}}remove")))
    await una.is_out_of(chat.room)
    assert await stage.refuses(una, chat.room) == "registration-required"


async def test_entering_the_contributors_room_makes_a_trainee(stage: Stage) -> None:
    """AP-1, TE-1"""
    room = await open_contributors_room(stage)
    una = await stage.person("una")
    await una.enter(room)
    await una.receives("Welcome!")
    assert await standing_of(stage, una.bare) == "trainee"


async def test_the_desk_comes_back_into_the_room_that_it_was_put_out_of(stage: Stage) -> None:
    """TE-1: after a while, and sees who came meanwhile"""
    room = await open_contributors_room(stage)
    await affiliate(stage.ada, room, stage.workgroup, as_="outcast")
    await stage.ada.sees_gone(room, "Help desk")
    una = await stage.person("una")
    await una.enter(room)
    await affiliate(stage.ada, room, stage.workgroup, as_="admin")
    await stage.ada.sees_inside(room, "Help desk", 30)
    await una.receives("Welcome!")


async def test_where_only_members_enter_a_newcomer_becomes_one(stage: Stage) -> None:
    """AP-1, TE-1"""
    room = await open_contributors_room(stage, is_closed=True)
    una = await stage.person("una")
    assert await stage.refuses(una, room) == "registration-required"
    await una.say(stage.workgroup, "ready")
    await una.is_invited(room)
    await una.enter(room)
    assert una.bare in await those_with(stage.ada, room, affiliation="member")


# --- floods


@pytest.mark.desk(**SIGN_UP, LIVECHAT_APPRENTICESHIP__WELCOMES_PER_HOUR="2")
async def test_a_flood_of_accounts_floods_nobody(stage: Stage) -> None:
    """AP-1, SA: newcomers beyond the measure are trainees all the same, and are welcomed later"""
    room = await open_contributors_room(stage)
    heard = len(stage.ada.inbox)
    crowd = [await stage.person(f"una{number}") for number in range(5)]
    for person in crowd:
        await is_trainee(stage, person.bare)
    await stage.settled()
    assert sum(map(welcomes, crowd)) == 2
    assert [one for one in stage.ada.inbox[heard:] if one.type == "chat"] == []
    assert not [one for one in stage.ada.view_of(room).messages if one.body]


# --- the whole way


@pytest.mark.desk(**SIGN_UP)
async def test_a_newcomer_is_inside_a_chat_that_goes_on_with_no_admin_there(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """AP-1, RO-4: from no account to a chat being watched; how long it took is printed"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.settled()
    await stage.ada.close()
    begun = time.perf_counter()
    una = await stage.person("una")
    told = await una.receives("Welcome!")
    await una.say(stage.workgroup, "ready")
    await una.is_invited(chat.room)
    await una.enter(chat.room)
    inside_s = time.perf_counter() - begun
    await chat.visitor.sees_inside(chat.room, "una")
    with capsys.disabled():
        where = f"{'a real' if isinstance(stage, RealStage) else 'the simulated'} {stage.quirks.name}"
        print(f"\n{where}: from no account to welcomed {told.at - begun:.2f} s, to inside {inside_s:.2f} s")
