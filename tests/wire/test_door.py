"""At the door: what is refused, how, and that nobody learns from a refusal whether a thing exists."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from livechat_xmpp.domain.model import BareJid, ChatId, FullJid
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.settings import Settings
from livechat_xmpp.usecases import offers
from livechat_xmpp.xmpp.limits import Rules
from livechat_xmpp.xmpp.rooms import _Room
from tests.factories import SUPPORT as NAME
from tests.factories import jid
from tests.wire.conftest import NS, SUPPORT, VERA, Wire, canonical
from tests.wire.test_commands import ANA, TOM, C, give
from tests.wire.test_limits import error_of

W = "http://jabber.org/protocol/workgroup"
PING = "<ping xmlns='urn:xmpp:ping'/>"
VIC, BEN, MIA = "v2@anon.localhost/page", "ben@localhost/x", "mia@localhost/x"
ASK = {"username": "Vera", "question": "How do I print?"}
TOO_MUCH = ("policy-violation", "wait")


class Small:
    """Limits small enough to be reached. stanzas, requests: of one sender; remembered: visitors who are watched."""

    stanzas, requests, remembered = 12, 3, 3

    def rules(self, settings: Settings) -> Rules:
        return Rules(
            sender_stanzas_per_minute=self.stanzas,
            visitor_requests_per_hour=self.requests,
            remembered=self.remembered,
            own_domains={"localhost", "workgroup.localhost", "chats.workgroup.localhost"},
            anonymous_domains={"anon.localhost"},
        )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Small:
    small = Small()
    monkeypatch.setattr("livechat_xmpp.component.limits_from", small.rules)
    return small


def a_message(sender: str, number: int) -> str:
    return f"<message type='chat' id='m{number}' from='{sender}' to='{SUPPORT}'><body>?</body></message>"


# --- too much


async def test_questions_over_the_limit_are_all_answered_with_the_reason(small: Small, wire: Wire) -> None:
    answers = [await wire.ask(PING, kind="get") for _ in range(small.stanzas * 3)]
    assert [error_of(a) for a in answers] == [("", "")] * small.stanzas + [TOO_MUCH] * small.stanzas * 2
    assert error_of(await wire.ask(PING, kind="get", by=VIC)) == ("", "")


async def test_of_messages_no_more_are_refused_than_are_taken_then_there_is_silence(small: Small, wire: Wire) -> None:
    told = [await wire.tell(a_message(VERA, n)) for n in range(small.stanzas * 3)]
    assert [len(answers) > 0 for answers in told] == [True] * small.stanzas * 2 + [False] * small.stanzas
    refused = told[small.stanzas][0]
    assert (refused.get("type"), refused.get("id"), refused.get("to")) == ("error", f"m{small.stanzas}", VERA)
    assert error_of(refused) == TOO_MUCH


async def test_presence_over_the_limit_is_refused_but_going_is_noticed(small: Small, wire: Wire) -> None:
    for _ in range(small.stanzas):
        await wire.tell(f"<presence from='{VERA}' to='{SUPPORT}'/>")
    (refused,) = await wire.tell(f"<presence from='{VERA}' to='{SUPPORT}'/>")
    assert (refused.tag, refused.get("type"), error_of(refused)) == (f"{{{NS}}}presence", "error", TOO_MUCH)
    assert wire.component.speaker.is_known_there(VERA)  # type: ignore[arg-type]
    await wire.tell(f"<presence type='unavailable' from='{VERA}' to='{SUPPORT}'/>")
    assert not wire.component.speaker.is_known_there(VERA)  # type: ignore[arg-type]


async def test_only_so_many_visitors_are_watched_and_the_last_ones_are(small: Small, wire: Wire) -> None:
    wire.component.speaker.show_workgroup(NAME, Cover(True, False, 2, 2))
    assert small.remembered == 3
    visitors = [f"v{n}@example{n}.net/x" for n in range(5)]
    for visitor in (*visitors[:3], visitors[0], *visitors[3:]):
        await wire.tell(f"<presence from='{visitor}' to='{SUPPORT}'/>")
    there = [v for v in visitors if wire.component.speaker.is_known_there(v)]  # type: ignore[arg-type]
    assert there == [visitors[0], *visitors[3:]]
    wire.sent.clear()
    wire.component.speaker.show_workgroup(NAME, Cover(False, False, 0, 0))
    assert {s.get("to") for s in wire.sent if s.get("to") in visitors} == set(there)


async def test_of_visitors_who_show_themselves_to_no_workgroup_nothing_is_kept(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were remembered for ever, as many as a domain likes to have, and each cost a transaction."""
    await wire.component.staff_presence.refresh()
    units: list[Any] = []
    monkeypatch.setattr(wire.component.store, "on_unit", lambda kind, seconds: units.append(kind))
    for kind in ("", "type='unavailable'", ""):
        await wire.tell(f"<presence {kind} from='v7@example.net/x' to='workgroup.localhost'/>")
    assert not wire.component.speaker.is_known_there(FullJid("v7@example.net/x"))
    assert units == []
    await wire.tell(f"<presence from='{ANA}' to='workgroup.localhost'/>")
    assert wire.component.speaker.is_known_there(FullJid(ANA))


