"""The stages: the simulated server with the component in this process, a real server with it as a process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from livechat_xmpp import app
from livechat_xmpp.component import Component
from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.config_files import write_component
from livechat_xmpp.demo.places import Names, Ports
from livechat_xmpp.reconcile.ports import Clock
from livechat_xmpp.settings import Settings
from tests.migrated import put_database
from tests.people import Person, RealServer, StanzaError
from tests.scenarios.stage import Stage, until
from tests.servers.desk import NOBODY_SIGNS_UP, Desk
from tests.servers.forked import State
from tests.servers.throwaway import ThrowawayServer
from tests.servers.waiting import wait_until_async
from tests.simulation import Quirks, SimulatedServer

QUIET_ROUNDS = 2  # in a row, in which nothing happens, before a real server counts as settled


class InProcess:
    """The whole component as a task of this process, which can be stopped, or killed as by a crash."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[Component] = asyncio.get_running_loop().create_future()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        async with app.running(self._settings, self._clock) as component:
            self._ready.set_result(component)
            await self._stop.wait()

    @property
    def component(self) -> Component:
        return self._ready.result()

    async def linked(self) -> Component:
        """Wait until the link is up, and return the parts."""
        await asyncio.wait({self._ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()
        component = self._ready.result()
        await wait_until_async(lambda: component.link.is_up or self._task.done(), "the component is linked")
        return component

    async def idle(self) -> None:
        """Wait until it has nothing to do."""
        component = self._ready.result()
        while not component.is_idle:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.0005)  # the database answers from another thread

    async def stop(self) -> None:
        self._stop.set()
        await self._task
        _clear_away()

    async def kill(self) -> None:
        """End it where it stands; the link has to be cut before, else it says good-bye."""
        self._task.cancel()
        await asyncio.wait({self._task})
        _clear_away()


def _clear_away() -> None:
    """Collect database connections that were being opened when their task ended.

    They belong to nobody then, and Python warns of them when they are collected, in whatever test that is.
    With a process of its own they are gone with it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class SimulatedStage(Stage):
    """The component in this process, on the simulated server."""

    server: SimulatedServer

    def __init__(
        self, server: SimulatedServer, folder: Path, environment: Mapping[str, str], clock: Clock | None = None
    ) -> None:
        super().__init__(server, server.quirks)
        self.clock = clock
        self.environment = {"LIVECHAT_WEB__ENABLED": "false", **NOBODY_SIGNS_UP, **environment}
        self.config = folder / "livechat.toml"
        names = Names(domain=server.domain, component=server.component, muc=server.muc)
        ports = Ports(component=server.component_port)
        put_database(folder / "livechat.db")
        database = f"sqlite+aiosqlite:///{folder / 'livechat.db'}"
        write_component(self.config, names, ports, server.component_secret, database, {server.jid_of("ada"): "admin"})
        self._running: InProcess | None = None

    @property
    def running(self) -> InProcess:
        assert self._running is not None
        return self._running

    async def start_component(self) -> None:
        self._running = InProcess(self.settings, self.clock)
        await self._running.linked()

    def change_settings(self, settings: Mapping[str, str]) -> None:
        self.environment = {**self.environment, **settings}

    async def stop_component(self) -> None:
        await self.running.stop()
        self._running = None

    async def kill_component(self) -> None:
        self.server.break_link(keep_down=True)
        await self.running.kill()
        self._running = None
        self.server.mend_link()

    async def break_link(self) -> None:
        component = await self.running.linked()
        self.server.break_link(keep_down=True)
        await wait_until_async(lambda: not component.link.is_up, "the component notices that the link is lost")

    async def mend_link(self) -> None:
        self.server.mend_link()
        await self.running.linked()

    async def restart_server(self, *, keep_rooms: bool) -> None:
        component = await self.running.linked()
        before = component.link.number
        self.server.restart()
        if not keep_rooms:
            self.server.help_rooms.rooms.clear()
        await wait_until_async(lambda: component.link.number > before, "a new link after the restart")

    async def settled(self) -> None:
        await self.server.quiet(self.running.idle)

    async def close(self) -> None:
        if self._running is not None:
            await self._running.stop()


class LinkProxy:
    """A cable between the component and a real server, that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._pairs: set[asyncio.StreamWriter] = set()
        self._is_down = False
        self._listening: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._listening = await asyncio.start_server(self._carry, self._target[0], 0)

    @property
    def port(self) -> int:
        assert self._listening is not None
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_down:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._pairs |= ends
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        self._pairs -= ends

    @staticmethod
    async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.transport.abort()

    def cut(self) -> None:
        """Cut what is connected, and keep it so."""
        self._is_down = True
        for writer in list(self._pairs):
            writer.transport.abort()

    def mend(self) -> None:
        self._is_down = False

    async def close(self) -> None:
        self.cut()
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()


class RealStage(Stage):
    """The component as a process of its own, beside a real server, over a cable that can be cut."""

    server: RealServer

    def __init__(
        self,
        server: RealServer,
        process: ThrowawayServer,
        quirks: Quirks,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(server, quirks)
        self._process, self._folder = process, folder
        self._given = environment
        self.cable = LinkProxy(server.host, server.component_port)

    @property
    def logs(self) -> list[Path]:
        """What is shown of a story that fails."""
        return [self.desk.log, self._process.log]

    @property
    def lists_accounts(self) -> bool:
        return bool(self._process.api_url)

    @property
    def writes_bookmarks(self) -> bool:
        return self.quirks.name == "prosody"

    async def open(self) -> None:
        await self.cable.open()
        own_room = f"contributors-{secrets.token_hex(4)}@{self.server.general_muc}"  # others have made one
        self.environment = {
            "LIVECHAT_XMPP__PORT": str(self.cable.port),
            "LIVECHAT_XMPP__CONTRIBUTORS": own_room,
            **self._given,
        }
        ada = Account(await self.server.register("ada"), "", "admin")
        put_database(self._folder / "livechat.db")
        self.desk = Desk(self._process, self._folder, [ada], self.environment)
        self.config = self.desk.config
        await super().open()

    async def start_component(self) -> None:
        await self.desk.start_async()

    def change_settings(self, settings: Mapping[str, str]) -> None:
        self.environment = {**self.environment, **settings}
        self.desk.change_settings(settings)

    async def stop_component(self) -> None:
        await self.desk.stop_async()

    async def kill_component(self) -> None:
        self.desk.kill()

    async def break_link(self) -> None:
        self.cable.cut()
        await self._linked(lambda state: not state.is_up, "no link any more")

    async def mend_link(self) -> None:
        self.cable.mend()
        await self._linked(lambda state: state.is_up, "a link again")

    async def _linked(self, wanted: Callable[[State], bool], what: str) -> None:
        async def look() -> bool:
            state = await self.desk.state()
            return state is not None and wanted(state)

        await until(look, what)

    async def restart_server(self, *, keep_rooms: bool) -> None:
        before = await self.desk.state()
        assert before is not None
        await asyncio.to_thread(self._process.stop)
        if not keep_rooms:
            self._process.lose_help_rooms()
        self._process.start()
        await self._linked(lambda state: state.is_up and state.links > before.links, "a new link after the restart")

    async def settled(self) -> None:
        calm = 0

        async def ask() -> bool:
            nonlocal calm
            calm = calm + 1 if await self._is_calm() else 0
            return calm >= QUIET_ROUNDS

        await until(ask, "nobody having anything to do, and nobody hearing anything new")

    async def _is_calm(self) -> bool:
        """Ask everybody's server, then the component; return whether nothing else happened and nothing is left to do.

        An answered question shows that what the same person sent before it has gone on its way.
        """
        before, heard = await self.desk.state(), self._heard()
        here = [person for person in self.people if person.is_connected]
        await asyncio.gather(*(_is_answered(person) for person in here))
        await self.ada.command("my-status")
        after = await self.desk.state()
        if before is None or after is None or not (before.is_idle and after.is_idle):
            return False
        return after.crossed == before.crossed + 2 and self._heard() == heard + len(here) + 1

    def _heard(self) -> int:
        return sum(len(person.received) for person in self.people)

    async def close(self) -> None:
        if self.desk.is_running():
            self.desk.kill()
        await self.cable.close()


async def _is_answered(person: Person) -> None:
    """Have somebody's own server answer, with an error for all that it matters."""
    with contextlib.suppress(StanzaError, ConnectionError):
        await person.ping(person.bare.partition("@")[2])
