"""The desk's own code for rooms, with rooms that are made to try something."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from slixmpp import Message, Presence

from livechat_xmpp.domain.model import BareJid, ChatId
from livechat_xmpp.usecases.visits import ID_LENGTH, ID_LETTERS
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.check.link import ANSWER_S, OneLink
from livechat_xmpp.xmpp.rooms import MucRooms

TITLE = "-"  # no service finds it too long
MARK = "check"  # what the names of these rooms begin with


class TriedRooms(MucRooms):
    """Rooms of chats that there are not, with names as long as those of chats."""

    def __init__(self, link: OneLink, addresses: Addresses) -> None:
        super().__init__(
            link,
            addresses,
            lambda: datetime.now(UTC),
            answer_timeout_s=ANSWER_S,
            on_changed=lambda chat_id: None,
            on_heard=lambda chat_id, heard: None,
        )
        self._chats: set[str] = set()
        link.first = self._take

    def new_chat(self, name: str = "") -> ChatId:
        """Return a chat whose room may be made; name: of the room, a random one unless told otherwise."""
        rest = (secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH - len(MARK)))
        chat_id = ChatId(name or MARK + "".join(rest))
        self._chats.add(chat_id)
        return chat_id

    def room(self, chat_id: ChatId) -> str:
        return self._addresses.room(chat_id)

    def desk(self, chat_id: ChatId) -> BareJid:
        """Return the desk's address in a room."""
        return BareJid(self._addresses.desk(chat_id).partition("/")[0])

    async def end(self, chat_id: ChatId) -> None:
        """Destroy the room. Raises LinkTrouble."""
        await self.destroy(chat_id, "The check is over.")

    def _take(self, stanza: Presence | Message) -> bool:
        """Hand on what is for the desk in one of the rooms; return whether it was."""
        if stanza["to"].local not in self._chats:
            return False
        chat_id = ChatId(stanza["to"].local)
        if isinstance(stanza, Presence):
            self.on_presence(chat_id, stanza)
        elif not self.on_archived(stanza):
            self.on_message(chat_id, stanza)
        return True
