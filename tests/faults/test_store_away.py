"""While the database cannot write, the rooms stay in sight: the rule holds, and no word is missed afterwards."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases.ports import StoreTrouble
from tests.factories import NOW
from tests.migrated import put_database
from tests.property.test_room_machine import MachineClock
from tests.scenarios.stage import said
from tests.scenarios.stages import SimulatedStage
from tests.servers.waiting import wait_until_async
from tests.simulation import SimulatedServer

SOON = timedelta(seconds=5)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SimulatedStage]:
    clock = MachineClock()
    async with SimulatedServer(clock=clock.now) as server:
        stage = SimulatedStage(server, tmp_path, {}, clock)
        try:
            await stage.open()
            yield stage
        finally:
            await stage.close()


async def test_a_damaged_file_is_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """RU-3: with any other error the room would be out of sight, and the rule with it"""
    path = tmp_path / "livechat.db"
    put_database(path)
    page = 4096
    with path.open("r+b") as file:
        for begin in range(page, path.stat().st_size, page):
            file.seek(begin)
            file.write(b"\xff" * page)
    async with Store.opened(f"sqlite:///{path}", lambda: NOW) as store:
        with pytest.raises(StoreTrouble, match="malformed"):
            await store.read(lambda work: work.accounts.list())
        with pytest.raises(StoreTrouble, match="malformed"):
            await store.write(lambda work: work.accounts.list())


async def _refuse(_unit: Any) -> None:
    raise StoreTrouble("database or disk is full")


async def test_a_database_that_is_away_makes_nobody_blind(
    stage: SimulatedStage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """RO-3, RU-3"""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    await stage.settled()
    component, clock = stage.running.component, stage.clock
    caplog.set_level(logging.DEBUG, "livechat_xmpp.reconcile.reconciler")
    assert isinstance(clock, MachineClock)

    def failures(least: int = logging.DEBUG) -> int:
        told = [r for r in caplog.records if "does not answer" in r.getMessage() and r.levelno >= least]
        return sum(r.name.endswith(".reconciler") for r in told)

    async def fails_again() -> None:
        before = failures()
        clock.advance(SOON)
        await wait_until_async(lambda: failures() > before, "a round that fails again, soon after the last")

    monkeypatch.setattr(component.store, "write", _refuse)
    await mia.leave(chat.room)
    await tom.is_out_of(chat.room)
    words = [f"word {number}" for number in range(5)]
    for word in words:
        await chat.visitor.speak(chat.room, word)
        await fails_again()
    await mia.enter(chat.room)
    assert component.reconciler.in_trouble
    assert failures(logging.WARNING) == 1, "a disk that is full gets no fuller by our saying so every two seconds"

    monkeypatch.undo()
    clock.advance(SOON)
    await wait_until_async(lambda: not component.reconciler.in_trouble, "the chat is well")
    await tom.is_invited(chat.room)
    await stage.settled()
    assert [text for who, text in said(await stage.export(chat.id)) if who == "visitor"] == words
