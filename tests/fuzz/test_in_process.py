"""Mutated stanzas fed to the whole component: nothing reaches a handler's top, and each question has one answer."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from slixmpp.xmlstream import XMLStream
from slixmpp.xmlstream.tostring import tostring

from livechat_xmpp.component import Component, build
from livechat_xmpp.domain.model import ChatId, FullJid, Standing, bare
from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.settings import Settings
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases import offers, staff, visits
from livechat_xmpp.xmpp.link import ILLEGAL
from tests.factories import SUPPORT, jid
from tests.fuzz.stanzas import DATA, NS, RECEIVERS, SENDERS, C, stanzas, written
from tests.servers.waiting import wait_until_async

STAFF = {"ada": Standing.ADMIN, "mia": Standing.MONITOR, "ana": Standing.HELPER, "tom": Standing.TRAINEE}
MOST_SHOWN = 1000  # characters of a stanza, when a run has failed
VERA = FullJid("vera@anon.localhost/page")


class Fuzzed:
    """A component whose stream is fed by us. sent: what it sent; ends: how it ended the stream, which it never may."""

    def __init__(self, component: Component, sent: list[Element]) -> None:
        self.component, self.sent = component, sent
        self.ends: list[str] = []
        self.chat = ChatId("")
        link = component.link
        link._is_up = True
        link._lost = asyncio.get_running_loop().create_future()
        for way in ("abort", "disconnect"):
            setattr(link, way, lambda *_, way=way: self.ends.append(way))
        link.init_parser()
        self.receive(f"<stream:stream xmlns='{NS}' xmlns:stream='http://etherx.jabber.org/streams' id='1'>")

    def receive(self, text: str) -> None:
        """Have bytes come in from the server."""
        self.component.link.data_received(text.encode())

    async def settled(self) -> None:
        await wait_until_async(lambda: self.component.link.is_idle, "all handlers have come to their end")

    async def begin(self) -> None:
        """Have a chat in progress, and its room looked at: ana, tom and Vera are inside."""
        desk = self.component.desk
        await desk.do(staff.go_on_duty, jid("ana"), role=None, rules=desk.rules)
        self.component.book.come(FullJid("ana@localhost/x"), "")
        answers = {"username": "Vera", "question": "Why?"}
        rules = {"presences": self.component.book, "rules": desk.rules}
        self.chat = (await desk.do(visits.ask, SUPPORT, VERA, answers, **rules)).chat_id
        await desk.do(offers.make_offers, SUPPORT, {self.chat}, **rules)
        await desk.do(offers.accept_offer, jid("ana"), rules=desk.rules)
        entering = asyncio.ensure_future(self.component.rooms.enter(self.chat))
        await asyncio.sleep(0)
        room, ours = f"{self.chat}@chats.workgroup.localhost", f"{self.chat}@workgroup.localhost/desk"
        for nick, real, codes in (
            ("ana", "ana@localhost/x", ""),
            ("tom", "tom@localhost/x", ""),
            ("vera", VERA, ""),
            ("Help desk", ours, "<status code='110'/><status code='201'/>"),
        ):
            self.receive(
                f"<presence from='{room}/{nick}' to='{ours}'><x xmlns='http://jabber.org/protocol/muc#user'>"
                f"<item jid='{real}' affiliation='member' role='participant'/>{codes}</x></presence>"
            )
        await entering
        await self.settled()
        self.sent.clear()


@asynccontextmanager
async def fuzzed(database: Path) -> AsyncIterator[Fuzzed]:
    """Run a component on a copy of the database, on no server."""
    sent: list[Element] = []

    def send(self: XMLStream, data: Any, use_filters: bool = True) -> None:
        sent.append(deepcopy(data.xml))

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(XMLStream, "send", send)
        patch.setattr(ssl.SSLContext, "set_default_verify_paths", lambda _: None)  # a third of the time, for no use
        path = shutil.copy(database, Path(folder) / "livechat.db")
        chosen = Settings(
            xmpp={"secret": "secret", "iq_timeout_s": 0.02},
            routing={"probe_wait_s": 0, "ping_timeout_s": 0.02},
            database={"url": f"sqlite:///{path}"},
            web={"enabled": False},
        )
        clock = SystemClock()
        async with Store.opened(chosen.database.url.get_secret_value(), clock.now) as store:
            component = build(chosen, store, clock)
            initial = {jid(name): standing for name, standing in STAFF.items()}
            await component.desk.do(staff.set_initial, initial, component.desk.rules)
            one = Fuzzed(component, sent)
            await component.staff_presence.refresh()
            await one.begin()
            yield one


@contextmanager
def no_errors() -> Iterator[None]:
    """Fail if anybody logs an error meanwhile: our handlers, the library, or the event loop."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    keep = Keep(logging.ERROR)
    logging.getLogger().addHandler(keep)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(keep)
    for record in records:
        raise AssertionError(f"{record.name}: {record.getMessage()}") from record.exc_info and record.exc_info[1]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fuzz") / "migrated.db"
    asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    return path


