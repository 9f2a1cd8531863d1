"""A multi-user chat room as one occupant sees it (XEP-0045)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from tests.people.elements import CLIENT, MUC_USER, resource, text_of
from tests.people.received import Received, StanzaError


@dataclass(frozen=True)
class Occupant:
    """Who is inside. jid: the real address, None where the room does not show it to us."""

    nick: str
    jid: str | None
    affiliation: str
    role: str
    show: str = ""


@dataclass(frozen=True)
class Departure:
    """How somebody went out: status codes (321 no member any more, 307 kicked, 301 banned), texts, destroyed or not."""

    codes: frozenset[int]
    reason: str
    actor: str | None
    destroyed: bool
    at: float


def codes_of(stanza: Element) -> frozenset[int]:
    return frozenset(int(status.get("code", "0")) for status in stanza.iter(f"{{{MUC_USER}}}status"))


@dataclass
class RoomView:
    """All that one person was shown of one room since they last entered it; messages: all they ever were."""

    jid: str
    nick: str
    is_inside: bool = False
    occupants: dict[str, Occupant] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)
    subject: str = ""
    entered_codes: frozenset[int] = frozenset()
    departure: Departure | None = None
    departures: dict[str, Departure] = field(default_factory=dict)
    answers: int = 0  # how often we were let in or refused
    refusal: StanzaError | None = None

    def on_presence(self, received: Received) -> None:
        stanza, nick = received.stanza, resource(received.sender)
        if received.type == "error":
            self.refusal = StanzaError(stanza)
            self.answers += 1
            return
        codes = codes_of(stanza)
        is_self = 110 in codes
        if received.type == "unavailable":
            self._on_gone(received, nick, codes, is_self)
            return
        item = stanza.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}item")
        if item is not None:
            self.occupants[nick] = Occupant(
                nick,
                item.get("jid"),
                item.get("affiliation", "none"),
                item.get("role", "none"),
                text_of(stanza, f"{{{CLIENT}}}show") or "",
            )
        if is_self:
            self.nick = nick
            if not self.is_inside:
                self.is_inside, self.departure = True, None
            self.entered_codes = codes
            self.refusal = None
            self.answers += 1

    def _on_gone(self, received: Received, nick: str, codes: frozenset[int], is_self: bool) -> None:
        space = f"{{{MUC_USER}}}"
        destroyed = received.stanza.find(f"{space}x/{space}destroy")
        item = received.stanza.find(f"{space}x/{space}item")
        reason = ""
        for place in (destroyed, item):
            if place is not None:
                reason = reason or text_of(place, f"{space}reason") or ""
        actor = item.find(f"{space}actor") if item is not None else None
        departure = Departure(
            codes,
            reason,
            None if actor is None else actor.get("nick") or actor.get("jid"),
            destroyed is not None,
            received.at,
        )
        self.occupants.pop(nick, None)
        self.departures[nick] = departure
        if 303 in codes:  # a change of nick; the new one comes next
            return
        if is_self or nick == self.nick:
            self.out(departure)

    def out(self, departure: Departure | None) -> None:
        self.is_inside, self.departure = False, departure
        self.occupants.clear()

    def on_message(self, received: Received) -> None:
        if received.subject is not None and not received.body:
            self.subject = received.subject
        if received.type == "groupchat":
            self.messages.append(received)
