"""Who is who among our addresses: the component, its workgroups, each chat's own address and its room."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from slixmpp import JID, InvalidJID

from livechat_xmpp.domain.model import BareJid, ChatId, WorkgroupName


def read_bare_jid(text: str) -> BareJid | None:
    """Return the account's address in the form in which servers know it (RFC 7622 §3); None if it is none.

    Letters that are not seen or that turn the text around are not taken, though old servers may.
    """
    try:
        jid = JID(text)
    except InvalidJID:
        return None
    is_clean = all(unicodedata.category(c)[0] != "C" and not c.isspace() for c in jid.local)
    has_one_direction = len({unicodedata.bidirectional(c) for c in jid.local} & {"L", "R", "AL"}) <= 1
    return BareJid(jid.bare) if jid.local and jid.domain and is_clean and has_one_direction else None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Our addresses. muc: the service of the help rooms."""

    component: str
    muc: str
    workgroups: tuple[WorkgroupName, ...]

    def workgroup(self, name: WorkgroupName) -> str:
        """Return the bare JID of the workgroup."""
        return f"{name}@{self.component}"

    def room(self, chat_id: ChatId) -> str:
        """Return the bare JID of the chat's room."""
        return f"{chat_id}@{self.muc}"

    def desk(self, chat_id: ChatId) -> str:
        """Return the full JID that sits in the chat's room, one for each chat.

        Each address is in one room only (ejabberd lets one be in 100), and invitations from it have a
        localpart, without which Spark drops them.
        """
        return f"{chat_id}@{self.component}/desk"

    def workgroup_of(self, jid: JID) -> WorkgroupName | None:
        """Return the workgroup that the address is of; None: of none."""
        is_ours = jid.domain == self.component and jid.local in self.workgroups
        return WorkgroupName(jid.local) if is_ours else None

    def chat_of(self, jid: JID) -> ChatId | None:
        """Return the chat whose own address this is; None for the component and workgroups."""
        if jid.domain != self.component or not jid.local or jid.local in self.workgroups:
            return None
        return ChatId(jid.local)

    def chat_in(self, jid: JID) -> ChatId | None:
        """Return the chat whose room, and not an occupant of it, this is; None for all other addresses."""
        return ChatId(jid.local) if jid.domain == self.muc and jid.local and not jid.resource else None

    def is_room_of(self, jid: JID, chat_id: ChatId) -> bool:
        """Return whether the address is the chat's room, or an occupant of it."""
        return str(jid.bare) == self.room(chat_id)
