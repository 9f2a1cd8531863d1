"""What newcomers are told."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

WELCOME = Text(
    "welcome",
    "Welcome! I am the help desk here. If you like, you can learn to help others: as a trainee you watch real chats,"
    " and somebody experienced, the room monitor, is always in the room. You need not do anything until you want to.",
)
WELCOME_BY = Text("welcome-by", "{by} has added you.")
WELCOME_READY = Text(
    "welcome-ready",
    'When you have time, write "ready" to me: I ask you into chats that a room monitor is in, until you write "off".'
    ' "help" shows what else you can write.',
)
WELCOME_IS_READY = Text(
    "welcome-is-ready",
    'You are on the list: I ask you into the next chat that a room monitor is in. "off" stops that; "help" shows what'
    " else you can write.",
)
WELCOME_PRESENCE = Text(
    "welcome-presence",
    "Your chat program may ask whether I may see when you are there. Please allow it: then I do not call you while you"
    " are away.",
)
WELCOME_GUIDE = Text("welcome-guide", "The guide: {url}")
WELCOME_ROOM = Text(
    "welcome-room",
    "You are welcome in the contributors' room, where we help each other: {link} (an invitation follows)",
)
WAY_TO_ROOM = Text("contributors-way", "The contributors' room, where we help each other: {link}")
ROOM_INVITATION = Text("contributors-invitation", "The contributors' room, where we help each other")

REMADE = Text(
    "account-remade",
    "The account {jid} was newly made on the server, but it has rights here: {standing}. If you are not sure that it is"
    ' the same person, write "demote {jid} trainee" until you are.',
)

REGISTER = Text(
    "register",
    "Register to learn how to help others here. You become a trainee at once, and nobody has to approve it.",
)
REGISTERED = Text("registered", "You are registered here, as {standing}.")
STAFF_DOMAINS_ONLY = Text("staff-domains-only", "Only accounts of {domains} can be registered here.")
NOT_REGISTERED = Text("not-registered", "You are not registered here.")
ONLY_TRAINEES_LEAVE = Text(
    "only-trainees-leave", "You are {standing} here. Please ask an admin: only trainees can leave by themselves."
)
LEFT_STAFF = Text(
    "left-staff", 'You have left the team, and are not on the list any more. "ready" brings you back at any time.'
)
BACK_BY = Text("back-by", 'You are a trainee here again: {by} has added you. "ready" puts you on the list.')