async def test_staff_are_limited_as_well(small: Small, wire: Wire) -> None:
    await wire.component.staff_presence.refresh()
    answers = [await wire.ask(PING, kind="get", by=TOM) for _ in range(small.stanzas + 1)]
    assert [error_of(a) for a in answers] == [("", "")] * small.stanzas + [TOO_MUCH]
    assert error_of(await wire.ask(PING, kind="get", by=ANA)) == ("", "")


@pytest.mark.parametrize("how", ["command", "queue", "words"])
async def test_asking_and_leaving_again_and_again_comes_to_an_end(small: Small, wire: Wire, how: str) -> None:
    await wire.on_duty("ana")

    async def ask() -> str:
        """Ask, and return what was said of it: "" when it went well."""
        if how == "command":
            return error_of((await give(wire, "ask-for-help", dict(ASK), by=sender)).answer)[0]
        if how == "queue":
            form = "".join(f"<field var='{k}'><value>{v}</value></field>" for k, v in ASK.items())
            join = f"<join-queue xmlns='{W}'><x xmlns='jabber:x:data' type='submit'>{form}</x></join-queue>"
            return error_of(await wire.ask(join, by=sender))[0]
        told = await wire.tell(a_message(sender, 1).replace("?", "How do I print?"))
        text = told[0].findtext(f"{{{NS}}}body") or ""
        return "policy-violation" if "Too many requests" in text else ""

    sender = "sam@localhost/x"
    said = []
    for _ in range(small.requests + 2):
        said.append(await ask())
        await give(wire, "leave-queue", by=sender)
    assert said == [""] * small.requests + ["policy-violation"] * 2


async def test_a_second_request_at_once_is_a_conflict_and_costs_nothing(small: Small, wire: Wire) -> None:
    await wire.on_duty("ana")
    answers = [error_of((await give(wire, "ask-for-help", dict(ASK), by=VERA)).answer)[0] for _ in range(5)]
    assert answers == ["", "conflict", "conflict", "conflict", "conflict"]
    await give(wire, "leave-queue", by=VERA)
    assert error_of((await give(wire, "ask-for-help", dict(ASK), by=VERA)).answer)[0] == ""


# --- what is no stanza of ours


@pytest.mark.parametrize(
    ("attributes", "payload"),
    [
        pytest.param("type='get'", "", id="no child"),
        pytest.param("type='get'", PING + PING, id="two children"),
        pytest.param("type='set'", f"<join-queue xmlns='{W}'/><depart-queue xmlns='{W}'/>", id="two that we know"),
        pytest.param("type='jump'", PING, id="a type that there is not"),
        pytest.param("", PING, id="no type"),
    ],
)
async def test_a_question_that_is_none_is_answered_once(wire: Wire, attributes: str, payload: str) -> None:
    (answer,) = await wire.tell(f"<iq {attributes} id='x' from='{VERA}' to='{SUPPORT}'>{payload}</iq>")
    assert (answer.get("id"), error_of(answer)) == ("x", ("bad-request", "modify"))


async def test_who_puts_an_error_into_a_stanza_hides_nothing(wire: Wire) -> None:
    (answer,) = await wire.tell(f"<iq type='get' id='x' from='{VERA}' to='{SUPPORT}'><error/></iq>")
    assert error_of(answer) == ("bad-request", "modify")
    (answer,) = await wire.tell(f"<iq type='get' id='x' from='{VERA}' to='{SUPPORT}'>{PING}<error/></iq>")
    assert answer.get("type") == "result"
    room, desk = "q7hm2k42wx3n2@chats.workgroup.localhost", "q7hm2k42wx3n2@workgroup.localhost/desk"
    rooms: Any = wire.component.rooms
    looked: list[str] = []
    heard: list[str] = []
    rooms._on_changed, rooms._on_heard = looked.append, lambda chat, said: heard.append(said.body)
    item = "<item jid='tom@localhost/x' affiliation='member' role='participant'/>"
    await wire.tell(
        f"<presence from='{room}/tom' to='{desk}'><error/>"
        f"<x xmlns='http://jabber.org/protocol/muc#user'>{item}</x></presence>"
    )
    assert looked == ["q7hm2k42wx3n2"]
    read = rooms._rooms[ChatId("q7hm2k42wx3n2")] = _Room()
    read.is_read = True
    await wire.tell(f"<message type='groupchat' from='{room}/tom' to='{desk}'><body>psst</body><error/></message>")
    assert heard == ["psst"]


