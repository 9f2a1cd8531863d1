"""What the tests' own processes, and the desks forked from them, leave out: it takes longer than most tests."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Engine

from livechat_xmpp.store import database

_make_engine = database.make_engine
_first: dict[str, Engine] = {}


def make() -> None:
    """Read no authorities of TLS, which no test speaks; do not wait for the disk; compile each statement once.

    What is lost with the power would be lost with the test's folder; after a kill it is there.
    """
    os.environ["SSL_CERT_FILE"] = os.devnull
    database.SYNCHRONOUS = "OFF"
    database.make_engine = _engine_that_shares


def _engine_that_shares(*args: Any, **options: Any) -> Engine:
    """Make a store's engine with the compiled statements of an earlier one; what is compiled belongs to a dialect."""
    engine = _make_engine(*args, **options)
    first = _first.get(engine.dialect.name)
    if first is None or first.dialect.server_version_info is None:  # not connected so far
        _first[engine.dialect.name] = engine
    else:
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine
