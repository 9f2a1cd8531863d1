"""Service discovery (XEP-0030) for each of our addresses; command lists differ by who asks."""

from __future__ import annotations

from slixmpp import Iq
from slixmpp.exceptions import XMPPError
from slixmpp.plugins.xep_0030.stanza.info import DiscoInfo
from slixmpp.plugins.xep_0030.stanza.items import DiscoItems
from slixmpp.xmlstream import ET, register_stanza_plugin

from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands import door as commands
from livechat_xmpp.xmpp.commands.door import CommandDoor
from livechat_xmpp.xmpp.people import Speaker
from livechat_xmpp.xmpp.registration_door import NS as REGISTER
from livechat_xmpp.xmpp.stanzas import workgroup

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
FEATURES = (INFO, ITEMS, commands.NS, workgroup.NS, "urn:xmpp:ping", "jabber:x:conference")


def register() -> None:
    """Make the elements known to slixmpp; may be repeated."""
    register_stanza_plugin(Iq, DiscoInfo)
    register_stanza_plugin(Iq, DiscoItems)


class Disco:
    """Answers what our addresses are and have."""

    def __init__(self, addresses: Addresses, titles: dict[str, str], door: CommandDoor, speaker: Speaker) -> None:
        self._addresses = addresses
        self._titles = titles
        self._door = door
        self._speaker = speaker

    async def on_info(self, iq: Iq) -> Iq:
        """Answer disco#info for the component, a workgroup, a command, or a chat's address."""
        node = iq["disco_info"].xml.get("node", "")
        name = self._addresses.workgroup_of(iq["to"])
        if iq["to"].local and name is None and self._addresses.chat_of(iq["to"]) is None:
            raise XMPPError("item-not-found", etype="cancel")
        reply = iq.reply(clear=True)
        info = reply["disco_info"]
        if node:
            info["node"] = node
        if node == commands.NS:
            info.add_identity("automation", "command-list")
        elif node:
            await self._describe_command(iq, info, node)
        elif iq["to"].local and name is None:
            info.add_identity("client", "bot", name="Help desk")
        else:
            info.add_identity("collaboration", "workgroup", name=self._titles.get(iq["to"].local, "Help desk"))
            for feature in FEATURES:
                info.add_feature(feature)
            if name is None:
                info.add_feature(REGISTER)
            if name is not None:
                info.append(_workgroup_info(self._titles[name], self._speaker.cover(name)))
        return reply

    async def _describe_command(self, iq: Iq, info: DiscoInfo, node: str) -> None:
        listed = await self._door.list_for(iq["from"].full)
        if node not in listed:
            raise XMPPError("item-not-found", etype="cancel")
        info.add_identity("automation", "command-node", name=listed[node])
        info.add_feature(commands.NS)
        info.add_feature(workgroup.FORM_NS)

    async def on_items(self, iq: Iq) -> Iq:
        """Answer disco#items: the component's workgroups, or the commands that the asker may give."""
        node = iq["disco_items"].xml.get("node", "")
        if iq["to"].local and self._addresses.workgroup_of(iq["to"]) is None:
            raise XMPPError("item-not-found", etype="cancel")
        reply = iq.reply(clear=True)
        items = reply["disco_items"]
        if node == commands.NS:
            items["node"] = node
            for listed, title in (await self._door.list_for(iq["from"].full)).items():
                items.add_item(iq["to"].full, node=listed, name=title)
        elif node:
            raise XMPPError("item-not-found", etype="cancel")
        elif not iq["to"].local:
            for name in self._addresses.workgroups:
                items.add_item(self._addresses.workgroup(name), name=name)
        return reply


def _workgroup_info(title: str, cover: Cover | None) -> ET.Element:
    """Return the form that says whether a workgroup is open (fastpath-protocol: OPEN, READY or CLOSED)."""
    state = "CLOSED" if cover is None or not cover.is_open else "READY" if cover.is_away else "OPEN"
    form = ET.Element(f"{{{workgroup.FORM_NS}}}x", type="result")
    values = {
        "FORM_TYPE": f"{workgroup.NS}#workgroupinfo",
        "workgroup#description": title,
        "workgroup#online": state,
    }
    for var, value in values.items():
        field = ET.SubElement(form, f"{{{workgroup.FORM_NS}}}field", var=var)
        if var == "FORM_TYPE":
            field.set("type", "hidden")
        ET.SubElement(field, f"{{{workgroup.FORM_NS}}}value").text = value
    return form
