"""Catching up: the server's list of accounts by XEP-0133, in one step or two, or not at all."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import BareJid, Standing
from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.reconcile.newcomers import Newcomers
from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.reconcile.timers import Timers
from tests.factories import jid
from tests.wire.conftest import Wire
from tests.wire.test_team_room import breathe, error, result

COMMANDS = "http://jabber.org/protocol/commands"
NODE = "http://jabber.org/protocol/admin#get-registered-users-list"


def listed(*names: str) -> str:
    values = "".join(f"<value>{name}</value>" for name in names)
    field = f"<field var='registereduserjids' type='jid-multi'>{values}</field>"
    form = "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/admin</value></field>"
    x = f"<x xmlns='jabber:x:data' type='result'>{form}{field}</x>"
    return f"<command xmlns='{COMMANDS}' node='{NODE}' sessionid='s1' status='completed'>{x}</command>"


ASKS = (
    f"<command xmlns='{COMMANDS}' node='{NODE}' sessionid='s1' status='executing'><x xmlns='jabber:x:data' type='form'>"
    "<field var='max_items' type='list-single'><option><value>none</value></option></field></x></command>"
)


async def catches_up(wire: Wire, *answers: str, kind: str = "result") -> list[ET.Element]:
    """Have the list asked for and answered so; return the questions."""
    task = asyncio.ensure_future(wire.component.reconciler.newcomers.catch_up())
    asked = []
    for answer in answers:
        await breathe()
        asked.append(wire.sent[-1])
        await result(wire, answer, kind)
    await task
    return asked


async def standings(wire: Wire, *names: str) -> list[Standing | None]:
    return [await wire.component.desk.standing_of(jid(name)) for name in names]


async def test_who_made_an_account_while_the_desk_was_away_is_a_trainee(wire: Wire) -> None:
    (asked,) = await catches_up(wire, listed("ana@localhost", "old@localhost"))
    command = asked.find(f"{{{COMMANDS}}}command")
    assert command is not None
    assert (asked.get("to"), command.get("node"), command.get("action")) == ("localhost", NODE, "execute")
    await catches_up(wire, listed("ana@localhost", "old@localhost", "una@localhost", "kim@localhost"))
    assert await standings(wire, "ana", "old", "una", "kim") == [
        Standing.HELPER,
        None,
        Standing.TRAINEE,
        Standing.TRAINEE,
    ]


async def test_a_server_that_asks_how_many_is_asked_for_all(wire: Wire) -> None:
    await catches_up(wire, listed())
    _, second = await catches_up(wire, ASKS, listed("una@localhost"))
    command = second.find(f"{{{COMMANDS}}}command")
    assert command is not None
    assert command.get("sessionid") == "s1"
    values = {f.get("var"): f.findtext("{*}value") for f in command.iter("{jabber:x:data}field")}
    assert values == {"FORM_TYPE": "http://jabber.org/protocol/admin", "max_items": "none"}
    assert await standings(wire, "una") == [Standing.TRAINEE]


@pytest.mark.parametrize("condition", ["service-unavailable", "forbidden", "item-not-found"])
async def test_where_the_server_does_not_tell_nothing_happens(wire: Wire, condition: str) -> None:
    await catches_up(wire, error(condition), kind="error")
    assert await wire.component.desk.ask(lambda work: work.registered.is_begun("localhost")) is False


async def test_what_is_no_account_of_the_domain_is_passed_over(wire: Wire) -> None:
    await catches_up(wire, listed())
    await catches_up(
        wire, listed("una@elsewhere.example", "localhost", "", "a b@localhost", "kim@localhost/x", "Una@localhost")
    )
    assert await standings(wire, "una@elsewhere.example", "kim", "una") == [None, None, Standing.TRAINEE]


async def test_a_list_of_tens_of_thousands_is_taken_in_parts(wire: Wire) -> None:
    many = [f"n{number}@localhost" for number in range(20_000)]
    await catches_up(wire, listed(*many))
    assert len(await wire.component.desk.ask(lambda work: work.accounts.list())) == 5
    await catches_up(wire, listed(*many, "una@localhost"))
    assert await standings(wire, "una", "n7") == [Standing.TRAINEE, None]


class Lists:
    """The servers' lists, one of which cannot be had. asked: whose lists were asked for, in their order."""

    def __init__(self, broken: str) -> None:
        self.broken = broken
        self.asked: list[str] = []

    async def accounts_of(self, domain: str) -> frozenset[BareJid] | None:
        self.asked.append(domain)
        if domain == self.broken:
            raise LinkTrouble("no answer in time")
        return frozenset()


async def test_one_domain_that_does_not_answer_keeps_no_other_waiting(wire: Wire) -> None:
    """All domains after it were never compared, and each time it began with the same one."""
    component, lists = wire.component, Lists("a.example")
    clock = SystemClock()
    timers, domains = Timers(clock, lambda key: None), ("b.example", "a.example", "c.example")
    newcomers = Newcomers(component.desk, component.speaker, lists, clock, timers, domains)
    await newcomers.catch_up()
    assert lists.asked == ["a.example", "b.example", "c.example"]
    lists.broken = ""
    await newcomers.catch_up()
    assert lists.asked[3:] == ["a.example"], "the others are known"
    newcomers.begin()
    await newcomers.catch_up()
    assert lists.asked[4:] == ["a.example", "b.example", "c.example"]
