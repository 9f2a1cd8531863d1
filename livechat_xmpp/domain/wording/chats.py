"""What the team is told of requests and chats: offers, invitations, lists, closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from livechat_xmpp.domain.forms import Form
from livechat_xmpp.domain.model import BareJid, Chat, Disposition, Invitation, Part
from livechat_xmpp.domain.texts import one_line, quoted, room_link
from livechat_xmpp.domain.wording import Lines, Phrase, Sayable, Text, lines, sentences
from livechat_xmpp.domain.wording.lengths import length
from livechat_xmpp.domain.wording.visitors import ASKED, IN_THE_ROOM, WHO_ASKS, WHO_IS_WHO

# --- offers

ASKS = Text("offer", "{visitor} asks for help:")
ASKS_AND_WAITED = Text("offer-waited", "{visitor} asks for help and has waited {waited}:")
TIME_TO_ANSWER = Text(
    "offer-answer",
    'You have {time}. To take it, enter the room, or answer "yes" here. Answer "no" to pass it on.',
)
TAKEN = Text("offer-taken", "{by} has taken {visitor}'s request.")
OFFER_OVER = Text("offer-over", "{visitor}'s request is not waiting for you any more.")
OUT_TOO_LONG = Text(
    "out-too-long",
    "You were out of the chat with {visitor} for too long, so the request is back in the queue.",
)
OFFER_EXPIRED = Text("offer-expired", "Time is up: {visitor}'s request goes back to the queue.")
SILENT = Text("never-written", "You have not written to {visitor}, so the request is back in the queue.")
NO_OFFER = Text("no-offer", "Nothing is offered to you at the moment.")
MONITOR_LEFT = Text(
    "put-out-without-monitor",
    "No room monitor is in the chat with {visitor} any more, so you are out of it for now. You are asked in again as"
    " soon as one is there.",
)
TAKEN_OFF_DUTY = Text(
    "taken-off-duty",
    'There was no answer from you, and I cannot see whether you are there, so you are off duty now. Write "on" to'
    " come back. If you accept my contact request, I notice by myself when you are away.",
)
STOPS_ON_DUTY = Text(
    "stops-on-duty",
    "The help desk stops for now and will be back. You stay on duty, and chats go on without it.",
)
PASSED = Text("passed", "{visitor}'s request goes back to the queue.")


def offer(chat: Chat, form: Form, room: str, waited: timedelta, timeout: timedelta) -> Sayable:
    """Return the whole story for the helper who is offered the request, with both ways to answer."""
    opening = ASKS.of(visitor=chat.visitor_name)
    if waited >= timedelta(seconds=5):
        opening = ASKS_AND_WAITED.of(visitor=chat.visitor_name, waited=length(waited))
    return lines(
        opening,
        quoted(chat.question),
        *_other_answers(chat, form),
        TIME_TO_ANSWER.of(time=length(timeout)),
        room_link(room),
    )


def _other_answers(chat: Chat, form: Form, *, has_emails: bool = True) -> list[Sayable]:
    """Return the answers to the form's other fields, each with its label."""
    return [_answer(label, one_line(answer, 300)) for label, answer in form.others(chat.form, has_emails=has_emails)]


def _answer(label: Sayable, answer: str) -> Sayable:
    has_sign = isinstance(label, str) and label.endswith(("?", ":"))
    return Lines((label, answer), between=" " if has_sign else ": ")


def offer_over(visitor: str, *, taken_by: BareJid | None) -> Phrase:
    """Return what a helper is told whose offer was taken back."""
    if taken_by is not None:
        return TAKEN.of(by=taken_by.partition("@")[0], visitor=visitor)
    return OFFER_OVER.of(visitor=visitor)


# --- being asked in

CHAT_IS_YOURS = Text("invitation-helper", "The chat with {visitor} is yours. Please come in.")
WHEN_DONE = Text(
    "invitation-helper-end",
    'When you are done, write "!close" in the room: if you only leave, {visitor} goes back into the queue.',
)
WAITS_FOR_YOU = Text("invitation-helper-again", "{visitor} waits for you in the chat. Please come in:")
CHAT_IS_OPEN = Text("invitation", "The chat with {visitor} is open for you.")
ANSWERS = Text("invitation-answers", "{helper} answers.")
TO_WATCH = Text(
    "invitation-trainee",
    "{visitor} asks for help; {helper} answers, and a room monitor is there. Come in to watch and help. Your place is"
    ' kept for {time}; answer "no" if it does not suit you now.',
)
TO_WATCH_ALONE = Text(
    "invitation-trainee-alone",
    "{visitor} asks for help, and a room monitor is there. Come in to watch and help. Your place is kept for {time};"
    ' answer "no" if it does not suit you now.',
)
TO_WATCH_AGAIN = Text(
    "invitation-trainee-again",
    "You can come into the chat with {visitor} again: a room monitor is there. Your place is kept for {time}.",
)
ALREADY_OVER = Text(
    "invitation-over", "The chat with {visitor} has ended already: there is nothing to come into any more."
)
VOICE_IS_YOURS = Text("voice-is-yours", "You may write in the room, too, and {visitor} reads it.")
VOICE_IS_LENT = Text(
    "voice-is-lent", "You can follow the chat, and write in it as soon as the helper or the room monitor lets you."
)


