"""Migrations: bring a database to the newest tables, or say where it is."""

from __future__ import annotations

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


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at url to the revision, in one transaction; does nothing when it is there."""
    engine = make_engine(url)
    try:
        async with engine.connect() as db:
            await db.execution_options(livechat_write=True)
            async with db.begin():
                await db.run_sync(lambda connection: command.upgrade(_config(connection), revision))
    finally:
        await engine.dispose()


async def current(url: str) -> str | None:
    """Return the revision that the database at url has; None: it is empty."""
    engine = make_engine(url)
    try:
        async with engine.connect() as db:
            return await db.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    finally:
        await engine.dispose()


def newest() -> str | None:
    """Return the revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revisions() -> list[Any]:
    """Return all revisions, oldest first."""
    return list(reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())))
