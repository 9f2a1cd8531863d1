"""The places in which the simulation is compared with real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.people import BareComponent, Person, RealServer, Server
from tests.simulation import SimulatedServer


@pytest_asyncio.fixture(params=["simulated", "real"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """Give a server: the simulation, and then a real Prosody."""
    if request.param == "simulated":
        async with SimulatedServer() as simulated:
            yield simulated
        return
    async with RealServer.of(request.getfixturevalue("prosody")) as real:
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
