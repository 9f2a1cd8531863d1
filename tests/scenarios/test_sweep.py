"""What is not where the rules say is put right, or told to admins: whatever did it, and once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from livechat_xmpp.store.database import make_engine
from tests.scenarios.stage import Request, Stage, until

QUICK = {"LIVECHAT_DESK__SWEEP_S": "0.5", "LIVECHAT_DESK__OVERDUE_S": "0.5"}


async def damage(stage: Stage, statement: str, **values: str) -> None:
    """Change the record behind the desk's back, while it is stopped."""
    await stage.stop_component()
    engine = make_engine(stage.settings.database.url.get_secret_value())
    with engine.begin() as db:
        assert db.execute(text(statement), values).rowcount == 1
    engine.dispose()
    await stage.start_component()


@pytest.mark.desk(**QUICK)
async def test_a_chat_that_lost_its_helper_waits_again(stage: Stage) -> None:
    """QU-1, RU-3"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    ben = await stage.staff("ben")
    await damage(stage, "UPDATE chat SET helper = NULL WHERE id = :chat", chat=chat.id)
    await chat.visitor.sees(chat.room, "Your helper is gone")
    await stage.is_offered(ben, Request(chat.id, chat.token, 1))
    await ben.say(stage.workgroup, "yes")
    await ben.receives("vic is yours")

    async def is_well() -> bool:
        return not (await stage.ada.command("list-problems")).rows

    await until(is_well, "no problem is left")


async def test_a_room_that_came_back_after_its_chat_had_ended_is_destroyed_again(stage: Stage) -> None:
    """RO-8: as a server that crashed may bring it back"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    ended = "UPDATE chat SET state = 'closed', outcome = 'served', closed_at = asked_at, room = 'gone' WHERE id = :chat"
    await damage(stage, ended, chat=chat.id)
    departure = await ana.is_out_of(chat.room)
    assert departure is not None
    assert departure.destroyed


@pytest.mark.desk(LIVECHAT_XMPP__MUC="gone.workgroup.localhost", **QUICK)
async def test_admins_are_told_once_of_a_chat_whose_room_cannot_be_made(stage: Stage) -> None:
    """QU-1: with the reason"""
    ana, vic = await stage.staff("ana"), await stage.visitor()
    request = await stage.asks(vic)
    told = await stage.ada.receives("Something is wrong")
    assert f"- {request.chat}: " in told.body
    row = (await stage.ada.command("list-problems")).row(chat=request.chat, what="stuck")
    assert row["since"].endswith("Z")
    assert row["reason"]
    await ana.drop()  # whatever else changes
    await stage.settled()
    assert len([one for one in stage.ada.inbox if "Something is wrong" in one.body]) == 1
    await stage.ada.say(stage.workgroup, "problems")
    await stage.ada.receives(f"- {request.chat}: what has to be done in a room fails")


async def test_only_admins_list_problems(stage: Stage) -> None:
    """PR-3"""
    mia = await stage.staff("mia", "monitor", on_duty=False)
    assert "list-problems" not in await mia.commands(stage.workgroup)
    listed = await stage.ada.command("list-problems")
    assert listed.rows == []
