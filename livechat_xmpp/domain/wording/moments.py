"""Moments, as people read them. Nobody knows their time zones, so it is UTC, and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from livechat_xmpp.domain.wording import Sayable, Text

TODAY = Text("moment-today", "today {time} UTC")
TOMORROW = Text("moment-tomorrow", "tomorrow {time} UTC")


def moment(at: datetime, now: datetime | None = None) -> Sayable:
    """Return a moment; now: when it is read, None where that is not known, as in letters."""
    if now is not None and at.date() == now.date():
        return TODAY.of(time=f"{at:%H:%M}")
    if now is not None and at.date() == now.date() + timedelta(days=1):
        return TOMORROW.of(time=f"{at:%H:%M}")
    return f"{at:%Y-%m-%d %H:%M} UTC"
