"""How a request ended: the one outcome that it is counted by."""

from __future__ import annotations

from livechat_xmpp.domain.model import Chat, Outcome, Part


def outcome_when_left(chat: Chat) -> Outcome:
    """Return the outcome when the visitor ends it, or is gone: served if they ever met a helper in the room."""
    was_there = any(v.part is Part.VISITOR for v in chat.visits)
    return Outcome.SERVED if chat.first_opened_at is not None and was_there else Outcome.ABANDONED


def outcome_when_closed(chat: Chat) -> Outcome:
    """Return the outcome when staff end it: a request that no helper ever took was refused."""
    return Outcome.REFUSED if chat.first_opened_at is None else Outcome.SERVED