@pytest.mark.parametrize("kind", ["result", "error"])
async def test_answers_are_never_answered(wire: Wire, kind: str) -> None:
    assert await wire.tell(f"<iq type='{kind}' id='x' from='{VERA}' to='{SUPPORT}'>{PING}</iq>") == []


@pytest.mark.parametrize("depth", [10, 30_000])
async def test_deep_stanzas_are_answered_like_flat_ones(
    wire: Wire, depth: int, caplog: pytest.LogCaptureFixture
) -> None:
    for payload in (f"<x xmlns='urn:x'>{'<a>' * depth}{'</a>' * depth}</x>",):
        assert error_of(await wire.ask(payload)) == ("feature-not-implemented", "cancel")
    deep = f"<join-queue xmlns='{W}'>{'<a>' * depth}{'</a>' * depth}</join-queue>"
    assert error_of(await wire.ask(deep)) == ("service-unavailable", "cancel")
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_a_bug_in_a_handler_is_told_by_its_id_and_the_next_stanza_is_handled(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(wire.component.staff_presence, "on_presence", lambda *_: 1 / 0)
        await wire.tell(f"<presence from='{VERA}' to='{SUPPORT}'/>")
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.getMessage() == "stanza handler failed"
    assert (await wire.ask(PING, kind="get")).get("type") == "result"


# --- nobody learns whether it exists (PR-3)

Try = Callable[[Wire, str], Awaitable[list[ET.Element]]]


def command(node: str, by: str, **fields: str) -> Try:
    """Give a command about a chat at once; `CHAT` stands for its id."""

    async def attempt(wire: Wire, chat: str) -> list[ET.Element]:
        return [(await give(wire, node, {k: v.replace("CHAT", chat) for k, v in fields.items()}, by=by)).answer]

    return attempt


def question(payload: str, kind: str, by: str = VIC, to: str = "CHAT@workgroup.localhost") -> Try:
    async def attempt(wire: Wire, chat: str) -> list[ET.Element]:
        payload_, to_ = (text.replace("CHAT", chat) for text in (payload, to))
        return [await wire.ask(payload_, kind=kind, by=by, to=to_)]

    return attempt


def stanza(xml: str) -> Try:
    async def attempt(wire: Wire, chat: str) -> list[ET.Element]:
        return await wire.tell(xml.replace("CHAT", chat))

    return attempt


INFO, ITEMS = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param(
            command("close-chat", BEN, chat="CHAT", disposition="solved"), id="a helper closes another's chat"
        ),
        pytest.param(command("close-chat", TOM, chat="CHAT", disposition="solved"), id="a trainee closes a chat"),
        pytest.param(command("close-chat", VIC, chat="CHAT", disposition="solved"), id="a visitor closes a chat"),
        pytest.param(command("join-chat", BEN, chat="CHAT"), id="a helper enters another's chat"),
        pytest.param(command("join-chat", VIC, chat="CHAT"), id="a visitor enters a chat"),
        pytest.param(command("accept-offer", BEN, chat="CHAT"), id="a helper takes what was offered to another"),
        pytest.param(command("reject-offer", BEN, chat="CHAT"), id="a helper passes on what was offered to another"),
        pytest.param(command("accept-offer", VIC, chat="CHAT"), id="a visitor takes an offer"),
        pytest.param(command("resume", VIC, token="CHAT"), id="a visitor comes back with a chat's id"),
        pytest.param(question(f"<query xmlns='{INFO}'/>", "get"), id="what a chat's address is"),
        pytest.param(question(f"<query xmlns='{ITEMS}'/>", "get"), id="what a chat's address has"),
        pytest.param(question(f"<query xmlns='{ITEMS}' node='{C}'/>", "get"), id="which commands it has"),
        pytest.param(question(PING, "get"), id="whether it answers"),
        pytest.param(question(f"<command xmlns='{C}' node='close-chat'/>", "set", BEN), id="a command there"),
        pytest.param(question(f"<queue-status xmlns='{W}'/>", "get"), id="a place there"),
        pytest.param(question(f"<depart-queue xmlns='{W}'/>", "set"), id="leaving there"),
        pytest.param(question("<query xmlns='jabber:iq:last'/>", "get"), id="something unknown"),
        pytest.param(
            stanza(f"<message from='{VIC}' to='CHAT@workgroup.localhost/desk'><body>hello?</body></message>"),
            id="words to a chat's address",
        ),
        pytest.param(
            stanza(f"<presence type='probe' from='{VIC}' to='CHAT@workgroup.localhost'/>"), id="a probe of it"
        ),
        pytest.param(
            stanza(f"<presence type='subscribe' from='{VIC}' to='CHAT@workgroup.localhost'/>"), id="to see it come"
        ),
        pytest.param(
            stanza(
                f"<message from='CHAT@chats.workgroup.localhost' to='{SUPPORT}'>"
                f"<x xmlns='http://jabber.org/protocol/muc#user'><decline from='{BEN}'/></x></message>"
            ),
            id="a no from somebody who was not asked",
        ),
        pytest.param(
            stanza(f"<message type='chat' from='{BEN}' to='{SUPPORT}'><body>close CHAT solved</body></message>"),
            id="a helper writes that another's chat is closed",
        ),
        pytest.param(
            stanza(f"<message type='chat' from='{BEN}' to='{SUPPORT}'><body>join CHAT</body></message>"),
            id="a helper writes to be let in",
        ),
    ],
)
@pytest.mark.parametrize("state", ["waiting", "offered", "open", "closed"])
async def test_who_may_not_know_of_a_chat_is_answered_as_if_there_were_none(
    wire: Wire, attempt: Try, state: str
) -> None:
    chat, none = await a_chat(wire, state), "zzzzzzzzzzzzz"
    for_real, for_none = await attempt(wire, chat), await attempt(wire, none)
    assert [_neutral(s, chat) for s in for_real] == [_neutral(s, none) for s in for_none]
    assert (await wire.component.desk.ask(lambda work: work.chats.find(chat))).state == (  # type: ignore[union-attr]
        "waiting" if state == "offered" else state
    )


