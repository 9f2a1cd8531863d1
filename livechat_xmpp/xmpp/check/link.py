"""The check's own link: tried once, and remembering what comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from slixmpp import Message, Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.xmpp.check.findings import Wanted
from livechat_xmpp.xmpp.link import Link

COMPONENT = "jabber:component:accept"
INFO = "http://jabber.org/protocol/disco#info"
ANSWER_S = 5.0


class OneLink(Link):
    """A link that is tried once. seen: what came in and belongs to no room that we look at, oldest first."""

    def __init__(self, wanted: Wanted) -> None:
        timeout = timedelta(seconds=ANSWER_S)
        super().__init__(
            wanted.component,
            wanted.secret,
            wanted.host,
            wanted.port,
            iq_timeout=timeout,
            max_bytes=wanted.max_stanza_bytes,
        )
        self.seen: list[ET.Element] = []
        self.first: Callable[[Presence | Message], bool] = lambda stanza: False  # takes what belongs to a room
        self._came = asyncio.Event()
        # From the start: what the server lets us do (XEP-0356) comes right after the link.
        self.add_event_handler("disconnected", lambda _event: self._came.set())
        for name in ("presence", "message"):
            self.on_stanza(f"check {name}", f"{{{COMPONENT}}}{name}", self._take)

    @property
    def refusal(self) -> str:
        """The condition of the server's stream error; "" if it gave none."""
        return self._refusal

    async def open(self) -> bool:
        self._lost = asyncio.get_running_loop().create_future()
        return await self._connect()

    def _take(self, stanza: Presence | Message) -> None:
        if not self.first(stanza):
            self.seen.append(stanza.xml)
            self._came.set()

    async def sees(self, wanted: Callable[[ET.Element], bool], limit_s: float = ANSWER_S) -> ET.Element:
        """Return the first stanza that is wanted. Raises LinkTrouble after limit_s without one, LinkDown."""
        try:
            async with asyncio.timeout(limit_s):
                while (found := next((one for one in self.seen if wanted(one)), None)) is None:
                    self.require_up()
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            raise LinkTrouble("nothing came in time") from None
        self.seen.remove(found)
        return found

    async def info(self, address: str) -> set[str]:
        """Return the identities, as category/type, and features of an address (XEP-0030)."""
        answer = await self.query(address, f"{{{INFO}}}query")
        identities = {f"{i.get('category')}/{i.get('type')}" for i in answer.iter(f"{{{INFO}}}identity")}
        return identities | {feature.get("var", "") for feature in answer.iter(f"{{{INFO}}}feature")}

    async def query(self, address: str, tag: str, sender: str = "") -> ET.Element:
        """Return what the address answers to an empty query; sender: the component itself unless told otherwise."""
        iq = self.make_iq_get(ito=address, ifrom=sender or self.boundjid.bare)
        iq.append(ET.Element(tag))
        answer: ET.Element = (await self.request(iq)).xml
        return answer
