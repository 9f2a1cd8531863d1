"""Units that wait at the same time are committed together, and yet each stands or falls for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from livechat_xmpp.domain.errors import NotFound
from livechat_xmpp.domain.model import ChatId, RoomState
from livechat_xmpp.store.database import Store, Transaction
from tests.factories import a_helper, a_request, a_trainee, an_admin, jid
from tests.servers.waiting import wait_until_async

CHAT = a_request().id
Unit = Callable[[Transaction], Any]


async def together(store: Store, *units: Unit) -> list[Any]:
    """Have the units wait while another one runs, so that they come to be done at once; return what became of each."""
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_: Transaction) -> None:
        begun.set()
        assert go_on.wait(30)

    first = asyncio.create_task(store.write(hold_up))
    await wait_until_async(begun.is_set, "the writer is busy")
    waiting = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)  # each has put itself into the queue
    go_on.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def adds(account: Any) -> Unit:
    return lambda work: work.accounts.put(account)


def refuses(work: Transaction) -> None:
    raise NotFound("nothing here")


def writes_and_fails(work: Transaction) -> None:
    work.accounts.put(an_admin("eve"))
    raise RuntimeError("half-way")


def writes_chat_and_fails(work: Transaction) -> None:
    work.chats.set_room(CHAT, RoomState.READY)
    raise RuntimeError("half-way")


async def jids(store: Store) -> set[str]:
    return {a.jid.partition("@")[0] for a in await store.read(lambda work: work.accounts._read())}


async def test_all_are_committed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[int] = []
    commit = Store._commit
    monkeypatch.setattr(Store, "_commit", lambda self, db: (commits.append(1), commit(self, db)))
    assert await together(store, adds(an_admin("ada")), adds(a_helper("ana")), adds(a_trainee("tom"))) == [None] * 3
    assert await jids(store) == {"ada", "ana", "tom"}
    assert len(commits) == 2, "one for the unit that held them up, one for the three"


async def test_a_refusal_is_its_own(store: Store) -> None:
    first, refused, last = await together(store, adds(an_admin("ada")), refuses, adds(a_helper("ana")))
    assert (first, last) == (None, None)
    assert isinstance(refused, NotFound)
    assert await jids(store) == {"ada", "ana"}


async def test_a_failure_half_way_takes_back_its_own_writing_only(store: Store) -> None:
    first, failed, last = await together(store, adds(an_admin("ada")), writes_and_fails, adds(a_helper("ana")))
    assert (first, last) == (None, None)
    assert isinstance(failed, RuntimeError)
    assert await jids(store) == {"ada", "ana"}
    assert await store.standing_of(jid("eve")) is None


async def test_a_failure_leaves_nothing_in_memory(store: Store) -> None:
    await store.write(lambda work: work.chats.add(a_request(), token_hash="t"))
    await together(store, adds(an_admin("ada")), writes_chat_and_fails, adds(a_helper("ana")))
    chat = await store.chat(CHAT)
    assert chat is not None
    assert chat.room is RoomState.NONE


async def test_each_sees_what_those_before_it_did(store: Store) -> None:
    def add(work: Transaction) -> None:
        work.chats.add(a_request(), token_hash="t")

    def count(work: Transaction) -> int:
        return work.chats.count_waiting(a_request().workgroup)

    def change(work: Transaction) -> None:
        chat = work.chats.find_of_visitor(a_request().visitor_bare)
        assert chat is not None
        work.chats.save(replace(chat, visitor_name="Anna"))

    def name(work: Transaction) -> str:
        chat = work.chats.find(CHAT)
        assert chat is not None
        return chat.visitor_name

    assert await together(store, count, add, count, change, name) == [0, None, 1, None, "Anna"]


async def test_nobody_else_sees_what_is_not_committed(store: Store) -> None:
    """What the rounds look at decides what is sent; it must not come from a transaction that may yet fail."""
    await store.write(lambda work: work.chats.add(a_request(), token_hash="t"))
    seen: list[RoomState] = []
    chat = await store.chat(CHAT)
    loop = asyncio.get_running_loop()

    def look_from_outside(_: Transaction) -> None:
        found = asyncio.run_coroutine_threadsafe(store.chat(ChatId(CHAT)), loop).result(30)
        assert found is not None
        seen.append(found.room)

    await together(store, lambda work: work.chats.set_room(CHAT, RoomState.READY), look_from_outside)
    chat = await store.chat(CHAT)
    assert chat is not None
    assert (seen, chat.room) == ([RoomState.NONE], RoomState.READY)


async def test_who_gave_up_waiting_does_not_stop_the_unit(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(work: Transaction) -> None:
        begun.set()
        assert go_on.wait(30)
        work.accounts.put(an_admin("ada"))

    task = asyncio.create_task(store.write(slow))
    await wait_until_async(begun.is_set, "the unit runs")
    task.cancel()
    go_on.set()
    await store.write(adds(a_helper("ana")))
    assert await jids(store) == {"ada", "ana"}
