"""What the desk says to people: every sentence in one place, plain text, one subject a sentence."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.model import BareJid, Chat, Disposition, Part
from livechat_xmpp.domain.queue import Wait

NO_MONITOR = "No room monitor is here now. You will be asked in again when one is back."
OWN_NAME = "This name belongs to the desk. Please come back with a name of your own."
PLACE_OVER = "Your place in this chat is over."
DESK_NICK = "Help desk"
CLOSED_NOW = "The help desk is closed at the moment: nobody is on duty. Please try again later."
QUEUE_FULL = "Too many people are waiting at the moment. Please try again later."
OPEN_NOW = "The help desk is open."
AWAY_NOW = "The help desk is online, but everybody is away for the moment. You can wait, or come back later."
NOBODY_NOW = "But nobody is on duty at the moment. You keep your place and can wait, or come back later."
BUSY_PLACE = "You have asked already."
WORDS_ADDED = "Your words were added to your question."
LEFT_QUEUE = "You have left the queue. You can ask again at any time."
CHAT_ENDED = "The chat has ended. Thank you for asking."
WELCOME_BACK = "You have your place again."
NOBODY_KNOWS_TOKEN = "This visit is over. Please ask again."
NOBODY_CAME = "Nobody could take your request in time, and we are sorry. Please ask again later."
NOBODY_FREE = (
    "We are sorry: nobody has been free to take your request so far. "
    "You keep your place and can go on waiting, or leave and ask again later."
)
GONE_FROM_QUEUE = "You were away for too long, so your request has been taken out of the queue. You can ask again."
STOPS_IN_ROOM = "The help desk stops for now and will be back. This chat goes on without it."
STOPS_IN_QUEUE = "The help desk stops for now and will be back. You keep your place in the queue."
STOPS_ON_DUTY = "The help desk stops for now and will be back. You stay on duty, and chats go on without it."
NOTICE = "Helpers are volunteers. What is said is kept. Never give a password."
TAKEN_OFF_DUTY = (
    "You did not answer, and your client does not tell me whether you are there, so you are off duty now. "
    'Write "on" to come back; accept my contact request to have your away and offline noticed.'
)
HOW_TO_ANSWER = 'To take it, enter the room, or answer "yes" here. Answer "no" to pass it on.'


def one_line(text: str, limit: int = 120) -> str:
    """Return the text on one line, cut at limit characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def in_words(length: timedelta) -> str:
    """Return a length for people: seconds under a minute, else whole minutes, rounded up."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def place(position: int, wait: Wait | None, *, is_away: bool = False, is_open: bool = True) -> str:
    """Return the visitor's place and expected wait, or honestly why there is none; position: 1 is next."""
    text = "You are next in the queue." if position == 1 else f"You are number {position} in the queue."
    if not is_open:
        return f"{text} {NOBODY_NOW}"
    if is_away:
        return f"{text} {AWAY_NOW}"
    if wait is None:
        return f"{text} How long it will take is not known yet."
    if wait.high <= timedelta(minutes=1):
        return f"{text} The wait is less than a minute."
    return f"{text} The wait is about {in_words(wait.expected)} ({in_words(wait.low)} to {in_words(wait.high)})."


def room_title(chat: Chat) -> str:
    """Return the room's name, all that some clients show (Gajim)."""
    return f"{chat.visitor_name}: {one_line(chat.question, 60)}"


def room_subject(chat: Chat) -> str:
    """Return the room's subject: who asks what."""
    return f"{chat.visitor_name} asks: {one_line(chat.question, 300)}"


def room_link(room: str) -> str:
    """Return the link that opens the room in clients that know xmpp: addresses (RFC 5122, XEP-0147)."""
    return f"xmpp:{room}?join"


def offer(chat: Chat, room: str, waited: timedelta, timeout: timedelta) -> str:
    """Return the whole story for the helper who is offered the request, with both ways to answer."""
    return "\n".join(
        [
            f"{chat.visitor_name} asks for help{_waited(waited)}:",
            *_quoted(chat.question),
            *_other_answers(chat),
            f"You have {in_words(timeout)}. {HOW_TO_ANSWER}",
            room_link(room),
        ]
    )


def _waited(waited: timedelta) -> str:
    return "" if waited < timedelta(seconds=5) else f" and has waited {in_words(waited)}"


def invitation(chat: Chat, part: Part, room: str) -> str:
    """Return what a person of the staff is asked into a chat with."""
    helper = f" {chat.helper} answers." if chat.helper else ""
    opening = {
        Part.HELPER: f"The chat with {chat.visitor_name} is yours. Please come in.",
        Part.TRAINEE: f"A chat to watch and to help with: {chat.visitor_name} asks.{helper} A room monitor is there.",
    }.get(part, f"The chat with {chat.visitor_name} is open for you.{helper}")
    return "\n".join([opening, *_quoted(one_line(chat.question, 300)), room_link(room)])


def story(chat: Chat) -> str:
    """Return the first lines in the room: the question, the form, who is who. Spoken after the helper came."""
    people = [f"{chat.visitor_name} is the visitor"]
    if chat.helper is not None:
        people.append(f"{chat.helper.partition('@')[0]} answers")
    return "\n".join(
        [
            f"{chat.visitor_name} asked:",
            *_quoted(chat.question),
            *_other_answers(chat, private=True),
            f"Who is who: {', '.join(people)}. Helpers are volunteers; never give a password; what is said is kept.",
        ]
    )


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines() or [""]]


def _other_answers(chat: Chat, *, private: bool = False) -> list[str]:
    """Return the form's other answers; the visitor's address is not spoken in the room."""
    hidden = {"username", "question", "email"} if private else {"username", "question"}
    return [f"{name}: {one_line(value, 300)}" for name, value in chat.form.items() if name not in hidden and value]


def offer_over(visitor: str, *, taken_by: BareJid | None) -> str:
    """Return what a helper is told whose offer was taken back."""
    if taken_by is not None:
        return f"{taken_by.partition('@')[0]} has taken {visitor}'s request."
    return f"{visitor}'s request is not waiting for you any more."


def offer_expired(visitor: str) -> str:
    return f"Time is up: {visitor}'s request goes to the next helper."


def silent(visitor: str) -> str:
    """Return what a helper is told who has accepted and never written."""
    return f"You have not written to {visitor}, so the request is back in the queue."


def returned(position: int, *, was_silent: bool = False) -> str:
    """Return what is said in a room whose helper is gone, or has never written."""
    why = "Your helper has not answered" if was_silent else "Your helper is gone"
    ahead = "you are next" if position == 1 else f"you are number {position} in the queue"
    return f"{why}. We are looking for somebody else; {ahead}. Please stay here."


def closed_by(disposition: Disposition | None) -> str:
    return CHAT_ENDED if disposition is not Disposition.SPAM else "This chat has been ended."


def come_in(chat: Chat, room: str) -> str:
    """Return what the visitor is told when a helper has accepted."""
    return f"A helper is here for you. Please come in: {room_link(room)}"
