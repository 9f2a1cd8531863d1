"""Migrations: bring a database to the newest tables, or say where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from livechat_xmpp.store.database import make_engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str, revision: str = "head", session_name: str = "") -> None:
    """Bring the database at url to the revision, in one transaction; does nothing when it is there."""

    def run() -> None:
        with _connected(url, session_name) as db:
            db.execution_options(livechat_write=True)
            with db.begin():
                command.upgrade(_config(db), revision)

    await asyncio.to_thread(run)


async def current(url: str) -> str | None:
    """Return the revision that the database at url has; None: it is empty."""

    def run() -> str | None:
        with _connected(url) as db:
            return MigrationContext.configure(db).get_current_revision()

    return await asyncio.to_thread(run)


@contextmanager
def _connected(url: str, session_name: str = "") -> Iterator[Connection]:
    engine = make_engine(url, session_name, statement_timeout_s=None)  # a large table takes its time
    try:
        with engine.connect() as db:
            yield db
    finally:
        engine.dispose()


def newest() -> str | None:
    """Return the revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revisions() -> list[Any]:
    """Return all revisions, oldest first."""
    return list(reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())))
