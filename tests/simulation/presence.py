"""A domain of people: their sessions, contact lists and presence, as an instant messaging server keeps them (RFC 6121).

Only what a component and its people notice is here. Contact lists survive a restart, sessions do not.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

from tests.people.elements import (
    DELAY,
    DISCO_INFO,
    DISCO_ITEMS,
    PING,
    ROSTER,
    bare,
    make,
    name,
    readdressed,
    reply_to,
    resource,
)
from tests.simulation.quirks import Quirks
from tests.simulation.routing import Router

SUBSCRIPTIONS = {"subscribe", "subscribed", "unsubscribe", "unsubscribed"}


@dataclass
class Contact:
    """One line of a contact list. to: the owner sees the contact; from_: the contact sees the owner.

    is_listed: the owner has put it there; others are there only for their subscription.
    """

    to: bool = False
    from_: bool = False
    asked: bool = False
    pending: bool = False
    is_listed: bool = False
    name: str | None = None
    groups: tuple[str, ...] = ()

    @property
    def subscription(self) -> str:
        return {(True, True): "both", (True, False): "to", (False, True): "from"}.get((self.to, self.from_), "none")


@dataclass(eq=False)
class Session:
    """One connected client. presence: its last available presence, None before the first and after `unavailable`."""

    jid: str
    deliver: Callable[[Element], None]
    presence: Element | None = None
    directed: set[str] = field(default_factory=set)


def _item(jid: str, contact: Contact) -> Element:
    groups = [make(f"{{{ROSTER}}}group", group) for group in contact.groups]
    asked = "subscribe" if contact.asked else None
    subscription = contact.subscription
    return make(f"{{{ROSTER}}}item", *groups, jid=jid, name=contact.name, subscription=subscription, ask=asked)


class PeopleDomain:
    """The sessions of one domain. has_accounts: False for an anonymous domain, where nothing outlives a session."""

    def __init__(
        self, domain: str, router: Router, quirks: Quirks, clock: Callable[[], datetime], *, has_accounts: bool = True
    ) -> None:
        self.domain, self.has_accounts = domain, has_accounts
        self._router, self._quirks, self._clock = router, quirks, clock
        self._sessions: dict[str, dict[str, Session]] = defaultdict(dict)
        self._contacts: dict[str, dict[str, Contact]] = defaultdict(lambda: defaultdict(Contact))
        self._offline: dict[str, list[Element]] = defaultdict(list)
        self._serial = itertools.count(1)
        router.attach(domain, self.on_stanza)

    # sessions

    def log_in(self, user: str, wish: str | None, deliver: Callable[[Element], None]) -> Session:
        """Return a session of user (bare JID); one that has the resource already is replaced."""
        session = Session(f"{user}/{wish or f'r{next(self._serial)}'}", deliver)
        old = self._sessions[user].get(session.jid)
        if old is not None:
            self.log_out(old)
        self._sessions[user][session.jid] = session
        return session

    def log_out(self, session: Session) -> None:
        """End a session, in good order or not: the server says unavailable in its name."""
        if self._sessions[bare(session.jid)].pop(session.jid, None) is None:
            return
        self._broadcast(session, make("presence", type="unavailable", from_=session.jid))

    def forget(self, session: Session) -> None:
        """Drop a session without telling anybody, as a server that is stopped does."""
        self._sessions[bare(session.jid)].pop(session.jid, None)

    def sessions(self) -> list[Session]:
        return [session for several in self._sessions.values() for session in several.values()]

    def _available(self, user: str) -> list[Session]:
        return [one for one in self._sessions[user].values() if one.presence is not None]

    # from people

    def send(self, session: Session, stanza: Element) -> None:
        """Take what a client sends."""
        stanza = readdressed(stanza, from_=session.jid)
        to, kind = stanza.get("to"), stanza.get("type")
        if name(stanza) == "presence":
            if to is None:
                self._on_own_presence(session, stanza)
                return
            if kind in SUBSCRIPTIONS:
                self._on_outbound_subscription(bare(session.jid), bare(to), stanza, str(kind))
                return
            if kind in (None, "unavailable"):
                self._note_directed(session, to, kind is None)
        self._router.route(stanza if to is not None else readdressed(stanza, to=bare(session.jid)))

    def _note_directed(self, session: Session, to: str, is_available: bool) -> None:
        contact = self._contacts[bare(session.jid)].get(bare(to))
        if is_available and not (contact is not None and contact.from_):
            session.directed.add(to)
        else:
            session.directed.discard(to)

    def _on_own_presence(self, session: Session, presence: Element) -> None:
        if presence.get("type") == "unavailable":
            self._broadcast(session, presence)
            return
        is_first = session.presence is None
        session.presence = presence
        self._broadcast(session, presence)
        if is_first:
            self._on_first_presence(session)

    def _broadcast(self, session: Session, presence: Element) -> None:
        user = bare(session.jid)
        was_available = session.presence is not None
        for jid, contact in self._contacts[user].items():
            if contact.from_ and was_available:
                self._router.route(readdressed(presence, to=jid))
        for other in self._available(user):
            self._router.route(readdressed(presence, to=other.jid))
        if presence.get("type") == "unavailable":
            for jid in sorted(session.directed):
                self._router.route(readdressed(presence, to=jid))
            session.directed.clear()
            session.presence = None

    def _on_first_presence(self, session: Session) -> None:
        user = bare(session.jid)
        for other in self._available(user):
            if other is not session and other.presence is not None:
                self._router.route(readdressed(other.presence, to=session.jid))
        for jid, contact in self._contacts[user].items():
            if contact.to:
                self._router.route(make("presence", type="probe", from_=session.jid, to=jid))
            if contact.pending:
                session.deliver(make("presence", type="subscribe", from_=jid, to=user))
            if contact.asked and not contact.to:  # asked again at each login (RFC 6121 §3.1.2)
                self._router.route(make("presence", type="subscribe", from_=user, to=jid))
        for message in self._offline.pop(user, []):
            session.deliver(message)

    def _on_outbound_subscription(self, user: str, to: str, stanza: Element, kind: str) -> None:
        contact = self._contacts[user][to]
        outgoing = readdressed(stanza, from_=user, to=to)
        was_seen = contact.from_
        if kind == "subscribe":
            contact.asked = contact.asked or not contact.to
            self._router.route(outgoing)
        elif kind == "unsubscribe":
            contact.to = contact.asked = False
            self._router.route(outgoing)
        elif kind == "subscribed":
            if not contact.pending:
                return
            contact.pending, contact.from_ = False, True
            self._router.route(outgoing)
            for session in self._available(user):
                assert session.presence is not None
                session.directed = {jid for jid in session.directed if bare(jid) != to}
                self._router.route(readdressed(session.presence, to=to))
        else:
            contact.from_ = contact.pending = False
            self._router.route(outgoing)
            if was_seen:
                self._say_unavailable(user, to)
        self._push(user, to)

    def _say_unavailable(self, user: str, to: str) -> None:
        for session in self._available(user):
            self._router.route(make("presence", type="unavailable", from_=session.jid, to=to))

    # to people

    def on_stanza(self, stanza: Element) -> None:
        to = stanza.get("to", "")
        if "@" not in bare(to):
            self._on_domain_stanza(stanza)
        elif name(stanza) == "presence":
            self._on_inbound_presence(stanza, bare(to))
        elif name(stanza) == "message":
            self._on_inbound_message(stanza, bare(to))
        else:
            self._on_inbound_iq(stanza, to)

    def _on_inbound_presence(self, stanza: Element, user: str) -> None:
        kind, sender = stanza.get("type"), stanza.get("from", "")
        if kind == "probe":
            self._on_probe(user, sender)
        elif kind in SUBSCRIPTIONS:
            self._on_inbound_subscription(user, bare(sender), stanza, str(kind))
        else:
            for session in self._addressed(stanza, user):
                session.deliver(stanza)

    def _addressed(self, stanza: Element, user: str) -> list[Session]:
        to = stanza.get("to", "")
        if resource(to):
            session = self._sessions[user].get(to)
            return [] if session is None else [session]
        return self._available(user)

    def _on_probe(self, user: str, sender: str) -> None:
        contact = self._contacts[user].get(bare(sender))
        if contact is None or not contact.from_:
            return
        available = self._available(user)
        for session in available:
            assert session.presence is not None
            stamp = self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")
            answer = readdressed(session.presence, to=sender)
            answer.append(make(f"{{{DELAY}}}delay", stamp=stamp, from_=session.jid))
            self._router.route(answer)
        if not available and self._quirks.offline_answer:
            self._router.route(make("presence", type="unavailable", from_=user, to=sender))

    def _on_inbound_subscription(self, user: str, sender: str, stanza: Element, kind: str) -> None:
        if not self.has_accounts:
            return
        contact = self._contacts[user][sender]
        if kind == "subscribe":
            if contact.from_:
                self._router.route(make("presence", type="subscribed", from_=user, to=sender))
                self._on_probe(user, sender)
                return
            if contact.pending:
                return
            contact.pending = True
        elif kind == "subscribed":
            if not contact.asked:
                return
            contact.asked, contact.to = False, True
        elif kind == "unsubscribe":
            if not (contact.from_ or contact.pending):
                return
            contact.from_ = contact.pending = False
            self._say_unavailable(user, sender)
        else:
            if not (contact.asked or contact.to):
                return
            contact.asked = contact.to = False
        for session in self._available(user):
            session.deliver(readdressed(stanza, from_=sender, to=user))
        if kind != "subscribe":
            self._push(user, sender)

    def _push(self, user: str, jid: str) -> None:
        contact = self._contacts[user].get(jid)
        item = make(f"{{{ROSTER}}}item", jid=jid, subscription="remove") if contact is None else _item(jid, contact)
        for session in self._available(user):
            session.deliver(
                make("iq", make(f"{{{ROSTER}}}query", item), type="set", id=f"push{next(self._serial)}", to=session.jid)
            )

    def _on_inbound_message(self, stanza: Element, user: str) -> None:
        targets = self._addressed(stanza, user)
        if not targets and resource(stanza.get("to", "")) and stanza.get("type") in ("chat", None, "normal"):
            targets = self._available(user)  # RFC 6121 §8.5.3.2.1
        for session in targets:
            session.deliver(stanza)
        if targets or stanza.get("type") == "error":
            return
        if self.has_accounts and stanza.get("type") in ("chat", None, "normal"):
            self._offline[user].append(stanza)
        else:
            self._router.bounce(stanza, "service-unavailable")

    def _on_inbound_iq(self, stanza: Element, to: str) -> None:
        session = self._sessions[bare(to)].get(to)
        if session is not None:
            session.deliver(stanza)
        elif stanza.get("type") in ("result", "error"):
            return
        elif stanza.get("from", "").startswith(to + "/") and stanza.find(f"{{{ROSTER}}}query") is not None:
            if stanza.get("type") == "set":
                self._on_contact_set(to, stanza)
            else:
                self._router.route(reply_to(stanza, self._roster(to)))
        else:
            self._router.bounce(stanza, "service-unavailable")

    def _roster(self, user: str) -> Element:
        items = [
            _item(jid, contact)
            for jid, contact in self._contacts[user].items()
            if contact.to or contact.from_ or contact.asked or contact.is_listed
        ]
        return make(f"{{{ROSTER}}}query", *items)

    def _on_contact_set(self, user: str, stanza: Element) -> None:
        """Put one entry into a list, or take it out (RFC 6121 §2.3 to 2.5); subscriptions end with it, unsaid."""
        item = stanza.find(f"{{{ROSTER}}}query/{{{ROSTER}}}item")
        if item is None:
            self._router.bounce(stanza, "bad-request")
            return
        jid = bare(item.get("jid", ""))
        if item.get("subscription") == "remove":
            self._contacts[user].pop(jid, None)
        else:
            contact = self._contacts[user][jid]
            contact.is_listed, contact.name = True, item.get("name")
            contact.groups = tuple(group.text or "" for group in item.iterfind(f"{{{ROSTER}}}group"))
        self._router.route(reply_to(stanza))
        self._push(user, jid)

    def _on_domain_stanza(self, stanza: Element) -> None:
        if name(stanza) != "iq" or stanza.get("type") not in ("get", "set"):
            return
        if stanza.find(f"{{{PING}}}ping") is not None:
            self._router.route(reply_to(stanza))
        elif stanza.find(f"{{{DISCO_INFO}}}query") is not None:
            identity = make(f"{{{DISCO_INFO}}}identity", category="server", type="im", name="simulation")
            self._router.route(reply_to(stanza, make(f"{{{DISCO_INFO}}}query", identity)))
        elif stanza.find(f"{{{DISCO_ITEMS}}}query") is not None:
            items = [
                make(f"{{{DISCO_ITEMS}}}item", jid=jid)
                for jid in self._router.domains()
                if jid.endswith("." + self.domain)
            ]
            self._router.route(reply_to(stanza, make(f"{{{DISCO_ITEMS}}}query", *items)))
        else:
            self._router.bounce(stanza, "service-unavailable")
