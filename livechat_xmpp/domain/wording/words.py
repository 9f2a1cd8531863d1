"""What staff are told of the words that they can write, and the answers to them."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

CAN_WRITE = Text("can-write", "You can write:")
NOT_UNDERSTOOD = Text(
    "not-understood",
    "I did not understand that. If you need help yourself, please ask in {room}. You can write:",
)
NOT_UNDERSTOOD_ALONE = Text("not-understood-alone", "I did not understand that. You can write:")
ROOM_HELP = Text(
    "room-help",
    'Write "!close" to end this chat, or say how it went: "!close solved" (or workaround, unsolved, referred, no-reply,'
    ' spam). Where trainees only listen at first, "!voice NAME" lets one write.',
)
ANSWERS = Text("hint-answers", "yes, no: answer the offer or the invitation")
ON = Text("hint-on", 'on [helper, advisor, anchor or monitor] [how many chats]: go on duty, as "on helper 2"')
OFF = Text("hint-off", "off: go off duty")
READY = Text("hint-ready", "ready: be invited to chats to watch")
STATUS = Text("hint-status", "status: what you are and do")
ALL = Text("hint-all", "all WORDS: write to everybody on duty")
QUEUE = Text("hint-queue", "queue: who waits")
CHATS = Text("hint-chats", "chats: the chats in progress")
JOIN = Text("hint-join", 'join CHAT: be asked into a chat; "chats" shows its id')
VOICE = Text("hint-voice", "voice CHAT WHO: let a trainee write in a chat where they only listen at first")
CLOSE = Text("hint-close", "close CHAT [solved, workaround, unsolved, referred, no-reply or spam] [tags]: end a chat")
ADD = Text("hint-add", "add ADDRESS: make an account a trainee")
PROMOTE = Text("hint-promote", "promote WHO helper (or monitor, admin) [why]: give somebody more rights; they read why")
DEMOTE = Text(
    "hint-demote",
    "demote WHO trainee (or helper, monitor; inactive: a break) [why]: take rights back; they read why",
)
PROBLEMS = Text("hint-problems", "problems: what the desk could not put right by itself")
ACCOUNTS = Text("hint-accounts", "accounts [role]: list accounts")

PASSED_ON = Text("passed-on", "Passed on: {visitor}.")
YOURS = Text("yours", "The chat with {visitor} is yours; the invitation is on its way.")
ASKED_IN_LATER = Text(
    "asked-in-later", "You cannot come into the chat with {visitor} just now. You are asked in as soon as you can."
)
NOT_FOR_YOU = Text("not-for-you", 'With your role you cannot use this. Write "help" to see what you can.')
INCOMPLETE = Text("incomplete", "Something is missing.")
MORE_ROWS = Text(
    "more-rows",
    "and {count} more; the same command in your chat program's menu shows more of them",
    "and {count} more; the same command in your chat program's menu shows more of them",
)
