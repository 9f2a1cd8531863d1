"""An older copy of the database is put back: it knows nothing of some rooms, and others that it knows are gone."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.scenarios.stages import SimulatedStage
from tests.simulation import WAYS, SimulatedServer


class Copies:
    """Of a stage's database; put back while no desk runs."""

    def __init__(self, stage: SimulatedStage) -> None:
        self._path = Path(stage.settings.database.url.get_secret_value().partition("///")[2])
        self._copy = self._path.with_name("copy.db")

    def make(self) -> None:
        self._carry(self._path, self._copy)

    def put_back(self) -> None:
        for rest in self._path.parent.glob(f"{self._path.name}-*"):
            rest.unlink()  # the write-ahead log is of another database
        self._path.unlink()
        self._carry(self._copy, self._path)

    @staticmethod
    def _carry(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)


@pytest_asyncio.fixture(params=list(WAYS))
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedStage]:
    async with SimulatedServer(quirks=WAYS[request.param]) as server:
        stage = SimulatedStage(server, tmp_path, {})
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()


async def test_a_room_that_is_not_on_record_goes_as_soon_as_somebody_moves_in_it(stage: SimulatedStage) -> None:
    """RO-3"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    copies = Copies(stage)
    await stage.settled()
    copies.make()
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    await stage.kill_component()
    copies.put_back()
    await stage.start_component()
    await stage.settled()
    await mia.leave(chat.room)
    departure = await tom.is_out_of(chat.room)
    assert departure is not None
    assert departure.destroyed
    await chat.visitor.is_out_of(chat.room)
    second = await stage.chat(ana, chat.visitor)
    assert second.id != chat.id


async def test_a_chat_that_was_over_by_now_gets_its_room_again_and_ends_again(stage: SimulatedStage) -> None:
    """QU-1"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    copies = Copies(stage)
    await stage.settled()
    copies.make()
    assert (await ana.command("close-chat", chat=chat.id, disposition="solved")).is_completed
    await stage.settled()
    await stage.kill_component()
    copies.put_back()
    await stage.start_component()
    await stage.settled()
    await ana.enter(chat.room)
    assert (await ana.command("close-chat", chat=chat.id, disposition="solved")).is_completed
    assert (await stage.ended(chat.id))["outcome"] == "served"
