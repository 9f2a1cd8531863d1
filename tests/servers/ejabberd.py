"""A throwaway ejabberd, from the configuration that admins use; alone: no epmd, no Erlang distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from livechat_xmpp.demo.config_files import write_ejabberd
from livechat_xmpp.demo.places import HOST
from tests.servers.needs import is_missing, program
from tests.servers.throwaway import ThrowawayServer

# Schedulers that wait for work spin for a while otherwise, and the tests' other processes want the cores.
CALM = ("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none")


class Ejabberd(ThrowawayServer):
    """It keeps persistent rooms over a stop, but nobody in them; those made seconds before a kill may be lost.

    Started by `erl` itself and not by `ejabberdctl`, which wants to be a user of its own and a node with a name.
    """

    kind, software = "ejabberd", "ejabberd"

    @property
    def snippet(self) -> Path:
        return self.folder / "livechat.yml"

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.ports.api}/api/v0"

    def _configure(self) -> Path:
        return write_ejabberd(self.folder, self.names, self.ports, self.secret)

    def _command(self) -> Sequence[str]:
        mnesia = f'"{self.folder}/mnesia"'
        return [program("erl"), *CALM, "-noinput", "+K", "true", "-mnesia", "dir", mnesia, "-s", "ejabberd"]

    def _environment(self) -> Mapping[str, str]:
        return {
            "ERL_LIBS": str(_libraries()),
            "ERL_CRASH_DUMP_SECONDS": "0",
            "EJABBERD_CONFIG_PATH": str(self.main),
            "EJABBERD_LOG_PATH": str(self.folder / "log" / "ejabberd.log"),  # what it also says into self.log
        }

    def lose_help_rooms(self) -> None:
        for file in (self.folder / "mnesia").glob("muc_room.*"):
            file.unlink()


def _libraries() -> Path:
    """Return the folder that has ejabberd's code among other Erlang libraries."""
    found = next(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.app"), None)
    return found.parents[2] if found is not None else is_missing("ejabberd")
