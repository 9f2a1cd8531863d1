"""Who has to be looked at: each chat once, urgent ones first, nobody twice at a time."""

from __future__ import annotations

import asyncio

import pytest

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.reconcile.wakeups import WakeUps

LIMIT_S = 10


async def taken(wakeups: WakeUps) -> list[str]:
    """Return the chats that wait, in the order in which they are taken; they are given back at once."""
    found = []
    while not wakeups.has_no_chats:
        chat = await asyncio.wait_for(wakeups.next_chat(), LIMIT_S)
        found.append(str(chat))
        wakeups.done(chat)
    return found


def a_wakeups(*chats: str, urgent: tuple[str, ...] = ()) -> WakeUps:
    wakeups = WakeUps()
    for chat in chats:
        wakeups.wake(ChatId(chat))
    for chat in urgent:
        wakeups.wake(ChatId(chat), is_urgent=True)
    return wakeups


@pytest.mark.parametrize(
    ("chats", "urgent", "order"),
    [
        pytest.param("abc", "", "abc", id="in the order of waking"),
        pytest.param("aba", "", "ab", id="each once, however often it is woken"),
        pytest.param("ab", "c", "cab", id="an urgent one goes before all"),
        pytest.param("ab", "b", "ba", id="one that waits becomes urgent"),
        pytest.param("a", "bc", "cba", id="the newest urgent one first"),
    ],
)
async def test_the_order_in_which_chats_are_taken(chats: str, urgent: str, order: str) -> None:
    assert await taken(a_wakeups(*chats, urgent=tuple(urgent))) == list(order)


async def test_waking_what_is_urgent_already_changes_nothing() -> None:
    wakeups = a_wakeups("a", urgent=("b",))
    wakeups.wake(ChatId("b"))
    assert await taken(wakeups) == ["b", "a"]


async def test_a_chat_that_is_worked_on_is_not_given_to_another_worker() -> None:
    wakeups = a_wakeups("a")
    assert await wakeups.next_chat() == "a"
    wakeups.wake(ChatId("a"))
    second = asyncio.get_running_loop().create_task(wakeups.next_chat())
    wakeups.wake(ChatId("b"))
    assert await asyncio.wait_for(second, LIMIT_S) == "b"
    wakeups.done(ChatId("a"))
    assert await asyncio.wait_for(wakeups.next_chat(), LIMIT_S) == "a"


async def test_woken_meanwhile_it_comes_once_more_and_keeps_its_urgency() -> None:
    wakeups = a_wakeups("a")
    chat = await wakeups.next_chat()
    wakeups.wake(chat, is_urgent=True)
    wakeups.wake(chat)
    wakeups.wake(ChatId("b"))
    wakeups.done(chat)
    assert await taken(wakeups) == ["a", "b"]


async def test_workers_that_wait_get_one_chat_each() -> None:
    wakeups = WakeUps()
    workers = [asyncio.get_running_loop().create_task(wakeups.next_chat()) for _ in range(3)]
    for chat in "abc":
        wakeups.wake(ChatId(chat))
    assert sorted(await asyncio.wait_for(asyncio.gather(*workers), LIMIT_S)) == ["a", "b", "c"]


async def test_one_can_wait_until_all_chats_are_done() -> None:
    wakeups = a_wakeups("a")
    waiting = asyncio.get_running_loop().create_task(wakeups.chats_done())
    chat = await wakeups.next_chat()
    wakeups.wake(chat)
    wakeups.done(chat)
    await asyncio.sleep(0)
    assert not waiting.done()  # it was woken meanwhile
    wakeups.done(await wakeups.next_chat())
    await asyncio.wait_for(waiting, LIMIT_S)


@pytest.mark.parametrize("part", ["queues", "letters", "staff"])
def test_queues_letters_and_staff_count_as_work(part: str) -> None:
    wakeups = WakeUps()
    assert wakeups.is_idle
    getattr(wakeups, f"wake_{part}")()
    assert not wakeups.is_idle
    assert wakeups.has_no_chats
    getattr(wakeups, part).clear()
    assert wakeups.is_idle


async def test_a_chat_counts_as_work_until_it_is_given_back() -> None:
    wakeups = a_wakeups("a")
    assert not wakeups.is_idle
    chat = await wakeups.next_chat()
    assert not wakeups.is_idle
    wakeups.done(chat)
    assert wakeups.is_idle
