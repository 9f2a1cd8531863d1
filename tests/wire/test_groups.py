"""What is asked of a server that lets the desk write contact lists, and what clients are suggested elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.groups import Group
from livechat_xmpp.domain.model import FullJid
from livechat_xmpp.reconcile.ports import GroupKeeper, StepRefused
from tests.factories import NOW, jid
from tests.servers.waiting import wait_until_async
from tests.wire.conftest import Wire, assert_same

US = "workgroup.localhost"
PRIVILEGE = "<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='{}'/></privilege>"
MEMBERS = {jid("ana"): Group.SUPPORT, jid("tom"): Group.TRAINEES, jid("ben"): Group.SUPPORT}


def keeper(wire: Wire, way: str) -> GroupKeeper:
    return next(one for one in wire.component.reconciler.groups._keepers if one.way == way)


def grants(wire: Wire, kind: str = "both", domain: str = "localhost") -> None:
    wire.feed(f"<message from='{domain}' to='{US}'>{PRIVILEGE.format(kind)}</message>")


async def carried_out(wire: Wire, answer: Callable[[ET.Element], str]) -> list[ET.Element]:
    """Have ana's list kept by a server that answers so; return what it was asked."""
    wire.component.link._lost = asyncio.get_running_loop().create_future()
    asked: list[ET.Element] = []
    work = asyncio.ensure_future(keeper(wire, "written").keep(jid("ana"), MEMBERS))
    while not work.done():
        waiting = [one for one in wire.sent if one.tag.endswith("iq") and one.get("to") == jid("ana")]
        for iq in waiting:
            wire.sent.remove(iq)
            asked.append(iq)
            wire.feed(f"<iq id='{iq.get('id')}' from='{jid('ana')}' to='{US}' {answer(iq)}</iq>")
        await asyncio.sleep(0)
    await work
    return asked


def lists(*items: str) -> Callable[[ET.Element], str]:
    """Return the answers of a server on which a list has these items."""
    got = f"type='result'><query xmlns='jabber:iq:roster'>{''.join(items)}</query>"
    return lambda iq: got if iq.get("type") == "get" else "type='result'>"


async def test_a_list_is_read_and_each_entry_that_differs_is_written_alone(wire: Wire) -> None:
    """XEP-0356 §4; RFC 6121 §2.1.5"""
    grants(wire)
    tom = "<item jid='tom@localhost' name='Tommy' subscription='to'><group>Friends</group></item>"
    read, *written = await carried_out(wire, lists(tom, "<item jid='ben@localhost'/>", "<else xmlns='x'/>"))
    head = f"from='{US}' to='ana@localhost'"
    assert_same(read, f"<iq type='get' id='{read.get('id')}' {head}><query xmlns='jabber:iq:roster'/></iq>")
    items = {
        "tom": "<item jid='tom@localhost' name='Tommy' subscription='both'><group>Friends</group>"
        "<group>trainees</group></item>",
        "ben": "<item jid='ben@localhost' subscription='both'><group>support</group></item>",
    }
    for iq, name in zip(written, items, strict=True):
        query = f"<query xmlns='jabber:iq:roster'>{items[name]}</query>"
        assert_same(iq, f"<iq type='set' id='{iq.get('id')}' {head}>{query}</iq>")
    again = await carried_out(wire, lists(*items.values()))
    assert len(again) == 1, "read, and found as it should be"


