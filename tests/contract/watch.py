"""The clock of the tests with a store."""

from __future__ import annotations

from datetime import datetime

from tests.factories import NOW, s


class Watch:
    """The store's clock; `watch.tick(5)` lets 5 s pass."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def tick(self, seconds: float) -> None:
        self.moment += s(seconds)
