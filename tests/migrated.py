"""An empty database with the newest tables, made once for each process: migrating takes longer than most stories."""

from __future__ import annotations

import asyncio
import functools
import tempfile
import threading
from pathlib import Path

from livechat_xmpp.store import migrate


@functools.cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        made = threading.Thread(target=lambda: asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{path}")))
        made.start()  # in a thread of its own, as there may be a loop in this one
        made.join()
        return path.read_bytes()


def put_database(path: Path) -> None:
    """Put an empty database with all tables there, if there is none."""
    if not path.exists():
        path.write_bytes(_template())
