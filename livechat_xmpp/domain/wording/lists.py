"""What stands in lists, a line for each, where people read them in a message."""

from __future__ import annotations

from collections.abc import Mapping

from livechat_xmpp.domain.wording import Text

REQUEST = Text("request-line", '{position}. {visitor}: "{question}" ({known}), id {chat}')
WAITS = Text("request-line-waits", "waits for {time}")

CHAT = Text("chat-line", 'join {chat}: {visitor}: "{question}" ({known})')  # to who may enter
OWN_CHAT = Text("chat-line-own", '{chat}: {visitor}: "{question}" ({known})')
ANSWERS = Text("chat-line-helper", "{helper} answers")
NOBODY_ANSWERS = Text("chat-line-nobody", "nobody answers now")
AGE = Text("chat-line-age", "for {time}")
MONITORS = Text("chat-line-monitors", "room monitor: {people}")
TRAINEES = Text("chat-line-trainees", "trainee: {people}")

ACCOUNT = Text("account-line", "{jid}: {standing} since {since}")
ACCOUNT_ON_DUTY = Text("account-line-on-duty", "{jid}: {standing} since {since}, on duty as {role}")

TRAINEE = Text(
    "trainee-line", "{jid}, since {since}: watched {watched}, helped in {helped}, endorsed by {endorsers}; {missing}"
)
LACKS = Text("trainee-line-lacks", "missing: {missing}")
LACKS_NOTHING = Text("trainee-line-lacks-nothing", "nothing is missing")
DECIDE_BY = Text("trainee-line-decide-by", "{trainee}; to be decided by {decide_by}")

STUCK = Text("stuck-line", "{jid}: {why}, since {since} → {command}")
PROBLEM = Text("problem-line", "{problem}, since {since}")

ENTRY = Text("audit-line", "{at}: {jid}: {what}, by {by}")
ENTRY_WHY = Text("audit-line-why", '{at}: {jid}: {what}, by {by}: "{reason}"')
ENTRY_OF_NOBODY = Text("audit-line-nobody", "{at}: {what}, by {by}")
CHANGED = Text("audit-changed", "{old} → {new}")
JOINED = Text("audit-joined", "now {new}")
LEFT = Text("audit-left", "{old} → left the team")
HAPPENED: Mapping[str, Text] = {
    "decision asked for": Text("audit-decision", "decision asked for"),
    "endorsed": Text("audit-endorsed", "endorsed"),
    "endorsement withdrawn": Text("audit-withdrawn", "endorsement withdrawn"),
    "agreed": Text("audit-agreed", "yes to the promotion"),
    "refused": Text("audit-refused", "stays a trainee for now"),
    "remade": Text("audit-remade", "account made anew on the server"),
    "stuck listed": Text("audit-stuck", "admins told who is stuck"),
    "nudge": Text("audit-nudge", "told how to get into a chat"),
    "ask-endorsers": Text("audit-ask-endorsers", "those who could endorse were asked"),
}
