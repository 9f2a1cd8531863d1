"""What staff are told of the words that they can write, and the answers to them."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

CAN_WRITE = Text("can-write", "You can write:")
ANSWERS = Text("hint-answers", "yes, no: answer the offer or the invitation")
ON = Text("hint-on", "on [role] [chats at once]: go on duty")
OFF = Text("hint-off", "off: go off duty")
READY = Text("hint-ready", "ready: be invited to chats to watch")
STATUS = Text("hint-status", "status: what you are and do")
QUEUE = Text("hint-queue", "queue: who waits")
CHATS = Text("hint-chats", "chats: the chats in progress")
JOIN = Text("hint-join", "join CHAT: be invited to a chat")
CLOSE = Text("hint-close", "close CHAT [how it ended] [tags]")
ADD = Text("hint-add", "add ADDRESS: make an account a trainee")
PROMOTE = Text("hint-promote", "promote ADDRESS STANDING [why]")
DEMOTE = Text("hint-demote", "demote ADDRESS STANDING [why]")
PROBLEMS = Text("hint-problems", "problems: what is not where it should be")
ACCOUNTS = Text("hint-accounts", "accounts [standing]: list accounts")

PASSED_ON = Text("passed-on", "Passed on: {visitor}.")
YOURS = Text("yours", "{visitor} is yours. The invitation to the room is on its way.")
ASKED_IN_AGAIN = Text("asked-in-again", "The invitation to the chat with {visitor} is on its way.")
NOT_FOR_YOU = Text("not-for-you", "This command is not for you.")
INCOMPLETE = Text("incomplete", "Something is missing.")
MORE_ROWS = Text(
    "more-rows", "and {count} more; the ad-hoc command shows all.", "and {count} more; the ad-hoc command shows all."
)
