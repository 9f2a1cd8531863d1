"""Which lock a database has."""

from __future__ import annotations

from sqlalchemy import make_url

from livechat_xmpp.store.file_lock import FileLock, NoLock
from livechat_xmpp.store.lock import DeskLock


def lock_for(url: str, component: str, takeover_s: float) -> DeskLock:
    """Return the lock of the component's desk on the database at url; it is not taken yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        from livechat_xmpp.store.advisory_lock import AdvisoryLock  # its driver is there only where it is needed

        return AdvisoryLock(url, component, takeover_s)
    if parsed.database in (None, "", ":memory:"):
        return NoLock(takeover_s)
    return FileLock(str(parsed.database), takeover_s)
