"""A throwaway Prosody, from the configuration that the demo and admins use."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from livechat_xmpp.demo.config_files import write_prosody
from tests.servers.needs import program
from tests.servers.throwaway import ThrowawayServer


class Prosody(ThrowawayServer):
    """It keeps rooms and who is inside over an orderly stop."""

    kind, software = "prosody", "Prosody"

    @property
    def snippet(self) -> Path:
        return self.folder / "livechat.cfg.lua"

    def _configure(self) -> Path:
        return write_prosody(self.folder, self.names, self.ports, self.secret)

    def _command(self) -> Sequence[str]:
        return [program("prosody"), "-F", "--config", str(self.main)]

    def lose_help_rooms(self) -> None:
        shutil.rmtree(self.folder / "data" / self.names.muc.replace(".", "%2e"))
