"""Bringing what we heard in a room and what its archive kept into one transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livechat_xmpp.domain.model import Message


def merge(recorded: Sequence[Message], archived: Sequence[Message]) -> list[Message]:
    """Return every message once, in the room's order.

    recorded: as heard live, in order. archived: as the room's archive has them, in order, with the
    server's stamps. Where both know a message the archive says when and where, we say who spoke. They are
    the same with one archive id; from a service that gives none to live messages, or whose archive has other ids by now
    (it was moved to another storage), with one nick, id and text. What only we have heard stays behind the message it
    followed.
    """
    archived = list({m.archive_id: m for m in archived}.values())  # pages of an archive may overlap
    kept_as = {_said(m): m.archive_id for m in archived if m.stanza_id}
    kept = {m.archive_id for m in archived}
    known_as = [m.archive_id if m.archive_id in kept else kept_as.get(_said(m), m.archive_id) for m in recorded]
    recorded = [replace(m, archive_id=known) for m, known in zip(recorded, known_as, strict=True)]
    by_id = {m.archive_id: m for m in recorded if m.archive_id}
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


def _said(message: Message) -> tuple[str, str, str]:
    return message.nick, message.stanza_id, message.body
