"""An exported chat as text for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any


def as_text(chat: Mapping[str, Any]) -> str:
    """Return the chat, in the shape of `livechat-xmpp export`, as lines to read, in the room's order.

    Control characters in people's words are shown as � so that they cannot steer the reader's terminal.
    """
    visitor = chat["visitor"]
    outcome = ", ".join(str(part) for part in (chat["outcome"], chat["disposition"]) if part)
    head = [
        f"Chat {chat['chat']} in {chat['workgroup']}: {outcome or 'open'}",
        f"Visitor: {visitor['name']} <{visitor['jid']}>",
        f"From {chat['opened_at']} to {chat['closed_at'] or 'now'} (UTC)",
        *(f"{name}: {_indented(value)}" for name, value in chat["form"].items()),
    ]
    people = [
        f"  {person['nick']} <{person['jid']}>, {person['standing'] or 'visitor'}: "
        f"{person['entered_at']} to {person['left_at'] or 'now'}"
        for person in chat["people"]
    ]
    said = [
        f"{message['at']} {message['nick']} ({message['role']}): {_indented(message['body'])}"
        for message in chat["messages"]
    ]
    parts = (head, ["In the room:", *(people or ["  nobody"])], said)
    return "\n\n".join("\n".join(_safe(line) for line in part) for part in parts if part)


def _indented(value: str | Sequence[str]) -> str:
    """Return a text, or the lines of a field, with further lines indented."""
    text = value if isinstance(value, str) else "\n".join(value)
    return text.replace("\r\n", "\n").replace("\n", "\n    ")


def _safe(text: str) -> str:
    return "".join("�" if unicodedata.category(c) == "Cc" and c != "\n" else c for c in text)
