"""What staff are told of the words that they can write, and the answers to them."""

from __future__ import annotations

from collections.abc import Mapping

from livechat_xmpp.domain.wording import Text

# --- the words themselves: several ways to write one have commas between, and the first is the one that is shown

NAMES: Mapping[str, Text] = {
    "yes": Text("word-yes", "yes, y, ok, accept"),
    "no": Text("word-no", "no, n, reject, decline"),
    "help": Text("word-help", "help, ?"),
    "on": Text("word-on", "on"),
    "off": Text("word-off", "off"),
    "ready": Text("word-ready", "ready"),
    "status": Text("word-status", "status"),
    "all": Text("word-all", "all"),
    "queue": Text("word-queue", "queue"),
    "take": Text("word-take", "take"),
    "chats": Text("word-chats", "chats"),
    "join": Text("word-join", "join"),
    "close": Text("word-close", "close"),
    "voice": Text("word-voice", "voice"),
    "add": Text("word-add", "add"),
    "promote": Text("word-promote", "promote"),
    "demote": Text("word-demote", "demote"),
    "endorse": Text("word-endorse", "endorse"),
    "later": Text("word-later", "later"),
    "withdraw": Text("word-withdraw", "withdraw"),
    "decide": Text("word-decide", "decide"),
    "trainees": Text("word-trainees", "trainees"),
    "refuse": Text("word-refuse", "refuse"),
    "stuck": Text("word-stuck", "stuck"),
    "nudge": Text("word-nudge", "nudge"),
    "ask-endorsers": Text("word-ask-endorsers", "ask-endorsers"),
    "audit": Text("word-audit", "audit"),
    "problems": Text("word-problems", "problems"),
    "language": Text("word-language", "language"),
    "accounts": Text("word-accounts", "accounts"),
}

# --- what they do

CAN_WRITE = Text("can-write", "You can write:")
ALSO = Text("also", 'also: {words}; "help" and one of them tells what it does')
NOT_UNDERSTOOD = Text(
    "not-understood",
    'I did not understand that; "help" shows what you can write. If you need help yourself, please ask in {room}.',
)
NOT_UNDERSTOOD_ALONE = Text("not-understood-alone", 'I did not understand that; "help" shows what you can write.')
ANSWER_OFFER = Text("hint-answer-offer", "yes: take the request that is offered to you; no: pass it on")
ANSWER_INVITATION = Text(
    "hint-answer-invitation", "yes: have the way into the chat sent again; no: you do not come into it"
)
ON = Text("hint-on", 'on: go on duty and be offered requests; "on 2": up to 2 chats at once')
ON_MORE = Text(
    "hint-on-more",
    '"on advisor": enter any chat to assist, and be offered no requests. "on anchor": like a helper, and stay for a'
    ' whole shift. "on monitor", for room monitors: be offered no requests.',
)
OFF = Text("hint-off", "off: go off duty")
READY = Text("hint-ready", "ready: be invited to chats to watch")
STATUS = Text("hint-status", "status: what you are and do")
ALL = Text("hint-all", "all WORDS: write to everybody on duty")
QUEUE = Text("hint-queue", "queue: who waits")
CHATS = Text("hint-chats", "chats: the chats in progress")
JOIN = Text("hint-join", 'join CHAT: be asked into a chat; "chats" shows its id')
VOICE = Text("hint-voice", "voice CHAT WHO: let a trainee write in a chat where they only listen at first")
VOICE_IN_ROOM = Text("hint-voice-room", "!voice WHO: let a trainee write here, who only listens at first")
CLOSE = Text("hint-close", "close CHAT [solved, workaround, unsolved, referred, no-reply or spam] [tags]: end a chat")
CLOSE_IN_ROOM = Text(
    "hint-close-room", "!close [solved, workaround, unsolved, referred, no-reply or spam] [tags]: end this chat"
)
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
NO_SUCH_CHOICE = Text("no-such-choice", "{value} is not one of the choices.")
USAGE = Text("usage", "{why} This is how: {usage}")
MORE_ROWS = Text(
    "more-rows",
    "and {count} more; the same command in your chat program's menu shows more of them",
    "and {count} more; the same command in your chat program's menu shows more of them",
)
