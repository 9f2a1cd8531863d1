"""Links, presence and messages are the same in the simulation as on a real server."""

from __future__ import annotations

import pytest

from tests.people import BareComponent, Person, Server
from tests.servers.waiting import wait_until_async
from tests.simulation import Quirks
from tests.simulation.asking import a_room, reconnected, refusal

# the link is lost


async def test_a_lost_link_is_noticed_in_exactly_the_rooms_where_something_is_sent(
    server: Server, ways: Quirks, component: BareComponent, desk: Person
) -> None:
    ana = await server.person("ana")
    busy, quiet = await a_room(server, desk, ana.bare), await a_room(server, desk, ana.bare)
    await ana.enter(busy)
    await ana.enter(quiet)
    component.cut()
    await component.over()
    while "Help desk" in ana.inside(busy):  # the server may take a moment to notice the reset
        await ana.speak(busy, "anybody?")
        await ana.ping(server.domain)
    await ana.sees_gone(busy, "Help desk")
    assert ana.view_of(busy).departures["Help desk"].codes == ({ways.ghost_code} if ways.ghost_code else set())
    assert "Help desk" in ana.inside(quiet)
    again, desk = await reconnected(server)
    async with again:
        assert await refusal(desk.ping(f"{busy}/Help desk")) == ("not-acceptable", ways.outside)
        await desk.ping(f"{quiet}/Help desk")
        assert [one.stanza.get("type") for one in desk.received] == ["error", "result"], "only answers to the pings"
        await ana.speak(quiet, "still there?")
        await desk.until(lambda: any(one.body == "still there?" for one in desk.received), "what is said there")
        assert await desk.enter(busy, "Help desk") == {110}
        assert set(desk.inside(busy)) == {"Help desk", "ana"}


async def test_without_a_link_people_are_told_at_once(server: Server, ways: Quirks) -> None:
    ana = await server.person("ana")
    await ana.say(f"support@{server.component}", "hello?")
    assert (await ana.is_told_of_error(f"support@{server.component}")).condition == ways.unreachable
    assert (await refusal(ana.ping(server.component)))[0] == ways.unreachable


async def test_a_wrong_secret_is_refused(server: Server) -> None:
    with pytest.raises(ConnectionError, match="not-authorized"):
        await BareComponent.connect(server.host, server.component_port, server.component, "wrong")


async def test_a_second_link_replaces_the_first_or_shares_with_it(
    server: Server, ways: Quirks, component: BareComponent
) -> None:
    again, desk = await reconnected(server)
    async with again:
        if ways.second_link == "kick_old":
            assert await component.over() == "conflict"
            return
        ana = await server.person("ana")
        other = await component.person(desk.jid).arrive(available=False)
        for number in range(30):  # by chance to either; never all to one, but once in a thousand million times
            await ana.say(desk.jid, f"message {number}")
        await wait_until_async(lambda: len(desk.inbox) + len(other.inbox) == 30, "all of them")
        assert desk.inbox
        assert other.inbox


async def test_what_is_no_xml_ends_the_link(server: Server, component: BareComponent) -> None:
    component.send_raw("<message to='ana@localhost'><body>\x0b</body></message>")
    assert await component.over() == "not-well-formed"


async def test_a_foreign_sender_ends_the_link(server: Server, component: BareComponent) -> None:
    component.send_raw("<message from='root@example.org' to='ana@localhost'><body>hi</body></message>")
    assert await component.over() == "invalid-from"


async def test_a_stanza_without_a_sender_is_from_the_component(
    server: Server, ways: Quirks, component: BareComponent
) -> None:
    ana = await server.person("ana")
    component.send_raw(f"<message to='{ana.bare}' type='chat'><body>hi</body></message>")
    if not ways.fills_in_sender:
        assert await component.over() == "improper-addressing"
        return
    assert (await ana.receives("hi")).sender == server.component


# presence


async def test_the_component_is_told_of_a_new_account(server: Server, ways: Quirks, component: BareComponent) -> None:
    watcher = await component.person(server.component).arrive(available=False)
    jid = await server.register("tom")
    text = ways.new_account.format(jid=jid)
    told = await watcher.receives(text.partition("] ")[2] or text)  # without the moment, which ejabberd puts before it
    assert told.sender == server.domain


