"""What members of the staff are told of their standing, and admins of what needs somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from livechat_xmpp.domain.model import BareJid, Standing
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, Text
from livechat_xmpp.domain.wording.lengths import length

CHANGED_BY = Text("standing-changed", "{what} Changed by {by}.")
CHANGED_BY_AND_WHY = Text("standing-changed-why", "{what} Changed by {by} ({reason}).")
NOW: Mapping[Standing, Text] = {
    Standing.TRAINEE: Text(
        "now-trainee", 'You are a trainee here: write "on" to be invited to chats that a room monitor is in.'
    ),
    Standing.HELPER: Text("now-helper", 'You are a helper now: write "on" to be offered requests.'),
    Standing.MONITOR: Text(
        "now-monitor", "You are a room monitor now: list-chats shows the chats, join-chat lets you in."
    ),
    Standing.ADMIN: Text("now-admin", "You are an admin now: promote and demote are yours too."),
}


# Coming from more to less: what stays is said first.
NOW_LESS: Mapping[Standing, Text] = {
    Standing.INACTIVE: Text(
        "now-inactive",
        "You take a break here: nothing will be offered to you, and your place stays yours. Tell an admin when you"
        " would like to be back. Thank you for what you have done.",
    ),
    Standing.TRAINEE: Text(
        "trainee-again",
        'You go on as a trainee: write "on" to be invited to chats that a room monitor is in. Thank you for what you'
        " have done; the way back is open.",
    ),
    Standing.HELPER: Text(
        "helper-again", 'You go on as a helper: write "on" to be offered requests. Thank you for what you have done.'
    ),
    Standing.MONITOR: Text(
        "monitor-again",
        "You go on as a room monitor: list-chats and join-chat stay yours. Thank you for what you have done.",
    ),
}


def new_standing(standing: Standing, by: BareJid, reason: str, old: Standing | None = None) -> Phrase:
    """Return what a person is told whose standing was changed."""
    is_less = old is not None and standing.rank < old.rank
    what = NOW_LESS[standing] if is_less else NOW[standing]
    if reason:
        return CHANGED_BY_AND_WHY.of(what=what, by=by, reason=one_line(reason))
    return CHANGED_BY.of(what=what, by=by)


# --- requests that nobody takes

ONE_WAITS = Text("one-request-waits", "A request waits in the queue, for {since}: {why}.")
MANY_WAIT = Text(
    "requests-wait",
    "{count} request waits in the queue, for up to {since}: {why}.",
    "{count} requests wait in the queue, for up to {since}: {why}.",
)
NOBODY_ON_DUTY = Text("nobody-on-duty", "nobody is on duty")
ALL_AWAY = Text("all-away", "everybody on duty is away")
ALL_BUSY = Text("all-busy", "everybody on duty is busy")
NOT_TAKEN = Text("not-taken", "those on duty have not taken it", "those on duty have not taken them")

WHO_CAN_HELP = Text("who-can-help", 'Who can help now: write "on" to {workgroup}.')  # added in the contributors' room


def nobody_takes(requests: int, longest: timedelta, state: Cover) -> Phrase:
    """Return what admins and contributors are told of requests that nobody takes; nothing about who asks what."""
    if not state.is_open:
        why = NOBODY_ON_DUTY.of()
    elif state.is_away:
        why = ALL_AWAY.of()
    elif state.free == 0:
        why = ALL_BUSY.of()
    else:
        why = NOT_TAKEN.of(count=requests)
    waits = ONE_WAITS if requests == 1 else MANY_WAIT
    return waits.of(count=requests, since=length(longest), why=why)


# --- things that are not where they should be

SHOWN = 10  # lines that are read in a message; a command shows all
PROBLEMS = Text("problems", "Something is wrong that I cannot put right (list-problems shows all):\n{lines}")
MORE = Text("and-more", "and {count} more", "and {count} more")


def problems(found: Sequence[tuple[str, str, str]]) -> Phrase:
    """Return what admins are told of things that are not where they should be: what each concerns, is, and why."""
    lines = [f"- {what} {subject}{f' ({one_line(why)})' if why else ''}" for subject, what, why in found[:SHOWN]]
    rest = [MORE.of(count=len(found) - SHOWN)] if len(found) > SHOWN else []
    return PROBLEMS.of(lines=[*lines, *rest])
