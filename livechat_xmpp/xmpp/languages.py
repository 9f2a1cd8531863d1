"""The languages that people's clients say: xml:lang, on stanzas or stamped there by their server (RFC 6120 §8.1.5).

Of the staff it is recorded when it changes; of everybody else the last is remembered, as long as there is room.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Set

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import Account, BareJid
from livechat_xmpp.usecases import languages
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import StoreTrouble
from livechat_xmpp.xmpp.turns import Turns

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
LONGEST = 35  # of a tag; RFC 5646 §4.4.1 has none that is longer


class HeardLanguages:
    """What was last heard, by person. unspoken: the tag that stands where nobody has said any.

    remembered: of how many people. Use cases read it in the database's threads: an entry is only replaced as a whole.
    """

    def __init__(self, *, unspoken: str, remembered: int) -> None:
        self._unspoken = unspoken.lower()
        self._remembered = remembered
        self._tags: OrderedDict[BareJid, str] = OrderedDict()

    def of(self, jid: BareJid) -> str:
        """Return the language of the client that somebody last wrote with; "": none was said."""
        return self._tags.get(jid, "")

    def read(self, xml: ET.Element) -> str:
        """Return the language that a stanza says; "": none, or nothing that could be one."""
        tag: str = xml.get(XML_LANG, "")
        is_said = tag.lower() != self._unspoken and len(tag) <= LONGEST and TAG.fullmatch(tag)
        return tag if is_said else ""

    def keep(self, jid: BareJid, tag: str) -> None:
        """Remember what somebody speaks; "" forgets it."""
        self._tags.pop(jid, None)
        if tag:
            self._tags[jid] = tag
        if len(self._tags) > self._remembered:
            self._tags.popitem(last=False)


class Ears:
    """Takes in the language of what people send, and has that of the staff recorded."""

    def __init__(self, heard: HeardLanguages, turns: Turns, desk: Desk, *, is_staff: Callable[[BareJid], bool]) -> None:
        self._heard = heard
        self._turns = turns
        self._desk = desk
        self._is_staff = is_staff
        self._recorded: dict[BareJid, str] = {}  # of the staff

    def begin(self, accounts: Iterable[Account]) -> None:
        """Take in what is on record."""
        self._recorded = {a.jid: a.language for a in accounts}

    def hear(self, jid: BareJid, xml: ET.Element, *, is_written: bool) -> None:
        """Take in the language of a stanza.

        is_written: a message or a command, by the person. What clients send by themselves, as presence, only counts
        as long as nothing is known: of several clients the one decides that is written with.
        """
        tag = self._heard.read(xml)
        if is_written or (tag and not self._heard.of(jid)):
            self._heard.keep(jid, tag)
        known = self._recorded.get(jid, "")
        if tag != known and self._is_staff(jid) and (is_written or not known):
            self._have_recorded(jid, tag)

    def meet(self, staff: Set[BareJid]) -> None:
        """Have it recorded what those spoke before who have joined the staff."""
        for jid in staff - self._recorded.keys():
            self._recorded[jid] = ""
            if tag := self._heard.of(jid):
                self._have_recorded(jid, tag)

    def _have_recorded(self, jid: BareJid, tag: str) -> None:
        if self._turns.take(jid, lambda: self._record(jid, tag)):  # else the next stanza will do
            self._recorded[jid] = tag

    async def _record(self, jid: BareJid, tag: str) -> None:
        try:
            await self._desk.do(languages.hear, jid, tag)
        except StoreTrouble:
            self._recorded.pop(jid, None)
            raise
