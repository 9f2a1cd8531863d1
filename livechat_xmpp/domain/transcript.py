"""Bringing what we heard in a room and what its archive kept into one transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livechat_xmpp.domain.model import Message


def merge(recorded: Sequence[Message], archived: Sequence[Message]) -> list[Message]:
    """Return every message once, in the room's order.

    recorded: as heard live, in order. archived: as the room's archive has them, in order, with the
    server's stamps. Where both know a message (same archive id) the archive says when and where, we say
    who spoke. What only we have heard stays behind the message it followed.
    """
    archived = list({m.archive_id: m for m in archived}.values())  # pages of an archive may overlap
    by_id = {m.archive_id: m for m in recorded if m.archive_id}
    kept = {m.archive_id for m in archived}
    followers: dict[str, list[Message]] = {}
    last = ""
    for message in recorded:
        if message.archive_id in kept:
            last = message.archive_id
        else:
            followers.setdefault(last, []).append(message)
    merged = followers.get("", [])
    for message in archived:
        heard = by_id.get(message.archive_id)
        merged.append(message if heard is None else replace(heard, at=message.at))
        merged += followers.get(message.archive_id, [])
    return merged
