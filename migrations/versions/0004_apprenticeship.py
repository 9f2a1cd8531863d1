"""From a new account to an approved helper: what counts, endorsements, decisions, and the audit of all of it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

JID = sa.String(length=3071)
MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("language", sa.String(length=35), nullable=False, server_default=""))
        account.add_column(sa.Column("is_language_chosen", sa.Boolean(), nullable=False, server_default=sa.false()))
        account.add_column(sa.Column("active_at", MOMENT, nullable=True))
        account.add_column(sa.Column("welcomed_at", MOMENT, nullable=True))
    # Who has been here for long is not a newcomer.
    op.execute("UPDATE account SET welcomed_at = since_at")
    _audit()
    op.create_table(
        "policy",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("since_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy")),
    )
    op.create_table(
        "registered",
        sa.Column("jid", JID, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("jid", name=op.f("pk_registered")),
    )
    op.create_table(
        "credit",
        sa.Column("jid", JID, nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_credit_chat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("jid", "chat_id", name=op.f("pk_credit")),
    )
    op.create_index(op.f("ix_credit_chat_id"), "credit", ["chat_id"], unique=False)
    op.create_index("ix_credit_totals", "credit", ["jid", "watched", "helped"], unique=False)
    op.create_table(
        "endorsement",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("trainee", JID, nullable=False),
        sa.Column("by", JID, nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_endorsement_chat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsement")),
    )
    op.create_index(op.f("ix_endorsement_trainee"), "endorsement", ["trainee"], unique=False)
    is_standing = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_endorsement_standing",
        "endorsement",
        ["trainee", "by"],
        unique=True,
        sqlite_where=is_standing,
        postgresql_where=is_standing,
    )
    op.create_table(
        "enquiry",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("to", JID, nullable=False),
        sa.Column("about", JID, nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
    )
    op.create_index("ix_enquiry_to_answered_at", "enquiry", ["to", "answered_at"], unique=False)
    op.create_table(
        "contact_list",
        sa.Column("jid", JID, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("contacts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("jid", "way", name=op.f("pk_contact_list")),
    )
    _decisions()


def _audit() -> None:
    """Make the audit of which the changes of standings so far are the beginning."""
    audit = op.create_table(
        "audit",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("jid", JID, nullable=False),
        sa.Column("by", JID, nullable=False),
        sa.Column("old", sa.String(length=16), nullable=True),
        sa.Column("new", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_jid"), "audit", ["jid"], unique=False)
    op.create_index("ix_audit_kind_id", "audit", ["kind", "id"], unique=False)
    names = ["id", "at", "kind", "jid", "by", "old", "new", "reason", "policy", "evidence"]
    before = sa.table("standing_change", *(sa.column(n) for n in ("id", "at", "jid", "by", "old", "new", "reason")))
    kept = sa.select(
        before.c.id,
        before.c.at,
        sa.literal("standing"),
        before.c.jid,
        before.c.by,
        before.c.old,
        before.c.new,
        before.c.reason,
        sa.literal(""),
        sa.cast(sa.literal(json.dumps({})), sa.Text()).op("::")(sa.text("json"))
        if op.get_bind().dialect.name == "postgresql"
        else sa.literal(json.dumps({})),
    )
    op.execute(sa.insert(audit).from_select(names, kept))
    if op.get_bind().dialect.name == "postgresql":  # the ids that were copied are taken
        op.execute("SELECT setval(pg_get_serial_sequence('audit', 'id'), coalesce(max(id), 0) + 1, false) FROM audit")
    op.drop_table("standing_change")


def _decisions() -> None:
    op.create_table(
        "application",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("trainee", JID, nullable=False),
        sa.Column("by", JID, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("decide_by", MOMENT, nullable=False),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("overdue_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index("ix_application_closed_at_decide_by", "application", ["closed_at", "decide_by"], unique=False)
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_application_open",
        "application",
        ["trainee"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "vote",
        sa.Column("application_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by", JID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_vote_application_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "by", name=op.f("pk_vote")),
    )
