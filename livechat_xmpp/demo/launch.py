"""`livechat-xmpp demo`: start the server, the accounts and the component, keep them running, stop them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
from pathlib import Path

from livechat_xmpp.demo.accounts import Account, load_accounts, make_contributors_room, register
from livechat_xmpp.demo.config_files import write_component, write_prosody
from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.places import PROJECT, Names, Ports, database_url, free_ports, ports_from, shown
from livechat_xmpp.demo.plain_client import RequestFailed
from livechat_xmpp.demo.processes import Child, answers, healthz, last_lines
from livechat_xmpp.demo.state import addresses, locked, write_addresses
from livechat_xmpp.demo.welcome import welcome

STATE = PROJECT / "var" / "demo"
_PATIENCE_S = 8.0  # for each child at the stop


def demo(state: Path = STATE, port_base: int | None = None) -> int:
    """Run the demo until SIGINT, SIGTERM or SIGHUP; return the exit status."""
    try:
        with locked(state):
            return asyncio.run(Demo(state.resolve(), port_base).run())
    except (DemoError, OSError) as error:  # OSError: a folder of somebody else, a full disk
        print(f"\n{error}", file=sys.stderr)
        return 1


def say(text: str) -> None:
    """Tell the person at the terminal; one who has closed it does not stop the demo."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


class Demo:
    """One run of the demo in a folder that it holds alone."""

    def __init__(self, state: Path, port_base: int | None) -> None:
        self._state, self._names = state, Names()
        self._addresses_file = state / "addresses.json"
        if self._addresses_file.exists():
            say("The last demo was not stopped in order; its addresses.json is removed. Its data is kept.")
            self._addresses_file.unlink()
        self._ports = free_ports() if port_base is None else ports_from(port_base)
        if port_base is None and self._ports != Ports():
            say("Some of the usual ports are taken here; the demo takes others.")
        self._accounts: list[Account] = []
        self._write_configuration()
        self._server = Child("Prosody", _prosody_command(state), state / "prosody.log", self._server_is_up, say)
        component = [sys.executable, "-m", "livechat_xmpp", "run", "--config", str(state / "livechat.toml")]
        self._component = Child("The component", component, state / "component.log", self._component_is_up, say)
        self._server_up, self._welcomed = asyncio.Event(), False

    async def run(self) -> int:
        """Keep all parts running until a signal asks to stop; raises DemoError if one does not come up."""
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup ignores SIGHUP on purpose. Shells ignore SIGINT for jobs in the background; here it works.
            if wanted is not signal.SIGHUP or signal.getsignal(wanted) is not signal.SIG_IGN:
                loop.add_signal_handler(wanted, stopped.set)
        parts = asyncio.ensure_future(self._keep_all_running())
        asked = asyncio.ensure_future(stopped.wait())
        try:
            await asyncio.wait({parts, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not parts.done():
                say("\nStopping …")
        finally:
            asked.cancel()
            parts.cancel()
            [outcome] = await asyncio.gather(parts, return_exceptions=True)
            await self._component.stop(_PATIENCE_S)  # first: it still has things to say to the server
            await self._server.stop(_PATIENCE_S)
            self._addresses_file.unlink(missing_ok=True)
        if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
        say(f"Stopped. The data is kept in {shown(self._state)}.")
        return 0

    def _write_configuration(self) -> None:
        for log in ("prosody.log", "component.log"):  # one run each, and the run before
            with contextlib.suppress(FileNotFoundError):
                (self._state / log).replace(self._state / f"{log}.old")
        secret = secrets.token_urlsafe(24)
        self._accounts = load_accounts(self._state / "passwords.json", self._names.domain)
        write_prosody(self._state, self._names, self._ports, secret)
        standings = {account.jid: account.standing for account in self._accounts}
        config = self._state / "livechat.toml"
        write_component(config, self._names, self._ports, secret, database_url(self._state), standings)

    async def _keep_all_running(self) -> None:
        say("Starting Prosody …")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._server.keep_running(self._on_server_up))
                await self._server_up.wait()
                await self._furnish_server()
                say("Starting the component and the page …")
                group.create_task(self._component.keep_running(self._on_component_up))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _furnish_server(self) -> None:
        owner, *others = (account for account in self._accounts if account.standing == "admin")
        try:
            await register(self._ports.c2s, self._names.domain, self._accounts)
            await make_contributors_room(self._ports.c2s, self._names, owner, others)
        except (OSError, RequestFailed) as error:  # TimeoutError is an OSError
            raise DemoError(
                f"Prosody runs, but refuses to make the demo's accounts and room: {error!r}. "
                f"The end of {self._server.log}:\n{last_lines(self._server.log)}"
            ) from error

    async def _server_is_up(self) -> str | None:
        for port in (self._ports.c2s, self._ports.component, self._ports.http):
            if not await answers(port):
                return f"nothing answers on port {port}"
        return None

    async def _component_is_up(self) -> str | None:
        return await healthz(self._ports.web)

    def _on_server_up(self) -> None:
        self._server_up.set()
        if self._addresses_file.exists():  # a later start: scripts shall find the new pid
            self._write_addresses()

    def _on_component_up(self) -> None:
        self._write_addresses()
        if self._welcomed:
            say("The component is up again.")
            return
        self._welcomed = True
        say(welcome(self._names, self._ports, self._accounts))

    def _write_addresses(self) -> None:
        pids = (self._component.pid, self._server.pid)
        content = addresses(self._state, self._names, self._ports, self._accounts, *pids)
        write_addresses(self._addresses_file, content)


def _prosody_command(state: Path) -> list[str]:
    prosody = shutil.which("prosody", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin:/usr/local/bin")
    if prosody is None:
        raise DemoError(
            "The XMPP server Prosody is not installed. On Debian and Ubuntu: apt-get install prosody prosody-modules"
        )
    return [prosody, "-F", "--config", str(state / "prosody.cfg.lua")]
