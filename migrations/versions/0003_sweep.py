"""What a sweep has found that is not where the rules say, and quick ways to what it looks for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "problem",
        sa.Column("subject", sa.String(length=3071), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "what", name=op.f("pk_problem")),
    )
    op.create_index("ix_chat_closed_at", "chat", ["closed_at"], unique=False)
    op.drop_index("ix_chat_state_queued_at", table_name="chat")
    op.create_index("ix_chat_climb", "chat", ["state", "queued_at", "alarmed_at", "visitor_told_at"], unique=False)
