"""Who shows up and may be a newcomer: new accounts that a server tells of, and people in the contributors' room."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from slixmpp import Message

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.domain.signup import Source
from livechat_xmpp.xmpp.addresses import read_bare_jid

# Each server has its own words for it: no specification has any.
NOTICES = tuple(
    re.compile(pattern)
    for pattern in (
        # Prosody, mod_watchregistrations: the words of config/prosody.cfg.lua, and those it has by itself
        r"new-account (?P<jid>[^\s@/]+@[^\s@/]+)",
        r"User (?P<user>[^\s@/]+) just registered on (?P<host>[^\s@/]+) from \S+",
        # ejabberd, mod_register
        r"\[[0-9-]+ [0-9:]+\] The account (?P<jid>[^\s@/]+@[^\s@/]+) was registered from IP address \S+"
        r" on node \S+ using \S+\.",
    )
)


def read_new_account(message: Message, domains: Collection[str]) -> BareJid | None:
    """Return the account that a server tells of; None: the message is nothing of the kind.

    Only from the bare domain itself, one of these, about an account of its own: anybody can write the same words.
    """
    domain = message["from"].full
    if domain not in domains or message["type"] == "error":
        return None
    for notice in NOTICES:
        if found := notice.fullmatch(message["body"].strip()):
            parts = found.groupdict()
            jid = read_bare_jid(parts.get("jid") or f"{parts['user']}@{parts['host']}")
            return jid if jid is not None and jid.partition("@")[2] == domain else None
    return None


class Arrivals:
    """Hands on who may be a newcomer. domains: of the staff; is_staff: who is known already, from memory."""

    def __init__(
        self,
        domains: Collection[str],
        hear: Callable[[BareJid, Source], None],
        is_staff: Callable[[BareJid], bool],
    ) -> None:
        self._domains = domains
        self._hear = hear
        self._is_staff = is_staff

    def on_server_message(self, message: Message) -> None:
        """Take in what a domain itself says to the component."""
        jid = read_new_account(message, self._domains)
        if jid is not None:
            self._hear(jid, Source.SERVER)

    def on_contributor(self, jid: BareJid) -> None:
        """Take in that somebody is in the contributors' room."""
        if jid.partition("@")[2] in self._domains and not self._is_staff(jid):
            self._hear(jid, Source.CONTRIBUTORS)
