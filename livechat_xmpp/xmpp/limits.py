"""How much the desk takes: of one account, of one address, and in all; requests, stanzas and bytes.

The address of a page visitor is the place that their pass proves (passes.py); that of an account elsewhere is its
domain. Accounts of the staff's domains are known to the server, which can be asked who they are: they have none.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slixmpp.xmlstream import ET

from livechat_xmpp.domain.errors import TooOften
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.domain.wording.visitors import TOO_OFTEN
from livechat_xmpp.xmpp.passes import Passes

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers; each is a setting, described there. remembered: of how many accounts and addresses counts are kept.

    own_domains: domains whose accounts have no address; anonymous_domains: those whose accounts anybody can have.
    """

    visitor_requests_per_hour: int = 120
    address_requests_per_hour: int = 120
    unproven_requests_per_minute: int = 300
    requests_per_minute: int = 3000
    sender_stanzas_per_minute: int = 600
    sender_bytes_per_minute: int = 2_000_000
    address_stanzas_per_minute: int = 6000
    address_bytes_per_minute: int = 10_000_000
    stanzas_per_minute: int = 30_000
    bytes_per_minute: int = 50_000_000
    remembered: int = 20_000
    own_domains: Collection[str] = ()
    anonymous_domains: Collection[str] = ()


class Buckets:
    """Token buckets by key: each holds `size` and fills again in `period`. Those not used for longest are dropped."""

    def __init__(self, size: float, period: timedelta, remembered: int) -> None:
        self._size = size
        self._per_s = size / period.total_seconds()
        self._remembered = remembered
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what was left, and when

    def left(self, key: str, now: float) -> float:
        """Return what the key has left now; a clock that steps back fills nothing."""
        left, at = self._left.get(key, (self._size, now))
        return min(self._size, left + max(0.0, now - at) * self._per_s)

    def take(self, key: str, amount: float, now: float) -> None:
        """Take from what is left; a negative amount gives back."""
        self._left[key] = (min(self._size, self.left(key, now) - amount), now)
        self._left.move_to_end(key)
        if len(self._left) > self._remembered:
            self._left.popitem(last=False)

    def __len__(self) -> int:
        return len(self._left)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What is wanted of one bucket; reason: what it is called where it has not enough."""

    reason: str
    buckets: Buckets
    key: str
    amount: float


class Limits:
    """Counts, and says no. refused: how often, by reason.

    is_staff: whose stanzas count for themselves alone, so that helping goes on while visitors are too many. Anybody
    can be staff, as a trainee, within seconds: so they do count.
    """

    def __init__(
        self, rules: Rules, passes: Passes, now: Callable[[], datetime], is_staff: Callable[[BareJid], bool]
    ) -> None:
        self._rules = rules
        self._passes = passes
        self._now = now
        self._is_staff = is_staff
        self.refused: Counter[str] = Counter()

        def buckets(size: int, period: timedelta) -> Buckets:
            return Buckets(size, period, rules.remembered)

        self._stanzas = {
            "sender": buckets(rules.sender_stanzas_per_minute, MINUTE),
            "address": buckets(rules.address_stanzas_per_minute, MINUTE),
            "all": buckets(rules.stanzas_per_minute, MINUTE),
        }
        self._bytes = {
            "sender": buckets(rules.sender_bytes_per_minute, MINUTE),
            "address": buckets(rules.address_bytes_per_minute, MINUTE),
            "all": buckets(rules.bytes_per_minute, MINUTE),
        }
        self._requests = {
            "sender": buckets(rules.visitor_requests_per_hour, HOUR),
            "address": buckets(rules.address_requests_per_hour, HOUR),
            "unproven": buckets(rules.unproven_requests_per_minute, MINUTE),
            "all": buckets(rules.requests_per_minute, MINUTE),
        }
        self._refusals = buckets(rules.sender_stanzas_per_minute, MINUTE)
        self._places: OrderedDict[str, str] = OrderedDict()  # of page visitors, by address

    @property
    def remembered(self) -> int:
        """Return of how many people something is kept in memory."""
        return self._rules.remembered

    # --- stanzas

    def take_stanza(self, sender: BareJid, xml: ET.Element) -> bool:
        """Count a stanza to the desk; return False if it is too much."""
        size = size_of(xml)
        keys: list[tuple[str, str]] = [("sender", sender)] if self._is_staff(sender) else self._keys(sender)
        return self._take(
            [_Claim(f"stanzas of {whose}", self._stanzas[whose], key, 1) for whose, key in keys]
            + [_Claim(f"bytes of {whose}", self._bytes[whose], key, size) for whose, key in keys]
        )

    def take_refusal(self, sender: BareJid) -> bool:
        """Count an answer that says no; return False if answering this sender has itself become a flood."""
        return self._take([_Claim("refusals", self._refusals, sender, 1)])

    def _keys(self, sender: BareJid) -> list[tuple[str, str]]:
        address = self._address(sender)
        return [("sender", sender), *([("address", address)] if address else []), ("all", "")]

    def _address(self, sender: BareJid) -> str:
        """Return what the sender's address is counted by; "" where nobody knows one."""
        domain = sender.partition("@")[2] or sender
        if domain in self._rules.anonymous_domains:
            return self._places.get(sender, "")
        return "" if domain in self._rules.own_domains else domain

    # --- requests

    def take_request(self, visitor: BareJid, proof: str) -> None:
        """Count a request; proof: the pass that came with it, or "". Raises TooOften."""
        self._learn_place(visitor, proof)
        if not self._take(self._request_claims(visitor)):
            raise TooOften(TOO_OFTEN)

    def give_back_request(self, visitor: BareJid) -> None:
        """Do not count the request after all: it was refused for another reason."""
        now = self._now().timestamp()
        for claim in self._request_claims(visitor):
            claim.buckets.take(claim.key, -claim.amount, now)

    def _request_claims(self, visitor: BareJid) -> list[_Claim]:
        keys = self._keys(visitor)
        domain = visitor.partition("@")[2]
        if domain in self._rules.anonymous_domains and visitor not in self._places:
            keys.append(("unproven", domain))
        return [_Claim(f"requests of {whose}", self._requests[whose], key, 1) for whose, key in keys]

    def _learn_place(self, visitor: BareJid, proof: str) -> None:
        place = self._passes.read(proof) if proof else None
        if place is None or visitor.partition("@")[2] not in self._rules.anonymous_domains:
            return
        self._places[visitor] = place
        self._places.move_to_end(visitor)
        if len(self._places) > self._rules.remembered:
            self._places.popitem(last=False)

    # --- all of it

    def _take(self, claims: Sequence[_Claim]) -> bool:
        """Take everything that is claimed, or nothing; return whether there was enough."""
        now = self._now().timestamp()
        for claim in claims:
            if claim.buckets.left(claim.key, now) < claim.amount:
                self.refused[claim.reason] += 1
                return False
        for claim in claims:
            claim.buckets.take(claim.key, claim.amount, now)
        return True


def size_of(xml: ET.Element) -> int:
    """Return about how many bytes the element has; to write it out again would cost more than it is worth."""
    size = 0
    for element in xml.iter():
        size += len(element.tag) + len(element.text or "") + len(element.tail or "")
        for name, value in element.attrib.items():
            size += len(name) + len(value)
    return size
