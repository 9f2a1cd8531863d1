"""What a person in a story can be relied on for; the larger part shows in the stories themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from xml.etree.ElementTree import Element

import pytest
import pytest_asyncio

from tests.people import BareComponent, NotSeen, Person, StanzaError
from tests.people.elements import parse, readdressed, write
from tests.people.forms import read_command
from tests.simulation import SimulatedServer

FORM = """<iq type='result'><command xmlns='http://jabber.org/protocol/commands' sessionid='s1' status='executing'>
<actions execute='complete'><complete/></actions><x xmlns='jabber:x:data' type='form'><title>Promote</title>
<field var='accounts' type='jid-multi' label='Who'><required/></field>
<field var='standing' type='list-single'><value>helper</value><option label='Helper'><value>helper</value></option>
<option label='Monitor'><value>monitor</value></option></field></x></command></iq>"""
TABLE = """<iq type='result'><command xmlns='http://jabber.org/protocol/commands' sessionid='s1' status='completed'>
<note type='info'>Two accounts.</note><x xmlns='jabber:x:data' type='result'><reported>
<field var='jid' type='jid-single'/><field var='monitors' type='jid-multi'/></reported>
<item><field var='jid'><value>ana@localhost</value></field><field var='monitors'><value>mia@localhost</value></field>
</item><item><field var='jid'><value>ben@localhost</value></field><field var='monitors'/></item></x></command></iq>"""


@pytest_asyncio.fixture
async def ana(server: SimulatedServer) -> Person:
    return await server.person("ana")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SimulatedServer]:
    async with SimulatedServer() as simulated:
        yield simulated


async def test_a_message_is_received_once_and_in_any_order(server: SimulatedServer, ana: Person) -> None:
    ben = await server.person("ben")
    await ben.say(ana.bare, "first")
    await ben.say(ana.bare, "second")
    assert (await ana.receives("second")).sender == ben.jid
    await ana.receives("first")
    with pytest.raises(NotSeen, match=r"waited 0\.01 s for a message with 'first'"):
        await ana.receives("first", limit_s=0.01)
    assert [one.body for one in ana.inbox] == ["first", "second"]


async def test_a_failed_wait_shows_what_came_instead(server: SimulatedServer, ana: Person) -> None:
    ben = await server.person("ben")
    await ben.say(ana.bare, "something else")
    with pytest.raises(NotSeen, match="<body>something else</body>"):
        await ana.receives("hello", limit_s=0.01)


async def test_who_has_lost_the_connection_does_not_go_on_waiting(ana: Person) -> None:
    await ana.drop()
    with pytest.raises(ConnectionError):
        await ana.say("ben@localhost", "hello")
    await ana.arrive()
    assert ana.is_connected


async def test_a_visitor_comes_back_under_another_address(server: SimulatedServer) -> None:
    vic = await server.visitor("vic")
    before = vic.bare
    await vic.drop()
    await vic.arrive()
    assert vic.bare != before


async def test_who_does_not_answer_is_waited_for_only_so_long(server: SimulatedServer, ana: Person) -> None:
    ben = await server.person("ben")
    ben.answers_pings = False
    with pytest.raises(NotSeen, match="no answer from"):
        await ana.iq(ben.jid, "<ping xmlns='urn:xmpp:ping'/>", "get", limit_s=0.01)


async def test_a_command_is_run_in_two_stages(server: SimulatedServer, ana: Person) -> None:
    """The desk answers first with a form, and takes what is sent with it."""
    steps: list[str] = []

    async with await BareComponent.connect(
        server.host, server.component_port, server.component, server.component_secret
    ) as component:
        desk = await component.person(server.component).arrive(available=False)

        def answer(iq: Element) -> None:
            steps.append(write(iq[0]))
            given = parse(FORM if len(steps) == 1 else TABLE)
            component.send(readdressed(given, to=iq.get("from"), from_=iq.get("to"), id=iq.get("id")))

        desk.answer_iq = answer
        result = await ana.command("promote", accounts=["tom@localhost", "kim@localhost"])
    assert 'action="execute"' in steps[0]
    assert 'action="complete"' in steps[1]
    assert '<field var="standing"><value>helper</value></field>' in steps[1], "what the form was filled with"
    assert "<value>tom@localhost</value><value>kim@localhost</value>" in steps[1]
    assert result.is_completed
    assert result.info == "Two accounts."
    assert result.rows == [
        {"jid": "ana@localhost", "monitors": ["mia@localhost"]},
        {"jid": "ben@localhost", "monitors": []},
    ]
    assert result.row(jid="ben@localhost")["monitors"] == []


def test_a_form_tells_what_it_asks_for() -> None:
    form = read_command(parse(FORM))
    assert form.status == "executing"
    assert form.form_fields["standing"].options == ("helper", "monitor")
    assert form.form_fields["accounts"].required
    assert (form.form_fields["accounts"].value, form.form_fields["standing"].value) == ([], "helper")


async def test_a_refusal_tells_the_condition(server: SimulatedServer, ana: Person) -> None:
    with pytest.raises(StanzaError) as refused:
        await ana.command("promote", accounts="tom@localhost")
    assert refused.value.condition == "remote-server-timeout"


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param('<message to="a@b" type="chat"><body>5 &lt; 6 &amp; "7"</body></message>', id="text"),
        pytest.param(
            '<iq id="&quot;&lt;&amp;&#10;"><ping xmlns="urn:xmpp:ping"/></iq>', id="attributes, other namespace"
        ),
        pytest.param('<message xml:lang="de"><x xmlns="a"><message xmlns="jabber:client"/></x></message>', id="nested"),
    ],
)
def test_what_is_written_is_what_was_read(xml: str) -> None:
    assert write(parse(xml)) == xml