async def test_a_subscription_lets_presence_through(server: Server, component: BareComponent) -> None:
    ana = await server.person("ana")
    watcher = await component.person(f"support@{server.component}").arrive(available=False)
    await watcher.subscribe(ana.bare)
    await watcher.sees_presence(ana.jid)
    await ana.presence("away")
    await watcher.sees_presence(ana.jid, "away")
    await ana.drop()
    await watcher.sees_presence(ana.jid, "unavailable")


async def test_a_probe_tells_what_is_known_now(server: Server, ways: Quirks, component: BareComponent) -> None:
    ana = await server.person("ana")
    watcher = await component.person(f"support@{server.component}").arrive(available=False)
    await watcher.subscribe(ana.bare)
    await watcher.sees_presence(ana.jid)
    await ana.presence("dnd")
    await watcher.sees_presence(ana.jid, "dnd")
    watcher.presences.clear()
    await watcher.presence(to=ana.bare, type="probe")
    await watcher.sees_presence(ana.jid, "dnd")
    await ana.close()
    await watcher.sees_presence(ana.jid, "unavailable")
    watcher.presences.clear()
    await watcher.presence(to=ana.bare, type="probe")
    if ways.offline_answer:
        await watcher.sees_presence(ana.bare, "unavailable")
    else:
        await watcher.ping(server.domain)
        assert watcher.sight_of(ana.bare) == "unknown"


async def test_a_subscription_that_is_refused_shows_nothing(server: Server, component: BareComponent) -> None:
    ana = await server.person("ana")
    ana.accepts_subscriptions = False
    watcher = await component.person(f"support@{server.component}").arrive(available=False)
    await watcher.subscribe(ana.bare)
    await ana.until(lambda: any(one.type == "subscribe" for one in ana.received), "the question")
    await ana.presence(to=watcher.bare, type="unsubscribed")
    await watcher.until(lambda: any(one.type == "unsubscribed" for one in watcher.received), "the refusal")
    await ana.presence("away")
    await ana.ping(server.domain)
    await watcher.ping(server.domain)
    assert watcher.sight_of(ana.jid) == "unknown"


async def test_directed_presence_ends_with_the_connection(server: Server, component: BareComponent) -> None:
    vic = await server.visitor("vic")
    support = await component.person(f"support@{server.component}").arrive(available=False)
    await vic.presence(to=support.jid)
    await support.sees_presence(vic.jid)
    await support.presence("away", to=vic.jid)
    await vic.sees_presence(support.jid, "away")
    await vic.drop()
    await support.sees_presence(vic.jid, "unavailable")


async def test_messages_wait_for_those_with_an_account(server: Server, component: BareComponent) -> None:
    ana = await server.person("ana", client="here")
    support = await component.person(f"support@{server.component}").arrive(available=False)
    await ana.close()
    await support.say(ana.bare, "a visitor is waiting")
    await support.ping(server.domain)
    await ana.arrive()
    await ana.receives("a visitor is waiting")


async def test_a_question_to_one_who_is_gone_is_refused(server: Server, component: BareComponent) -> None:
    vic = await server.visitor("vic")
    support = await component.person(f"support@{server.component}").arrive(available=False)
    await support.ping(vic.jid)
    await vic.presence(to=support.jid)
    await vic.drop()
    await support.sees_presence(vic.jid, "unavailable")
    assert await refusal(support.ping(vic.jid)) == ("service-unavailable", "cancel")


async def test_a_client_that_sends_too_much_at_once_is_put_off(server: Server) -> None:
    ana = await server.person("ana")
    await ana.say(server.jid_of("ana"), "x" * 1100 * 1024)
    with pytest.raises(ConnectionError):
        await ana.ping(server.domain)


async def test_a_client_that_sends_what_is_no_xml_is_put_off(server: Server) -> None:
    ana = await server.person("ana")
    await ana.send_raw("<message><body>\x0b</body></message>")
    with pytest.raises(ConnectionError):
        await ana.ping(server.domain)
