"""What members of the staff are told of their standing, and admins of what needs somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from livechat_xmpp.domain.model import BareJid, DutyRole, Standing
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, Sayable, Text
from livechat_xmpp.domain.wording.duty import ROLES, STANDINGS
from livechat_xmpp.domain.wording.lengths import length
from livechat_xmpp.domain.wording.training import way_back

CHANGED_BY = Text("standing-changed", "{what} {by} decided this.")
CHANGED_BY_AND_WHY = Text("standing-changed-why", '{what} {by} decided this and writes: "{reason}"')
NOW: Mapping[Standing, Text] = {
    Standing.TRAINEE: Text(
        "now-trainee", 'You are a trainee here: write "ready" to be asked into chats that a room monitor is in.'
    ),
    Standing.HELPER: Text("now-helper", "You are a helper now. Congratulations, and thank you! {duty}"),
    Standing.MONITOR: Text(
        "now-monitor",
        'You are a room monitor now. "chats" lists the chats, "join CHAT" gets you in. Trainees can be in a chat only'
        " while a room monitor is: when the last one leaves, they have to leave too.",
    ),
    Standing.ADMIN: Text(
        "now-admin",
        'You are an admin now. "help" shows what you can write; new are "promote", "demote", "trainees", "stuck" and'
        ' "problems".',
    ),
}


# Coming from more to less: what stays is said first.
NOW_LESS: Mapping[Standing, Text] = {
    Standing.INACTIVE: Text(
        "now-inactive",
        "You are on a break here: nothing is offered to you, and you are asked into no chats. Your place stays yours."
        " {way_back} Thank you for what you have done.",
    ),
    Standing.TRAINEE: Text(
        "trainee-again",
        "You are a trainee again and do not take requests yourself any more. You can still be in chats with a room"
        " monitor. {duty} Thank you for the help you have given; you can become a helper again in the same way as"
        " before.",
    ),
    Standing.HELPER: Text(
        "helper-again",
        "From now on you are here as a helper. {duty} Thank you for what you have done.",
    ),
    Standing.MONITOR: Text(
        "monitor-again",
        'From now on you are here as a room monitor: "chats" and "join CHAT" stay yours. Thank you for what you have'
        " done.",
    ),
}


OFF_DUTY: Mapping[Standing, Text] = {
    Standing.TRAINEE: Text("go-on-duty-as-trainee", 'Write "ready" when you have time.'),
    Standing.HELPER: Text(
        "go-on-duty-as-helper", 'Write "on" when you have time for visitors, and "off" when you stop.'
    ),
}
STAYS_ON_DUTY = Text("stays-on-duty", 'You are on duty as {role} now; write "off" to stop.')
BACK = Text("back-from-a-break", 'Welcome back! You are here as {standing} again. Write "on" when you have time.')
TRAINEE_BACK = Text(
    "trainee-back-from-a-break", 'Welcome back! You are here as {standing} again. Write "ready" when you have time.'
)


def new_standing(
    standing: Standing,
    by: BareJid,
    reason: str,
    old: Standing | None = None,
    duty: DutyRole | None = None,
    *,
    room: str = "",
) -> Phrase:
    """Return what a person is told whose standing was changed.

    duty: what they are on duty as with the new one. room: the contributors', "" where there is none.
    """
    what: Sayable
    how = STAYS_ON_DUTY.of(role=ROLES[duty]) if duty is not None else OFF_DUTY.get(standing, "")
    if old is Standing.INACTIVE:
        what = (TRAINEE_BACK if standing is Standing.TRAINEE else BACK).of(standing=STANDINGS[standing])
    elif old is not None and standing.rank < old.rank:
        what = NOW_LESS[standing].of(duty=how, way_back=way_back(room))
    else:
        what = NOW[standing].of(duty=how)
    if reason:
        return CHANGED_BY_AND_WHY.of(what=what, by=by, reason=one_line(reason))
    return CHANGED_BY.of(what=what, by=by)


# --- requests that nobody takes

ONE_WAITS = Text("one-request-waits", "A request has been waiting for {since}: {why}.")
MANY_WAIT = Text(
    "requests-wait",
    "{count} request has been waiting for {since}: {why}.",
    "{count} requests are waiting, the longest for {since}: {why}.",
)
NOBODY_ON_DUTY = Text("nobody-on-duty", "nobody is on duty")
ALL_AWAY = Text("all-away", "everybody on duty is away")
ALL_BUSY = Text("all-busy", "everybody on duty is busy")
NOT_TAKEN = Text("not-taken", "those on duty have not taken it", "those on duty have not taken them")

WHO_CAN_HELP = Text("who-can-help", 'If you can help now, write "on" to {workgroup}.')  # in the contributors' room
CAN_YOU_HELP = Text("can-you-help", 'If you can help now, write "on" to me.')  # to admins


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
