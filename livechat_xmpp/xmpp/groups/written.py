"""Contact lists that the server lets us write (XEP-0356 §4), as Prosody does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.groups import Contact, Group, ListPlan, plan_list, seen_by
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.usecases import groups
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.privileges import Privileges

ROSTER = "jabber:iq:roster"
GONE_ALREADY = "item-not-found"


class WrittenLists:
    """Reads a list, then writes the entries that differ (reconcile.ports.GroupKeeper).

    One entry in each request, as RFC 6121 §2.1.5 has it: so each has its own answer, and the server, which writes the
    whole list to disk for each entry however many come at once, does others' work in between.
    """

    way = "written"

    def __init__(self, link: Link, component: str, desk: Desk, privileges: Privileges) -> None:
        self._link = link
        self._component = component
        self._desk = desk
        self._privileges = privileges

    def serves(self, domain: str) -> bool:
        return self._privileges.may_keep_lists(domain)

    def lists_of(self, people: Collection[BareJid]) -> set[str]:
        return set(people)

    async def keep(self, name: str, members: Mapping[BareJid, Group]) -> bool:
        owner = BareJid(name)
        given = await self._desk.ask(groups.given, owner, self.way)
        wanted = seen_by(owner, members)
        plan = plan_list(await self._read(owner), wanted, given, is_mutual=self._is_ours)
        # On record before it is there: else an entry of ours could later be taken for the person's own.
        if plan.given != given:
            await self._desk.do(groups.note_given, owner, self.way, plan.given)
        await self._carry_out(owner, plan)
        if plan.left != plan.given:
            await self._desk.do(groups.note_given, owner, self.way, plan.left)
        return True

    def _is_ours(self, jid: BareJid) -> bool:
        return self.serves(jid.partition("@")[2])

    async def _read(self, owner: BareJid) -> dict[BareJid, Contact]:
        iq = self._link.make_iq_get(ito=owner, ifrom=self._component)
        iq.append(ET.Element(f"{{{ROSTER}}}query"))
        answer = await self._link.request(iq)
        return {contact.jid: contact for contact in read_list(answer.xml.iterfind(f"{{{ROSTER}}}query/*"))}

    async def _carry_out(self, owner: BareJid, plan: ListPlan) -> None:
        """Take all steps that can be taken. Raises the first refusal, LinkDown at once."""
        refusal: LinkTrouble | None = None
        for entry in [*(_entry(contact) for contact in plan.puts), *(_removal(jid) for jid in plan.removals)]:
            try:
                await self._write(owner, entry)
            except LinkDown:
                raise
            except LinkTrouble as trouble:
                refusal = refusal or trouble
        if refusal is not None:
            raise refusal

    async def _write(self, owner: BareJid, entry: ET.Element) -> None:
        query = ET.Element(f"{{{ROSTER}}}query")
        query.append(entry)
        iq = self._link.make_iq_set(ito=owner, ifrom=self._component)
        iq.append(query)
        try:
            await self._link.request(iq)
        except StepRefused as refusal:
            if refusal.condition != GONE_ALREADY or entry.get("subscription") != "remove":
                raise


def read_list(items: Iterable[ET.Element]) -> Iterable[Contact]:
    """Return the entries of a contact list; elements that are none are passed over."""
    for item in items:
        if item.tag == f"{{{ROSTER}}}item" and item.get("jid"):
            groups = frozenset(group.text for group in item.iterfind(f"{{{ROSTER}}}group") if group.text)
            jid = BareJid(item.get("jid", ""))
            yield Contact(jid, item.get("subscription", "none"), item.get("name", ""), groups)


def _entry(contact: Contact) -> ET.Element:
    item = ET.Element(f"{{{ROSTER}}}item", jid=contact.jid, subscription=contact.subscription)
    if contact.name:
        item.set("name", contact.name)
    for group in sorted(contact.groups):
        ET.SubElement(item, f"{{{ROSTER}}}group").text = group
    return item


def _removal(jid: BareJid) -> ET.Element:
    return ET.Element(f"{{{ROSTER}}}item", jid=jid, subscription="remove")
