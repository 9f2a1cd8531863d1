"""What is said about watching, helping, endorsing and deciding."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Sayable, Text

# --- endorsing

MAY_YOU_ENDORSE = Text(
    "endorse-asked",
    "{trainee} was with you in the chat with {visitor}. If you think that they can answer by themselves, write"
    ' "endorse {trainee}" and why; {trainee} and the admins read it. If not yet, write "later {trainee}".',
)
ENDORSED = Text("endorsed", "Thank you. Your word for {trainee} is on record.")
ENDORSED_WITHDRAWN = Text("endorsement-withdrawn", "Your word for {trainee} does not count any more.")
LATER = Text("endorse-later", "That is fine. You can endorse {trainee} at any time.")
YOU_WERE_ENDORSED = Text("you-were-endorsed", "{by} says that you are ready to help by yourself.{comment}")
YOU_WERE_EXPLAINED = Text("endorsement-explained", "{by} adds why you are ready to help by yourself:{comment}")
COMMENT = Text("comment", ' "{comment}"')
ALREADY_ENDORSED = Text("endorsed-already", "You have endorsed {trainee} already.")
NOT_ENDORSED = Text("not-endorsed", "You have no endorsement of {trainee} to take back.")
NO_SHARED_CHAT = Text("no-shared-chat", "There is no trainee {who} whom you were in a chat with.")
NOT_A_TRAINEE = Text("not-a-trainee", "{who} is not a trainee now.")
TOO_LONG = Text("comment-too-long", "Your comment is too long: {limit} characters are possible.")
ONLY_HELPERS = Text("only-helpers-endorse", "Helpers endorse; you will when you are one.")

# --- the decision

DECISION_ASKED = Text(
    "decision-asked",
    "{trainee} may be ready to become a helper{asked_by}. {evidence}"
    ' Please decide by {decide_by}: "promote {jid} helper", or "refuse {jid}" and why.',
)
ASKED_BY = Text("decision-asked-by", " ({by} asks{comment})")
DECISION_SOON = Text(
    "decision-soon",
    "{trainee} still waits for a decision, until {decide_by}. {evidence}"
    ' Please write "promote {jid} helper", or "refuse {jid}" and why.',
)
DECISION_OVERDUE = Text(
    "decision-overdue",
    "{trainee} has waited for a decision since {opened_at}; it is overdue. {evidence}"
    ' Please write "promote {jid} helper", or "refuse {jid}" and why.',
)
EVIDENCE = Text("evidence", "Watched {watched}, helped in {helped}, endorsed by {endorsers}.")
NOBODY = Text("nobody", "nobody")
CLOCK_BEGUN = Text(
    "clock-begun",
    "The admins have been asked whether you become a helper, and have time until {decide_by}. I tell you what they"
    " decide, and also if it gets late.",
)
CLOCK_OVERDUE = Text(
    "clock-overdue",
    "You should have heard by now whether you become a helper, and there is no decision yet. We are sorry; it is not"
    " your fault. The admins have been told again. You can go on watching and helping.",
)
DECISION_OPEN = Text("decision-open", "A decision about {trainee} is open already, until {decide_by}.")
NO_DECISION_OPEN = Text("no-decision-open", "No decision about {trainee} is open.")
ASKED_FOR_DECISION = Text("decision-begun", "The admins have been asked to decide about {trainee}, by {decide_by}.")
REASON_NEEDED = Text("reason-needed", "Please say why: {trainee} will read it.")
REFUSED = Text(
    "refused",
    'You stay a trainee for now. {by} writes: "{reason}"{missing} You can go on watching and helping; a new endorsement'
    ' or a helper\'s "decide" brings it to the admins again.',
)
WHAT_IS_MISSING = Text("what-is-missing", " Still missing: {missing}.")
REFUSAL_KEPT = Text("refusal-kept", "{trainee} stays a trainee, and has been told why.")
VOTE_KEPT = Text("vote-kept", "Your yes to {trainee} is kept: {given} of {needed}.")
VOTED_ALREADY = Text("voted-already", "You have said yes to {trainee} already: {given} of {needed}.")
VOTE_NEWS = Text(
    "vote-news", '{by} says yes to {trainee}: {given} of {needed}. If you agree, write "promote {trainee} helper".'
)
HELPER_FIRST = Text(
    "helper-first", "Several admins have to agree on {jid} becoming a helper. Promote them to that first."
)
TRAINEE_FIRST = Text(
    "trainee-first", "Several admins have to agree on a new helper. Make {jid} a trainee first, with promote."
)
YOUR_WORD_COUNTED = Text("your-word-counted", "{trainee}, whom you endorsed, is a helper now.")
NEW_HELPER = Text("new-helper", "{date}: {trainee} has become a helper. Welcome!")  # rooms show it for long

ONLY_ADMINS_DECIDE = Text("only-admins-decide", "Only admins decide about trainees.")
NAME_SOMEBODY = Text("name-somebody", "Name at least one account.")

# --- what is missing, in words

MISSING_WATCHED = Text("missing-watched", "{count} chat to watch", "{count} chats to watch")
MISSING_HELPED = Text("missing-helped", "{count} chat to help in", "{count} chats to help in")
MISSING_ENDORSERS = Text("missing-endorsers", "{count} endorsement", "{count} endorsements")
MISSING_DAYS = Text("missing-days", "endorsements on {count} more day", "endorsements on {count} more days")
MISSING_NOTHING = Text("missing-nothing", "nothing")

ON_A_BREAK = Text("on-a-break", "You are on a break. Your place here stays yours. {way_back}")
WAY_BACK = Text("way-back", "To come back, tell an admin.")
WAY_BACK_IN = Text("way-back-in", "To come back, tell an admin, for example in the contributors' room ({room}).")


def way_back(room: str) -> Sayable:
    """Return how a break ends. room: the contributors', "" where there is none."""
    return WAY_BACK_IN.of(room=room) if room else WAY_BACK


