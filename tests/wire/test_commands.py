"""Ad-hoc commands (XEP-0050) as whole exchanges: sessions, rights, forms, results, and hostile askers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.usecases import chats, staff, sweep
from livechat_xmpp.usecases.stuck import AT_ONCE
from livechat_xmpp.xmpp.commands import accounts
from tests.factories import a_trainee, jid
from tests.wire.conftest import SUPPORT, VERA, Wire, assert_same

C, DATA = "http://jabber.org/protocol/commands", "jabber:x:data"
ADA, ANA, TOM = "ada@localhost/desk", "ana@localhost/phone", "tom@localhost/x"


class Step:
    """What a command answered."""

    def __init__(self, answer: ET.Element) -> None:
        self.answer = answer
        command = answer.find(f"{{{C}}}command")
        self.command = command if command is not None else ET.Element("none")
        self.session = self.command.get("sessionid", "")
        self.status = self.command.get("status", "")
        form = self.command.find(f"{{{DATA}}}x")
        self.form = form if form is not None else ET.Element("none")

    @property
    def note(self) -> tuple[str, str]:
        """The note's type and text."""
        note = self.command.find(f"{{{C}}}note")
        return ("", "") if note is None else (note.get("type", ""), note.text or "")

    @property
    def values(self) -> dict[str, list[str]]:
        return {
            field.get("var", ""): [v.text or "" for v in field.iterfind(f"{{{DATA}}}value")]
            for field in self.form.iterfind(f"{{{DATA}}}field")
        }

    @property
    def rows(self) -> list[dict[str, str]]:
        return [
            {f.get("var", ""): f.findtext(f"{{{DATA}}}value") or "" for f in item}
            for item in self.form.iterfind(f"{{{DATA}}}item")
        ]

    @property
    def error(self) -> tuple[str, str]:
        """The error's condition, and the one of XEP-0050 beside it."""
        error = self.answer.find("{*}error")
        if error is None:
            return "", ""
        own = next((child.tag for child in error if child.tag.startswith(f"{{{C}}}")), "")
        return error[0].tag.rpartition("}")[2], own.rpartition("}")[2]


async def give(
    wire: Wire,
    node: str,
    values: dict[str, str | list[str]] | None = None,
    *,
    by: str = ADA,
    to: str = SUPPORT,
    action: str = "",
    session: str = "",
    form_type: str = "submit",
) -> Step:
    """Give a command; values: the form that is submitted with it."""
    form = ""
    if values is not None:
        lines = {var: [v] if isinstance(v, str) else v for var, v in values.items()}
        fields = "".join(
            f"<field var='{var}'>{''.join(f'<value>{v}</value>' for v in given)}</field>"
            for var, given in lines.items()
        )
        form = f"<x xmlns='{DATA}' type='{form_type}'>{fields}</x>"
    attributes = f"{f' action={action!r}' if action else ''}{f' sessionid={session!r}' if session else ''}"
    return Step(await wire.ask(f"<command xmlns='{C}' node='{node}'{attributes}>{form}</command>", by=by, to=to))


PROMOTION: dict[str, str | list[str]] = {"accounts": ["tom@localhost"], "standing": "helper", "reason": "good"}


async def standing_of(wire: Wire, name: str) -> Standing | None:
    return await wire.component.desk.standing_of(jid(name))


async def test_a_form_in_xml(wire: Wire) -> None:
    first = await give(wire, "add-account")
    assert_same(
        first.command,
        f"<command xmlns='{C}' node='add-account' status='executing' sessionid='{first.session}'>"
        "<actions execute='complete'><complete/></actions>"
        f"<x xmlns='{DATA}' type='form'><title>Add an account</title>"
        "<field var='jid' type='jid-single' label='Address'><required/></field></x></command>",
    )


