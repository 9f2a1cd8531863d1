"""Who plays the staff in the check's rooms: addresses of our own."""

from __future__ import annotations

from slixmpp import Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import BareJid, bare
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.check.link import OneLink
from livechat_xmpp.xmpp.check.visitor import condition


class Guest:
    """An address of ours that enters rooms as one of the staff would. jid: the full one."""

    def __init__(self, link: OneLink, jid: str) -> None:
        self._link, self.jid = link, jid

    @property
    def bare_jid(self) -> BareJid:
        return bare(self.jid)

    async def enter(self, room: str) -> str:
        """Return why the room did not let them in (RFC 6120 §8.3.3), "" if it did. Raises LinkTrouble."""
        presence: Presence = self._link.make_presence(pto=f"{room}/{bare(self.jid).partition('@')[0]}", pfrom=self.jid)
        presence.append(muc.join())
        presence.send()
        answer = await self._link.sees(lambda stanza: self._is_told(stanza, room, ("error", "")))
        return (condition(answer) or "refused") if answer.get("type") == "error" else ""

    async def sees_being_put_out(self, room: str) -> None:
        """Wait until the room says that they are out. Raises LinkTrouble."""
        await self._link.sees(lambda stanza: self._is_told(stanza, room, ("unavailable",)))

    def _is_told(self, stanza: ET.Element, room: str, kinds: tuple[str, ...]) -> bool:
        """Return whether the room tells them of their own coming, going, or being refused."""
        is_from_room = bare(stanza.get("from", "")) == room and stanza.get("to") == self.jid
        codes = {status.get("code") for status in stanza.iter(f"{{{muc.USER}}}status")}
        kind = stanza.get("type", "")
        return is_from_room and kind in kinds and (kind == "error" or muc.SELF in codes)