# --- how far I am

PROGRESS = Text("progress", "Chats watched: {watched} of {watched_needed}; helped in: {helped} of {helped_needed}.")
PROGRESS_ENDORSED = Text("progress-endorsed", "Endorsed by: {endorsers}.")
PROGRESS_NOT_ENDORSED = Text("progress-not-endorsed", "Endorsed by: nobody yet.")
PROGRESS_ENDORSER = Text("progress-endorser", "{by} ({at})")
PROGRESS_LAST = Text(
    "progress-last",
    "Your last chat: there with a room monitor for {time}, {count} message of yours while the two talked; {counted}.",
    "Your last chat: there with a room monitor for {time}, {count} messages of yours while the two talked; {counted}.",
)
COUNTED_BOTH = Text("counted-both", "it counts as watched and as helped in")
COUNTED_WATCHED = Text("counted-watched", "it counts as watched")
COUNTED_HELPED = Text("counted-helped", "it counts as helped in")
COUNTED_NOT = Text("counted-not", "it does not count")
PROGRESS_RULE = Text(
    "progress-rule",
    "A chat counts as watched if you were there, with a room monitor, for {share} % of it or for {time}; as helped in"
    " if you wrote at least {count} message while visitor and helper were talking.",
    "A chat counts as watched if you were there, with a room monitor, for {share} % of it or for {time}; as helped in"
    " if you wrote at least {count} messages while visitor and helper were talking.",
)
PROGRESS_MISSING = Text("progress-missing", "Still missing: {missing}.")
PROGRESS_CLOCK = Text("progress-clock", "The admins have been asked to decide about you by {decide_by}.")
PROGRESS_OVERDUE = Text("progress-overdue", "The admins should have decided about you by {decide_by}, and are late.")

# --- who asked for help and might give it

WOULD_YOU_HELP = Text(
    "would-you-help",
    "Would you like to help others here as you were helped? You would watch chats first, and answer when you feel"
    ' ready. Answer "yes" or "no"; this is the only time that you are asked.',
)
NOT_NOW = Text("not-now", "That is fine, and you will not be asked again. Ask for help whenever you need it.")

# --- nobody is forgotten

STUCK = Text("stuck", "This trainee waits for you:", "These trainees wait for you ({count}):")
STUCK_NEVER_INVITED = Text(
    "stuck-never-invited",
    "{jid}: a trainee for {count} day, and in no chat yet",
    "{jid}: a trainee for {count} days, and in no chat yet",
)
STUCK_LEFT_WAITING = Text(
    "stuck-left-waiting",
    "{jid}: endorsed by {by} {count} day ago, which is not enough by itself",
    "{jid}: endorsed by {by} {count} days ago, which is not enough by itself",
)
STUCK_NEVER_ENDORSED = Text("stuck-never-endorsed", "{jid}: watched {watched}, and endorsed by nobody")
STUCK_NEVER_DECIDED = Text(
    "stuck-never-decided", '{jid}: the decision is overdue since {decide_by}; "refuse {jid} WHY" if not yet, or'
)
STUCK_MORE = Text("stuck-more", 'and {count} more: write "stuck" to see all')
FEW_APPROVERS = Text(
    "few-approvers",
    "Only {active} was active in the last {days} days. Nobody should have to wait for one person: please bring an admin"
    " back, or make somebody one.",
)
NO_APPROVERS = Text("no-approvers", "No admin was active in the last {days} days.")
NUDGE = Text(
    "nudge",
    'You are a trainee here, and have not been in a chat yet. Write "ready" when you have some time: you are asked'
    " into the next chat that a room monitor is in.",
)
NUDGED = Text("nudged", "Told how to get into a chat: {people}.")
ENDORSERS_ASKED = Text("endorsers-asked", "Everybody who was in a chat with them was asked about: {people}.")
NOBODY_TO_ASK = Text("nobody-to-ask", "Nobody here who may endorse was in a chat with: {people}.")
NOT_STUCK = Text("not-stuck", "{who} is not a trainee here.", "{who} are not trainees here.")
NOBODY_STUCK = Text("nobody-stuck", "Nobody waits for that.")

# --- commands: their names, fields and columns

