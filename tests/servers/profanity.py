"""profanity, as a person at a terminal has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.servers.needs import program
from tests.servers.waiting import wait_until_async


class Profanity:
    """profanity in a terminal that nobody sees (tmux); what it shows is read from there."""

    def __init__(self, folder: Path) -> None:
        self._tmux = [program("tmux"), "-S", str(folder / "tmux")]
        home = folder / "home"
        home.mkdir()
        places = " ".join(f"{name}={home}" for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))
        self._command = f"env {places} LANG=C.UTF-8 {program('profanity')}"
        self._run("new-session", "-d", "-s", "p", "-x", "160", "-y", "50", self._command)

    def _run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], check=True, capture_output=True, text=True).stdout

    def types(self, line: str) -> None:
        self._run("send-keys", "-t", "p", "-l", "--", line)
        self._run("send-keys", "-t", "p", "Enter")

    def screen(self) -> str:
        return self._run("capture-pane", "-p", "-t", "p")

    async def shows(self, text: str) -> None:
        """Wait until the text is there; lines are broken where the terminal ends."""
        try:
            await wait_until_async(lambda: text in " ".join(self.screen().split()), f"profanity shows {text!r}")
        except AssertionError as not_seen:
            raise AssertionError(f"{not_seen}; it shows\n{self.screen()}") from None

    async def signs_up(self, name: str, domain: str, port: int, password: str) -> None:
        """Make an account (XEP-0077), and begin anew: profanity 0.13 cannot log in after it has registered."""
        await self.shows("Type '/help'")
        self.types(f"/register {name} {domain} port {port} tls disable")
        await self.shows("password")
        self.types(password)
        await self.shows("onfirm")
        self.types(password)
        await self.shows("Registration successful")
        self._run("respawn-pane", "-k", "-t", "p", self._command)

    async def logs_in(self, jid: str, port: int, password: str) -> None:
        await self.shows("Type '/help'")
        self.types(f"/connect {jid} server 127.0.0.1 port {port} tls disable")
        await self.shows("password")
        self.types(password)
        await self.shows("logged in successfully")

    def close(self) -> None:
        self._run("kill-server")
