"""A database that takes as long as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from tests.servers.waiting import wait_until_async


class Slow:
    """A use case that takes until `goes_on` is set. has_begun: it has been called."""

    def __init__(self, usecase: Any) -> None:
        self._usecase = usecase
        self.has_begun, self.goes_on = threading.Event(), threading.Event()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.has_begun.set()
        assert self.goes_on.wait(30)
        return self._usecase(*args, **kwargs)

    async def begins(self) -> None:
        await wait_until_async(self.has_begun.is_set, "the database being at it")


@contextmanager
def slow(monkeypatch: pytest.MonkeyPatch, module: ModuleType, usecase: str) -> Iterator[Slow]:
    """Have what rounds record take until it may go on, at the latest to the end of the block."""
    made = Slow(getattr(module, usecase))
    with monkeypatch.context() as patched:
        patched.setattr(module, usecase, made)
        try:
            yield made
        finally:
            made.goes_on.set()
