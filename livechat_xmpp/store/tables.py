"""The tables. A moment is an aware UTC datetime in Python and a time stamp in the database, whichever it is."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite has no time zones, so it is stored there without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.utcoffset() is None:
            raise ValueError("a moment without a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


# SQLite counts rows by itself only with the type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
Jid = String(3071)  # RFC 7622 §3.1: three parts of 1023 bytes at the most, and two signs

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

account = Table(
    "account",
    metadata,
    Column("jid", Jid, primary_key=True),
    Column("standing", String(16), nullable=False, index=True),
    Column("since_at", UtcDateTime, nullable=False),
    Column("is_subscribed", Boolean, nullable=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("is_language_chosen", Boolean, nullable=False, server_default=false()),
    Column("active_at", UtcDateTime),
    Column("welcomed_at", UtcDateTime),
)

# Append-only: every change of standing and every step of a decision. No row is ever changed.
audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("jid", Jid, nullable=False, index=True),
    Column("by", Jid, nullable=False),
    Column("old", String(16)),
    Column("new", String(16)),
    Column("reason", Text, nullable=False),
    Column("policy", String(16), nullable=False, server_default=""),
    Column("evidence", JSON, nullable=False),
)

Index("ix_audit_kind_id", audit.c.kind, audit.c.id)

# The settings that decisions followed, by the version that the audit names.
policy = Table(
    "policy",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
)

# Accounts that the server has named in its list, so that those that are new since then are known as new.
registered = Table(
    "registered",
    metadata,
    Column("jid", Jid, primary_key=True),
    Column("first_seen_at", UtcDateTime, nullable=False),
)

# What a trainee's presence in a chat counted for, once a chat.
credit = Table(
    "credit",
    metadata,
    Column("jid", Jid, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("watched", Boolean, nullable=False),
    Column("helped", Boolean, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("said", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# All that is added up, so that the rows need not be read.
Index("ix_credit_totals", credit.c.jid, credit.c.watched, credit.c.helped)

endorsement = Table(
    "endorsement",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("trainee", Jid, nullable=False, index=True),
    Column("by", Jid, nullable=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
)
# One at a time of each person for each trainee, whatever the code does.
Index(
    "uq_endorsement_standing",
    endorsement.c.trainee,
    endorsement.c.by,
    unique=True,
    sqlite_where=endorsement.c.withdrawn_at.is_(None),
    postgresql_where=endorsement.c.withdrawn_at.is_(None),
)

# Whom the desk has asked one thing about whom, and what they answered: nobody is asked the same twice.
enquiry = Table(
    "enquiry",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("to", Jid, nullable=False),
    Column("about", Jid, nullable=False),
    Column("chat_id", String(32), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answer", String(16), nullable=False, server_default=""),
)
Index("ix_enquiry_to_answered_at", enquiry.c.to, enquiry.c.answered_at)

# The clock of a decision about a trainee; by: who asked for it, "" when the endorsements did.
application = Table(
    "application",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("trainee", Jid, nullable=False),
    Column("by", Jid, nullable=False),
    Column("comment", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("decide_by", UtcDateTime, nullable=False),
    Column("reminded_at", UtcDateTime),
    Column("overdue_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("outcome", String(16)),
)
Index("ix_application_closed_at_decide_by", application.c.closed_at, application.c.decide_by)
Index(
    "uq_application_open",
    application.c.trainee,
    unique=True,
    sqlite_where=application.c.closed_at.is_(None),
    postgresql_where=application.c.closed_at.is_(None),
)

vote = Table(
    "vote",
    metadata,
    Column("application_id", ForeignKey("application.id", ondelete="CASCADE"), primary_key=True),
    Column("by", Jid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

duty = Table(
    "duty",
    metadata,
    Column("jid", Jid, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("max_chats", Integer, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
    Column("turn_at", UtcDateTime, nullable=False),
)

chat = Table(
    "chat",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workgroup", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("room", String(16), nullable=False),
    Column("visitor", Jid, nullable=False),
    Column("visitor_bare", Jid, nullable=False),
    Column("visitor_name", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("form", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("token_hash", String(64), nullable=False, index=True),
    # The token before, good until the new one is used: the answer that brought the new one may be lost.
    Column("last_token_hash", String(64), index=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("replied_at", UtcDateTime),
    Column("alarmed_at", UtcDateTime),
    Column("visitor_told_at", UtcDateTime),
    Column("helper", Jid),
    Column("opened_at", UtcDateTime),
    Column("first_opened_at", UtcDateTime),
    Column("visitor_gone_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("closed_by", Jid, nullable=False),
    Column("closing", Text, nullable=False),
    Column("outcome", String(16)),
    Column("disposition", String(16)),
    Column("tags", Text, nullable=False),
    Column("note", Text, nullable=False),
)
Index("ix_chat_state_workgroup_asked_at", chat.c.state, chat.c.workgroup, chat.c.asked_at)
# With the steps taken in it, so that a long queue of requests that have taken them all is quickly passed over.
Index("ix_chat_climb", chat.c.state, chat.c.queued_at, chat.c.alarmed_at, chat.c.visitor_told_at)
Index("ix_chat_workgroup_alarmed_at", chat.c.workgroup, chat.c.alarmed_at)
Index("ix_chat_visitor_bare_state", chat.c.visitor_bare, chat.c.state)
Index("ix_chat_room_state", chat.c.room, chat.c.state)
Index("ix_chat_workgroup_closed_at", chat.c.workgroup, chat.c.closed_at)
Index("ix_chat_closed_at", chat.c.closed_at)

offer = Table(
    "offer",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    Column("helper", Jid, nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
)
Index("ix_offer_chat_id_state", offer.c.chat_id, offer.c.state)
# At most one open offer for a helper, whatever the code does.
Index(
    "uq_offer_open_helper",
    offer.c.helper,
    unique=True,
    sqlite_where=offer.c.state == "open",
    postgresql_where=offer.c.state == "open",
)

invitation = Table(
    "invitation",
    metadata,
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("jid", Jid, primary_key=True),
    Column("part", String(16), nullable=False),
    Column("told_at", UtcDateTime),
    Column("times_told", Integer, nullable=False),
    Column("has_voice", Boolean, nullable=False, server_default=false()),
    Column("ended_at", UtcDateTime),
)
Index("ix_invitation_jid_ended_at", invitation.c.jid, invitation.c.ended_at)

visit = Table(
    "visit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("jid", Jid, nullable=False, index=True),
    Column("nick", Text, nullable=False),
    Column("part", String(16), nullable=False),
    Column("standing", String(16)),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("occupant_id", Text, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("nick", Text, nullable=False),
    Column("jid", Jid),
    Column("part", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("stanza_id", Text, nullable=False),
    Column("archive_id", String(256)),
    UniqueConstraint("chat_id", "archive_id"),
)
Index("ix_message_chat_id_position", message.c.chat_id, message.c.position)

notice = Table(
    "notice",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)

# What the desk has put into people's contact lists, or suggested to them; way: how. contacts: see contact_lists.py.
contact_list = Table(
    "contact_list",
    metadata,
    Column("jid", Jid, primary_key=True),
    Column("way", String(16), primary_key=True),
    Column("contacts", JSON, nullable=False),
)

# What the last sweep found; a subject is a chat, or an address.
problem = Table(
    "problem",
    metadata,
    Column("subject", Jid, primary_key=True),
    Column("what", String(32), primary_key=True),
    Column("since_at", UtcDateTime, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("reason", Text, nullable=False),
)

letter = Table(
    "letter",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("to", Jid, nullable=False),
    Column("body", Text, nullable=False),
    Column("workgroup", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("chat_id", String(32)),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime, index=True),
)
