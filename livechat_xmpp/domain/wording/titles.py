"""The names of the staff's commands, as lists show them; those of newer ones stand with their subject."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

LIST_QUEUE = Text("list-queue", "List the queue")
ACCEPT_OFFER = Text("accept-offer", "Accept the offer")
REJECT_OFFER = Text("reject-offer", "Pass the offer on")
LIST_CHATS = Text("list-chats", "List chats")
JOIN_CHAT = Text("join-chat", "Enter a chat")
LEND_VOICE = Text("lend-voice", "Let a trainee write in a chat")
CLOSE_CHAT = Text("close-chat", "Close a chat")
ADD_ACCOUNT = Text("add-account", "Add an account as trainee")
PROMOTE = Text("promote", "Promote accounts")
DEMOTE = Text("demote", "Demote accounts")
LIST_ACCOUNTS = Text("list-accounts", "List accounts")
LIST_PROBLEMS = Text("list-problems", "List problems")
