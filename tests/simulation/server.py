"""The simulated server: its parts built and joined, its people, its faults, and the moment when all is quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self
from xml.etree.ElementTree import Element

from tests.people import Connection, Opener, Person, Receiver
from tests.people.elements import PING, bare, make, new_id, readdressed, resource
from tests.simulation.connection import SimulatedConnection
from tests.simulation.muc import MucService
from tests.simulation.presence import PeopleDomain
from tests.simulation.quirks import PROSODY, Quirks, SecondLink
from tests.simulation.routing import Router
from tests.simulation.stream import ComponentPort

Direction = Literal["to component", "from component"]
Hook = Callable[[Direction, Element], object]
Idle = Callable[[], Awaitable[object]]


def utc_now() -> datetime:
    return datetime.now(UTC)


class SimulatedServer:
    """An XMPP server for one component, in this process, with MUC services and people.

    Its addresses are those of the demo unless told otherwise. A component connects to `component_port` on loopback
    with `component_secret`; max_stanza is as in our config/. second_link: None leaves it to the quirks.
    clock: aware moments for what is stamped. hooks: see on_stanza.
    """

    def __init__(
        self,
        *,
        quirks: Quirks = PROSODY,
        domain: str = "localhost",
        component: str = "workgroup.localhost",
        component_secret: str = "secret",
        clock: Callable[[], datetime] = utc_now,
        second_link: SecondLink | None = None,
        max_stanza: int = 8 * 1024 * 1024,
    ) -> None:
        self.quirks, self.domain, self.component, self.component_secret = quirks, domain, component, component_secret
        self.host = "127.0.0.1"
        self.anonymous_domain = f"anon.{domain}"
        self.router = Router()
        self.hooks: list[Hook] = []
        self.connections: set[SimulatedConnection] = set()
        self.people = PeopleDomain(domain, self.router, quirks, clock)
        self.visitors = PeopleDomain(self.anonymous_domain, self.router, quirks, clock, has_accounts=False)
        self.help_rooms = MucService(
            f"chats.{component}", self.router, quirks, clock, creators=component, begins_with=quirks.help_rooms
        )
        self.conference = MucService(
            f"conference.{domain}", self.router, quirks, clock, creators=domain, begins_with=quirks.general_rooms
        )
        self._port = ComponentPort(
            component,
            component_secret,
            quirks,
            self._from_component,
            self._link_changed,
            second_link or quirks.second_link,
            max_stanza,
        )
        self.router.attach(component, self._to_component)
        self._link_event = asyncio.Event()
        self._pings: dict[str, asyncio.Future[None]] = {}
        self._visitor_serial = 0
        self._accounts: set[str] = set()
        self._crossed = 0

    async def __aenter__(self) -> Self:
        await self._port.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in list(self.connections):
            connection.lose("the server is shut down")
        await self._port.close()

    # addresses, named as those of a real server are

    @property
    def muc(self) -> str:
        return self.help_rooms.domain

    @property
    def general_muc(self) -> str:
        return self.conference.domain

    @property
    def component_port(self) -> int:
        return self._port.port

    # people

    def jid_of(self, name: str) -> str:
        return f"{name}@{self.domain}"

    async def register(self, name: str) -> str:
        """Make an account if there is none, and return its JID; the component is told as servers are set up to do."""
        if name not in self._accounts:
            self._accounts.add(name)
            notice = make("body", self.quirks.new_account.format(jid=self.jid_of(name)))
            self.router.route(make("message", notice, type="chat", from_=self.domain, to=self.component))
        return self.jid_of(name)

    def connecting(self, jid: str | None = None) -> Opener:
        """Return how to connect as jid (an account need not be made), or anonymously."""

        async def open_session(receiver: Receiver) -> Connection:
            if jid is None:
                self._visitor_serial += 1
                user = f"visitor-{self._visitor_serial}@{self.anonymous_domain}"
                connection = SimulatedConnection(self.visitors, user, None, receiver)
            else:
                connection = SimulatedConnection(self.people, bare(jid), resource(jid) or None, receiver)
            self.connections = {one for one in self.connections if not one.is_over} | {connection}
            return connection

        return open_session

    async def person(self, name: str, *, client: str = "", available: bool = True) -> Person:
        """Return somebody with an account, logged in; client: the resource."""
        jid = await self.register(name) + (f"/{client}" if client else "")
        return await Person(self.connecting(jid), name, desk=self.component).arrive(available=available)

    async def visitor(self, name: str, *, available: bool = True) -> Person:
        """Return somebody without an account, logged in anonymously; a new address at each arrival."""
        return await Person(self.connecting(), name, desk=self.component).arrive(available=available)

    # the component's link

    @property
    def is_linked(self) -> bool:
        return self._port.link is not None

    async def linked(self, limit_s: float = 10) -> None:
        """Wait until the component is connected and authenticated."""

        async def wait() -> None:
            while not self.is_linked:
                self._link_event.clear()
                await self._link_event.wait()

        await asyncio.wait_for(wait(), limit_s)

    def _link_changed(self) -> None:
        self._link_event.set()
        if not self.is_linked:
            for ping in self._pings.values():
                if not ping.done():
                    ping.set_exception(ConnectionError("the component's link was lost"))

    def _is_stopped_by_hook(self, direction: Direction, stanza: Element) -> bool:
        return any(hook(direction, stanza) == "drop" for hook in list(self.hooks))

    def _to_component(self, stanza: Element) -> None:
        if self._is_stopped_by_hook("to component", stanza):
            return
        if self._port.link is None:
            self.router.bounce(stanza, self.quirks.unreachable, "Component unavailable")
            return
        self._crossed += 1
        self._port.send(stanza)

    def _from_component(self, stanza: Element) -> None:
        ping = self._pings.get(stanza.get("id", ""))
        if ping is not None:
            if not ping.done():
                ping.set_result(None)
            return
        if self._is_stopped_by_hook("from component", stanza):
            return
        self._crossed += 1
        if stanza.get("to") is None:
            stanza = readdressed(stanza, to=self.component)
        self.router.route(stanza)

    # faults

    def on_stanza(self, hook: Hook) -> Callable[[], None]:
        """Show each stanza between us and the component to the hook, before it goes on; return how to end that.

        A hook that returns "drop" loses the stanza without a word, as a cut link does. It may cause faults.
        """
        self.hooks.append(hook)
        return lambda: self.hooks.remove(hook)

    def break_link(self, *, keep_down: bool = False) -> None:
        """Cut the component's connection; what is under way is lost. keep_down: refuse new ones until mend_link.

        Nobody is told. The component stays an occupant of its rooms until something is sent to it there.
        """
        self._port.accepts = not keep_down
        self._port.cut()

    def mend_link(self) -> None:
        """Let the component connect again after break_link(keep_down=True)."""
        self._port.accepts = True

    def restart_muc(self, *, keep_rooms: bool) -> None:
        """Restart the MUC services alone, with nobody told: persistent rooms come back empty, or no room at all."""
        for service in (self.help_rooms, self.conference):
            service.lose(keep_persistent=keep_rooms)

    def restart(self) -> None:
        """Restart the whole server: all are disconnected, of rooms and occupants stays what the quirks say.

        Contact lists and accounts stay. People have to arrive again; the component connects by itself.
        """
        self._port.cut()
        for service in (self.help_rooms, self.conference):
            service.lose(keep_persistent=True, keep_occupants=self.quirks.restart_keeps_occupants)
        for domain in (self.people, self.visitors):
            for session in domain.sessions():
                domain.forget(session)
        for connection in list(self.connections):
            connection.lose("stream error: system-shutdown")

    # quiet

    async def ping_component(self, limit_s: float = 10) -> None:
        """Wait until the component has read and answered all that was sent to it until now, as far as a ping tells."""
        link = self._port.link
        if link is None:
            raise ConnectionError("the component is not linked")
        key = new_id()
        self._pings[key] = asyncio.get_running_loop().create_future()
        try:
            link.send(make("iq", make(f"{{{PING}}}ping"), type="get", id=key, to=self.component, from_=self.domain))
            await asyncio.wait_for(self._pings[key], limit_s)
        finally:
            del self._pings[key]

    async def quiet(self, component_idle: Idle | None = None, *, limit_s: float = 10) -> None:
        """Wait until nothing more happens: neither we nor the component has anything left to say.

        component_idle: waits until the component has nothing to do (its own queues empty). A component that is
        disconnected is waited for. Fails after limit_s with the last stanzas that kept it busy.
        """
        recent: list[str] = []
        forget = self.on_stanza(
            lambda direction, stanza: recent.append(f"{direction}: {stanza.tag} {dict(stanza.attrib)}")
        )

        async def settle() -> None:
            while True:
                await self.linked(limit_s)
                before = self._crossed
                try:
                    await self.ping_component(limit_s)
                    if component_idle is not None:
                        await component_idle()
                        await self.ping_component(limit_s)
                except ConnectionError:
                    continue
                if self._crossed == before:
                    return

        try:
            await asyncio.wait_for(settle(), limit_s)
        except TimeoutError:
            raise AssertionError(f"not quiet after {limit_s} s; last:\n" + "\n".join(recent[-12:])) from None
        finally:
            forget()
