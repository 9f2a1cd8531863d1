"""XEP-0077 with the desk itself: to register is to become a trainee, to remove the registration to leave the staff."""

from __future__ import annotations

from slixmpp import Iq
from slixmpp.exceptions import XMPPError
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.errors import NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, WorkgroupName, bare
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import signup as words
from livechat_xmpp.domain.wording.duty import STANDINGS
from livechat_xmpp.usecases import signup
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.xmpp.addresses import Addresses

NS = "jabber:iq:register"
FORM_NS = "jabber:x:data"


class RegistrationDoor:
    """Answers registrations at the component's address and the workgroups'."""

    def __init__(self, desk: Desk, addresses: Addresses) -> None:
        self._desk = desk
        self._addresses = addresses

    async def on_register(self, iq: Iq) -> Iq:
        """Answer a get or a set. Nothing is asked for but the wish: who asks is known by the address."""
        workgroup = self._addresses.workgroup_of(iq["to"])
        if iq["to"].local and workgroup is None:
            raise XMPPError("item-not-found", etype="cancel")
        jid, query = bare(iq["from"].full), iq.xml[0]
        reply = iq.reply(clear=True)
        if iq["type"] == "get":
            reply.append(await self._describe(jid))
        elif query.find(f"{{{NS}}}remove") is not None:
            await self._leave(jid, query, workgroup or self._desk.workgroups[0])
        elif not _is_cancelled(query):
            await self._desk.do(signup.register, jid, rules=self._desk.rules)
        return reply

    async def _describe(self, jid: BareJid) -> ET.Element:
        """Return what a client shows (XEP-0077 §3.1.1): with a form, as some send nothing without one."""
        standing = await self._desk.standing_of(jid)
        if standing is None and not signup.may_belong(jid, self._desk.rules):
            raise NotPermitted(words.STAFF_DOMAINS_ONLY.of(domains=", ".join(sorted(self._desk.rules.staff_domains))))
        text = self._say(words.REGISTER if standing is None else words.REGISTERED.of(standing=STANDINGS[standing]), jid)
        query = ET.Element(f"{{{NS}}}query")
        if standing is not None:
            ET.SubElement(query, f"{{{NS}}}registered")
        ET.SubElement(query, f"{{{NS}}}instructions").text = text
        if standing is None:
            form = ET.SubElement(query, f"{{{FORM_NS}}}x", type="form")
            ET.SubElement(form, f"{{{FORM_NS}}}instructions").text = text
            field = ET.SubElement(form, f"{{{FORM_NS}}}field", type="hidden", var="FORM_TYPE")
            ET.SubElement(field, f"{{{FORM_NS}}}value").text = NS
        return query

    def _say(self, text: Sayable, jid: BareJid) -> str:
        return self._desk.rules.said(text, jid)

    async def _leave(self, jid: BareJid, query: ET.Element, workgroup: WorkgroupName) -> None:
        """Raises the errors of XEP-0077 §3.2."""
        if len(query) != 1:
            raise XMPPError("bad-request", etype="modify")
        try:
            await self._desk.do(signup.leave_staff, jid, workgroup=workgroup, rules=self._desk.rules)
        except NotFound as refusal:
            raise XMPPError("registration-required", text=self._say(refusal.why, jid), etype="auth") from refusal
        except NotPermitted as refusal:
            raise XMPPError("not-allowed", text=self._say(refusal.why, jid), etype="cancel") from refusal


def _is_cancelled(query: ET.Element) -> bool:
    form = query.find(f"{{{FORM_NS}}}x")
    return form is not None and form.get("type") == "cancel"
