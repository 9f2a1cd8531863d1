"""Who is there, as presence shows it on the present link: staff by subscription, visitors by directed presence."""

from __future__ import annotations

from datetime import datetime

from livechat_xmpp.domain.model import Availability, BareJid, FullJid, bare

SHOWN = {
    "": Availability.AVAILABLE,
    "chat": Availability.AVAILABLE,
    "away": Availability.AWAY,
    "xa": Availability.AWAY,
    "dnd": Availability.BUSY,
}
BEST_FIRST = (Availability.AVAILABLE, Availability.AWAY, Availability.BUSY)


class PresenceBook:
    """What each address last said (reconcile.ports.StaffPresences). Forgotten with the link."""

    def __init__(self) -> None:
        self.subscribed: set[BareJid] = set()  # staff who let us see their presence, from the record
        self.is_settled = False
        self.since: datetime | None = None  # when the present link began
        self._resources: dict[BareJid, dict[FullJid, Availability]] = {}
        self._offline_since: dict[BareJid, datetime] = {}
        self._out_of_sight: set[BareJid] = set()  # who have stopped to let us see them, on this link
        self._expected: set[BareJid] = set()  # asked a moment ago: their silence means nothing yet

    def expect(self, jid: BareJid) -> None:
        """Take in that the person has just been asked for their presence."""
        self._expected.add(jid)

    def is_expected(self, jid: BareJid) -> bool:
        """Return whether the person's answer may be under way."""
        return jid in self._expected

    def expect_no_longer(self, jid: BareJid, now: datetime) -> None:
        """Have the person's silence mean that they are offline."""
        self._expected.discard(jid)
        if self.availability(jid) is Availability.OFFLINE:
            self._offline_since.setdefault(jid, now)

    def lose_sight(self, jid: BareJid) -> None:
        """Take in that the person does not let us see them any more: their silence means nothing.

        Nor does the `unavailable` that servers send along with it, before or after (RFC 6121 §3.2.2).
        """
        self.subscribed.discard(jid)
        self._out_of_sight.add(jid)
        self.drop(jid)
        self._offline_since.pop(jid, None)

    def forget(self, now: datetime | None = None) -> None:
        """Start anew with a link that begins now: nobody is known."""
        self.since = now or self.since
        self.is_settled = False
        self._resources.clear()
        self._offline_since.clear()
        self._expected.clear()
        self._out_of_sight.clear()

    def come(self, jid: FullJid, show: str) -> None:
        """Take in an available presence; an unknown show counts as available."""
        resources = self._resources.setdefault(bare(jid), {})
        resources[jid] = SHOWN.get(show, Availability.AVAILABLE)
        self._offline_since.pop(bare(jid), None)

    def go(self, jid: FullJid, now: datetime) -> None:
        """Take in that a resource is gone; a bare JID: all of them."""
        resources = self._resources.setdefault(bare(jid), {})
        if "/" not in jid:
            resources.clear()
        resources.pop(jid, None)
        if not resources and bare(jid) in self._out_of_sight - self.subscribed:
            self.drop(bare(jid))
        elif not resources:
            self._offline_since.setdefault(bare(jid), now)

    def drop(self, jid: BareJid) -> None:
        """Keep nothing of somebody who is not of the staff and has gone."""
        if not self._resources.get(jid):
            self._resources.pop(jid, None)
            self._offline_since.pop(jid, None)

    def other_resource(self, jid: FullJid) -> FullJid | None:
        """Return another address of the same person that is there."""
        return next(iter(self._resources.get(bare(jid), {})), None)

    def settle(self, now: datetime) -> None:
        """Have the silence of those who let us see them mean that they are offline (servers do not always say so)."""
        self.is_settled = True
        for jid in self.subscribed - set(self._resources) - self._expected:
            self._offline_since.setdefault(jid, now)

    def has_answered(self, jid: BareJid) -> bool:
        """Return whether anything was heard of the person on this link."""
        return jid in self._resources

    def availability(self, jid: BareJid) -> Availability:
        """Return the most available of the person's resources.

        Never heard of on this link: unknown while the link is new, or while they do not let us see; afterwards
        offline, since servers are silent about those who are (ejabberd).
        """
        resources = self._resources.get(jid)
        if resources:
            return next(a for a in BEST_FIRST if a in resources.values())
        if jid in self._resources:
            return Availability.OFFLINE
        is_silent = self.is_settled and jid in self.subscribed and jid not in self._expected
        return Availability.OFFLINE if is_silent else Availability.UNKNOWN

    def offline_since(self, jid: BareJid) -> datetime | None:
        """Return since when the person has been gone; None where they are there or nobody knows."""
        return self._offline_since.get(jid)

    def may_hear(self, jid: BareJid) -> bool:
        """Return whether a message may find a client; False too until who lets us see them has been heard of."""
        return bool(self._resources.get(jid)) or (jid not in self._resources and jid not in self.subscribed)

    def is_there(self, jid: FullJid) -> bool:
        """Return whether this very address has said that it is there."""
        return jid in self._resources.get(bare(jid), {})