def invitation(
    chat: Chat, invited: Invitation, room: str, patience: timedelta, *, is_voice_lent: bool = False
) -> Lines:
    """Return what a person of the team is asked into a chat with; who was asked before is told in short.

    patience: how long a trainee's place is kept. is_voice_lent: trainees write there when somebody lets them.
    """
    if _is_repeated(chat, invited):
        return lines(_again(chat, invited.part, patience), room_link(room))
    opening = _opening(chat, invited.part, patience)
    if invited.part is Part.TRAINEE:
        is_silent = is_voice_lent and not invited.has_voice
        opening = sentences(opening, VOICE_IS_LENT if is_silent else VOICE_IS_YOURS.of(visitor=chat.visitor_name))
    return lines(opening, quoted(one_line(chat.question, 300)), room_link(room))


def _is_repeated(chat: Chat, invited: Invitation) -> bool:
    return invited.times_told > 0 or chat.last_visit(invited.jid) is not None


def _opening(chat: Chat, part: Part, patience: timedelta) -> Sayable:
    if part is Part.HELPER:
        name = chat.visitor_name
        return sentences(CHAT_IS_YOURS.of(visitor=name), WHEN_DONE.of(visitor=name))
    if part is Part.TRAINEE:
        text = TO_WATCH if chat.helper else TO_WATCH_ALONE
        return text.of(visitor=chat.visitor_name, helper=chat.helper, time=length(patience))
    opening = CHAT_IS_OPEN.of(visitor=chat.visitor_name)
    return sentences(opening, ANSWERS.of(helper=chat.helper)) if chat.helper else opening


def _again(chat: Chat, part: Part, patience: timedelta) -> Sayable:
    if part is Part.HELPER:
        return WAITS_FOR_YOU.of(visitor=chat.visitor_name)
    if part is Part.TRAINEE:
        return TO_WATCH_AGAIN.of(visitor=chat.visitor_name, time=length(patience))
    return CHAT_IS_OPEN.of(visitor=chat.visitor_name)


def story(chat: Chat, form: Form) -> Lines:
    """Return the first lines in the room: the question, the form, who is who. Spoken after the helper came.

    The visitor's e-mail address is not spoken: who is learning, and whoever comes later, need not have it.
    """
    who = WHO_ASKS.of(visitor=chat.visitor_name)
    if chat.helper is not None:
        who = WHO_IS_WHO.of(visitor=chat.visitor_name, helper=chat.helper.partition("@")[0])
    return lines(
        ASKED.of(visitor=chat.visitor_name),
        quoted(chat.question),
        *_other_answers(chat, form, has_emails=False),
        sentences(who, IN_THE_ROOM),
    )


# --- refusals

NO_OPEN_CHAT = Text("no-open-chat", "There is no open chat {chat}.")
ONLY_OVERSEERS = Text("only-overseers-enter", "Only room monitors, admins, and advisors on duty can enter any chat.")
VOICE_IS_FREE = Text("voice-is-free", "Trainees may write in this chat anyway.")
NO_SUCH_TRAINEE = Text("no-such-trainee", "No trainee {name} is asked into this chat.")
VOICE_LENT = Text("voice-lent", "{trainee} may write in the chat now.")
INSIDE_ALREADY = Text("inside-already", "You are in the chat with {visitor} already.")
NO_CHAT_TO_ENTER = Text("no-chat-to-enter", "There is no chat in progress.")
NO_CHAT_TO_CLOSE = Text("no-chat-to-close", "There is no chat for you to close.")

# --- commands: their answers, fields and columns

ON_ITS_WAY = Text("invitation-on-its-way", "The invitation to {chat} is on its way.")
CLOSED_AS = Text("closed-as", 'Chat {chat} is closed as "{disposition}".')
REQUESTS_SHOWN = Text("requests-shown", "{count} request.", "{count} requests.")
CHATS_SHOWN = Text("chats-shown", "{count} chat.", "{count} chats.")
REQUESTS_CUT = Text("requests-cut", "{count} requests; the first {shown} are shown.")
CHATS_CUT = Text("chats-cut", "{count} chats; the first {shown} are shown.")
QUEUE_TITLE = Text("queue-title", "Queue")
CHATS_TITLE = Text("chats-title", "Chats")

DISPOSITIONS: Mapping[Disposition, Text] = {
    Disposition.SOLVED: Text("disposition-solved", "Solved"),
    Disposition.WORKAROUND: Text("disposition-workaround", "Workaround"),
    Disposition.UNSOLVED: Text("disposition-unsolved", "Unsolved"),
    Disposition.REFERRED: Text("disposition-referred", "Referred"),
    Disposition.NO_REPLY: Text("disposition-no-reply", "No reply"),
    Disposition.SPAM: Text("disposition-spam", "Spam"),
}
STATES: Mapping[str, Text] = {
    "waiting": Text("state-waiting", "waiting"),
    "offered": Text("state-offered", "offered"),
    "away": Text("state-away", "away"),
}

REQUEST = Text("field-request", "Request")
CHAT = Text("field-chat", "Chat")
HOW_IT_ENDED = Text("field-disposition", "How it ended")
TAGS = Text("field-tags", "Tags")
NOTE = Text("field-note", "Note")
ROOM = Text("column-room", "Room")
VISITOR = Text("column-visitor", "Visitor")
QUESTION = Text("column-question", "Question")
HELPER = Text("column-helper", "Helper")
MONITORS = Text("column-monitors", "Monitors")
TRAINEES = Text("column-trainees", "Trainees")
AGE_S = Text("column-age", "Age in seconds")
WAITING_S = Text("column-waiting", "Waiting for seconds")
POSITION = Text("column-position", "Place")
STATE = Text("column-state", "State")
