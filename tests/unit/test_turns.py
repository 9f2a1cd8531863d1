"""Turns: the order of a sender's work, how many are served at once, and where it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
import pytest_asyncio

from livechat_xmpp.reconcile.ports import LinkDown
from livechat_xmpp.xmpp.turns import AT_ONCE, Turns

VIC, EVE = "vic@anon.localhost", "eve@anon.localhost"


class Scene:
    """Turns, and the work that was begun and done. Work named in `held` waits until it is let go."""

    def __init__(self, waiting: int) -> None:
        self.turns = Turns(self._spawn, waiting=waiting)
        self.begun: list[str] = []
        self.done: list[str] = []
        self.held: dict[str, asyncio.Event] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def hold(self, *names: str) -> None:
        self.held |= {name: asyncio.Event() for name in names}

    def work(self, name: str) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            self.begun.append(name)
            if name in self.held:
                await self.held[name].wait()
            self.done.append(name)

        return do

    def take(self, sender: str, name: str) -> bool:
        return self.turns.take(sender, self.work(name))

    def let_go(self, *names: str) -> None:
        for name in names:
            self.held[name].set()

    async def settled(self) -> None:
        """Let all go on that can; what waits here needs nothing but the loop's next rounds."""
        for _ in range(100):
            await asyncio.sleep(0)

    async def finished(self) -> None:
        while self.tasks:
            await asyncio.gather(*self.tasks)


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene(waiting=3)
    yield made
    made.let_go(*made.held)
    await made.finished()


async def test_the_work_of_one_sender_is_done_in_its_order_one_after_the_other(scene: Scene) -> None:
    scene.hold("first", "second")
    for name in ("first", "second", "third"):
        assert scene.take(VIC, name)
    await scene.settled()
    assert scene.begun == ["first"]
    scene.let_go("first")
    await scene.settled()
    assert (scene.begun, scene.done) == (["first", "second"], ["first"])
    scene.let_go("second")
    await scene.finished()
    assert scene.done == ["first", "second", "third"]


async def test_senders_do_not_wait_for_each_other(scene: Scene) -> None:
    scene.hold("slow")
    scene.take(VIC, "slow")
    scene.take(EVE, "quick")
    await scene.settled()
    assert scene.done == ["quick"]


async def test_few_senders_are_worked_for_at_once(scene: Scene) -> None:
    names = [f"work {number}" for number in range(AT_ONCE + 2)]
    scene.hold(*names)
    for name in names:
        scene.take(f"{name}@localhost", name)
    await scene.settled()
    assert scene.begun == names[:AT_ONCE]
    scene.let_go(names[0])
    await scene.settled()
    assert scene.begun == names[: AT_ONCE + 1]


async def test_who_has_more_waiting_does_not_keep_the_others_from_their_turn() -> None:
    """The place is given back after each piece of work: a flood of one is not done as a whole."""
    scene = Scene(waiting=10)
    crowd = [f"flood {number}" for number in range(AT_ONCE)]
    scene.hold(*crowd)
    for name in crowd:
        for more in ("", " more", " even more"):
            scene.take(f"{name}@localhost", name + more)
    scene.take(VIC, "vic's")
    await scene.settled()
    scene.let_go(*crowd)
    await scene.finished()
    assert scene.done.index("vic's") < min(scene.done.index(f"{name} even more") for name in crowd)


async def test_what_is_over_the_limit_is_refused_and_never_done(scene: Scene) -> None:
    scene.hold("1")
    assert [scene.take(VIC, str(number)) for number in range(1, 6)] == [True, True, True, False, False]
    assert scene.take(EVE, "eve's"), "the limit is each sender's own"
    scene.let_go("1")
    await scene.finished()
    assert [name for name in scene.done if name != "eve's"] == ["1", "2", "3"]
    assert scene.take(VIC, "later"), "who was refused is taken again once the others are done"
    await scene.finished()
    assert scene.done[-1] == "later"


@pytest.mark.parametrize(
    ("trouble", "is_logged"),
    [pytest.param(RuntimeError("bug"), True, id="a bug"), pytest.param(LinkDown("gone"), False, id="a lost link")],
)
async def test_work_that_fails_does_not_stop_the_next(
    scene: Scene, caplog: pytest.LogCaptureFixture, trouble: Exception, is_logged: bool
) -> None:
    async def fail() -> None:
        raise trouble

    scene.turns.take(VIC, fail)
    scene.take(VIC, "next")
    await scene.finished()
    assert scene.done == ["next"]
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [r.exc_info is not None for r in errors] == ([True] if is_logged else [])


async def test_nothing_is_kept_of_who_waits_for_nothing(scene: Scene) -> None:
    scene.take(VIC, "first")
    scene.take(EVE, "other")
    await scene.finished()
    assert scene.turns._queues == {}


async def test_what_is_asked_for_from_within_comes_after_what_waits(scene: Scene) -> None:
    async def again() -> None:
        scene.take(VIC, "from within")

    scene.turns.take(VIC, again)
    scene.take(VIC, "second")
    await scene.finished()
    assert scene.done == ["second", "from within"]
