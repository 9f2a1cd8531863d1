"""From refusals and bugs to stanza errors."""

from __future__ import annotations

import logging
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from slixmpp import Iq
from slixmpp.exceptions import XMPPError

from livechat_xmpp.domain.errors import AlreadyQueued, DeskError
from livechat_xmpp.domain.wording import ENGLISH, Sayable
from livechat_xmpp.reconcile.ports import LinkDown
from livechat_xmpp.xmpp.errors import CONDITIONS, TYPES, answer, stanza_error
from tests.wire.conftest import Wire, assert_same

STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ASKED = "<ping xmlns='urn:xmpp:ping'/>"


def english(text: Sayable) -> str:
    return ENGLISH.say(text, "")


def test_every_refusal_has_a_condition() -> None:
    assert set(CONDITIONS) == set(DeskError.__subclasses__())


def test_every_condition_has_the_type_of_rfc_6120() -> None:
    assert set(CONDITIONS.values()) <= set(TYPES)
    assert {TYPES["forbidden"], TYPES["not-acceptable"], TYPES["bad-request"]} == {"auth", "modify"}
    assert {TYPES[c] for c in ("conflict", "item-not-found", "not-allowed", "service-unavailable")} == {"cancel"}


@pytest.mark.parametrize("refusal", DeskError.__subclasses__())
def test_refusals_of_a_subject_have_no_subclasses_of_their_own(refusal: type[DeskError]) -> None:
    """The table is looked up by the very class."""
    assert refusal.__subclasses__() == []
    assert stanza_error(refusal("why"), english).text == "why"


async def answered(wire: Wire, error: Exception) -> list[ET.Element]:
    """Return what is sent when a handler raises this."""

    async def handler(iq: Iq) -> Any:
        raise error

    iq = wire.component.link.make_iq_get(ito="support@workgroup.localhost", ifrom="v1@anon.localhost/page")
    iq["id"] = "q"
    await answer(iq, handler, english)
    return wire.sent


def an_error(kind: str, inner: str) -> str:
    return (
        "<iq type='error' id='q' from='support@workgroup.localhost' to='v1@anon.localhost/page'>"
        f"<error type='{kind}'>{inner}</error></iq>"
    )


async def test_a_refusal_is_answered_with_its_condition_and_sentence(wire: Wire) -> None:
    (sent,) = await answered(wire, AlreadyQueued("You have asked already."))
    assert_same(
        sent,
        an_error("cancel", f"<conflict xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>You have asked already.</text>"),
    )


async def test_a_bug_is_logged_once_with_an_id_that_is_all_the_asker_sees(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        (sent,) = await answered(wire, RuntimeError("the secret is hush-hush"))
    (record,) = [r for r in caplog.records if r.name == "livechat_xmpp.xmpp.errors"]
    assert record.exc_info is not None
    error_id = vars(record)["error_id"]
    assert_same(
        sent,
        an_error(
            "cancel", f"<internal-server-error xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>error {error_id}</text>"
        ),
    )
    assert "hush" not in ET.tostring(sent, "unicode")


async def test_an_error_with_a_condition_of_its_own_namespace(wire: Wire) -> None:
    error = XMPPError("bad-request", text="no", etype="modify", extension="bad-sessionid", extension_ns="urn:x")
    (sent,) = await answered(wire, error)
    assert_same(
        sent,
        an_error(
            "modify",
            f"<bad-request xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>no</text><bad-sessionid xmlns='urn:x'/>",
        ),
    )


async def test_without_a_link_there_is_nobody_to_answer(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    assert await answered(wire, LinkDown("no link")) == []
    wire.component.link._is_up = False
    assert await answered(wire, AlreadyQueued("no")) == []
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []
