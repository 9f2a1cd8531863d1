"""Too much, too long, twice at once, and under another spelling: what the desk takes, and what it answers."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree as ET

import pytest
from slixmpp import Iq

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.usecases import staff
from livechat_xmpp.xmpp.commands.sessions import CommandSessions
from livechat_xmpp.xmpp.stanzas.workgroup import JoinQueue
from tests.factories import NOW, SUPPORT, jid
from tests.wire.conftest import NS, VERA, Wire
from tests.wire.conftest import SUPPORT as WORKGROUP
from tests.wire.test_commands import ADA, PROMOTION, REQUEST, C, Step, give, standing_of

LIMIT = 50  # pending_per_sender, as it is set by default
W, DATA = "http://jabber.org/protocol/workgroup", "jabber:x:data"
EVE = "eve@anon.localhost/page"
ADAS_OTHER_FORMS = [
    pytest.param("ad\u00ada@localhost", id="with a soft hyphen"),
    pytest.param("ADA@Localhost", id="in capitals"),
    pytest.param("\uff41\uff44\uff41@localhost", id="in full width"),
    pytest.param("ada@localhost/desk", id="with a client"),
]


def error_of(answer: ET.Element) -> tuple[str, str]:
    """Return condition and type of an error, "" of what is none."""
    error = answer.find("{*}error")
    return ("", "") if error is None else (error[0].tag.rpartition("}")[2], error.get("type", ""))


# --- too much


async def test_questions_over_the_limit_are_refused_for_now_and_the_rest_is_answered_in_order(wire: Wire) -> None:
    for number in range(LIMIT + 2):
        wire.feed(f"<iq type='get' id='p{number}' from='{VERA}' to='{WORKGROUP}'><ping xmlns='urn:xmpp:ping'/></iq>")
    wire.feed(f"<iq type='get' id='eve' from='{EVE}' to='{WORKGROUP}'><ping xmlns='urn:xmpp:ping'/></iq>")
    await wire.settle()
    refused = {s.get("id"): error_of(s) for s in wire.sent if s.get("type") == "error"}
    assert refused == {f"p{LIMIT + n}": ("resource-constraint", "wait") for n in range(2)}
    answered = [s.get("id") for s in wire.sent if s.get("type") == "result"]
    assert [i for i in answered if i != "eve"] == [f"p{n}" for n in range(LIMIT)]
    assert "eve" in answered
    assert (await wire.ask("<ping xmlns='urn:xmpp:ping'/>", kind="get")).get("type") == "result"


@pytest.mark.desk(LIVECHAT_LIMITS__SENDER_STANZAS_PER_MINUTE="10")
async def test_errors_over_the_limit_are_passed_over(wire: Wire) -> None:
    """SA-4: each that is looked at asks the database"""
    written: list[str] = []
    wire.component.store.on_unit = lambda kind, seconds: written.append(kind)
    for number in range(30):
        returned = f"<message type='error' id='e{number}' from='{EVE}' to='{WORKGROUP}'><body>Hi</body></message>"
        assert await wire.tell(returned) == []
    assert 0 < len(written) <= 15, "ten, and what fills up meanwhile"


async def test_another_client_of_the_same_account_is_the_same_sender(wire: Wire) -> None:
    for number in range(LIMIT + 1):
        sender = f"v1@anon.localhost/{number}"
        wire.feed(f"<iq type='get' id='p{number}' from='{sender}' to='{WORKGROUP}'><ping xmlns='urn:xmpp:ping'/></iq>")
    await wire.settle()
    assert [s.get("id") for s in wire.sent if s.get("type") == "error"] == [f"p{LIMIT}"]


async def test_words_over_the_limit_are_refused_for_now(wire: Wire) -> None:
    await wire.on_duty("ana")
    for number in range(LIMIT + 1):
        wire.feed(
            f"<message type='chat' id='m{number}' from='{VERA}' to='{WORKGROUP}'><body>word {number}</body></message>"
        )
    await wire.settle()
    (refused,) = [s for s in wire.sent if s.get("type") == "error"]
    assert (refused.get("id"), refused.get("to"), refused.get("from")) == (f"m{LIMIT}", VERA, WORKGROUP)
    assert error_of(refused) == ("resource-constraint", "wait")
    with wire.component.store.reading() as work:
        (waiting,) = work.chats.waiting(SUPPORT)
        chat = work.chats.find(waiting.chat_id)
    assert chat is not None
    assert chat.question.split("\n") == [f"word {number}" for number in range(LIMIT)]


# --- too long


async def test_an_answer_that_cannot_be_sent_is_an_error_and_not_silence(wire: Wire) -> None:
    wire.component.link._max_bytes = 600
    step = await give(wire, "list-accounts", {"standing": "any"})
    assert error_of(step.answer) == ("resource-constraint", "cancel")


async def test_a_refusal_does_not_carry_back_what_was_too_long(wire: Wire) -> None:
    await wire.on_duty("ana")
    asked = ET.tostring(await wire.ask(f"<join-queue xmlns='{W}'>{'x' * 50_000}</join-queue>"), "unicode")
    assert "not-acceptable" in asked
    assert len(asked) < 1000


async def test_a_form_that_comes_back_shows_no_more_than_could_have_been_taken(wire: Wire) -> None:
    await wire.on_duty("ana")
    limit = wire.component.desk.rules.answer_limit
    step = await give(wire, "ask-for-help", {**REQUEST, "question": "x" * (limit * 20)}, by=VERA)
    assert (step.status, step.note[0]) == ("executing", "error")
    assert step.values["question"] == ["x" * limit]


# --- twice at once


def test_a_session_at_work_is_not_given_out_again() -> None:
    sessions = CommandSessions("secret", lambda: NOW)
    one, other = (sessions.begin(ADA, WORKGROUP, "promote") for _ in range(2))
    assert sessions.claim(one)
    assert not sessions.claim(one)
    assert sessions.claim(other)
    sessions.release(one)
    assert sessions.claim(one)


async def test_a_form_submitted_twice_at_once_is_done_once(wire: Wire) -> None:
    first = await give(wire, "promote")
    fields = "".join(
        f"<field var='{var}'><value>{v if isinstance(v, str) else v[0]}</value></field>" for var, v in PROMOTION.items()
    )

    def submission(number: int) -> Iq:
        xml = (
            f"<iq xmlns='{NS}' type='set' id='s{number}' from='{ADA}' to='{WORKGROUP}'>"
            f"<command xmlns='{C}' node='promote' sessionid='{first.session}'>"
            f"<x xmlns='{DATA}' type='submit'>{fields}</x></command></iq>"
        )
        return Iq(wire.component.link, ET.fromstring(xml))

    answers = await asyncio.gather(*(wire.door.on_command(submission(n)) for n in range(2)), return_exceptions=True)
    done = [a for a in answers if not isinstance(a, BaseException)]
    (refused,) = [a for a in answers if isinstance(a, BaseException)]
    assert [Step(a.xml).status for a in done] == ["completed"]
    assert getattr(refused, "extension", "") == "bad-sessionid"
    with wire.component.store.writing() as work:
        letters = work.letters.take_due(work.now, 50)
    assert [letter.to for letter in letters] == ["tom@localhost", "contributors@conference.localhost"], "told once"


async def test_a_session_is_free_again_for_the_next_step(wire: Wire) -> None:
    first = await give(wire, "promote")
    bad = {**PROMOTION, "accounts": ["nobody"]}
    assert (await give(wire, "promote", bad, session=first.session)).status == "executing"
    assert (await give(wire, "promote", PROMOTION, session=first.session)).status == "completed"


# --- under another spelling


@pytest.mark.parametrize("written", ADAS_OTHER_FORMS)
async def test_the_last_admin_stays_however_the_address_is_written(wire: Wire, written: str) -> None:
    again = await give(wire, "add-account", {"jid": written})
    assert (again.status, again.note[0]) == ("executing", "error"), "she has an account already"
    assert (await give(wire, "demote", {"accounts": written, "standing": "helper"})).error == ("forbidden", "")
    with wire.component.store.reading() as work:
        admins = [a.jid for a in work.accounts.list() if a.standing is Standing.ADMIN]
    assert admins == ["ada@localhost"]


async def test_two_forms_of_one_account_are_one_change(wire: Wire) -> None:
    step = await give(
        wire, "promote", {"accounts": ["tom@localhost", "t\u00adom@localhost", "TOM@localhost"], "standing": "helper"}
    )
    assert step.note == ("info", "Now helper: tom@localhost.")
    assert await standing_of(wire, "tom") is Standing.HELPER


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("x\u202ey@localhost", id="text turned around"),
        pytest.param("x\ue000@localhost", id="a letter of private use"),
        pytest.param(f"{'x' * 1024}@localhost", id="too long"),
        pytest.param("ada@localhost.", id="with the dot of the root"),
    ],
)
async def test_what_is_no_account_is_not_added(wire: Wire, written: str) -> None:
    step = await give(wire, "add-account", {"jid": written})
    assert (step.status, step.note[0]) == ("executing", "error")
    with wire.component.store.reading() as work:
        assert len(work.accounts.list()) == 5


# --- visitors


def join(form_type: str) -> str:
    fields = "".join(f"<field var='{var}'><value>x</value></field>" for var in ("username", "question"))
    return f"<join-queue xmlns='{W}'><x xmlns='{DATA}' type='{form_type}'>{fields}</x></join-queue>"


@pytest.mark.parametrize(("form_type", "answers"), [("submit", {"username": "x", "question": "x"}), ("cancel", {})])
def test_a_form_that_is_cancelled_is_no_form(form_type: str, answers: dict[str, str]) -> None:
    assert JoinQueue(ET.fromstring(join(form_type))).answers() == answers


async def test_who_cancels_the_form_is_not_put_into_the_queue(wire: Wire) -> None:
    await wire.on_duty("ana")
    assert error_of(await wire.ask(join("cancel"))) == ("not-acceptable", "modify")
    with wire.component.store.reading() as work:
        assert work.chats.waiting(SUPPORT) == []


async def test_who_joined_the_staff_while_waiting_can_still_leave(wire: Wire) -> None:
    await wire.on_duty("ana")
    kim = "kim@localhost/phone"
    assert (await give(wire, "ask-for-help", REQUEST, by=kim)).status == "completed"
    await wire.component.desk.do(staff.set_initial, {jid("kim"): Standing.HELPER}, wire.component.desk.rules)
    left = await give(wire, "leave-queue", by=kim)
    assert (left.status, left.note[0]) == ("completed", "info")
    assert (await give(wire, "leave-queue", by=kim)).error == ("forbidden", "")