bounded = settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@given(fed=st.lists(stanzas(), min_size=1, max_size=30))
@bounded
def test_whatever_comes_the_stream_stays_open_and_each_question_has_one_answer(
    migrated: Path, fed: Sequence[Element]
) -> None:
    async def play() -> None:
        async with fuzzed(migrated) as one:
            for number, stanza in enumerate(fed):
                stanza.set("id", f"f{number}")
                one.receive(text := written(stanza, one.chat))
                note(text[:MOST_SHOWN])
            await one.settled()
            await one.component.reconciler._write_transcripts()
            assert one.ends == []
            assert one.component.link.xml_depth == 1
            assert answered(one.sent) == Counter(s.get("id") for s in fed if is_question(s))
            for stanza in one.sent:
                assert_can_be_sent(one.component, stanza)
            one.receive("<iq type='get' id='last' from='v@anon.localhost/x' to='support@workgroup.localhost'>")
            one.receive("<ping xmlns='urn:xmpp:ping'/></iq>")
            await one.settled()
            assert answered(one.sent)["last"] == 1

    with no_errors():
        asyncio.run(play())


def is_question(stanza: Element) -> bool:
    """Return whether we have to answer it (RFC 6120 §8.2.3): also what claims a type that there is not.

    What is addressed to others has reached us by mistake: an answer would not be ours to give.
    """
    to = stanza.get("to", "")
    is_ours = not to or bare(to).rpartition("@")[2] == "workgroup.localhost"
    return stanza.tag == f"{{{NS}}}iq" and stanza.get("type") not in ("result", "error") and is_ours


def answered(sent: Sequence[Element]) -> Counter[str | None]:
    """Return how often each id was answered."""
    answers = (s for s in sent if s.tag == f"{{{NS}}}iq" and s.get("type") in ("result", "error"))
    return Counter(s.get("id") for s in answers)


def assert_can_be_sent(component: Component, stanza: Element) -> None:
    """Fail unless what is written of the stanza is XML, small enough, and from one of our addresses."""
    text = ILLEGAL.sub("\ufffd", tostring(stanza, xmlns=NS, stream=component.link, top_level=True))
    assert len(text.encode()) <= 480_000
    (read,) = ET.fromstring(f"<stream xmlns='{NS}'>{text}</stream>")
    sender = bare(read.get("from", "workgroup.localhost"))
    assert sender.rpartition("@")[2] == "workgroup.localhost"


def test_the_stanzas_before_they_are_changed_find_their_ways(migrated: Path) -> None:
    """The fuzzing starts from stanzas that are understood: else it would only ever try what nobody knows."""

    async def play() -> None:
        async with fuzzed(migrated) as one:
            room = f"{one.chat}@chats.workgroup.localhost"
            assert {r.replace("CHAT", one.chat) for r in (*SENDERS, *RECEIVERS)} >= {f"{room}/tom", room}
            view = one.component.rooms.view(one.chat)
            assert view is not None
            assert {o.nick for o in view.occupants} == {"ana", "tom", "vera"}
            one.receive(
                f"<message type='groupchat' from='{room}/vera' to='{one.chat}@workgroup.localhost/desk' id='m'>"
                "<body>words</body></message>"
            )
            assert [h.body for h in one.component.reconciler._heard[one.chat]] == ["words"]
            one.receive(
                f"<iq type='set' id='c' from='ana@localhost/x' to='support@workgroup.localhost'>"
                f"<command xmlns='{C}' node='close-chat'><x xmlns='{DATA}' type='submit'>"
                f"<field var='chat'><value>{one.chat}</value></field></x></command></iq>"
            )
            await one.settled()
            chat = await one.component.desk.ask(lambda work: work.chats.find(one.chat))
            assert chat is not None
            assert chat.state == "closed"

    with no_errors():
        asyncio.run(play())
