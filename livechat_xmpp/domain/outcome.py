"""How a request ended: the one outcome that it is counted by."""

from __future__ import annotations

from livechat_xmpp.domain.model import Chat, Outcome, Part


def outcome_when_left(chat: Chat) -> Outcome:
    """Return the outcome when the visitor ends it, or is gone: served if they ever met a helper in the room.

    Not if the request waits again, so has no helper, and nobody ever wrote to them. The same before and after the end.
    """
    was_there = any(v.part is Part.VISITOR for v in chat.visits)
    was_ignored = chat.helper is None and chat.replied_at is None
    is_served = chat.first_opened_at is not None and was_there and not was_ignored
    return Outcome.SERVED if is_served else Outcome.ABANDONED


def outcome_when_closed(chat: Chat) -> Outcome:
    """Return the outcome when staff end it: a request that no helper ever took was refused."""
    return Outcome.REFUSED if chat.first_opened_at is None else Outcome.SERVED
