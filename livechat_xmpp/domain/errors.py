"""Why the desk says no. One class per different answer to the asker; the text is for people."""

from __future__ import annotations

from livechat_xmpp.domain.wording import ENGLISH, Sayable


class DeskError(Exception):
    """Base of every refusal that is part of the rules.

    why: what the asker is told, in their language if it is a text of the catalogue. str(): the same in English.
    """

    def __init__(self, why: Sayable = "") -> None:
        super().__init__(ENGLISH.say(why, ""))
        self.why = why


class NotPermitted(DeskError):
    """The asker's standing, duty or part does not allow this."""


class NotFound(DeskError):
    """No such chat, offer, account or workgroup, or none that the asker may know of."""


class BadInput(DeskError):
    """A value is missing or cannot be used; the text names it."""


class AlreadyQueued(DeskError):
    """The visitor has an open request already."""


class QueueClosed(DeskError):
    """Nobody who takes offers is on duty, or the queue is full."""


class TooOften(DeskError):
    """The visitor, or the network they are in, has asked too often; the text says that it may be tried later."""


class StaffAsking(DeskError):
    """A member of the staff asks at the visitors' entry."""
