"""xml:lang of what people send: taken in, recorded when it changes, and not more of it kept than there is room for."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.usecases import languages, staff
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.xmpp.languages import XML_LANG, HeardLanguages
from tests.factories import jid
from tests.wire.conftest import SUPPORT, VERA, Wire

TOM = "tom@localhost/phone"


@pytest.fixture
def brought(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every tag that a transaction was begun for; the staff is known, as after the start."""
    wire.component.staff_presence.accounts = {jid("tom"), jid("ana")}
    tags, hear = [], languages.hear

    def heard(work: Work, who: BareJid, tag: str) -> None:
        tags.append(tag)
        hear(work, who, tag)

    monkeypatch.setattr(languages, "hear", heard)
    return tags


async def written(wire: Wire, tag: str, by: str = TOM) -> None:
    await wire.tell(f"<message from='{by}' to='{SUPPORT}' type='chat' xml:lang='{tag}'><body>status</body></message>")


async def shown(wire: Wire, tag: str, by: str = TOM) -> None:
    await wire.tell(f"<presence from='{by}' to='{SUPPORT}' xml:lang='{tag}'/>")


async def kept(wire: Wire, name: str = "tom") -> str:
    return (await wire.component.desk.ask(staff.get_account, jid(name))).language


async def test_a_change_is_recorded_once(wire: Wire, brought: list[str]) -> None:
    for tag in ("de", "de", "de-AT", "de-AT"):
        await written(wire, tag)
    assert brought == ["de", "de-AT"]
    assert await kept(wire) == "de-AT"


async def test_what_is_on_record_is_not_recorded_again_after_a_start(wire: Wire, brought: list[str]) -> None:
    await written(wire, "de")
    wire.component.ears.begin(await wire.component.desk.ask(staff.every_account))
    await written(wire, "de")
    await shown(wire, "fr")
    assert brought == ["de"]


async def test_presence_counts_while_nothing_else_is_known(wire: Wire, brought: list[str]) -> None:
    await shown(wire, "de")
    await shown(wire, "fr")
    assert brought == ["de"]
    await written(wire, "fr")
    assert await kept(wire) == "fr"


async def test_questions_that_clients_ask_by_themselves_count_as_presence_does(wire: Wire, brought: list[str]) -> None:
    await written(wire, "de")
    wire.feed(
        f"<iq type='get' id='1' from='{TOM}' to='{SUPPORT}' xml:lang='fr'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
    )
    await wire.settle()
    assert brought == ["de"]


async def test_a_command_counts_as_written(wire: Wire, brought: list[str]) -> None:
    await written(wire, "fr")
    wire.feed(
        f"<iq type='set' id='1' from='{TOM}' to='{SUPPORT}' xml:lang='de'>"
        "<command xmlns='http://jabber.org/protocol/commands' node='my-status'/></iq>"
    )
    await wire.settle()
    assert brought == ["fr", "de"]


async def test_what_is_sent_where_nothing_was_said_takes_back_what_was(wire: Wire, brought: list[str]) -> None:
    await written(wire, "de")
    await written(wire, "en")
    assert (brought, await kept(wire)) == (["de", ""], "")


async def test_a_language_that_was_chosen_stays(wire: Wire, brought: list[str]) -> None:
    await wire.component.desk.do(languages.choose, jid("tom"), "de")
    await written(wire, "fr")
    assert await kept(wire) == "de"
    rules = wire.component.desk.rules
    assert await wire.component.desk.do(languages.follow_client, jid("tom"), rules) == "fr"
    assert await kept(wire) == "fr"


async def test_a_visitors_language_is_remembered_and_not_recorded(wire: Wire, brought: list[str]) -> None:
    await shown(wire, "de", by=VERA)
    assert wire.component.desk.rules.heard(BareJid(VERA.partition("/")[0])) == "de"
    assert brought == []


async def test_who_joins_the_staff_takes_the_language_along(wire: Wire, brought: list[str]) -> None:
    await shown(wire, "de", by="tom@localhost/phone")
    await written(wire, "fr", by="ben@localhost/x")
    assert brought == ["de"]
    wire.component.ears.meet({jid("tom"), jid("ben"), jid("ana")})
    await wire.settle()
    assert (brought, await kept(wire, "ben")) == (["de", "fr"], "fr")


@pytest.mark.parametrize(
    ("tag", "read"),
    [
        pytest.param("de", "de", id="a language"),
        pytest.param("en-GB", "en-GB", id="of a country"),
        pytest.param("EN", "", id="what stands where nothing was said"),
        pytest.param("", "", id="nothing"),
        pytest.param("x" * 9, "", id="no subtag is so long"),
        pytest.param("de" + "-12345678" * 4, "", id="no tag is so long"),
        pytest.param("de_DE", "", id="no tag"),
        pytest.param("{name}", "", id="a field"),
    ],
)
def test_tags_that_make_no_sense_are_not_said(tag: str, read: str) -> None:
    heard = HeardLanguages(unspoken="en", remembered=10)
    assert heard.read(ET.Element("message", {XML_LANG: tag})) == read


def test_a_stanza_without_language_says_nothing() -> None:
    assert HeardLanguages(unspoken="", remembered=10).read(ET.Element("message")) == ""


def test_english_can_be_believed() -> None:
    assert HeardLanguages(unspoken="", remembered=10).read(ET.Element("message", {XML_LANG: "en"})) == "en"


def test_the_oldest_are_forgotten() -> None:
    heard = HeardLanguages(unspoken="en", remembered=2)
    for name in ("ana", "ben", "ana", "tom"):
        heard.keep(jid(name), "de")
    assert [heard.of(jid(name)) for name in ("ana", "ben", "tom")] == ["de", "", "de"]
    heard.keep(jid("tom"), "")
    assert heard.of(jid("tom")) == ""
