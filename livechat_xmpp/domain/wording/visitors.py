"""What visitors are told: when they ask, while they wait, in the room, and at the end."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.model import Chat, Disposition
from livechat_xmpp.domain.queue import Wait
from livechat_xmpp.domain.texts import room_link
from livechat_xmpp.domain.wording import Sayable, Text, sentences
from livechat_xmpp.domain.wording.lengths import length

# --- whether somebody is there

OPEN_NOW = Text("open-now", "The help desk is open.")
AWAY_NOW = Text(
    "away-now",
    "The help desk is online, but everybody is away for the moment. You can wait, or come back later.",
)
CLOSED_NOW = Text("closed-now", "The help desk is closed at the moment: nobody is on duty. Please try again later.")
NOBODY_NOW = Text(
    "nobody-now",
    "Nobody is on duty at the moment. You can wait and keep your place, or leave and ask again later.",
)

# --- asking

ASK_TITLE = Text("ask-for-help", "Ask for help")
RESUME_TITLE = Text("resume", "Come back with a token")
COME_BACK = Text("come-back", "Come back")
TOKEN = Text("field-token", "Token")
LEAVE_TITLE = Text("leave-queue", "Leave")
YOUR_REQUEST = Text("your-request", "Your request")
YOUR_NAME = Text("field-username", "Your name")
YOUR_QUESTION = Text("field-question", "How can we help?")
YOUR_EMAIL = Text("field-email", "E-mail address (optional)")
THE_NAME = Text("your-name", "Your name")
THE_QUESTION = Text("your-question", "Your question")
THE_EMAIL = Text("your-email", "Your e-mail address")
EMAIL = Text("answer-email", "E-mail")
VISITOR = Text("visitor", "Visitor")
NOTICE = Text(
    "notice",
    "Helpers are volunteers. Others of the team, and people who are learning, may read along. What is said is kept."
    " Never give a password.",
)
WRITE_YOUR_QUESTION = Text("write-your-question", "Write your question here, and I pass it on to a volunteer.")
STAY_ONLINE = Text(
    "stay-online",
    'Stay online: I write as soon as somebody is here. "?" tells your place, "leave" gives it up.',
)
WORDS_ADDED = Text("words-added", "Your words were added to your question.")

QUEUE_FULL = Text("queue-full", "Too many people are waiting at the moment. Please try again later.")
BUSY_PLACE = Text("asked-already", "You have asked already.")
TOO_OFTEN = Text("too-often", "Too many requests have come from you or from your network. Please try again later.")
NO_QUESTION = Text("no-question", "Please write your question.")
NO_NAME = Text("no-name", "Please give a name to be called by.")
FILL_IN = Text("fill-in", 'Please fill in "{field}".')
NOT_AN_EMAIL = Text("not-an-email", '"{field}" is not an e-mail address.')
NO_EMAIL = Text("no-email", "The e-mail address is not one. You can leave it out.")
FIELD_TOO_LONG = Text("field-too-long", "{field} is too long: {length} characters, {limit} are possible.")
QUESTION_TOO_LONG = Text("question-too-long", "Your question is too long: {limit} characters are possible.")
NAME_OF_THE_DESK = Text("name-of-the-desk", "The name {name} belongs to the desk. Please choose another one.")
NOT_ASKED_YET = Text("not-asked-yet", "You have not asked for help yet.")
NOT_IN_THE_QUEUE = Text("not-in-the-queue", "You are not in the queue.")
VISIT_OVER = Text("visit-over", "This visit is over. Please ask again.")
STAFF_ASK_IN = Text("staff-ask-in", "You belong to the team here. If you need help yourself, please ask in {room}.")
STAFF_ASK = Text("staff-ask", "You belong to the team here. If you need help yourself, please ask the others.")

# --- waiting

LEAVE = Text("word-leave", "leave, cancel, bye, quit")  # what visitors write; several ways have commas between
WHERE = Text("word-place", "?, status, position, help")
NEXT = Text("place-next", "You are next in the queue.")
PLACE = Text("place", "You are number {position} in the queue.")
WAIT_UNKNOWN = Text("wait-unknown", "How long it will take is not known yet.")
WAIT_SHORT = Text("wait-short", "The wait is less than a minute.")
WAIT = Text("wait", "The wait is about {expected} ({low} to {high}).")
WELCOME_BACK = Text("welcome-back", "You have your place again.")
NOBODY_FREE = Text(
    "nobody-free",
    "We are sorry: nobody has been free to take your request so far. You keep your place and can go on waiting, or"
    " leave and ask again later.",
)
COME_IN = Text("come-in", "A helper is here for you. Please come in: {link}")


def place(position: int, wait: Wait | None, *, is_away: bool = False, is_open: bool = True) -> Sayable:
    """Return the visitor's place and expected wait, or honestly why there is none; position: 1 is next."""
    where = NEXT if position == 1 else PLACE.of(position=position)
    if not is_open:
        return sentences(where, NOBODY_NOW)
    if is_away:
        return sentences(where, AWAY_NOW)
    if wait is None:
        return sentences(where, WAIT_UNKNOWN)
    if wait.high <= timedelta(minutes=1):
        return sentences(where, WAIT_SHORT)
    return sentences(where, WAIT.of(expected=length(wait.expected), low=length(wait.low), high=length(wait.high)))


