"""Reading what a room has kept, from archives that do not do as they should."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.xmpp.archive import RoomArchive
from livechat_xmpp.xmpp.muc import MAM
from tests.factories import NOW

CHAT = ChatId("q7hm2k42wx3n2")
KEPT = (
    f"<message><result xmlns='{MAM}' queryid='1' id='kept-1'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message xmlns='jabber:client' from='room@muc/ana'><body>Hello</body></message></forwarded></result></message>"
)


async def test_one_that_gives_the_same_page_again_and_again_is_not_read_for_ever() -> None:
    """RU-3: a service that does not understand paging (XEP-0059) would be asked without end, with growing memory."""
    asked = []

    async def ask(_chat: ChatId, query: ET.Element) -> Any:
        asked.append(query)
        assert archive.take(SimpleNamespace(xml=ET.fromstring(KEPT)))  # type: ignore[arg-type]  # all that it looks at
        return SimpleNamespace(xml=ET.fromstring(f"<iq><fin xmlns='{MAM}'/></iq>"))

    archive = RoomArchive(ask, lambda _: "room@muc", lambda *_: False, lambda: "1", lambda: NOW)
    heard = await asyncio.wait_for(archive.read(CHAT), 10)
    assert {one.body for one in heard} == {"Hello"}
    assert len(asked) == 2
