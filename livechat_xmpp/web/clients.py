"""Where a web request comes from: the client's network address, also behind proxies that are trusted to tell it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")  # who has one of these was sent on by somebody


class Clients:
    """Finds clients' addresses. trusted: the proxies; each adds the address it was asked from to X-Forwarded-For."""

    def __init__(self, trusted: Iterable[IPNetwork]) -> None:
        self._trusted = tuple(trusted)

    def address(self, request: web.Request) -> IPAddress | None:
        """Return the client's address; None when nobody can tell: sent on by a proxy that is not trusted."""
        peer = read_address(request.remote or "")
        if peer is None or not is_in(peer, self._trusted):
            return None if any(name in request.headers for name in FORWARDED) else peer
        # Only what trusted proxies have added, from the end on, is true: the rest the client may have written.
        told = [part.strip() for line in request.headers.getall("X-Forwarded-For", ()) for part in line.split(",")]
        for text in reversed(told):
            peer = read_address(text)
            if peer is None or not is_in(peer, self._trusted):
                return peer
        return peer


def read_address(text: str) -> IPAddress | None:
    """Return the address written so; None if it is none. IPv4 in IPv6's clothes is IPv4."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_in(address: IPAddress, networks: Iterable[IPNetwork]) -> bool:
    """Return whether the address is of one of the networks."""
    return any(address in network for network in networks)
