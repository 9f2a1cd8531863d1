"""What newcomers are told."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

WELCOME = Text(
    "welcome",
    "Welcome! You are a trainee here now: you learn by watching real chats, and a room monitor is always there with"
    " you.",
)
WELCOME_BY = Text("welcome-by", "{by} has added you.")
WELCOME_READY = Text(
    "welcome-ready",
    'Whenever you have time, write "ready" to me. You are then asked into the next chat that a room monitor watches,'
    ' until you write "off". With "help" I tell you what else you can write.',
)
WELCOME_GUIDE = Text("welcome-guide", "The guide: {url}")
WELCOME_ROOM = Text(
    "welcome-room",
    "You are welcome in the contributors' room, where all of us are: {link} (an invitation follows)",
)
ROOM_INVITATION = Text("contributors-invitation", "The contributors' room, where we help each other")

REMADE = Text(
    "account-remade",
    "The server tells of a new account {jid}. Somebody of that name is {standing} here, and was here before. If you do"
    " not know that it is the same person, take the rights away with demote until you do.",
)

REGISTER = Text(
    "register",
    "Register to learn how to help others here. You become a trainee at once, and nobody has to approve it.",
)
REGISTERED = Text("registered", "You are registered here, as {standing}.")
STAFF_DOMAINS_ONLY = Text("staff-domains-only", "Only accounts of {domains} can be registered here.")
WAS_ON_THE_STAFF = Text(
    "was-on-the-staff", "You have been on the staff before, and your place was taken back. Please ask an admin."
)
NOT_REGISTERED = Text("not-registered", "You are not registered here.")
ONLY_TRAINEES_LEAVE = Text(
    "only-trainees-leave", "You are {standing} here. Please ask an admin: only trainees can leave by themselves."
)
LEFT_STAFF = Text(
    "left-staff", 'You have left the staff, and are not on the list any more. "ready" brings you back at any time.'
)
BACK_BY = Text("back-by", 'You are a trainee here again: {by} has added you. "ready" puts you on the list.')
