"""What a store asks its database, statement by statement: what costs time does not have to be timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from livechat_xmpp.store.database import Store


@contextmanager
def asked(store: Store) -> Iterator[list[str]]:
    """Yield a list that the block's statements are put into, in their order."""
    statements: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(" ".join(statement.split()))

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def about(table: str, statements: list[str]) -> list[str]:
    """Return the questions about a table; what is written to it is left out."""
    return [s for s in statements if s.startswith("SELECT") and f" {table}" in s]
