"""Requests climb: when they came to the queue, and what was done about it; several may be asked at once."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NEVER = "1970-01-01 00:00:00"  # SQLite adds no column that must have a value without one


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("chat", sa.Column("queued_at", moment, nullable=False, server_default=NEVER))
    for name in ("replied_at", "alarmed_at", "visitor_told_at"):
        op.add_column("chat", sa.Column(name, moment, nullable=True))
    op.execute("UPDATE chat SET queued_at = asked_at")
    # When those returned that wait for another helper is not on record: they begin anew, and do not end at once.
    chat = sa.table("chat", sa.column("queued_at", moment), sa.column("state"), sa.column("first_opened_at"))
    returned = (chat.c.state == "waiting", chat.c.first_opened_at.is_not(None))
    op.execute(sa.update(chat).where(*returned).values(queued_at=datetime.now(UTC)))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("chat", "queued_at", server_default=None)
    op.create_index("ix_chat_state_queued_at", "chat", ["state", "queued_at"], unique=False)
    op.create_index("ix_chat_workgroup_alarmed_at", "chat", ["workgroup", "alarmed_at"], unique=False)
    op.drop_index("uq_offer_open_chat", table_name="offer")
