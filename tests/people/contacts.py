"""A person's contact list as their client shows it, and what it is told to change in it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tests.people.elements import ROSTER, make

ROSTERX = "http://jabber.org/protocol/rosterx"


@dataclass(frozen=True)
class Entry:
    """A contact, as the server last showed it."""

    jid: str
    subscription: str
    name: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Suggested:
    """One change that somebody suggests (XEP-0144)."""

    action: str
    jid: str
    group: str


def entries_in(query: Element) -> list[Entry]:
    return [
        Entry(
            item.get("jid", ""),
            item.get("subscription", "none"),
            item.get("name", ""),
            frozenset(group.text or "" for group in item.iterfind(f"{{{ROSTER}}}group")),
        )
        for item in query.iterfind(f"{{{ROSTER}}}item")
    ]


def suggested_in(message: Element) -> list[Suggested]:
    return [
        Suggested(item.get("action", "add"), item.get("jid", ""), item.findtext(f"{{{ROSTERX}}}group") or "")
        for item in message.iterfind(f"{{{ROSTERX}}}x/{{{ROSTERX}}}item")
    ]


def entry(jid: str, *groups: str, name: str | None = None, subscription: str | None = None) -> Element:
    """Return what sets an entry, to be sent to one's own server (RFC 6121 §2.3)."""
    elements = [make(f"{{{ROSTER}}}group", group) for group in groups]
    item = make(f"{{{ROSTER}}}item", *elements, jid=jid, name=name, subscription=subscription)
    return make(f"{{{ROSTER}}}query", item)


def following(one: Suggested) -> Element:
    """Return what a client sends that does as it is told."""
    return entry(one.jid, subscription="remove") if one.action == "delete" else entry(one.jid, one.group)