@pytest.mark.parametrize("action", ["", "execute", "next", "complete"])
async def test_a_form_is_submitted_with_any_action(wire: Wire, action: str) -> None:
    first = await give(wire, "promote")
    assert first.status == "executing"
    assert first.values["standing"] == ["helper"]
    second = await give(wire, "promote", PROMOTION, session=first.session, action=action)
    assert (second.status, second.session) == ("completed", first.session)
    assert second.note == ("info", "Now helper: tom@localhost.")
    assert await standing_of(wire, "tom") is Standing.HELPER


async def test_a_form_may_come_with_the_first_step(wire: Wire) -> None:
    only = await give(wire, "promote", PROMOTION)
    assert only.status == "completed"
    assert only.session


async def test_to_cancel_changes_nothing_and_ends_the_session(wire: Wire) -> None:
    first = await give(wire, "promote")
    second = await give(wire, "promote", session=first.session, action="cancel")
    assert_same(second.command, f"<command xmlns='{C}' node='promote' status='canceled' sessionid='{first.session}'/>")
    third = await give(wire, "promote", PROMOTION, session=first.session)
    assert third.error == ("bad-request", "bad-sessionid")
    assert await standing_of(wire, "tom") is Standing.TRAINEE


@pytest.mark.parametrize(
    ("action", "form_type"),
    [
        pytest.param("prev", "submit", id="going back"),
        pytest.param("complete", "cancel", id="a form that is cancelled"),
    ],
)
async def test_what_is_not_submitted_is_asked_for_again(wire: Wire, action: str, form_type: str) -> None:
    first = await give(wire, "promote")
    second = await give(wire, "promote", PROMOTION, session=first.session, action=action, form_type=form_type)
    assert (second.status, second.session) == ("executing", first.session)
    assert await standing_of(wire, "tom") is Standing.TRAINEE


async def test_a_form_left_out_is_asked_for_again(wire: Wire) -> None:
    first = await give(wire, "promote")
    assert (await give(wire, "promote", session=first.session, action="complete")).status == "executing"


async def test_bad_values_bring_the_form_again_with_what_was_filled_in(wire: Wire) -> None:
    first = await give(wire, "promote")
    bad = {**PROMOTION, "accounts": ["tom@localhost", "nobody"]}
    second = await give(wire, "promote", bad, session=first.session)
    assert (second.status, second.session) == ("executing", first.session)
    assert second.note == (
        "error",
        "Nobody of the team is called nobody. Somebody new is named by their address, like name@example.org.",
    )
    assert second.values == {"accounts": ["tom@localhost", "nobody"], "standing": ["helper"], "reason": ["good"]}
    assert await standing_of(wire, "tom") is Standing.TRAINEE  # all or none


@pytest.mark.parametrize(
    ("node", "values"),
    [
        pytest.param("promote", {}, id="nothing filled in"),
        pytest.param("promote", {"accounts": "tom@localhost", "standing": "emperor"}, id="an unknown standing"),
        pytest.param("promote", {"accounts": "v@anon.localhost", "standing": "helper"}, id="a visitor's account"),
        pytest.param("promote", {"accounts": "ada@localhost", "standing": "helper"}, id="downwards"),
        pytest.param("demote", {"accounts": "tom@localhost", "standing": "helper"}, id="upwards"),
        pytest.param("demote", {"accounts": "tom@localhost", "standing": "admin"}, id="to what is not offered"),
        pytest.param("add-account", {"jid": "ana@localhost"}, id="an account that is there"),
        pytest.param("add-account", {"jid": "a b@localhost"}, id="what is no address"),
        pytest.param("list-accounts", {"standing": "emperor"}, id="a choice that is none"),
        pytest.param("go-on-duty", {"duty_role": "emperor"}, id="a role that is none"),
        pytest.param("go-on-duty", {"max_chats": "many"}, id="a number that is none"),
        pytest.param("go-on-duty", {"max_chats": "-1"}, id="a number below"),
        pytest.param("go-on-duty", {"max_chats": "21"}, id="a number above"),
        pytest.param("go-on-duty", {"max_chats": "9" * 5000}, id="a number too long"),
        pytest.param("close-chat", {"chat": "x", "disposition": "eaten"}, id="a disposition that is none"),
    ],
)
async def test_values_that_will_not_do_end_in_the_form_and_a_note(
    wire: Wire, node: str, values: dict[str, str]
) -> None:
    step = await give(wire, node, dict(values))
    assert (step.status, step.note[0]) == ("executing", "error")
    assert step.form.get("type") == "form"


