"""Command sessions (XEP-0050 §2.4): bound to who began them, good after a restart, over when done."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

MOST_OVER = 100_000  # some 20 MB; beyond it the oldest is forgotten, so that its owner could end it once more
SESSION_LIFE = timedelta(minutes=30)  # long enough to fill in a form, short enough for the list of those over


class CommandSessions:
    """Session ids that carry their own proof: a signature over who, where and which command, and the time.

    The form carries all else, so nothing is kept while a session is open, and none is lost with the process.
    """

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._key = hashlib.sha256(b"command sessions " + secret.encode()).digest()
        self._now = now
        self._over: dict[str, datetime] = {}
        self._at_work: set[str] = set()

    def begin(self, jid: str, to: str, node: str) -> str:
        """Return a new session id for this full JID, our address and the command."""
        begun = f"{int(self._now().timestamp()):x}.{secrets.token_hex(8)}"
        return f"{begun}.{self._sign(begun, jid, to, node)}"

    def is_good(self, session_id: str, jid: str, to: str, node: str) -> bool:
        """Return whether this person began this session, not too long ago, and it is not over."""
        begun, _, signature = session_id.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(begun, jid, to, node).encode()):
            return False
        age = self._now().timestamp() - int(begun.partition(".")[0], 16)
        return session_id not in self._over and age <= SESSION_LIFE.total_seconds()

    def claim(self, session_id: str) -> bool:
        """Take the session for one step; return False while another step of it is being done."""
        if session_id in self._at_work:
            return False
        self._at_work.add(session_id)
        return True

    def release(self, session_id: str) -> None:
        self._at_work.discard(session_id)

    def end(self, session_id: str) -> None:
        """Have the session be over; the list of those is kept for as long as one could be tried again."""
        now = self._now()
        for other, at in list(self._over.items()):
            if now - at <= SESSION_LIFE and len(self._over) < MOST_OVER:
                break  # in the order of ending
            del self._over[other]
        self._over[session_id] = now

    def _sign(self, begun: str, jid: str, to: str, node: str) -> str:
        text = "\0".join((begun, jid, to, node))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]
