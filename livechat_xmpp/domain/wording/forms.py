"""What is wrong with a form, a command or a stanza; the words that forms of every subject have in common."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

YES = Text("yes", "yes")
NO = Text("no", "no")

NOT_A_NUMBER = Text("not-a-number", '"{field}" has to be a whole number.')
NOT_A_CHOICE = Text("not-a-choice", '"{field}": {value} is not one of the choices ({choices}).')
NOT_CHOSEN = Text("not-chosen", 'Please choose "{field}" ({choices}).')

NO_COMMAND = Text("no-command", "There is no such command.")
NO_ACTION = Text("no-action", "There is no action {action}.")
COMMAND_OVER = Text("command-over", "This command is over, or it is not yours. Please begin anew.")
NO_WORKGROUP = Text("no-workgroup", "There is no such workgroup.")
NOT_POSSIBLE_NOW = Text("not-possible-now", "This is not possible at the moment. Please try again in a minute.")
ANSWER_TOO_LONG = Text("answer-too-long", "The answer would be too long.")
TOO_MUCH_AT_ONCE = Text("too-much-at-once", "Too much at once. Please wait for the answers to what you have sent.")
TOO_MUCH = Text("too-much", "Too much in too short a time. Please try again later.")