async def test_one_entry_that_is_refused_does_not_keep_the_others_from_being_written(wire: Wire) -> None:
    grants(wire)
    refused = (
        "type='error'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    )
    asked = []

    def answer(iq: ET.Element) -> str:
        asked.append(iq)
        return refused if len(asked) == 2 else lists()(iq)

    with pytest.raises(StepRefused, match="internal-server-error"):
        await carried_out(wire, answer)
    assert len(asked) == 3


async def test_an_entry_that_is_gone_already_is_removed(wire: Wire) -> None:
    grants(wire)
    await carried_out(wire, lists())
    there = lists("<item jid='eve@localhost'/>", *(f"<item jid='{who}'/>" for who in MEMBERS))
    gone = "type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    wire.component.link._lost = asyncio.get_running_loop().create_future()
    alone = {jid("ana"): Group.SUPPORT}
    work = asyncio.ensure_future(keeper(wire, "written").keep(jid("ana"), alone))
    removed = set()
    while not work.done():
        for iq in [one for one in wire.sent if one.tag.endswith("iq")]:
            wire.sent.remove(iq)
            item = next(iq.iter("{jabber:iq:roster}item"), None)
            if item is not None:
                assert item.get("subscription") == "remove"
                removed.add(item.get("jid"))
            kind = there(iq) if item is None else gone
            wire.feed(f"<iq id='{iq.get('id')}' from='ana@localhost' to='{US}' {kind}</iq>")
        await asyncio.sleep(0)
    assert await work
    assert removed == {jid("tom"), jid("ben")}, "and eve, whom ana has by herself, stays"


@pytest.mark.parametrize(
    ("kind", "domain", "expected"),
    [
        pytest.param("both", "localhost", True, id="both"),
        pytest.param("set", "localhost", False, id="without reading a list people's own entries would be lost"),
        pytest.param("get", "localhost", False, id="only to be read"),
        pytest.param("both", "evil.example", False, id="a domain that is none of the staff's"),
    ],
)
async def test_only_who_may_read_and_write_lists_keeps_them(wire: Wire, kind: str, domain: str, expected: bool) -> None:
    grants(wire, kind, domain)
    assert keeper(wire, "written").serves(domain) is expected
    assert keeper(wire, "suggested").serves(domain)
    wire.component.privileges.forget()
    assert not keeper(wire, "written").serves(domain)


async def test_changes_are_suggested_once_and_without_words(wire: Wire) -> None:
    """XEP-0144 §3"""
    book, suggested = wire.component.book, keeper(wire, "suggested")
    book.come(FullJid("ana@localhost/phone"), "")
    assert not await suggested.keep(jid("ana"), MEMBERS), "not before it is known what the server lets us do"
    book.settle(NOW)
    assert await suggested.keep(jid("ana"), MEMBERS)
    (message,) = wire.sent
    items = (
        "<item action='add' jid='tom@localhost'><group>trainees</group></item>"
        "<item action='add' jid='ben@localhost'><group>support</group></item>"
    )
    head = f"<message from='support@{US}' to='ana@localhost' id='{message.get('id')}'>"
    assert_same(message, f"{head}<x xmlns='http://jabber.org/protocol/rosterx'>{items}</x></message>")
    assert await suggested.keep(jid("ana"), MEMBERS)
    await suggested.keep(jid("ana"), {jid("ana"): Group.SUPPORT, jid("tom"): Group.SUPPORT})
    _, second = wire.sent
    found = [(i.get("action"), i.get("jid")) for i in second.iter("{http://jabber.org/protocol/rosterx}item")]
    assert found == [("delete", "ben@localhost"), ("modify", "tom@localhost")]


async def test_nothing_is_suggested_to_who_is_away(wire: Wire) -> None:
    book = wire.component.book
    book.come(FullJid("ana@localhost/phone"), "")
    book.go(FullJid("ana@localhost/phone"), NOW)
    book.settle(NOW)
    assert not await keeper(wire, "suggested").keep(jid("ana"), MEMBERS)
    assert wire.sent == []


async def test_a_right_that_comes_has_the_lists_looked_at_and_makes_the_desk_a_contact(wire: Wire) -> None:
    await wire.component.staff_presence.read()
    wire.component.staff_presence.ask_everybody()
    wire.component.reconciler.groups.is_woken.clear()
    wire.component.link._lost = asyncio.get_running_loop().create_future()
    grants(wire)
    assert wire.component.reconciler.groups.is_woken.is_set()
    await wait_until_async(lambda: any(one.tag.endswith("iq") for one in wire.sent), "the desk in contact lists")


@pytest.mark.parametrize("says_no", [False, True])
async def test_a_no_that_comes_while_the_desk_becomes_a_contact_holds(wire: Wire, says_no: bool) -> None:
    presence = wire.component.staff_presence
    await presence.read()
    presence.ask_everybody()
    wire.component.link._lost = asyncio.get_running_loop().create_future()
    grants(wire)
    await wait_until_async(lambda: any(one.tag.endswith("iq") for one in wire.sent), "the desk in contact lists")
    who = next(one for one in wire.sent if one.tag.endswith("iq")).get("to", "")
    assert who not in wire.component.book.subscribed
    if says_no:
        wire.feed(f"<presence type='unsubscribed' from='{who}' to='support@{US}'/>")
    while not wire.component.link.is_idle:
        for iq in [one for one in wire.sent if one.tag.endswith("iq")]:
            wire.sent.remove(iq)
            wire.feed(f"<iq type='result' id='{iq.get('id')}' from='{iq.get('to')}' to='{US}'/>")
        await asyncio.sleep(0)  # the desk's turn
    assert (who in wire.component.book.subscribed) is not says_no
