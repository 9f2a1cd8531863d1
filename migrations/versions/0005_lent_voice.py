"""Trainees to whom somebody has lent voice, where a workgroup asks for that."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("invitation") as invitation:
        invitation.add_column(sa.Column("has_voice", sa.Boolean(), nullable=False, server_default=sa.false()))
