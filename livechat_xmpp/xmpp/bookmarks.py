"""A bookmark of the contributors' room among a newcomer's own (XEP-0402), where the server lets us write it."""

from __future__ import annotations

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.xmpp import privileges
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.privileges import PUBSUB, Privileges

BOOKMARKS = "urn:xmpp:bookmarks:1"
CLIENT = "jabber:client"
# As XEP-0402 §5 has it: all bookmarks are kept, and nobody else sees them.
OPTIONS = {
    "FORM_TYPE": f"{PUBSUB}#publish-options",
    "pubsub#persist_items": "true",
    "pubsub#max_items": "max",
    "pubsub#send_last_published_item": "never",
    "pubsub#access_model": "whitelist",
}


class Bookmarks:
    """Writes bookmarks for accounts of domains whose server lets us (XEP-0356 §6, an IQ in the person's name)."""

    def __init__(self, link: Link, granted: Privileges) -> None:
        self._link = link
        self._granted = granted

    def may_write(self, jid: BareJid) -> bool:
        return self._granted.may_write_bookmarks(jid.partition("@")[2])

    async def put(self, jid: BareJid, room: str, name: str) -> None:
        """Add the room to the person's bookmarks; it is not entered by itself. Raises LinkTrouble."""
        inner = ET.Element(f"{{{CLIENT}}}iq", type="set", id=self._link.new_id(), attrib={"from": jid})
        inner.append(_publish(room, name))
        privileged = ET.Element(f"{{{privileges.NS}}}privileged_iq")
        privileged.append(inner)
        iq = self._link.make_iq_set(ito=jid, ifrom=self._link.boundjid.bare)
        iq.append(privileged)
        await self._link.request(iq)


def _publish(room: str, name: str) -> ET.Element:
    pubsub = ET.Element(f"{{{PUBSUB}}}pubsub")
    publish = ET.SubElement(pubsub, f"{{{PUBSUB}}}publish", node=BOOKMARKS)
    item = ET.SubElement(publish, f"{{{PUBSUB}}}item", id=room)
    ET.SubElement(item, f"{{{BOOKMARKS}}}conference", name=name, autojoin="false")
    options = ET.SubElement(ET.SubElement(pubsub, f"{{{PUBSUB}}}publish-options"), "{jabber:x:data}x", type="submit")
    for var, value in OPTIONS.items():
        field = ET.SubElement(options, "{jabber:x:data}field", var=var)
        if var == "FORM_TYPE":
            field.set("type", "hidden")
        ET.SubElement(field, "{jabber:x:data}value").text = value
    return pubsub
