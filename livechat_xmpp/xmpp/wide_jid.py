"""Addresses that are good for the server but not for slixmpp.

COMPAT slixmpp 1.17.0: its JID takes letters of Unicode 3.2 only (RFC 6122), while servers let newer ones through. An
occupant who calls themselves by a smile must not be overlooked, and no stanza may end in an exception for that. What
comes from the server has been prepared by it, so it can be taken as it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from slixmpp import JID, InvalidJID
from slixmpp.xmlstream.stanzabase import StanzaBase


@dataclass(frozen=True, slots=True)
class WideJid:
    """An address as it is written; what of slixmpp's JID is used here."""

    local: str
    domain: str
    resource: str

    @property
    def bare(self) -> str:
        return f"{self.local}@{self.domain}" if self.local else self.domain

    @property
    def full(self) -> str:
        return f"{self.bare}/{self.resource}" if self.resource else self.bare

    def __str__(self) -> str:
        return self.full


def read_jid(text: str) -> JID | WideJid:
    """Return the address; what slixmpp does not take, as it is written. Of an address the bare part may be good."""
    try:
        return JID(text)
    except InvalidJID:
        pass
    bare, _, resource = text.partition("/")
    try:
        known = JID(bare)
    except InvalidJID:
        local, _, domain = bare.rpartition("@")
        return WideJid(local, domain, resource)
    return WideJid(known.local, known.domain, resource)


def register() -> None:
    """Have all stanzas give their addresses so; may be repeated. It changes slixmpp's class, as fix_error_ns does."""
    StanzaBase.get_to = lambda stanza: read_jid(stanza._get_attr("to"))
    StanzaBase.get_from = lambda stanza: read_jid(stanza._get_attr("from"))
