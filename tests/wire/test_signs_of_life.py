"""When staff were last heard of gets on record, also when the database was away for a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from livechat_xmpp.usecases.ports import StoreTrouble
from tests.factories import jid
from tests.wire.conftest import Wire


async def active_at(wire: Wire, name: str) -> datetime | None:
    account = await wire.component.desk.ask(lambda work: work.accounts.find(jid(name)))
    assert account is not None
    return account.active_at


async def test_a_sign_of_life_that_could_not_be_recorded_is_tried_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It was gone, and the next one of the same person was taken an hour later."""
    signs = wire.component.signs
    wire.component.staff_presence.accounts = {jid("ana"), jid("tom")}
    signs.note(jid("ana"))

    async def away(_unit: Any) -> None:
        raise StoreTrouble("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(wire.component.store, "write", away)
        await signs.record()
    assert await active_at(wire, "ana") is None
    assert "signs of life not recorded yet" in caplog.text
    signs.note(jid("tom"))
    await signs.record()
    assert None not in {await active_at(wire, "ana"), await active_at(wire, "tom")}