async def test_unknown_fields_are_passed_over(wire: Wire) -> None:
    assert (await give(wire, "promote", {**PROMOTION, "colour": "red"})).status == "completed"


async def test_the_last_admin_stays(wire: Wire) -> None:
    step = await give(wire, "demote", {"accounts": "ada@localhost", "standing": "helper"})
    assert step.error == ("forbidden", "")
    assert await standing_of(wire, "ada") is Standing.ADMIN


async def test_a_result_table(wire: Wire) -> None:
    step = await give(wire, "list-accounts", {"standing": "any"})
    assert step.status == "completed"
    assert step.note == ("info", "5 accounts.")
    reported = [f.get("var") for f in step.form.iterfind(f"{{{DATA}}}reported/{{{DATA}}}field")]
    assert reported == ["jid", "standing", "since", "on_duty"]
    assert [row["jid"] for row in step.rows] == [f"{n}@localhost" for n in ("ada", "mia", "ana", "ben", "tom")]
    assert [list(row) for row in step.rows] == [reported] * 5


async def test_problems_are_listed_with_what_is_known_of_them(wire: Wire) -> None:
    when = datetime(2026, 1, 5, 10, tzinfo=UTC)
    found = [Problem("c1", Trouble.STUCK, when, "forbidden"), Problem("", Trouble.LETTERS_EXPIRED, when, "2 of them")]
    await wire.component.desk.do(sweep.keep, found, workgroup=SUPPORT, rules=wire.component.desk.rules)
    step = await give(wire, "list-problems")
    assert step.note == ("info", "2 problems.")
    assert step.rows == [
        {"chat": "", "what": "letters-expired", "since": "2026-01-05T10:00:00Z", "reason": "2 of them"},
        {"chat": "c1", "what": "stuck", "since": "2026-01-05T10:00:00Z", "reason": "forbidden"},
    ]


async def test_result_fields(wire: Wire) -> None:
    await wire.on_duty("ana")
    step = await give(wire, "my-status", by=ANA)
    assert (step.status, step.form.get("type")) == ("completed", "result")
    assert step.values == {
        "standing": ["helper"],
        "duty_role": ["helper"],
        "max_chats": ["2"],
        "chats": [],
        "offered": [""],
        "visited": ["0"],
    }


async def test_an_empty_table_is_a_table(wire: Wire) -> None:
    step = await give(wire, "list-queue", by=ANA)
    assert (step.note, step.rows) == (("info", "0 requests."), [])
    assert step.form.find(f"{{{DATA}}}reported") is not None


