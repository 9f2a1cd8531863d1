"""Fixtures: a throwaway XMPP server for the whole run, and a desk beside it for each test that asks for one."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path

import pytest

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.processes import last_lines
from tests import haste
from tests.faults.report import pytest_terminal_summary  # noqa: F401  a hook; it prints in the process that prints
from tests.servers.desk import Desk, running_desk
from tests.servers.ejabberd import Ejabberd
from tests.servers.postgresql import PostgreSQL
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

haste.make()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "desk(LIVECHAT_X=...): settings of the test's desk, as environment variables")


def pytest_collection_finish() -> None:
    """Leave what collecting made out of the garbage collections of the tests, some of which ask for whole ones."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def prosody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """The server that all tests share, one desk after the other."""
    server = Prosody(tmp_path_factory.mktemp("prosody"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ejabberd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ejabberd]:
    """The other kind of server, shared in the same way."""
    server = Ejabberd(tmp_path_factory.mktemp("ejabberd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_account(prosody: Prosody) -> Callable[[str], Awaitable[Account]]:
    """`await make_account("eve")`: an account of this test's own, like eve-12@localhost."""
    return prosody.make_account


@pytest.fixture(params=["prosody", "ejabberd"])
def each_server(request: pytest.FixtureRequest) -> ThrowawayServer:
    """One of each kind, in turn."""
    started: ThrowawayServer = request.getfixturevalue(request.param)
    return started


@pytest.fixture
def desk_server(prosody: Prosody) -> ThrowawayServer:
    """The server beside which `desk` runs; a module that wants more than one kind overrides it."""
    return prosody


@pytest.fixture
def desk(desk_server: ThrowawayServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk on a fresh database; `@pytest.mark.desk(LIVECHAT_…="…")` changes its settings."""
    marker = request.node.get_closest_marker("desk")
    with running_desk(desk_server, tmp_path, marker.kwargs if marker else None) as started:
        yield started


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL for the whole run; `postgresql.new_database()` is the URL of an empty database."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the servers' logs with a failed test."""
    report = yield
    if report.failed:
        for part in getattr(item, "funcargs", {}).values():
            for log in [part.log] if isinstance(part, Desk | ThrowawayServer) else getattr(part, "logs", []):
                report.sections.append((f"end of {log}", last_lines(log, 40)))
    return report
