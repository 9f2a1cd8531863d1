"""The places in which the simulation is compared with real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.people import BareComponent, Person, RealServer, Server
from tests.simulation import WAYS, Quirks, SimulatedServer


@pytest.fixture(params=["simulated prosody", "prosody", "simulated ejabberd", "ejabberd"])
def which(request: pytest.FixtureRequest) -> str:
    """Each comparison is made for both kinds of server, in the simulation and on a real one."""
    return str(request.param)


@pytest.fixture
def ways(which: str) -> Quirks:
    """What is expected of this kind of server, where they differ."""
    return WAYS[which.rpartition(" ")[2]]


@pytest_asyncio.fixture
async def server(which: str, ways: Quirks, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    if which != ways.name:
        async with SimulatedServer(quirks=ways) as simulated:
            yield simulated
        return
    async with RealServer.of(request.getfixturevalue(which)) as real:
        yield real


@pytest_asyncio.fixture
async def component(server: Server) -> AsyncIterator[BareComponent]:
    """Give the server's component, linked."""
    async with await BareComponent.connect(
        server.host, server.component_port, server.component, server.component_secret
    ) as linked:
        yield linked


@pytest_asyncio.fixture
async def desk(component: BareComponent) -> Person:
    """Give an address of the component that can own rooms."""
    return await component.person(f"desk@{component.domain}/desk").arrive(available=False)