async def test_a_list_says_where_it_ends(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too big for one stanza would not be sent at all."""
    monkeypatch.setattr(chats, "LISTED", 1)
    monkeypatch.setattr(accounts, "LISTED", 2)
    await wire.on_duty("ana")
    for visitor in (VERA, "vic@anon.localhost/page"):
        await give(wire, "ask-for-help", REQUEST, by=visitor)
    step = await give(wire, "list-queue", by=ANA)
    assert step.note is not None
    assert step.note[1].startswith("2 requests; the first 1 are shown.")
    assert len(step.rows) == 1
    step = await give(wire, "list-accounts", {"standing": "any"})
    assert step.note is not None
    assert step.note[1].endswith("the first 2 are shown.")
    assert len(step.rows) == 2


@pytest.mark.parametrize(
    ("node", "values"),
    [
        pytest.param("accept-offer", {"chat": "x"}, id="no offer"),
        pytest.param("join-chat", {"chat": "none"}, id="no such chat"),
        pytest.param("close-chat", {"chat": "none"}, id="no such chat to close"),
        pytest.param("go-off-duty", None, id="not on duty"),
    ],
)
async def test_what_is_not_there_ends_with_an_error_note(wire: Wire, node: str, values: dict[str, str] | None) -> None:
    step = await give(wire, node, None if values is None else dict(values))
    assert (step.status, step.note[0]) == ("completed", "error")


@pytest.mark.parametrize(
    ("node", "by", "condition"),
    [
        pytest.param("dance", ADA, "item-not-found", id="an unknown command"),
        pytest.param("promote", "mia@localhost/x", "forbidden", id="an admin's command, by a monitor"),
        pytest.param("promote", VERA, "forbidden", id="an admin's command, by a visitor"),
        pytest.param("list-queue", TOM, "forbidden", id="a helper's command, by a trainee"),
        pytest.param("join-chat", ANA, "forbidden", id="a monitor's command, by a helper"),
        pytest.param("resume", ANA, "forbidden", id="a visitor's command, by a helper"),
    ],
)
async def test_who_may_not(wire: Wire, node: str, by: str, condition: str) -> None:
    assert (await give(wire, node, {}, by=by)).error == (condition, "")
    assert (await give(wire, node, by=by)).error == (condition, "")


async def test_no_command_is_given_at_an_address_that_is_no_workgroup(wire: Wire) -> None:
    assert (await give(wire, "my-status", {}, to="nowhere@workgroup.localhost")).error == ("item-not-found", "")


async def test_rights_are_looked_at_at_the_last_step(wire: Wire) -> None:
    desk = wire.component.desk
    first = await give(wire, "promote")
    await give(wire, "promote", {"accounts": "mia@localhost", "standing": "admin"})
    await desk.do(
        staff.change_standings,
        ["ada@localhost"],
        Standing.HELPER,
        is_promotion=False,
        by=jid("mia"),
        reason="",
        workgroup=desk.workgroups[0],
        rules=desk.rules,
    )
    assert (await give(wire, "promote", PROMOTION, session=first.session)).error == ("forbidden", "")
    assert await standing_of(wire, "tom") is Standing.TRAINEE


@pytest.mark.parametrize(
    ("by", "to", "node"),
    [
        pytest.param("ada@localhost/other", SUPPORT, "promote", id="another client of theirs"),
        pytest.param(ADA, "workgroup.localhost", "promote", id="at another address"),
        pytest.param(ADA, SUPPORT, "demote", id="for another command"),
    ],
)
async def test_a_session_is_good_only_where_it_was_begun(wire: Wire, by: str, to: str, node: str) -> None:
    first = await give(wire, "promote")
    step = await give(wire, node, PROMOTION, by=by, to=to, session=first.session)
    assert step.error == ("bad-request", "bad-sessionid")


async def test_a_session_is_over_when_the_command_is_done(wire: Wire) -> None:
    first = await give(wire, "promote")
    await give(wire, "promote", PROMOTION, session=first.session)
    again = await give(wire, "promote", PROMOTION, session=first.session)
    assert again.error == ("bad-request", "bad-sessionid")


async def test_an_unknown_action_is_malformed(wire: Wire) -> None:
    assert (await give(wire, "promote", action="dance")).error == ("bad-request", "malformed-action")


async def test_a_question_of_the_wrong_kind_is_refused(wire: Wire) -> None:
    answer = await wire.ask(f"<command xmlns='{C}' node='promote'/>", kind="get", by=ADA)
    assert answer.get("type") == "error"


# --- visitors


REQUEST: dict[str, str | list[str]] = {"username": "Vera", "question": ["Where are", "my bookmarks?"]}


async def test_a_visitor_asks_sees_the_place_comes_back_and_leaves(wire: Wire) -> None:
    await wire.on_duty("ana")
    first = await give(wire, "ask-for-help", by=VERA)
    assert list(first.values) == ["username", "question", "email"]
    asked = await give(wire, "ask-for-help", REQUEST, by=VERA, session=first.session)
    assert asked.status == "completed"
    assert asked.values["position"] == ["1"]
    assert asked.values["wait_s"] == ["10"]
    back = await give(wire, "resume", {"token": asked.values["token"][0]}, by="v2@anon.localhost/page")
    assert back.values["chat"] == asked.values["chat"]
    assert back.values["token"] != asked.values["token"]
    left = await give(wire, "leave-queue", by="v2@anon.localhost/page")
    assert left.status == "completed"
    gone = await give(wire, "leave-queue", by="v2@anon.localhost/page")
    assert (gone.status, gone.note[0]) == ("completed", "error")


async def test_a_second_request_is_a_conflict_and_the_place_is_told_again(wire: Wire) -> None:
    await wire.on_duty("ana")
    await give(wire, "ask-for-help", REQUEST, by=VERA)
    wire.sent.clear()
    assert (await give(wire, "ask-for-help", REQUEST, by=VERA)).error == ("conflict", "")
    (message,) = wire.sent
    position = message.findtext(".//{http://jabber.org/protocol/workgroup}position")
    assert (message.get("to"), position) == (VERA, "1")


async def test_a_closed_desk_takes_no_requests(wire: Wire) -> None:
    assert (await give(wire, "ask-for-help", REQUEST, by=VERA)).error == ("service-unavailable", "")


async def test_staff_are_pointed_to_the_contributors_room(wire: Wire) -> None:
    await wire.on_duty("ana")
    step = await give(wire, "ask-for-help", REQUEST, by=TOM)
    assert step.error == ("not-allowed", "")
    assert "contributors@conference.localhost" in ET.tostring(step.answer, "unicode")


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000])
async def test_a_token_that_nobody_knows(wire: Wire, token: str) -> None:
    step = await give(wire, "resume", {"token": token}, by=VERA)
    assert (step.status, step.note[0]) == ("completed", "error")


async def test_a_name_that_belongs_to_the_desk_brings_the_form_again(wire: Wire) -> None:
    await wire.on_duty("ana")
    step = await give(wire, "ask-for-help", {**REQUEST, "username": "Help Desk"}, by=VERA)
    assert (step.status, step.note[0]) == ("executing", "error")
    assert step.values["question"] == ["Where are", "my bookmarks?"]


@pytest.mark.parametrize(("hours", "said"), [(23, "decide about you by"), (25, "are late")])
async def test_whether_a_decision_is_late_goes_by_the_desks_clock(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, hours: int, said: str
) -> None:
    """The machine's clock, which may be set, was asked once more."""
    now = wire.component.clock.now()
    with wire.component.store.writing() as work:
        work.applications.open(jid("tom"), by="ana@localhost", comment="", at=now, decide_by=now + timedelta(hours=24))
    monkeypatch.setattr(wire.component.store, "_clock", lambda: now + timedelta(hours=hours))
    status = await give(wire, "my-status", by=TOM)
    assert said in status.note[1]


async def test_many_who_are_stuck_are_moved_a_few_at_a_time(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them in one transaction kept everybody else waiting for the database."""
    many, store = 2 * AT_ONCE + 1, wire.component.store
    with store.writing() as work:
        for number in range(many):
            long_ago = work.now - timedelta(days=30)
            work.accounts.put(a_trainee(f"una{number}", since_at=long_ago, welcomed_at=long_ago))
    units: list[str] = []
    monkeypatch.setattr(store, "on_unit", lambda kind, seconds: units.append(kind))
    said = await give(wire, "move-stuck", {"what": "nudge", "accounts": []})
    assert (said.status, said.note[0]) == ("completed", "info")
    assert units.count("write") == 3
    with store.writing() as work:
        assert len({letter.to for letter in work.letters.take_due(work.now, 500)}) == many
