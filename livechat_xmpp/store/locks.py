"""Which lock a database has."""

from __future__ import annotations

from sqlalchemy import make_url

from livechat_xmpp.store.database import file_of
from livechat_xmpp.store.file_lock import FileLock, NoLock
from livechat_xmpp.store.lock import DeskLock


def lock_for(url: str, component: str, takeover_s: float) -> DeskLock:
    """Return the lock of the component's desk on the database at url; it is not taken yet."""
    if make_url(url).get_backend_name() == "postgresql":
        from livechat_xmpp.store.advisory_lock import AdvisoryLock  # its driver is there only where it is needed

        return AdvisoryLock(url, component, takeover_s)
    file = file_of(url)
    return NoLock(takeover_s) if file is None else FileLock(str(file), takeover_s)
