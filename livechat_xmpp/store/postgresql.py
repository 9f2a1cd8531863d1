"""How we connect to PostgreSQL: what the desk's sessions there are called, and when they give up."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import URL

NAME_LIMIT = 40  # PostgreSQL cuts names of sessions at 63 bytes, and then two components might share one

# Constants and not settings: any of them can be given in database.url, as in ?connect_timeout=20.
ARGUMENTS = {
    "connect_timeout": 5,  # seconds; nobody there is known at once, only a dead network takes longer
    # A network that swallows everything is noticed after about 30 s: later than any hiccup, sooner than a person.
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}
# As long as SQLite waits for its lock: somebody's backup or index may be in the way, but the one thread that writes
# must not wait for ever.
STATEMENT_TIMEOUT_S = 60


def session_name(component: str) -> str:
    """Return what the component's sessions are called in pg_stat_activity (application_name); no other has it."""
    is_plain = component.isascii() and component.isprintable() and len(component) <= NAME_LIMIT
    return f"livechat_xmpp {component if is_plain else hashlib.sha256(component.encode()).hexdigest()[:NAME_LIMIT]}"


def arguments(url: URL, name: str = "", statement_timeout_s: float | None = None) -> dict[str, Any]:
    """Return the driver's arguments for the URL, completed; name: of the session."""
    _, given = url.get_dialect()().create_connect_args(url)
    made = {**ARGUMENTS, **given, "application_name": name or "livechat_xmpp"}
    if statement_timeout_s is not None:  # what stands later wins
        made["options"] = f"-c statement_timeout={round(statement_timeout_s * 1000)} {given.get('options', '')}"
    return made
