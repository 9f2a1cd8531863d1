"""A stage on each real server, for what only shows there; as in tests/scenarios, without the simulated one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.people import RealServer
from tests.scenarios.stages import RealStage
from tests.simulation import WAYS

LOOPBACK = '["127.0.0.0/8"]'


@pytest_asyncio.fixture(params=["prosody", "ejabberd"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RealStage]:
    """A real server with the component as a process; `@pytest.mark.desk(LIVECHAT_…="…")` changes its settings.

    A test in which the component logs an error fails.
    """
    marker = request.node.get_closest_marker("desk")
    environment: dict[str, str] = {"LIVECHAT_WEB__METRICS_ALLOW": LOOPBACK, **(marker.kwargs if marker else {})}
    process = request.getfixturevalue(request.param)
    async with RealServer.of(process) as real:
        stage = RealStage(real, process, WAYS[request.param], tmp_path, environment)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()
    assert not stage.desk.log_errors()


def log_lines(text: str) -> list[dict[str, Any]]:
    """Return the lines of a log in the format json, all of it."""
    return [json.loads(line) for line in text.splitlines()]
