"""Things that are not where they should be, as admins are told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Lines, Phrase, Text

KINDS: Mapping[Trouble, Text] = {
    Trouble.WAITED_TOO_LONG: Text("trouble-waited-too-long", "a request waits although its time is over"),
    Trouble.VISITOR_GONE: Text("trouble-visitor-gone", "a request waits though its visitor has been gone for too long"),
    Trouble.OFFER_OVERDUE: Text("trouble-offer-overdue", "an offer is open although its time is over"),
    Trouble.OFFER_ASTRAY: Text("trouble-offer-astray", "an offer is open for a chat that does not wait"),
    Trouble.NO_HELPER: Text("trouble-no-helper", "a chat has nobody who answers"),
    Trouble.NO_ROOM: Text("trouble-no-room", "a chat has no room"),
    Trouble.ROOM_NOT_READY: Text("trouble-room-not-ready", "the room of a chat cannot be made"),
    Trouble.ROOM_LEFT: Text("trouble-room-left", "a chat is over, and its room is still there"),
    Trouble.PEOPLE_LEFT: Text("trouble-people-left", "a chat is over, and somebody is still in it by the record"),
    Trouble.NO_OUTCOME: Text("trouble-no-outcome", "a chat is over, and nobody knows how it ended"),
    Trouble.STUCK: Text("trouble-stuck", "what has to be done in a room fails, or does not help"),
    Trouble.NO_STANDING: Text("trouble-no-standing", "somebody is on duty as what they may not be"),
    Trouble.LETTERS_EXPIRED: Text("trouble-letters-expired", "messages to people were not sent in time"),
    Trouble.GROUPS_FAILED: Text("trouble-groups-failed", "contact lists do not show the groups as they should"),
    Trouble.GROUPS_CUT: Text("trouble-groups-cut", "there are more people than contact lists may show"),
}

SHOWN = 10  # lines that are read in a message; a command shows all
PROBLEMS = Text(
    "problems",
    "Something is wrong that I cannot put right. Please have a look, or tell whoever runs the server"
    ' ("problems" shows all):\n{lines}',
)
MORE = Text("and-more", "and {count} more", "and {count} more")
LINE = Text("problem", "{what}")
LINE_ABOUT = Text("problem-about", "{subject}: {what}")
LINE_WHY = Text("problem-why", "{what} ({why})")
LINE_ABOUT_WHY = Text("problem-about-why", "{subject}: {what} ({why})")

PROBLEMS_TITLE = Text("problems-title", "Problems")
PROBLEMS_SHOWN = Text("problems-shown", "{count} problem.", "{count} problems.")
SUBJECT = Text("column-subject", "Chat or account")


def problems(found: Sequence[Problem]) -> Phrase:
    """Return what admins are told of things that are not where they should be."""
    rest = [MORE.of(count=len(found) - SHOWN)] if len(found) > SHOWN else []
    return PROBLEMS.of(lines=[*(Lines(("-", line(one)), between=" ") for one in found[:SHOWN]), *rest])


def line(problem: Problem) -> Phrase:
    """Return a problem in a line: what it concerns, where that is known, what is the matter, and why."""
    if problem.reason:
        text = LINE_ABOUT_WHY if problem.subject else LINE_WHY
    else:
        text = LINE_ABOUT if problem.subject else LINE
    return text.of(subject=problem.subject, what=KINDS[problem.what], why=one_line(problem.reason))