def come_in(room: str) -> Sayable:
    """Return what the visitor is told when a helper has accepted."""
    return COME_IN.of(link=room_link(room))


# --- a helper who has gone

RETURNED_NEXT = Text(
    "returned-next", "Your helper is gone. We are looking for somebody else; you are next. Please stay here."
)
RETURNED = Text(
    "returned",
    "Your helper is gone. We are looking for somebody else; you are number {position} in the queue. Please stay here.",
)
SILENT_NEXT = Text(
    "returned-silent-next",
    "Your helper has not answered. We are looking for somebody else; you are next. Please stay here.",
)
SILENT = Text(
    "returned-silent",
    "Your helper has not answered. We are looking for somebody else; you are number {position} in the queue."
    " Please stay here.",
)


def returned(position: int, *, was_silent: bool = False) -> Sayable:
    """Return what is said in a room whose helper is gone, or has never written."""
    if position == 1:
        return SILENT_NEXT if was_silent else RETURNED_NEXT
    return (SILENT if was_silent else RETURNED).of(position=position)


# --- in the room

ASKED = Text("story-asked", "{visitor} asked:")
WHO_IS_WHO = Text(
    "story-who", "Who is who: {visitor} is the visitor, {helper} answers; others of the team may come in later."
)
WHO_ASKS = Text("story-visitor", "Who is who: {visitor} is the visitor; others of the team may come in later.")
IN_THE_ROOM = Text("story-notice", "Helpers are volunteers; never give a password; what is said is kept.")
NO_MONITOR = Text("no-monitor", "No room monitor is here now. You will be asked in again when one is back.")
RESTARTING = Text(
    "out-restarting", "The help desk is restarting, so you are out for a moment. You will be asked in again."
)
ROLE_CHANGED = Text("out-role-changed", "Your role has changed, so you are out of this chat.")
PLACE_OVER = Text("place-over", "Your place in this chat is over.")
OWN_NAME = Text("own-name", "This name belongs to the desk. Please come back with a name of your own.")

# --- the end

LEFT_QUEUE = Text("left-queue", "You have left the queue. You can ask again at any time.")
CHAT_ENDED = Text("chat-ended", "The chat has ended. Thank you for asking.")
ROOM_CLOSED = Text("room-closed", "The chat has ended.")  # to all who are in the room
ENDED_AS_SPAM = Text("chat-ended-plainly", "This chat has been ended.")
NEVER_TAKEN = Text(
    "closed-before-taken",
    "Your request was closed before anybody could answer it. You can ask again.",
)
NOBODY_CAME = Text("nobody-came", "Nobody could take your request in time, and we are sorry. Please ask again later.")
GONE_FROM_QUEUE = Text(
    "gone-from-queue",
    "You were away for too long, so your request has been taken out of the queue. You can ask again.",
)
STOPS_IN_ROOM = Text("stops-in-room", "The help desk stops for now and will be back. This chat goes on without it.")
STOPS_IN_QUEUE = Text(
    "stops-in-queue", "The help desk stops for now and will be back. You keep your place in the queue."
)


def closed_by(chat: Chat, disposition: Disposition | None) -> Text:
    """Return what the visitor is told whose request or chat somebody of the team has closed."""
    if disposition is Disposition.SPAM:
        return ENDED_AS_SPAM
    return CHAT_ENDED if chat.first_opened_at is not None else NEVER_TAKEN
