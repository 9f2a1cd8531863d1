"""Where stories take place: one interface for the simulated server and for real ones."""

from __future__ import annotations

import itertools
import secrets
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from tests.people.c2s import over_tcp, register
from tests.people.person import Person

if TYPE_CHECKING:
    from tests.servers.throwaway import ThrowawayServer


class Server(Protocol):
    """What a story may use of a server: its addresses, and the people on it.

    muc: the service of help rooms, where only the component may make rooms; general_muc: the one for everybody.
    Names of people are turned into addresses by jid_of: on a real server accounts are fresh for each story.
    """

    host: str
    domain: str
    anonymous_domain: str
    component: str
    component_secret: str

    @property
    def component_port(self) -> int: ...
    @property
    def muc(self) -> str: ...
    @property
    def general_muc(self) -> str: ...
    def jid_of(self, name: str) -> str: ...
    async def register(self, name: str) -> str: ...
    async def person(self, name: str, *, client: str = "", available: bool = True) -> Person: ...
    async def visitor(self, name: str, *, available: bool = True) -> Person: ...


class RealServer:
    """A server that runs elsewhere on this machine, with in-band registration and anonymous logins.

    Leaving the context logs all its people out. Each instance has accounts of its own, so that contact lists and
    messages left over from one story do not reach the next.
    """

    _serial = itertools.count(1)

    def __init__(
        self,
        *,
        c2s_port: int,
        component_port: int,
        component_secret: str,
        host: str = "127.0.0.1",
        domain: str = "localhost",
        component: str = "workgroup.localhost",
        muc: str = "chats.workgroup.localhost",
        general_muc: str = "conference.localhost",
        anonymous_domain: str = "anon.localhost",
    ) -> None:
        self.host, self.c2s_port, self.component_port = host, c2s_port, component_port
        self.component_secret, self.component = component_secret, component
        self.domain, self.anonymous_domain, self.muc, self.general_muc = domain, anonymous_domain, muc, general_muc
        self._mark = f"{secrets.token_hex(2)}{next(self._serial)}"
        self._accounts: dict[str, tuple[str, str]] = {}
        self._people: list[Person] = []

    @classmethod
    def of(cls, server: ThrowawayServer) -> Self:
        """Return the throwaway server that the fixtures start."""
        names, ports = server.names, server.ports
        return cls(
            c2s_port=ports.c2s,
            component_port=ports.component,
            component_secret=server.secret,
            domain=names.domain,
            component=names.component,
            muc=names.muc,
            general_muc=names.contributors.partition("@")[2],
            anonymous_domain=names.anonymous_domain,
        )

    def adopt(self, name: str, jid: str, password: str) -> None:
        """Let `name` be somebody whose account exists already."""
        self._accounts[name] = (jid, password)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for person in self._people:
            await person.close()

    def jid_of(self, name: str) -> str:
        known = self._accounts.get(name)
        return known[0] if known else f"{name}-{self._mark}@{self.domain}"

    async def register(self, name: str) -> str:
        """Make an account if there is none, and return its JID; the server tells a linked component of it."""
        if name not in self._accounts:
            jid, password = self.jid_of(name), secrets.token_hex(8)
            await register(self.host, self.c2s_port, jid, password)
            self.adopt(name, jid, password)
        return self._accounts[name][0]

    async def person(self, name: str, *, client: str = "", available: bool = True) -> Person:
        """Return somebody with an account (made if needed), logged in; client: the resource."""
        await self.register(name)
        jid, password = self._accounts[name]
        full = jid + (f"/{client}" if client else "")
        opener = over_tcp(self.host, self.c2s_port, full, password)
        return await self._arrive(Person(opener, name, desk=self.component), available)

    async def visitor(self, name: str, *, available: bool = True) -> Person:
        """Return somebody without an account, logged in anonymously; a new address at each arrival."""
        opener = over_tcp(self.host, self.c2s_port, self.anonymous_domain)
        return await self._arrive(Person(opener, name, desk=self.component), available)

    async def _arrive(self, person: Person, available: bool) -> Person:
        self._people.append(person)
        return await person.arrive(available=available)
