"""A throwaway PostgreSQL."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from livechat_xmpp.demo.places import HOST, is_free
from livechat_xmpp.demo.processes import tied_to_us
from tests.servers.needs import program
from tests.servers.throwaway import some_free_ports
from tests.servers.waiting import wait_until

_BESIDE = "usr/lib/postgresql/*/bin"  # Debian keeps the server's programs out of PATH

_ADMIN, _ROLE = "postgres", "livechat"


class PostgreSQL:
    """One server in a folder of its own, without passwords, on a loopback port."""

    def __init__(self) -> None:
        self._initdb = program("initdb", beside=_BESIDE)
        self._folder = Path(tempfile.mkdtemp(prefix="livechat-postgresql-"))
        self._user = _user_for_server()
        self._port = some_free_ports().c2s
        self._numbers = itertools.count(1)
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        make = [self._initdb, "-D", self._data, "-U", _ADMIN, "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run([*self._as_user(), *make], check=True, capture_output=True, cwd="/")
        self.start()
        self._sql(f"CREATE ROLE {_ROLE} LOGIN").check_returncode()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Start it, at the beginning or after halt(), and wait until it answers."""
        # -F: no fsync; what is lost with the power is lost with the folder anyway.
        server = [str(Path(self._initdb).with_name("postgres")), "-D", self._data, "-F", "-h", HOST]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                tied_to_us([*self._as_user(), *server, "-p", str(self._port), "-k", str(self._folder)]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        wait_until(self._answers, f"PostgreSQL answers; see {self._folder}/log")

    def halt(self) -> None:
        """Stop the server; its databases are kept."""
        self._process.send_signal(signal.SIGINT)  # "fast": does not wait for who is connected
        self._process.wait(20)

    def new_database(self) -> str:
        """Return the URL of an empty database, with a role that may do no more than the README gives it."""
        name = f"livechat_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name} OWNER {_ROLE}").check_returncode()
        return f"postgresql://{_ROLE}@{HOST}:{self._port}/{name}"

    def stop(self) -> None:
        """Stop it and remove all of it."""
        self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _as_user(self) -> list[str]:
        if self._user is None:
            return []
        ids = f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}"
        return [program("setpriv"), *ids, "--clear-groups", "--pdeathsig", "KILL", "--"]

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        return not is_free(self._port) and self._sql("SELECT 1").returncode == 0

    def _sql(self, statement: str) -> subprocess.CompletedProcess[bytes]:
        psql = [program("psql", beside=_BESIDE), "-h", HOST, "-p", str(self._port), "-U", _ADMIN]
        return subprocess.run([*psql, "-d", "postgres", "-c", statement], capture_output=True, cwd="/")


def _user_for_server() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as the user that its package made, else as nobody."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
