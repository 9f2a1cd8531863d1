"""XEP-0077 with the desk: what clients are shown, becoming a trainee, leaving again."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import Standing
from tests.factories import jid
from tests.wire.conftest import SUPPORT, Wire

NS = "jabber:iq:register"
UNA = "una@localhost/phone"
GET = f"<query xmlns='{NS}'/>"
REMOVE = f"<query xmlns='{NS}'><remove/></query>"
FORM = f"<query xmlns='{NS}'><x xmlns='jabber:x:data' type='{{}}'/></query>"
DESK = "workgroup.localhost"


def query_of(answer: ET.Element) -> ET.Element:
    assert answer.get("type") == "result", ET.tostring(answer)
    query = answer.find(f"{{{NS}}}query")
    assert query is not None
    return query


def condition(answer: ET.Element) -> str:
    error = answer.find("{*}error")
    assert error is not None, ET.tostring(answer)
    return error[0].tag.rpartition("}")[2]


async def standing(wire: Wire, name: str = "una") -> Standing | None:
    return await wire.component.desk.standing_of(jid(name))


@pytest.mark.parametrize("to", [DESK, SUPPORT])
async def test_who_is_not_registered_is_shown_what_it_means(wire: Wire, to: str) -> None:
    query = query_of(await wire.ask(GET, kind="get", by=UNA, to=to))
    assert "become a trainee" in (query.findtext(f"{{{NS}}}instructions") or "")
    assert query.find(f"{{{NS}}}registered") is None
    form = query.find("{jabber:x:data}x")
    assert form is not None
    assert form.get("type") == "form"
    assert await standing(wire) is None, "asking is not registering"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(GET, id="nothing filled in, as there is nothing to fill in"),
        pytest.param(FORM.format("submit"), id="the form"),
        pytest.param(f"<query xmlns='{NS}'><username>eve</username></query>", id="somebody else's name"),
    ],
)
async def test_who_registers_is_a_trainee_and_may_do_so_again(wire: Wire, payload: str) -> None:
    for _ in range(2):
        answer = await wire.ask(payload, by=UNA, to=DESK)
        assert answer.get("type") == "result"
    assert await standing(wire) is Standing.TRAINEE
    assert await standing(wire, "eve") is None
    query = query_of(await wire.ask(GET, kind="get", by=UNA, to=DESK))
    assert query.find(f"{{{NS}}}registered") is not None
    assert query.findtext(f"{{{NS}}}instructions") == "You are registered here, as trainee."


async def test_the_staff_stay_what_they_are(wire: Wire) -> None:
    assert (await wire.ask(GET, by="ana@localhost/x", to=DESK)).get("type") == "result"
    assert await standing(wire, "ana") is Standing.HELPER


async def test_a_form_that_was_cancelled_changes_nothing(wire: Wire) -> None:
    assert (await wire.ask(FORM.format("cancel"), by=UNA, to=DESK)).get("type") == "result"
    assert await standing(wire) is None


@pytest.mark.parametrize("by", ["v1@anon.localhost/page", "una@elsewhere.example/x", "localhost"])
@pytest.mark.parametrize("kind", ["get", "set"])
async def test_others_cannot_register(wire: Wire, by: str, kind: str) -> None:
    assert condition(await wire.ask(GET, kind=kind, by=by, to=DESK)) == "forbidden"
    assert await standing(wire, by.partition("/")[0]) is None


async def test_a_trainee_leaves_by_removing_the_registration(wire: Wire) -> None:
    await wire.ask(GET, by=UNA, to=DESK)
    assert (await wire.ask(REMOVE, by=UNA, to=DESK)).get("type") == "result"
    assert await standing(wire) is None
    assert condition(await wire.ask(REMOVE, by=UNA, to=DESK)) == "registration-required"
    assert (await wire.ask(GET, by=UNA, to=DESK)).get("type") == "result", "and may come back"
    assert await standing(wire) is Standing.TRAINEE


async def test_helpers_do_not_leave_by_it(wire: Wire) -> None:
    assert condition(await wire.ask(REMOVE, by="ana@localhost/x", to=DESK)) == "not-allowed"
    assert await standing(wire, "ana") is Standing.HELPER


async def test_a_removal_with_anything_beside_it_is_none(wire: Wire) -> None:
    await wire.ask(GET, by=UNA, to=DESK)
    odd = f"<query xmlns='{NS}'><remove/><username>una</username></query>"
    assert condition(await wire.ask(odd, by=UNA, to=DESK)) == "bad-request"
    assert await standing(wire) is Standing.TRAINEE


async def test_a_chats_own_address_registers_nobody(wire: Wire) -> None:
    assert condition(await wire.ask(GET, by=UNA, to=f"q7hm2k42wx3n2@{DESK}")) == "item-not-found"


async def test_it_is_among_the_features(wire: Wire) -> None:
    info = "http://jabber.org/protocol/disco#info"
    answer = await wire.ask(f"<query xmlns='{info}'/>", kind="get", by=UNA, to=DESK)
    assert NS in {f.get("var") for f in answer.iter(f"{{{info}}}feature")}


@pytest.mark.parametrize("text", ["ready", "Ready!", " READY. "])
async def test_ready_makes_who_has_no_standing_a_trainee_on_duty(wire: Wire, text: str) -> None:
    sent = await wire.tell(f"<message type='chat' from='{UNA}' to='{SUPPORT}'><body>{text}</body></message>")
    (reply,) = [s for s in sent if s.get("to") == UNA and s.findtext("{*}body")]
    assert "You are on the list" in (reply.findtext("{*}body") or "")
    assert await standing(wire) is Standing.TRAINEE
    duty = await wire.component.desk.ask(lambda work: work.duties.find(jid("una")))
    assert duty is not None


@pytest.mark.parametrize(
    ("by", "text"),
    [
        pytest.param("v1@anon.localhost/page", "ready", id="a visitor"),
        pytest.param("una@elsewhere.example/x", "ready", id="of another domain"),
        pytest.param(UNA, "ready to print, but it does not", id="more than the word"),
        pytest.param(UNA, "readyy", id="another word"),
    ],
)
async def test_from_others_and_in_other_words_it_is_a_request(wire: Wire, by: str, text: str) -> None:
    await wire.on_duty("ana")
    await wire.tell(f"<message type='chat' from='{by}' to='{SUPPORT}'><body>{text}</body></message>")
    assert await standing(wire, by.partition("/")[0]) is None
    asked = await wire.component.desk.ask(lambda work: work.chats.find_of_visitor(jid(by.partition("/")[0])))
    assert asked is not None
    assert asked.question == text
