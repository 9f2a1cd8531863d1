"""When members of the staff were last heard of, recorded to the hour: who decides has to be there now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Set
from datetime import datetime, timedelta

from livechat_xmpp.domain.model import Account, BareJid
from livechat_xmpp.usecases import staff
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble
from livechat_xmpp.xmpp.link import Link

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)  # one write for each person in it
TOGETHER_S = 60.0  # so long they are gathered: after a start everybody shows up at once


class SignsOfLife:
    """Takes in who is heard of, and has it recorded, many at once."""

    def __init__(
        self, link: Link, desk: Desk, now: Callable[[], datetime], *, is_staff: Callable[[BareJid], bool]
    ) -> None:
        self._link = link
        self._desk = desk
        self._now = now
        self._is_staff = is_staff
        self._recorded: dict[BareJid, datetime] = {}
        self._seen: set[BareJid] = set()

    def begin(self, accounts: Iterable[Account]) -> None:
        """Take in what is on record."""
        self._recorded = {a.jid: a.active_at for a in accounts if a.active_at is not None}

    def note(self, jid: BareJid) -> None:
        """Take in that somebody is there."""
        last = self._recorded.get(jid)
        if not self._is_staff(jid) or (last is not None and self._now() < last + EVERY):
            return
        self._recorded[jid] = self._now()
        self._gather({jid})

    def _gather(self, seen: Set[BareJid]) -> None:
        if not self._seen:
            asyncio.get_running_loop().call_later(TOGETHER_S, self._record_soon)
        self._seen |= seen

    def _record_soon(self) -> None:
        self._link.spawn(self.record())

    async def record(self) -> None:
        """Record who was heard of since the last time; what cannot be recorded now is tried again."""
        seen, self._seen = self._seen, set()
        if not seen:
            return
        try:
            await self._desk.do(staff.note_active, seen)
        except StoreTrouble as trouble:
            log.warning("signs of life not recorded yet", extra={"trouble": str(trouble)})
            self._gather(seen)
