"""The stage: each story is played on a Prosody and on an ejabberd, simulated and real."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.people import RealServer
from tests.scenarios.stage import Stage
from tests.scenarios.stages import RealStage, SimulatedStage
from tests.simulation import WAYS, SimulatedServer


@pytest_asyncio.fixture(params=["simulated prosody", "simulated ejabberd", "prosody", "ejabberd"])
async def stage(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Stage]:
    """A server with the component on it; `@pytest.mark.desk(LIVECHAT_…="…")` changes its settings.

    A story in which the component logs an error fails.
    """
    marker = request.node.get_closest_marker("desk")
    environment: dict[str, str] = dict(marker.kwargs) if marker else {}
    simulated, _, kind = request.param.rpartition(" ")
    quirks = WAYS[kind]
    if simulated:
        caplog.set_level(logging.INFO, "livechat_xmpp")
        async with SimulatedServer(quirks=quirks) as server:
            simulated = SimulatedStage(server, tmp_path, environment)
            try:
                await simulated.open()
                yield simulated
            finally:
                await simulated.close()
        errors = [r.getMessage() for when in ("setup", "call") for r in caplog.get_records(when) if _is_error(r)]
        assert not errors
        return
    process = request.getfixturevalue(kind)
    async with RealServer.of(process) as real:
        stage = RealStage(real, process, quirks, tmp_path, environment)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()
    assert not stage.desk.log_errors()


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR and record.name.startswith("livechat_xmpp")
