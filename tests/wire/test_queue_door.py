"""XEP-0142 and plain words, as whole exchanges with a visitor."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.apprenticeship import Credit, Endorsement
from livechat_xmpp.domain.forms import DEFAULT, Form
from livechat_xmpp.domain.model import Chat, ChatState, DutyRole, FullJid, RoomState, Standing, WorkgroupName, bare
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.wording import visitors
from livechat_xmpp.domain.wording.duty import CLOSED_TO_TEAM
from livechat_xmpp.domain.wording.words import NOT_FOR_YOU
from livechat_xmpp.usecases import offers, rooms, visits
from livechat_xmpp.usecases.ports import Work
from tests.factories import a_request, jid
from tests.wire.conftest import SUPPORT, VERA, Wire, assert_same, canonical

W = "http://jabber.org/protocol/workgroup"
V = "urn:livechat-xmpp:visit:0"
DATA = "jabber:x:data"
CONFERENCE = "jabber:x:conference"
GROUP = WorkgroupName("support")
JOIN = (
    f"<join-queue xmlns='{W}'><queue-notifications/><x xmlns='{DATA}' type='submit'>"
    "<field var='username'><value>Vera</value></field><field var='question'><value>Where?</value></field>"
    "</x></join-queue>"
)
OWN_FORM = pytest.mark.desk(
    LIVECHAT_WORKGROUPS=json.dumps(
        [
            {
                "name": "support",
                "fields": [
                    {"name": "question", "kind": "lines", "is_required": True, "limit": 20},
                    {
                        "name": "browser",
                        "label": "Your browser",
                        "kind": "choice",
                        "options": ["Firefox", "Chromium"],
                        "is_required": True,
                    },
                ],
            }
        ]
    )
)
SHORT_WAIT = "You are next in the queue. The wait is less than a minute."
FIRST_WAIT = f"{SHORT_WAIT} {visitors.STAY_ONLINE.english}"


def condition(answer: ET.Element) -> str:
    error = answer.find("{*}error")
    return "" if error is None else error[0].tag.rpartition("}")[2]


def places(wire: Wire) -> list[ET.Element]:
    """Return the messages sent with a place in the queue."""
    return [s for s in wire.sent if s.find(f"{{{W}}}queue-status") is not None]


async def join(wire: Wire, by: str = VERA) -> ET.Element:
    return await wire.ask(JOIN, by=by)


async def test_joining_is_answered_and_then_comes_the_place_with_the_token(wire: Wire) -> None:
    await wire.on_duty("ana")
    answer = await join(wire)
    assert (answer.get("type"), list(answer)) == ("result", [])
    (message,) = places(wire)
    resume = message.find(f"{{{V}}}resume")
    assert resume is not None
    assert re.fullmatch("[a-z2-9]{13}", resume.get("chat", ""))
    assert len(resume.get("token", "")) >= 20
    assert_same(
        message,
        f"<message id='{message.get('id')}' type='chat' from='{SUPPORT}' to='{VERA}'><body>{SHORT_WAIT}</body>"
        f"<queue-status xmlns='{W}'><position>1</position><time>10</time></queue-status>"
        f"<resume xmlns='{V}' chat='{resume.get('chat')}' token='{resume.get('token')}'/></message>",
    )


async def test_joining_twice_is_a_conflict_and_tells_the_place_without_a_token(wire: Wire) -> None:
    await wire.on_duty("ana")
    await join(wire)
    wire.sent.clear()
    assert condition(await join(wire)) == "conflict"
    (message,) = places(wire)
    resume = message.find(f"{{{V}}}resume")
    assert resume is not None
    assert resume.get("token") is None


@pytest.mark.parametrize(
    ("payload", "by", "to", "expected"),
    [
        pytest.param(JOIN, "ana@localhost/x", SUPPORT, "not-allowed", id="a member of the staff"),
        pytest.param(JOIN, VERA, "sales@workgroup.localhost", "item-not-found", id="at no workgroup"),
        pytest.param(f"<join-queue xmlns='{W}'/>", VERA, SUPPORT, "not-acceptable", id="without a question"),
        pytest.param(JOIN.replace("Vera", "Help desk"), VERA, SUPPORT, "not-acceptable", id="under the desk's name"),
        pytest.param(
            JOIN.replace("Where?", "x" * 5000), VERA, SUPPORT, "not-acceptable", id="with too long a question"
        ),
    ],
)
async def test_joining_is_refused(wire: Wire, payload: str, by: str, to: str, expected: str) -> None:
    await wire.on_duty("ben")
    assert condition(await wire.ask(payload, by=by, to=to)) == expected
    assert places(wire) == []


async def test_nobody_joins_a_closed_desk(wire: Wire) -> None:
    await wire.on_duty("ana", DutyRole.ADVISOR)
    answer = await join(wire)
    assert condition(answer) == "service-unavailable"
    assert visitors.CLOSED_NOW.english in ET.tostring(answer, "unicode")


async def test_the_place_can_be_asked_for(wire: Wire) -> None:
    await wire.on_duty("ana")
    await join(wire)
    answer = await wire.ask(f"<queue-status xmlns='{W}'/>", kind="get")
    status = answer.find(f"{{{W}}}queue-status")
    assert status is not None
    assert canonical(status) == canonical(
        f"<queue-status xmlns='{W}'><position>1</position><time>10</time></queue-status>"
    )
    eve = await wire.ask(f"<queue-status xmlns='{W}'/>", kind="get", by="eve@anon.localhost/x")
    assert condition(eve) == "item-not-found"


async def test_who_departs_has_no_place_any_more(wire: Wire) -> None:
    await wire.on_duty("ana")
    await join(wire)
    assert (await wire.ask(f"<depart-queue xmlns='{W}'/>")).get("type") == "result"
    assert condition(await wire.ask(f"<queue-status xmlns='{W}'/>", kind="get")) == "item-not-found"
    assert condition(await wire.ask(f"<depart-queue xmlns='{W}'/>")) == "item-not-found"


async def test_the_form_is_given_to_who_asks(wire: Wire) -> None:
    answer = await wire.ask(f"<workgroup-form xmlns='{W}'/>", kind="get")
    form = answer.find(f"{{{W}}}workgroup-form/{{{DATA}}}x")
    assert form is not None
    assert form.get("type") == "form"
    fields = {
        f.get("var"): (f.get("type"), f.find(f"{{{DATA}}}required") is not None) for f in form.iter(f"{{{DATA}}}field")
    }
    assert fields == {
        "username": ("text-single", True),
        "question": ("text-multi", True),
        "email": ("text-single", False),
    }


@OWN_FORM
async def test_a_form_of_ones_own_is_given_and_taken(wire: Wire) -> None:
    await wire.on_duty("ana")
    answer = await wire.ask(f"<workgroup-form xmlns='{W}'/>", kind="get")
    (field,) = (one for one in answer.iter(f"{{{DATA}}}field") if one.get("var") == "browser")
    assert canonical(field) == canonical(
        f"<field xmlns='{DATA}' var='browser' type='list-single' label='Your browser'><required/>"
        "<option label='Firefox'><value>Firefox</value></option>"
        "<option label='Chromium'><value>Chromium</value></option></field>"
    )
    assert [one.get("var") for one in answer.iter(f"{{{DATA}}}field")] == ["question", "browser"]
    assert condition(await join(wire)) == "not-acceptable"
    assert await queue(wire) == []
    given = "<field var='browser'><value>Firefox</value></field></x>"
    assert (await wire.ask(JOIN.replace("</x>", given))).get("type") == "result"
    assert kept(wire) == [{"question": "Where?", "browser": "Firefox"}]
    assert await queue(wire) == [("Visitor", "Where?")], "nobody is asked for a name"


@pytest.mark.parametrize(
    ("is_required", "name"), [pytest.param(True, "eve", id="required"), pytest.param(False, "Visitor", id="optional")]
)
async def test_who_gives_no_name_is_called_by_the_address_only_where_there_has_to_be_one(
    wire: Wire, is_required: bool, name: str
) -> None:
    await wire.on_duty("ana")
    username, question, _ = DEFAULT.fields
    own = Form((replace(username, is_required=is_required), question))
    wire.component.desk.rules.forms[GROUP] = own  # type: ignore[index]
    nameless = JOIN.replace("<field var='username'><value>Vera</value></field>", "")
    assert (await wire.ask(nameless, by="eve@localhost/x")).get("type") == "result"
    assert await queue(wire) == [(name, "Where?")]


@OWN_FORM
async def test_who_writes_a_message_is_asked_for_nothing_else(wire: Wire) -> None:
    await wire.on_duty("ana")
    assert await say(wire, "Where?") == [FIRST_WAIT]
    assert kept(wire) == [{"question": "Where?"}]
    assert await queue(wire) == [("Visitor", "Where?")]


@OWN_FORM
async def test_more_words_are_taken_up_to_the_forms_own_limit(wire: Wire) -> None:
    await wire.on_duty("ana")
    await say(wire, "Where?")
    assert await say(wire, "x" * 14) == ["Your question is too long: 20 characters are possible."]
    assert (await say(wire, "x" * 13))[0] == visitors.WORDS_ADDED.english


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param(JOIN, "get", id="joining, asked as a question"),
        pytest.param(f"<queue-status xmlns='{W}'/>", "set", id="a place, given as an order"),
    ],
)
async def test_the_wrong_kind_of_question_is_refused(wire: Wire, payload: str, kind: str) -> None:
    assert (await wire.ask(payload, kind=kind)).get("type") == "error"


# --- plain words


async def say(
    wire: Wire, words: str, by: str = VERA, more: str = "", kind: str = "chat", language: str = "en"
) -> list[str]:
    """Write to the workgroup and return the bodies of what comes back."""
    of = f"type='{kind}' from='{by}' to='{SUPPORT}' xml:lang='{language}'"
    stanza = f"<message {of}><body>{words}</body>{more}</message>"
    sent = await wire.tell(stanza)
    assert {s.get("to") for s in sent} <= {by}
    assert {s.get("from") for s in sent} <= {SUPPORT}
    return [s.findtext("{*}body") or "" for s in sent]


async def queue(wire: Wire) -> list[tuple[str, str]]:
    """Return name and question of everybody who waits."""
    return [(chat.visitor_name, chat.question) for chat in waiting(wire)]


def kept(wire: Wire) -> list[Mapping[str, str]]:
    """Return the answers of everybody who waits."""
    return [chat.form for chat in waiting(wire)]


def waiting(wire: Wire) -> list[Chat]:
    with wire.component.store.reading() as work:
        chats = [work.chats.find(w.chat_id) for w in work.chats.waiting(wire.component.desk.workgroups[0])]
    return [chat for chat in chats if chat is not None]


async def test_the_first_words_are_the_question_and_more_are_added(wire: Wire) -> None:
    await wire.on_duty("ana")
    assert await say(wire, "Where are my bookmarks?") == [FIRST_WAIT]
    assert await say(wire, "They were here yesterday.") == [visitors.WORDS_ADDED.english, SHORT_WAIT]
    assert await queue(wire) == [("Visitor", "Where are my bookmarks?\nThey were here yesterday.")]


async def test_somebody_with_an_account_is_called_by_its_name(wire: Wire) -> None:
    await wire.on_duty("ana")
    await say(wire, "hello?", by="vera@elsewhere.org/x")
    await say(wire, "hello?", more="<nick xmlns='http://jabber.org/protocol/nick'>Vera V.</nick>")
    assert await queue(wire) == [("vera", "hello?"), ("Vera V.", "hello?")]


@pytest.mark.parametrize(
    ("by", "more"),
    [
        pytest.param("ana@elsewhere.org/x", "", id="an account named as somebody of the staff"),
        pytest.param(f"{'a' * 70}@elsewhere.org/x", "", id="an account with a long name"),
        pytest.param(
            VERA, "<nick xmlns='http://jabber.org/protocol/nick'>Help desk</nick>", id="the desk's name as nick"
        ),
    ],
)
async def test_a_name_that_will_not_do_keeps_nobody_from_asking_in_words(wire: Wire, by: str, more: str) -> None:
    """They were told to choose another name, and had no way to."""
    await wire.on_duty("ana")
    assert await say(wire, "hello?", by=by, more=more) == [FIRST_WAIT]
    assert await queue(wire) == [("Visitor", "hello?")]


@pytest.mark.parametrize("word", ["?", "status", " HELP "])
async def test_a_place_is_asked_for_in_a_word(wire: Wire, word: str) -> None:
    await wire.on_duty("ana")
    (answer,) = await say(wire, word)
    assert answer.startswith("Write your question")
    await say(wire, "hello?")
    assert await say(wire, word) == [SHORT_WAIT]
    assert await queue(wire) == [("Visitor", "hello?")]


async def test_one_leaves_with_a_word(wire: Wire) -> None:
    await wire.on_duty("ana")
    await say(wire, "hello?")
    await say(wire, "bye")
    assert await queue(wire) == []


async def test_refusals_are_said_in_words(wire: Wire) -> None:
    assert await say(wire, "hello?") == [visitors.CLOSED_NOW.english]


@pytest.mark.parametrize(
    "stanza",
    [
        pytest.param(f"<message type='chat' from='{VERA}' to='{SUPPORT}'/>", id="no words"),
        pytest.param(f"<message type='chat' from='{VERA}' to='{SUPPORT}'><body> </body></message>", id="blanks"),
        pytest.param(
            f"<message type='headline' from='{VERA}' to='{SUPPORT}'><body>x</body></message>", id="a headline"
        ),
        pytest.param(f"<message type='groupchat' from='{VERA}' to='{SUPPORT}'><body>x</body></message>", id="a room's"),
        pytest.param(
            f"<message type='chat' from='{VERA}' to='{SUPPORT}'><composing xmlns='http://jabber.org/protocol/chatstates'/>"
            "</message>",
            id="typing",
        ),
        pytest.param(
            f"<message from='{VERA}' to='workgroup.localhost'><body>x</body></message>", id="at the component"
        ),
        pytest.param(
            f"<message from='{VERA}' to='q7hm2k42wx3n2@workgroup.localhost'><body>x</body></message>", id="at a chat"
        ),
    ],
)
async def test_what_is_not_said_to_a_workgroup_is_passed_over(wire: Wire, stanza: str) -> None:
    await wire.on_duty("ana")
    assert await wire.tell(stanza) == []
    assert await queue(wire) == []


async def test_staff_whose_clients_call_the_desk_offline_are_told_that_it_reads_them(wire: Wire) -> None:
    """Visitors find it closed; their client sends directed presence, that of the staff probes."""
    await wire.component.staff_presence.read()
    wire.component.speaker.show_workgroup(GROUP, Cover(False, False, 0, 0))
    ana, seen = "ana@localhost/phone", {}
    for stanza in (
        f"<presence from='{VERA}' to='{SUPPORT}'/>",
        f"<presence from='{ana}' to='{SUPPORT}' type='probe'/>",
    ):
        for sent in await wire.tell(stanza):
            seen[sent.get("to")] = (sent.get("type"), sent.findtext("{*}status"))
    assert seen == {VERA: ("unavailable", visitors.CLOSED_NOW.english), ana: ("unavailable", CLOSED_TO_TEAM.english)}


async def test_staff_give_commands_in_words(wire: Wire) -> None:
    ana = "ana@localhost/phone"
    assert await say(wire, "on 3 helper", by=ana) == ["You are on duty as helper, for up to 3 chats at once."]
    (told,) = await say(wire, "status", by=ana)
    assert "Your role: helper. Now: on duty as helper, up to 3 chats." in told
    assert await say(wire, "yes", by=ana) == ["Nothing is offered to you at the moment."]
    assert await say(wire, "promote tom@localhost helper", by=ana) == [NOT_FOR_YOU.english]


async def test_help_shows_what_the_person_can_use_now_and_names_the_rest(wire: Wire) -> None:
    ana, tom, ada = "ana@localhost/phone", "tom@localhost/phone", "ada@localhost/phone"
    (off_duty,) = await say(wire, "help", by=ana)
    assert "\non: go on duty" in off_duty
    assert "\noff:" not in off_duty
    assert "anchor" not in off_duty, "nothing that is not explained"
    assert "yes:" not in off_duty, "nothing is offered"
    await say(wire, "on", by=ana)
    (on_duty,) = await say(wire, "?", by=ana)
    assert "\noff:" in on_duty
    assert "\non:" not in on_duty
    assert "promote" not in on_duty
    (trainee,) = await say(wire, "help", by=tom)
    assert trainee.split("\n")[1].startswith("ready:")
    (admin,) = await say(wire, "help", by=ada)
    (also,) = [line for line in admin.split("\n") if line.startswith("also: ")]
    assert "promote, demote" in also


async def test_help_tells_all_about_one_word_to_those_whom_it_is_for(wire: Wire) -> None:
    (told,) = await say(wire, "help on", by="ana@localhost/phone")
    assert '"on anchor": like a helper' in told
    (told,) = await say(wire, "help promote", by="ada@localhost/phone")
    assert told.startswith("promote WHO helper")
    assert await say(wire, "help promote", by="ana@localhost/phone") == [NOT_FOR_YOU.english]
    (told,) = await say(wire, "help nonsense", by="ana@localhost/phone")
    assert told.startswith("You can write:")


async def test_a_trainee_is_told_the_rules_and_whose_word_they_have(wire: Wire) -> None:
    tom = "tom@localhost/phone"
    (told,) = await say(wire, "status", by=tom)
    assert "Endorsed by: nobody yet." in told
    assert "with a room monitor, for 50 % of it or for 5 minutes; as helped in if you wrote at least 3 messages" in told
    assert "Your last chat" not in told

    def happen(work: Work) -> None:
        chat = a_request(state=ChatState.CLOSED, room=RoomState.GONE)
        work.chats.add(chat, token_hash="t")
        work.credits.put(chat.id, Credit(jid("tom"), watched=True, helped=False, seconds=400, said=1), work.now)
        work.endorsements.add(jid("tom"), Endorsement(jid("ana"), work.now, chat.id))

    await wire.component.desk.do(happen)
    (told,) = await say(wire, "status", by=tom)
    assert "there with a room monitor for 7 minutes, 1 message of yours while the two talked; it counts as wat" in told
    assert re.search(r"Endorsed by: ana \(today \d\d:\d\d UTC\)\.", told)


async def test_a_word_that_is_none_is_answered_in_one_line(wire: Wire) -> None:
    (answer,) = await say(wire, "what can I do?", by="ana@localhost/phone")
    assert answer.startswith("I did not understand that;")
    assert "\n" not in answer


async def test_staff_write_words_in_their_own_language(wire: Wire) -> None:
    ana = "ana@localhost/phone"
    (on_duty,) = await say(wire, "an 3", by=ana, language="de")
    assert "Helfer:in" in on_duty
    assert "3 Chats" in on_duty
    (off_duty,) = await say(wire, "off", by=ana, language="de")
    assert "nicht verstanden" not in off_duty, "English is taken as well"
    (helped,) = await say(wire, "Hilfe", by=ana, language="de")
    assert "\nan (on): " in helped
    (lost,) = await say(wire, "an", by=ana)
    assert lost.startswith("I did not understand that;"), "not in English"


async def test_an_account_signs_up_and_a_visitor_leaves_in_their_own_language(wire: Wire) -> None:
    assert await say(wire, "bereit", by="una@localhost/phone", language="de")
    assert (await wire.component.desk.standing_of(jid("una"))) is Standing.TRAINEE
    await wire.on_duty("ana")
    await say(wire, "Wie drucke ich?", language="de")
    assert len(await queue(wire)) == 1
    await say(wire, "Tschüss", language="de")
    assert await queue(wire) == []


async def test_a_form_that_lacks_something_is_answered_with_the_hint(wire: Wire) -> None:
    (answer,) = await say(wire, "promote tom@localhost", by="ada@localhost/x")
    assert answer.startswith("Something is missing. This is how: promote WHO helper")


async def test_a_new_address_is_asked_in_by_the_room_and_not_before_it_is_a_member(wire: Wire) -> None:
    """Whoever follows an invitation that comes before the membership is turned away at the door."""
    await wire.on_duty("ana")
    desk = wire.component.desk
    ticket = await desk.do(
        visits.ask,
        GROUP,
        FullJid(VERA),
        {"username": "Vera", "question": "How?"},
        presences=desk.presences,
        rules=desk.rules,
    )
    await desk.do(offers.make_offers, GROUP, {ticket.chat_id}, presences=desk.presences, rules=desk.rules)
    await desk.do(offers.accept_offer, jid("ana"), rules=desk.rules)
    await desk.do(rooms.mark_room, ticket.chat_id, RoomState.READY, desk.rules)
    new = FullJid("v2@anon.localhost/page")
    await desk.do(visits.resume, ticket.token, new, presences=desk.presences, rules=desk.rules)

    async def is_asked_in() -> bool:
        before = len(wire.sent)
        assert condition(await join(wire, by=new)) == "conflict"
        return any(s.find(f"{{{CONFERENCE}}}x") is not None for s in wire.sent[before:])

    assert not await is_asked_in()
    chat = await desk.store.chat(ticket.chat_id)
    assert chat is not None
    (mine,) = [i for i in chat.invitations if i.jid == bare(new)]
    await desk.do(rooms.mark_invitation_told, chat.id, mine)
    assert await is_asked_in(), "once more, since they ask"
