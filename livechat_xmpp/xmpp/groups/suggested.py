"""Contact lists that nobody but their owner can change: their client is told what to change (XEP-0144)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.groups import Group, Suggestion, seen_by, suggestions
from livechat_xmpp.domain.model import Availability, BareJid
from livechat_xmpp.reconcile.ports import StaffPresences
from livechat_xmpp.usecases import groups
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.xmpp.link import Link

ROSTERX = "http://jabber.org/protocol/rosterx"


class SuggestedLists:
    """Tells a person once of each change, when they are there to see it (reconcile.ports.GroupKeeper).

    Without words: a client that cannot change contacts should not show a message about it. What they told their
    client to do with it nobody tells us, so a list that drifts is not repaired: that would be asking again.
    """

    way = "suggested"

    def __init__(self, link: Link, contact: str, desk: Desk, presences: StaffPresences) -> None:
        self._link = link
        self._contact = contact
        self._desk = desk
        self._presences = presences

    def serves(self, domain: str) -> bool:
        return True

    def lists_of(self, people: Collection[BareJid]) -> set[str]:
        return set(people)

    async def keep(self, name: str, members: Mapping[BareJid, Group]) -> bool:
        owner = BareJid(name)
        wanted = seen_by(owner, members)
        given = await self._desk.ask(groups.given, owner, self.way)
        if not suggestions({jid: one.group for jid, one in given.items()}, wanted):
            return True
        # Only then is known who is offline, and whether the server lets us write the list ourselves.
        if not self._presences.is_settled or self._presences.availability(owner) is Availability.OFFLINE:
            return False
        self._link.require_up()
        self._send(owner, await self._desk.do(groups.suggest, owner, self.way, wanted))
        return True

    def _send(self, owner: BareJid, new: Sequence[Suggestion]) -> None:
        told = ET.Element(f"{{{ROSTERX}}}x")
        for one in new:
            item = ET.SubElement(told, f"{{{ROSTERX}}}item", action=one.action, jid=one.jid)
            ET.SubElement(item, f"{{{ROSTERX}}}group").text = one.group
        message = self._link.make_message(mto=owner, mfrom=self._contact)
        message.append(told)
        message.send()
