"""Going on duty, going off duty, and what one is."""

from __future__ import annotations

from collections.abc import Mapping

from livechat_xmpp.domain.model import DutyRole, Standing
from livechat_xmpp.domain.wording import Text

STANDINGS: Mapping[Standing, Text] = {
    Standing.INACTIVE: Text("standing-inactive", "on a break"),
    Standing.TRAINEE: Text("standing-trainee", "trainee"),
    Standing.HELPER: Text("standing-helper", "helper"),
    Standing.MONITOR: Text("standing-monitor", "room monitor"),
    Standing.ADMIN: Text("standing-admin", "admin"),
}
ROLES: Mapping[DutyRole, Text] = {
    DutyRole.TRAINEE: Text("role-trainee", "trainee"),
    DutyRole.HELPER: Text("role-helper", "helper"),
    DutyRole.ADVISOR: Text("role-advisor", "advisor"),
    DutyRole.ANCHOR: Text("role-anchor", "anchor"),
    DutyRole.MONITOR: Text("role-monitor", "monitor"),
}

GO_ON_DUTY = Text("go-on-duty", "Go on duty")
GO_OFF_DUTY = Text("go-off-duty", "Go off duty")
MY_STATUS = Text("my-status", "My status")
ON_DUTY_AS = Text("field-duty-role", "On duty as")
CHATS_AT_ONCE = Text("field-max-chats", "Chats at once (1 to {most})")
AWAY_MEANS = Text(
    "away-means-no-offers",
    "While your status is away or do not disturb, nothing is offered to you. An advisor can enter any chat and gets no"
    " requests; an anchor is a helper who stays for a whole shift.",
)

CLOSED_TO_TEAM = Text(
    "closed-to-team", "Nobody is on duty, so visitors find the help desk closed. I read what you write all the same."
)
ON_DUTY = Text(
    "on-duty",
    "You are on duty as {role}, for up to {count} chat at once.",
    "You are on duty as {role}, for up to {count} chats at once.",
)
ON_THE_LIST = Text(
    "on-duty-trainee",
    'You are on the list: I ask you in when there is a chat with a room monitor. Write "off" to stop.',
)
NOT_ON_DUTY = Text("not-on-duty", "You are not on duty.")
ROLES_POSSIBLE = Text("roles-possible", "As {standing} you can be on duty as: {roles}.")
CHATS_POSSIBLE = Text("chats-possible", "From 1 to {most} chats at once are possible.")
OFF_DUTY = Text("off-duty", "You are off duty. Chats that you answer stay yours.")
STATUS = Text("status", "Your role: {standing}. Now: {duty}.")
STATUS_ON = Text("status-on-duty", "on duty as {role}, up to {count} chat", "on duty as {role}, up to {count} chats")
STATUS_OFF = Text("status-off-duty", "off duty")
VISITED = Text("status-visited", "Chats you have been in: {count}.")
ANSWERING = Text("status-answering", "You answer: {chats}.")
OFFERED = Text("status-offered", "Offered to you: {chat}.")

# --- all who are on duty

TELL_ON_DUTY = Text("tell-on-duty", "Write to all on duty")
WHAT_TO_TELL = Text("field-message", "What you want to say")
TOLD_TO_ALL = Text("told-to-all", "{by} to all on duty: {text}")
ALL_TOLD = Text("all-told", "{count} person on duty will read it.", "{count} people on duty will read it.")
NOBODY_TO_TELL_ALONE = Text("nobody-to-tell-alone", "Nobody else is on duty now.")
NOBODY_TO_TELL = Text("nobody-to-tell", "Nobody else is on duty now. The contributors' room has the others: {room}")
NOTHING_TO_TELL = Text("nothing-to-tell", "Please write what you want to say.")
ONLY_HELPERS_CALL = Text("only-helpers-call", "Helpers write to all on duty; you will when you are one.")
