"""The whole component with its link replaced: stanzas go in as XML, and what would be sent comes out as XML."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from slixmpp.xmlstream import XMLStream

from livechat_xmpp.component import Component, build
from livechat_xmpp.domain.model import BareJid, DutyRole, Standing
from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.settings import Settings
from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases import staff
from livechat_xmpp.xmpp.commands.door import CommandDoor
from tests.factories import jid
from tests.migrated import put_database
from tests.servers.waiting import wait_until_async

NS = "jabber:component:accept"
SUPPORT = "support@workgroup.localhost"
VERA = "v1@anon.localhost/page"
STAFF = {
    "ada@localhost": "admin",
    "mia@localhost": "monitor",
    "ana@localhost": "helper",
    "ben@localhost": "helper",
    "tom@localhost": "trainee",
}


class Wire:
    """One component on a mock stream. sent: what it sent, oldest first. door: where commands come in."""

    def __init__(self, component: Component, sent: list[ET.Element], door: CommandDoor) -> None:
        self.component, self.sent, self.door = component, sent, door
        self._ids = itertools.count(1)

    def feed(self, xml: str) -> None:
        """Have a stanza come in from the server."""
        element = ET.fromstring(f"<stream xmlns='{NS}'>{xml}</stream>")[0]
        self.component.link._spawn_event(element)

    async def settle(self) -> None:
        await wait_until_async(lambda: self.component.link.is_idle, "all handlers have come to their end")

    async def ask(self, payload: str, *, kind: str = "set", by: str = VERA, to: str = SUPPORT) -> ET.Element:
        """Ask with an IQ and return its answer."""
        number = f"q{next(self._ids)}"
        self.feed(f"<iq type='{kind}' id='{number}' from='{by}' to='{to}'>{payload}</iq>")
        await self.settle()
        (answer,) = [s for s in self.sent if s.get("id") == number]
        self.sent.remove(answer)
        return answer

    async def tell(self, stanza: str) -> list[ET.Element]:
        """Feed a stanza and return everything that was sent because of it."""
        before = len(self.sent)
        self.feed(stanza)
        await self.settle()
        return self.sent[before:]

    async def on_duty(self, name: str, role: DutyRole | None = None) -> None:
        desk = self.component.desk
        await desk.do(staff.go_on_duty, jid(name), role=role, rules=desk.rules)


@pytest_asyncio.fixture
async def wire(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """A component; `@pytest.mark.desk(LIVECHAT_…="…")` changes its settings."""
    marker = request.node.get_closest_marker("desk")
    for name, value in marker.kwargs.items() if marker else ():
        monkeypatch.setenv(name, value)
    sent: list[ET.Element] = []

    def send(self: XMLStream, data: Any, use_filters: bool = True) -> None:
        sent.append(deepcopy(data.xml))

    doors: list[CommandDoor] = []

    def door(*parts: Any) -> CommandDoor:
        doors.append(CommandDoor(*parts))
        return doors[-1]

    monkeypatch.setattr(XMLStream, "send", send)
    monkeypatch.setattr("livechat_xmpp.component.CommandDoor", door)
    path = tmp_path / "livechat.db"
    put_database(path)
    settings = Settings(
        xmpp={"secret": "secret"},
        database={"url": f"sqlite+aiosqlite:///{path}"},
        staff={"initial": STAFF},
        web={"enabled": False},
    )
    clock = SystemClock()
    async with Store.opened(settings.database.url.get_secret_value(), clock.now) as store:
        component = build(settings, store, clock)
        component.link._is_up, component.link._lost = True, asyncio.get_running_loop().create_future()
        initial = {BareJid(who): Standing(standing) for who, standing in STAFF.items()}
        await component.desk.do(staff.set_initial, initial, component.desk.rules)
        yield Wire(component, sent, doors[0])


def canonical(xml: ET.Element | str) -> str:
    """Return XML such that equal meaning is equal text; a stanza without namespace is one of the component's."""
    if isinstance(xml, str):
        xml = ET.fromstring(f"<stream xmlns='{NS}'>{xml}</stream>")[0]
    return ET.canonicalize(ET.tostring(xml, "unicode"), strip_text=True, rewrite_prefixes=True)


def assert_same(actual: ET.Element, expected: str) -> None:
    assert canonical(actual) == canonical(expected)
