"""What our addresses say they are and have, to each asker (XEP-0030)."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import DutyRole
from tests.wire.conftest import SUPPORT, VERA, Wire

INFO, ITEMS = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"
COMMANDS = "http://jabber.org/protocol/commands"
DATA = "jabber:x:data"
COMPONENT, CHAT = "workgroup.localhost", "q7hm2k42wx3n2@workgroup.localhost"


def condition(answer: ET.Element) -> str:
    error = answer.find("{*}error")
    assert error is not None
    return error[0].tag.rpartition("}")[2]


async def info(wire: Wire, to: str, node: str = "", by: str = VERA) -> ET.Element:
    at_node = f" node='{node}'" if node else ""
    return await wire.ask(f"<query xmlns='{INFO}'{at_node}/>", kind="get", to=to, by=by)


async def items(wire: Wire, to: str, node: str = "", by: str = VERA) -> list[dict[str, str]]:
    at_node = f" node='{node}'" if node else ""
    answer = await wire.ask(f"<query xmlns='{ITEMS}'{at_node}/>", kind="get", to=to, by=by)
    assert answer.get("type") == "result", condition(answer)
    return [dict(item.attrib) for item in answer.iterfind(f"{{{ITEMS}}}query/{{{ITEMS}}}item")]


@pytest.mark.parametrize(
    ("to", "identity"),
    [
        pytest.param(COMPONENT, ("collaboration", "workgroup", "Help desk"), id="the component"),
        pytest.param(SUPPORT, ("collaboration", "workgroup", "Support"), id="a workgroup"),
        pytest.param(CHAT, ("client", "bot", "Help desk"), id="the desk in a chat"),
    ],
)
async def test_what_an_address_is(wire: Wire, to: str, identity: tuple[str, str, str]) -> None:
    found = (await info(wire, to)).find(f"{{{INFO}}}query/{{{INFO}}}identity")
    assert found is not None
    assert (found.get("category"), found.get("type"), found.get("name")) == identity


@pytest.mark.parametrize("to", [COMPONENT, SUPPORT])
async def test_what_an_address_can_do(wire: Wire, to: str) -> None:
    features = {f.get("var") for f in (await info(wire, to)).iterfind(f"{{{INFO}}}query/{{{INFO}}}feature")}
    assert {INFO, ITEMS, COMMANDS, "http://jabber.org/protocol/workgroup", "urn:xmpp:ping"} <= features


async def test_the_component_lists_its_workgroups(wire: Wire) -> None:
    assert await items(wire, COMPONENT) == [{"jid": SUPPORT, "name": "support"}]
    assert await items(wire, SUPPORT) == []


async def nodes(wire: Wire, by: str, to: str = SUPPORT) -> list[str]:
    found = await items(wire, to, COMMANDS, by)
    assert {item["jid"] for item in found} <= {to}
    return [item["node"] for item in found]


OWN = {"go-on-duty", "my-status", "set-language"}  # commands about oneself
OF_HELPERS = {  # about trainees
    *{"list-trainees", "endorse-trainee", "put-off-endorsement", "withdraw-endorsement", "ask-for-decision"},
    *{"list-queue", "list-chats", "add-account", "tell-on-duty"},
}
OF_ADMINS = {
    *{"promote", "demote", "list-accounts", "list-problems", "refuse-trainees", "list-stuck", "move-stuck"},
    "list-audit",
}


@pytest.mark.parametrize("to", [COMPONENT, SUPPORT])
@pytest.mark.parametrize(
    ("by", "listed"),
    [
        pytest.param(VERA, {"ask-for-help", "resume"}, id="a visitor"),
        pytest.param("eve@localhost/x", {"ask-for-help", "resume"}, id="an account without standing is a visitor"),
        pytest.param("tom@localhost/x", OWN, id="a trainee"),
        pytest.param("ana@localhost/x", {*OWN, *OF_HELPERS}, id="a helper"),
        pytest.param("mia@localhost/x", {*OWN, *OF_HELPERS, "join-chat", "close-chat"}, id="a monitor"),
        pytest.param("ada@localhost/x", {*OWN, *OF_HELPERS, "join-chat", "close-chat", *OF_ADMINS}, id="an admin"),
    ],
)
async def test_the_commands_that_are_listed(wire: Wire, by: str, listed: set[str], to: str) -> None:
    found = await nodes(wire, by, to)
    assert len(found) == len(set(found))
    assert set(found) == listed


async def test_commands_come_with_their_use(wire: Wire) -> None:
    await wire.on_duty("ana", DutyRole.ADVISOR)
    assert {"go-off-duty", "join-chat"} <= set(await nodes(wire, "ana@localhost/x"))


async def test_a_command_describes_itself_to_who_may_give_it(wire: Wire) -> None:
    answer = await info(wire, SUPPORT, "promote", "ada@localhost/x")
    identity = answer.find(f"{{{INFO}}}query/{{{INFO}}}identity")
    assert identity is not None
    assert (identity.get("category"), identity.get("type")) == ("automation", "command-node")
    assert condition(await info(wire, SUPPORT, "promote", VERA)) == "item-not-found"


async def test_the_list_of_commands_describes_itself(wire: Wire) -> None:
    identity = (await info(wire, SUPPORT, COMMANDS)).find(f"{{{INFO}}}query/{{{INFO}}}identity")
    assert identity is not None
    assert (identity.get("category"), identity.get("type")) == ("automation", "command-list")


async def test_an_unknown_node_has_no_items(wire: Wire) -> None:
    answer = await wire.ask(f"<query xmlns='{ITEMS}' node='x'/>", kind="get")
    assert condition(answer) == "item-not-found"


async def test_a_workgroup_says_whether_it_is_open(wire: Wire) -> None:
    values = {
        field.get("var"): field.findtext(f"{{{DATA}}}value")
        for field in (await info(wire, SUPPORT)).iterfind(f"{{{INFO}}}query/{{{DATA}}}x/{{{DATA}}}field")
    }
    assert values == {
        "FORM_TYPE": "http://jabber.org/protocol/workgroup#workgroupinfo",
        "workgroup#description": "Support",
        "workgroup#online": "CLOSED",
    }
