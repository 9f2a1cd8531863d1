"""What is said, kept and asked in rooms is the same in the simulation as on a real server."""

from __future__ import annotations

import asyncio

from tests.people import Person, Server
from tests.people.elements import CLIENT, MUC, MUC_USER, PING, make
from tests.people.owner import (
    configure,
    destroy,
    invite_directly,
    read_archive,
    set_subject,
)
from tests.simulation import Quirks
from tests.simulation.asking import a_room, has_ended, new_room, refusal

# speaking


async def test_what_is_said_reaches_all_in_one_order(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room)
    await ben.enter(room)
    await asyncio.gather(ana.speak(room, "one"), ben.speak(room, "two"), desk.speak(room, "three"))
    await ana.ping(server.domain)
    await ben.ping(server.domain)
    assert ana.heard(room) == ben.heard(room) == desk.heard(room)
    assert sorted(ana.heard(room)) == [("Help desk", "three"), ("ana", "one"), ("ben", "two")]


async def test_each_message_has_the_archives_id(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    said = await ana.speak(room, "hello")
    heard = await desk.sees(room, "hello")
    assert said.archive_id is not None
    assert heard.archive_id == said.archive_id


async def test_only_those_inside_speak(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    assert await refusal(ana.speak(room, "hello?")) == ("not-acceptable", ways.outside)


async def test_speaking_in_no_room_is_refused(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    assert await refusal(ana.speak(new_room(server), "hello?")) == ("item-not-found", "cancel")


async def test_a_whisper_is_heard_by_one(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room)
    await ben.enter(room)
    await ana.whisper(room, "ben", "psst")
    heard = await ben.receives("psst")
    assert (heard.sender, heard.type) == (f"{room}/ana", "chat")
    await desk.ping(server.domain)
    assert not desk.has_unread("psst")


async def test_a_whisper_to_nobody_and_from_outside_is_refused(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare)
    await ana.enter(room)
    await ana.whisper(room, "nobody", "psst")
    assert (await ana.is_told_of_error(room)).condition == "item-not-found"
    await ben.whisper(room, "ana", "psst")
    assert (await ben.is_told_of_error(room)).condition == "not-acceptable"


async def test_the_subject_is_told_to_all_and_to_those_who_come(server: Server, desk: Person) -> None:
    ana, ben = await server.person("ana"), await server.person("ben")
    room = await a_room(server, desk, ana.bare, ben.bare, changesubject=False)
    await ana.enter(room)
    await set_subject(desk, room, "Vic: it crashes")
    await ana.until(lambda: ana.view_of(room).subject == "Vic: it crashes", "the subject")
    await ben.enter(room)
    await ben.until(lambda: ben.view_of(room).subject == "Vic: it crashes", "the subject")
    await set_subject(ana, room, "mine")
    assert (await ana.is_told_of_error(room)).condition == "forbidden"


async def test_history_is_given_as_asked_for(server: Server, desk: Person) -> None:
    ana, ben, tom = [await server.person(name) for name in ("ana", "ben", "tom")]
    room = await a_room(server, desk, ana.bare, ben.bare, tom.bare)
    said = [await desk.speak(room, f"line {number}") for number in range(5)]
    await ana.enter(room)
    await ana.sees(room, "line 4")
    assert [body for _, body in ana.heard(room)] == [f"line {number}" for number in range(5)]
    assert [one.archive_id for one in ana.view_of(room).messages if one.body] == [one.archive_id for one in said]
    assert all(one.said_at for one in ana.view_of(room).messages if one.body)
    await ben.enter(room, history=2)
    await ben.sees(room, "line 4")
    assert [body for _, body in ben.heard(room)] == ["line 3", "line 4"]
    await tom.enter(room, history=0)
    await tom.ping(server.domain)
    assert tom.heard(room) == []


async def test_who_enters_again_is_shown_the_past_again_and_the_subject_after_it(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await set_subject(desk, room, "Vic: it crashes")
    said = [await desk.speak(room, f"line {number}") for number in range(3)]
    await ana.sees(room, "line 2")
    before = len(ana.view_of(room).messages)
    await ana.enter(room, history=2)
    await ana.ping(server.domain)
    shown = ana.view_of(room).messages[before:]
    assert [(one.body, one.archive_id) for one in shown if one.body] == [
        ("line 1", said[1].archive_id),
        ("line 2", said[2].archive_id),
    ]
    assert all(one.said_at for one in shown if one.body)
    assert shown[-1].stanza.findtext(f"{{{CLIENT}}}subject") == "Vic: it crashes"
    assert not shown[-1].body


# the archive


async def test_the_owner_reads_the_archive_page_by_page(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    said = [await ana.speak(room, f"line {number}") for number in range(5)]
    page = await read_archive(desk, room, most=2)
    assert [(one.nick, one.body) for one in page.said] == [("ana", "line 0"), ("ana", "line 1")]
    assert [one.id for one in page.said] == [one.archive_id for one in said[:2]]
    assert (page.is_complete, page.count) == (False, 5)
    rest = await read_archive(desk, room, after=page.said[-1].id)
    assert [one.body for one in rest.said] == ["line 2", "line 3", "line 4"]
    assert rest.is_complete
    nothing = await read_archive(desk, room, after=rest.said[-1].id)
    assert (nothing.said, nothing.is_complete) == ([], True)


async def test_the_archive_is_read_from_a_moment_on(server: Server, desk: Person) -> None:
    room = await a_room(server, desk)
    await desk.speak(room, "hello")
    [said] = (await read_archive(desk, room)).said
    assert [one.body for one in (await read_archive(desk, room, start=said.at)).said] == ["hello"]
    assert (await read_archive(desk, room, start="2100-01-01T00:00:00Z")).said == []


async def test_the_archive_is_closed_to_strangers_and_gone_with_the_room(
    server: Server, ways: Quirks, desk: Person
) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk)
    await desk.speak(room, "hello")
    assert await refusal(read_archive(ana, room)) == ("forbidden", "auth")
    if ways.knows_archive_ids:
        assert await refusal(read_archive(desk, room, after="no-such-id")) == ("item-not-found", "modify")
    else:
        assert [one.body for one in (await read_archive(desk, room, after="no-such-id")).said] == ["hello"]
    await destroy(desk, room)
    await has_ended(desk, room)
    assert await refusal(read_archive(desk, room)) == ("item-not-found", "cancel")
    await desk.enter(room, "Help desk")
    await configure(desk, room)
    assert (await read_archive(desk, room)).said == []


async def test_subjects_and_whispers_are_not_archived(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await ana.whisper(room, "Help desk", "psst")
    await desk.receives("psst")
    await set_subject(desk, room, "about")
    await desk.speak(room, "aloud")
    assert [one.body for one in (await read_archive(desk, room)).said if one.body] == ["aloud"]


# invitations and pings


async def test_a_direct_invitation_is_passed_on_untouched(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await invite_directly(desk, ana.bare, room)
    assert await ana.is_invited() == room
    assert ana.invitations == [room]
    assert ana.inbox[-1].body == ""


async def test_a_mediated_invitation_makes_a_member(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk)
    invite = make(f"{{{MUC_USER}}}invite", make(f"{{{MUC_USER}}}reason", "come"), to=ana.bare)
    await desk.send(make("message", make(f"{{{MUC_USER}}}x", invite), to=room))
    got = await ana.receives(lambda one: one.find(f"{{{MUC_USER}}}invite") is not None)
    element = got.find(f"{{{MUC_USER}}}invite")
    assert element is not None
    inviter = f"{room}/Help desk" if ways.names_inviter_by_nick else desk.jid
    assert element.get("from") == inviter
    assert ana.invitations == []
    await ana.send(make("message", make(f"{{{MUC_USER}}}x", make(f"{{{MUC_USER}}}decline", to=inviter)), to=room))
    told = await desk.receives(lambda one: one.find(f"{{{MUC_USER}}}decline") is not None)
    assert told.sender == room
    assert await ana.enter(room) == {110}


async def test_a_member_may_not_invite(server: Server, ways: Quirks, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    await ana.send(
        make("message", make(f"{{{MUC_USER}}}x", make(f"{{{MUC_USER}}}invite", to="tom@example.org")), to=room)
    )
    assert (await ana.is_told_of_error(room)).condition == ways.invite_refused


async def test_a_self_ping_tells_whether_one_is_inside(server: Server, ways: Quirks, desk: Person) -> None:
    room = await a_room(server, desk, persistentroom=True)
    await desk.ping(f"{room}/Help desk")
    await desk.leave(room)
    assert await refusal(desk.ping(f"{room}/Help desk")) == ("not-acceptable", ways.outside)
    await destroy(desk, room)
    assert await refusal(desk.ping(f"{room}/Help desk")) == ("item-not-found", "cancel")


async def test_a_question_to_an_occupant_reaches_the_client(server: Server, desk: Person) -> None:
    ana = await server.person("ana")
    room = await a_room(server, desk, ana.bare)
    await ana.enter(room)
    answer = await desk.iq(f"{room}/ana", make(f"{{{PING}}}ping"), "get")
    assert answer.get("from") == f"{room}/ana"
    assert await refusal(desk.iq(f"{room}/nobody", make(f"{{{PING}}}ping"), "get")) == ("item-not-found", "cancel")


async def test_a_room_tells_what_it_is(server: Server, ways: Quirks, desk: Person) -> None:
    room = await a_room(server, desk)
    identities, features = await desk.disco_info(room)
    assert "conference/text" in identities
    assert {MUC, "muc_membersonly", "muc_hidden", "urn:xmpp:mam:2"} <= features
    listed = {item["jid"] for item in await desk.disco_items(server.muc)}
    assert (room in listed) is ways.lists_hidden_to_occupants
