"""What servers let us do for their accounts (XEP-0356), as they say it at each new link."""

from __future__ import annotations

from collections.abc import Collection

from slixmpp import Message
from slixmpp.xmlstream import ET

# COMPAT ejabberd 23.01: has urn:xmpp:privilege:1, and fails at each list that it is asked to write.
NS = "urn:xmpp:privilege:2"
PUBSUB = "http://jabber.org/protocol/pubsub"


class Privileges:
    """By domain of the staff, for the present link; what other domains say of themselves is of no use."""

    def __init__(self, domains: Collection[str]) -> None:
        self._domains = frozenset(domains)
        self._on_lists: dict[str, str] = {}
        self._on_bookmarks: set[str] = set()

    def forget(self) -> None:
        """Forget all: servers say it again, at once, on the next link."""
        self._on_lists.clear()
        self._on_bookmarks.clear()

    def take(self, message: Message) -> str | None:
        """Take in what a message says (XEP-0356 §3); return the domain that lets us write contact lists, else None."""
        domain: str = message["from"].full
        if domain not in self._domains:
            return None
        for perm in message.xml.iter(f"{{{NS}}}perm"):
            if perm.get("access") == "roster":
                self._on_lists[domain] = perm.get("type", "none")
        if grants_bookmarks(message.xml):
            self._on_bookmarks.add(domain)
        return domain if self.may_write_lists(domain) else None

    def may_write_lists(self, domain: str) -> bool:
        return self._on_lists.get(domain) in ("set", "both")

    def may_write_bookmarks(self, domain: str) -> bool:
        return domain in self._on_bookmarks

    def may_keep_lists(self, domain: str) -> bool:
        """Return whether contact lists may be read and written: without reading, people's own entries would be lost."""
        return self._on_lists.get(domain) == "both"


def grants_bookmarks(told: ET.Element) -> bool:
    """Return whether a message about privileges lets us write what people keep with their account (XEP-0356 §6.1)."""
    spaces = (s for p in told.iter(f"{{{NS}}}perm") if p.get("access") == "iq" for s in p)
    return any(s.get("ns") == PUBSUB and s.get("type") in ("set", "both") for s in spaces)
