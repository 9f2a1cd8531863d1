"""Passes: what the pages' server vouches for, so that limits can count page visitors by their network address.

An anonymous visitor's JID says nothing about where they are, and a new one costs nothing. The page is given a pass
and sends it along with the request. It carries no address, but a keyed hash of it that lasts as long as the secret.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network

PASS_LIFE = timedelta(minutes=10)  # from opening the form's submission to its arrival, also over a bad network
PASS = "pass"  # the field of a request's form that it comes in
LONGEST = 100  # characters; what is longer is none of ours


class Passes:
    """Makes and reads passes; both with the same secret."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._key = hashlib.sha256(b"passes " + secret.encode()).digest()
        self._now = now

    def issue(self, address: IPv4Address | IPv6Address) -> str:
        """Return a pass for the address; all of an IPv6 /64 are one, since one line has as many as it likes."""
        place = self._sign("place", _place(address))
        text = f"{int((self._now() + PASS_LIFE).timestamp()):x}.{place}"
        return f"{text}.{self._sign('pass', text)}"

    def read(self, text: str) -> str | None:
        """Return the place that the pass stands for, the same for each pass of it; None if it is not good."""
        if len(text) > LONGEST or not text.isascii():
            return None
        signed, _, signature = text.rpartition(".")
        if not hmac.compare_digest(signature, self._sign("pass", signed)):
            return None
        expires, _, place = signed.partition(".")
        return place if self._now().timestamp() < int(expires, 16) else None

    def _sign(self, what: str, text: str) -> str:
        return hmac.new(self._key, f"{what}\0{text}".encode(), hashlib.sha256).hexdigest()[:24]


def _place(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
