"""Letters are sent once each, and those that surely did not leave are sent on the next link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slixmpp.xmlstream import XMLStream

from livechat_xmpp.domain.model import FullJid
from livechat_xmpp.reconcile.letters import AT_ONCE
from livechat_xmpp.usecases.ports import Letter, StoreTrouble
from tests.factories import SUPPORT
from tests.wire.conftest import Wire

SOON = datetime.now(UTC) + timedelta(hours=1)
NAMES = [f"una{number}@localhost" for number in range(AT_ONCE + 2)]


@pytest.fixture
def letters(wire: Wire) -> Wire:
    with wire.component.store.writing() as work:
        for name in NAMES:
            work.letters.add(Letter(FullJid(name), "Hello!", SUPPORT, SOON))
    return wire


def told(wire: Wire) -> list[str]:
    return [s.get("to", "") for s in wire.sent if s.findtext("{*}body") == "Hello!"]


def lose_link_after(wire: Wire, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the link lost once so many stanzas have been sent."""
    send = XMLStream.send

    def send_and_lose(self: XMLStream, data: Any, use_filters: bool = True) -> None:
        send(self, data, use_filters)
        if len(wire.sent) == number:
            wire.component.link._is_up = False

    monkeypatch.setattr(XMLStream, "send", send_and_lose)


async def send_all(wire: Wire) -> None:
    sender = wire.component.reconciler.letters
    for _ in NAMES:
        await sender.send()
    await wire.settle()
    if sender.are_unsent.is_set():
        await sender.put_back()


async def test_a_link_that_is_lost_meanwhile_takes_no_letter_with_it(
    letters: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that had been marked as sent together were lost with the first that could not be sent."""
    lose_link_after(letters, 2, monkeypatch)
    sender = letters.component.reconciler.letters
    await sender.send()
    assert told(letters) == NAMES[:2]
    await sender.put_back()
    letters.component.link._is_up = True
    await send_all(letters)
    assert told(letters) == NAMES, "each once"


async def test_few_are_marked_at_once(letters: Wire) -> None:
    """A process that was killed right after it had marked fifty lost fifty."""
    await letters.component.reconciler.letters.send()
    assert told(letters) == NAMES[:AT_ONCE]
    with letters.component.store.writing() as work:
        assert [letter.to for letter in work.letters.take_due(work.now, 100)] == NAMES[AT_ONCE:]


async def test_an_invitation_that_a_lost_link_kept_is_sent_on_the_next(wire: Wire) -> None:
    with wire.component.store.writing() as work:
        work.letters.add(Letter(FullJid("una@localhost"), "Come in!", SUPPORT, SOON, "contributors"))
    sender = wire.component.reconciler.letters
    await sender.send()
    wire.component.link._is_up = False
    await wire.settle()
    assert wire.sent == []
    await sender.put_back()
    wire.component.link._is_up = True
    await send_all(wire)
    (invitation,) = wire.sent
    assert (invitation.get("to"), invitation.find("{jabber:x:conference}x") is not None) == ("una@localhost", True)


async def test_what_the_database_does_not_take_back_now_is_tried_again(
    letters: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_link_after(letters, 1, monkeypatch)
    sender = letters.component.reconciler.letters
    await sender.send()

    async def away(_unit: Any) -> None:
        raise StoreTrouble("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(letters.component.store, "write", away)
        with pytest.raises(StoreTrouble):
            await sender.put_back()
    await sender.put_back()
    letters.component.link._is_up = True
    await send_all(letters)
    assert told(letters) == NAMES
