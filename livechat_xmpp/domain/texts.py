"""Short forms of what people have written, and what is said the same in every language: names and links."""

from __future__ import annotations

from livechat_xmpp.domain.model import Chat

DESK_NICK = "Help desk"
TITLE_QUESTION = 60  # characters of the question in a room's name


def title_characters(name_limit: int) -> int:
    """Return how long a room's name gets at the most, where a visitor's has name_limit characters at the most."""
    return name_limit + len(": ") + TITLE_QUESTION


def one_line(text: str, limit: int = 120) -> str:
    """Return the text on one line, cut at limit characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(text: str) -> str:
    """Return the text as mails quote it."""
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def room_title(chat: Chat) -> str:
    """Return the room's name, all that some clients show (Gajim)."""
    return f"{chat.visitor_name}: {one_line(chat.question, TITLE_QUESTION)}"


def room_subject(chat: Chat) -> str:
    """Return the room's subject: who asks what. Nothing of the desk's own: everybody in the room reads it."""
    return f"{chat.visitor_name}: {one_line(chat.question, 300)}"


def room_link(room: str) -> str:
    """Return the link that opens the room in clients that know xmpp: addresses (RFC 5122, XEP-0147)."""
    return f"xmpp:{room}?join"
