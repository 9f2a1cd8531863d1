"""What a person has got: stanzas with the moment of their reception, read more easily."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from tests.people.elements import (
    CLIENT,
    CONFERENCE,
    DELAY,
    MUC_USER,
    STANZA_ID,
    bare,
    body_of,
    condition_of,
    name,
    resource,
    text_of,
    write,
)


class StanzaError(Exception):
    """The error that somebody answered with; condition and text as in RFC 6120 §8.3."""

    def __init__(self, stanza: Element) -> None:
        self.condition, self.text = condition_of(stanza)
        self.sender = stanza.get("from", "")
        self.stanza = stanza
        super().__init__(f"{self.condition} from {self.sender}" + (f": {self.text}" if self.text else ""))

    def has(self, tag: str) -> bool:
        """Tell whether the error carries this application condition, such as bad-sessionid."""
        return any(name(element) == tag for element in self.stanza.iter())


class NotSeen(AssertionError):
    """What was waited for did not come within the limit."""


@dataclass(eq=False)
class Received:
    """A stanza as it came in. at: time.perf_counter() of its reception, in seconds."""

    stanza: Element
    at: float = field(default_factory=time.perf_counter)
    read: bool = False

    @property
    def sender(self) -> str:
        return self.stanza.get("from", "")

    @property
    def type(self) -> str:
        """Return the type attribute; for a message without one `normal`, for presence `available`."""
        default = {"message": "normal", "presence": "available"}.get(name(self.stanza), "")
        return self.stanza.get("type", default)

    @property
    def id(self) -> str | None:
        return self.stanza.get("id")

    @property
    def body(self) -> str:
        return body_of(self.stanza) or ""

    @property
    def subject(self) -> str | None:
        return text_of(self.stanza, f"{{{CLIENT}}}subject")

    @property
    def nick(self) -> str:
        """Return who spoke in the room; "" for the room itself."""
        return resource(self.sender)

    @property
    def archive_id(self) -> str | None:
        """Return the id that the room's archive has for this message (XEP-0359)."""
        for mark in self.stanza.iterfind(f"{{{STANZA_ID}}}stanza-id"):
            if mark.get("by") == bare(self.sender):
                return mark.get("id")
        return None

    @property
    def said_at(self) -> str | None:
        """Return when a message from the past was said (XEP-0203), None for one that was said just now."""
        delay = self.stanza.find(f"{{{DELAY}}}delay")
        return None if delay is None else delay.get("stamp")

    @property
    def invited_to(self) -> str | None:
        """Return the room of a direct invitation (XEP-0249); None for other messages.

        A mediated invitation (XEP-0045 §7.8.2) is none, although servers put a jabber:x:conference into it as well.
        """
        direct = self.stanza.find(f"{{{CONFERENCE}}}x")
        if direct is None or self.stanza.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite") is not None:
            return None
        return direct.get("jid")

    def find(self, tag: str) -> Element | None:
        """Return the first element below with this name, `name` in any namespace or `{namespace}name`."""
        for element in self.stanza.iter():
            if tag in (element.tag, name(element)):
                return element
        return None

    def __str__(self) -> str:
        return write(self.stanza)


def listing(received: Iterable[Received], last: int = 12) -> str:
    """Return the last stanzas, one a line, shortened, for the message of a failed wait."""
    recent = list(received)[-last:]
    return "\n".join(f"  {str(one)[:400]}" for one in recent) or "  nothing at all"