ENDORSE_TITLE = Text("endorse-title", "Endorse a trainee")
WITHDRAW_TITLE = Text("withdraw-title", "Withdraw an endorsement")
LATER_TITLE = Text("later-title", "Not endorse a trainee now")
DECISION_TITLE = Text("ask-for-decision-title", "Ask for a decision about a trainee")
REFUSE_TITLE = Text("refuse-title", "Refuse trainees")
TRAINEES_TITLE = Text("list-trainees-title", "List trainees")
STUCK_TITLE = Text("list-stuck-title", "List who is stuck")
MOVE_TITLE = Text("move-stuck-title", "Move who is stuck")
NUDGE_TITLE = Text("nudge-title", "Tell trainees how to get into a chat")
ASK_ENDORSERS_TITLE = Text("ask-endorsers-title", "Ask who could endorse trainees")
AUDIT_TITLE = Text("list-audit-title", "List changes of standing and decisions")

TRAINEE = Text("field-trainee", "Trainee")
WHY_ENDORSED = Text("field-endorsement", "Why (the trainee and the admins read it)")
WHY_COMMENT = Text("field-comment", "Why (the admins read it)")
WHY_REFUSED = Text("field-refusal", "Why (the trainee reads it)")
ACCOUNTS = Text("field-accounts", "Accounts, one a line")
ACCOUNTS_OR_ALL = Text("field-accounts-or-all", "Accounts, one a line; none: all who are stuck so")
WHAT_TO_DO = Text("field-move", "What to do")
ONE_ACCOUNT = Text("field-one-account", "Account; none: all")
NOBODY_TO_ENDORSE = Text("nobody-to-endorse", "You have not been in a chat with a trainee yet.")
NOTHING_TO_WITHDRAW = Text("nothing-to-withdraw", "You have endorsed nobody who is a trainee.")
TRAINEES_SHOWN = Text("trainees-shown", "{count} trainee.", "{count} trainees.")
TRAINEES_MET = Text(
    "trainees-met",
    "{count} trainee whom you were in a chat with. You see no others here.",
    "{count} trainees whom you were in a chat with. You see no others here.",
)
NOBODY_MET = Text(
    "no-trainee-met", "You were in no chat with a trainee yet. Those whom you meet in a chat are listed here."
)
TRAINEES_CUT = Text("trainees-cut", "{count} trainees; the first {shown} are shown.")
STUCK_SHOWN = Text("stuck-shown", "{count} person is stuck.", "{count} people are stuck.")
AUDIT_SHOWN = Text("audit-shown", "{count} entry, the newest first.", "{count} entries, the newest first.")
COLUMN_SINCE = Text("column-since", "Since")
COLUMN_WATCHED = Text("column-watched", "Watched")
COLUMN_HELPED = Text("column-helped", "Helped in")
COLUMN_ENDORSEMENTS = Text("column-endorsements", "Endorsed by")
COLUMN_READY = Text("column-ready", "Has all that is needed")
COLUMN_DECIDE_BY = Text("column-decide-by", "Decide by")
COLUMN_WHY = Text("column-why", "Why")
COLUMN_COMMAND = Text("column-command", "What moves them")
COLUMN_PERSON = Text("column-person", "Person")
COLUMN_WHEN = Text("column-when", "When")
COLUMN_WHAT = Text("column-what", "What")
COLUMN_BY = Text("column-by", "By")
COLUMN_OLD = Text("column-old", "Was")
COLUMN_NEW = Text("column-new", "Is")
COLUMN_POLICY = Text("column-policy", "Policy")
WHY_NEVER_DECIDED = Text("why-never-decided", "decision overdue")
WHY_LEFT_WAITING = Text("why-left-waiting", "endorsed, and no decision asked for")
WHY_NEVER_ENDORSED = Text("why-never-endorsed", "watched enough, endorsed by nobody")
WHY_NEVER_INVITED = Text("why-never-invited", "in no chat yet")

HINT_ENDORSE = Text("hint-endorse", "endorse WHO [why]: say that a trainee is ready")
HINT_LATER = Text("hint-later", "later WHO: not endorse a trainee now")
HINT_WITHDRAW = Text("hint-withdraw", "withdraw WHO: take an endorsement back")
HINT_DECIDE = Text("hint-decide", "decide WHO [why]: ask the admins to decide about a trainee")
HINT_TRAINEES = Text("hint-trainees", "trainees: how far they are")
HINT_REFUSE = Text("hint-refuse", "refuse WHO WHY: a trainee stays a trainee for now")
HINT_STUCK = Text("hint-stuck", "stuck: who waits for somebody to move them")
HINT_NUDGE = Text(
    "hint-nudge", "nudge [WHO]: tell trainees how to get into a chat; without WHO all who are stuck there"
)
HINT_ASK_ENDORSERS = Text(
    "hint-ask-endorsers",
    "ask-endorsers [WHO]: ask those who could endorse trainees; without WHO about all who are stuck there",
)
HINT_AUDIT = Text("hint-audit", "audit [WHO]: who changed whose standing, and why")
