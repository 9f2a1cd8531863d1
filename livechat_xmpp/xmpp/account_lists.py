"""The server's lists of accounts, asked for with the rights of a server's admin (XEP-0133 §4.18), if we have them."""

from __future__ import annotations

from collections.abc import Mapping

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.reconcile.ports import StepRefused
from livechat_xmpp.xmpp.addresses import read_bare_jid
from livechat_xmpp.xmpp.link import Link

COMMANDS = "http://jabber.org/protocol/commands"
ADMIN = "http://jabber.org/protocol/admin"
DATA = "jabber:x:data"
LIST = f"{ADMIN}#get-registered-users-list"
TIMEOUT_S = 60.0  # of a server that writes a list of tens of thousands


class AccountLists:
    """Asks servers for their accounts (reconcile.ports.AccountLists). ejabberd tells its admins; Prosody nobody."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def accounts_of(self, domain: str) -> frozenset[BareJid] | None:
        """Return all accounts of the domain; None where we have no right to know. Raises LinkTrouble."""
        try:
            answer = await self._give(domain, {})
            if answer.get("status") == "executing":  # asks for how many
                answer = await self._give(domain, {"max_items": "none"}, answer.get("sessionid", ""))
        except StepRefused:
            return None
        values = [value.text or "" for value in answer.iter(f"{{{DATA}}}value")]
        listed = {jid for v in values if "/" not in v and (jid := read_bare_jid(v.strip())) is not None}
        return frozenset(jid for jid in listed if jid.partition("@")[2] == domain)

    async def _give(self, domain: str, values: Mapping[str, str], session_id: str = "") -> ET.Element:
        """Give the command and return its answer."""
        command = ET.Element(f"{{{COMMANDS}}}command", node=LIST, action="complete" if session_id else "execute")
        if session_id:
            command.set("sessionid", session_id)
            form = ET.SubElement(command, f"{{{DATA}}}x", type="submit")
            for var, value in {"FORM_TYPE": ADMIN, **values}.items():
                field = ET.SubElement(form, f"{{{DATA}}}field", var=var)
                ET.SubElement(field, f"{{{DATA}}}value").text = value
        iq = self._link.make_iq_set(ito=domain, ifrom=self._link.boundjid.bare)
        iq.append(command)
        answer = (await self._link.request(iq, TIMEOUT_S)).xml.find(f"{{{COMMANDS}}}command")
        return ET.Element("nothing") if answer is None else answer
