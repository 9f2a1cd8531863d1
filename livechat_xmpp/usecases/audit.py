"""The audit, given out: every change of standing and every step of a decision, with the settings that were followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livechat_xmpp.usecases.ports import Entry, Work
from livechat_xmpp.usecases.training import find_person

PAGE = 1000  # entries read at once


def list_audit(work: Work, text: str, *, limit: int) -> list[Entry]:
    """Return the latest entries, the newest first; text: whom they concern, "": anybody."""
    wanted = find_person(work, text) if text else None
    return [entry for _, entry in work.audit.list(wanted, limit=limit)]


def export(work: Work) -> dict[str, Any]:
    """Return all entries, the oldest first, and the settings of each version that they name, ready for JSON."""
    entries: list[tuple[int, Entry]] = []
    while page := work.audit.list(limit=PAGE, before=entries[-1][0] if entries else None):
        entries += page
    return {
        "policies": {
            version: {"since": at.isoformat(), "settings": dict(settings)}
            for version, settings, at in work.policies.list()
        },
        "entries": [_entry(number, entry) for number, entry in reversed(entries)],
    }


def _entry(number: int, entry: Entry) -> Mapping[str, Any]:
    return {
        "number": number,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "jid": entry.jid,
        "by": entry.by,
        "old": entry.old,
        "new": entry.new,
        "reason": entry.reason,
        "policy": entry.policy,
        "evidence": dict(entry.evidence),
    }
