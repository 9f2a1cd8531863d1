"""The thread in which all that writes takes turns; units that wait at the same time are committed together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

TOGETHER = 16  # units in one commit: a commit waits for the disk, and the first of them waits for all


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: its result, or what it raised."""

    result: Any = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A unit of work and who waits for it."""

    unit: Callable[[Any], Any]
    waiting: asyncio.Future[Any]


class Run(Protocol):
    def __call__(self, units: Sequence[Callable[[Any], Any]]) -> Sequence[Outcome]:
        """Run the units in their order, and return what became of each; in the writer's thread."""
        ...


class Writer:
    """Runs units in the order in which they were given."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def do(self, unit: Callable[[Any], Any]) -> Any:
        """Run the unit in its turn; return its result once that is committed, or raise what it raised.

        Who is cancelled while waiting does not stop it.
        """
        job = Job(unit, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        return await job.waiting

    def close(self) -> None:
        """Wait until everything given has been done, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs: list[Job] = [job]
            is_over = False
            while len(jobs) < TOGETHER and not is_over:
                try:
                    another = self._jobs.get_nowait()
                except Empty:
                    break
                if another is None:
                    is_over = True
                else:
                    jobs.append(another)
            _deliver(jobs, self._outcomes([j.unit for j in jobs]))
            if is_over:
                return

    def _outcomes(self, units: Sequence[Callable[[Any], Any]]) -> Sequence[Outcome]:
        try:
            return self._run(units)
        except BaseException as error:  # a bug of the store's must not leave everybody waiting for ever
            return [Outcome(error=error) for _ in units]


def _deliver(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
    """Tell those who wait what became of their units, all of one event loop at once."""
    done = list(zip(jobs, outcomes, strict=True))
    for loop in {job.waiting.get_loop() for job in jobs}:
        mine = [(job.waiting, outcome) for job, outcome in done if job.waiting.get_loop() is loop]
        try:
            loop.call_soon_threadsafe(_tell, mine)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _tell(done: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for waiting, outcome in done:
        if waiting.done():
            continue
        if outcome.error is not None:
            waiting.set_exception(outcome.error)
        else:
            waiting.set_result(outcome.result)
