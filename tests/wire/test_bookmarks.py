"""The bookmark of the contributors' room, where the server lets the desk write it (XEP-0356, XEP-0402)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from livechat_xmpp.domain.model import FullJid, WorkgroupName
from livechat_xmpp.usecases.ports import Letter
from tests.wire.conftest import Wire, assert_same
from tests.wire.test_team_room import ROOM, breathe, enters, error, is_invitation, result

PUBSUB = "http://jabber.org/protocol/pubsub"


def privileges(*perms: str, namespace: str = "urn:xmpp:privilege:2", sender: str = "localhost") -> str:
    told = f"<privilege xmlns='{namespace}'>{''.join(perms)}</privilege>"
    return f"<message from='{sender}' to='workgroup.localhost'>{told}</message>"


def iq_perm(kind: str, ns: str = PUBSUB) -> str:
    return f"<perm access='iq'><namespace ns='{ns}' type='{kind}'/></perm>"


async def invites(wire: Wire) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    letter = Letter(FullJid("una@localhost"), "Our room", WorkgroupName("support"), soon, "contributors")
    wire.component.speaker.send_letter(letter, lambda: None)
    await breathe()


@pytest.mark.parametrize("kind", ["set", "both"])
async def test_a_newcomer_gets_the_room_among_their_bookmarks(wire: Wire, kind: str) -> None:
    await enters(wire)
    wire.feed(privileges("<perm access='roster' type='both'/>", iq_perm(kind)))
    await breathe()
    await invites(wire)
    asked = wire.sent[-1]
    inner = asked.find("{urn:xmpp:privilege:2}privileged_iq/{jabber:client}iq")
    assert inner is not None
    number = inner.get("id")
    options = {
        "pubsub#persist_items": "true",
        "pubsub#max_items": "max",
        "pubsub#send_last_published_item": "never",
        "pubsub#access_model": "whitelist",
    }
    fields = "".join(f"<field var='{var}'><value>{value}</value></field>" for var, value in options.items())
    assert_same(
        asked,
        f"<iq type='set' id='{asked.get('id')}' from='workgroup.localhost' to='una@localhost'>"
        f"<privileged_iq xmlns='urn:xmpp:privilege:2'>"
        f"<iq xmlns='jabber:client' type='set' id='{number}' from='una@localhost'><pubsub xmlns='{PUBSUB}'>"
        f"<publish node='urn:xmpp:bookmarks:1'><item id='{ROOM}'>"
        "<conference xmlns='urn:xmpp:bookmarks:1' name='Contributors' autojoin='false'/></item></publish>"
        "<publish-options><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{PUBSUB}#publish-options</value></field>{fields}</x>"
        "</publish-options></pubsub></iq></privileged_iq></iq>",
    )
    (invitation,) = await result(wire)
    assert is_invitation(invitation)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(privileges("<perm access='roster' type='both'/>"), id="contact lists only"),
        pytest.param(privileges(iq_perm("get")), id="only reading"),
        pytest.param(privileges(iq_perm("set", "jabber:iq:private")), id="something else"),
        pytest.param(privileges(iq_perm("set"), namespace="urn:xmpp:privilege:1"), id="of before"),
        pytest.param(privileges(iq_perm("set"), sender="eve@localhost/x"), id="by an account"),
        pytest.param(privileges(iq_perm("set"), sender="elsewhere.example"), id="by another server"),
    ],
)
async def test_without_that_right_nothing_is_written(wire: Wire, told: str) -> None:
    await enters(wire)
    wire.feed(told)
    await breathe()
    await invites(wire)
    assert is_invitation(wire.sent[-1])


async def test_the_right_ends_with_the_link(wire: Wire) -> None:
    wire.feed(privileges(iq_perm("set")))
    await breathe()
    wire.component.on_down()
    await invites(wire)
    assert is_invitation(wire.sent[-1])


async def test_where_the_bookmark_cannot_be_written_the_invitation_is_sent_all_the_same(wire: Wire) -> None:
    wire.feed(privileges(iq_perm("set")))
    await breathe()
    await invites(wire)
    (invitation,) = await result(wire, error("forbidden"), "error")
    assert is_invitation(invitation)