async def a_chat(wire: Wire, state: str) -> ChatId:
    """Have Vera ask, and ana be offered it, take it, close it, as far as the state says; ben is not on duty."""
    desk = wire.component.desk
    await wire.on_duty("ana")
    chat = ChatId((await give(wire, "ask-for-help", dict(ASK), by=VERA)).values["chat"][0])
    if state != "waiting":
        presences = wire.component.book
        presences.is_settled = True
        presences.come(ANA, "")  # type: ignore[arg-type]
        await desk.do(offers.make_offers, NAME, {chat}, presences=presences, rules=desk.rules)
    if state in ("open", "closed"):
        await desk.do(offers.accept_offer, jid("ana"), rules=desk.rules)
    if state == "closed":
        assert (await give(wire, "close-chat", {"chat": chat, "disposition": "solved"}, by=ANA)).status == "completed"
    await wire.settle()
    wire.sent.clear()
    return chat


def _neutral(xml: ET.Element, chat: str) -> str:
    """Return the stanza without what differs in any two answers: its id, a session's, and the chat's."""
    text = re.sub(r"\bsessionid=\"[^\"]*\"", "", canonical(xml).replace(chat, "CHAT"))
    return re.sub(r"\bid=\"[^\"]*\"", "", text)


@pytest.mark.parametrize("node", ["promote", "close-chat", "list-accounts", "no-such-command"])
async def test_a_command_that_is_not_for_the_asker_is_described_like_one_that_does_not_exist(
    wire: Wire, node: str
) -> None:
    answer = await wire.ask(f"<query xmlns='{INFO}' node='{node}'/>", kind="get", by=VIC)
    assert error_of(answer) == ("item-not-found", "cancel")
    assert _neutral(answer, node) == _neutral(
        await wire.ask(f"<query xmlns='{INFO}' node='other'/>", kind="get", by=VIC), "other"
    )


@pytest.mark.parametrize("who", [BEN, TOM, VIC])
async def test_whose_account_there_is_nobody_learns_by_trying_to_change_it(wire: Wire, who: str) -> None:
    answers = [
        (await give(wire, "promote", {"accounts": account, "standing": "helper"}, by=who)).answer
        for account in ("tom@localhost", "nobody@localhost")
    ]
    assert {_neutral(a, "CHAT") for a in answers} == {_neutral(answers[0], "CHAT")}
    assert error_of(answers[0]) == ("forbidden", "auth")
    assert await wire.component.desk.standing_of(BareJid("nobody@localhost")) is None
