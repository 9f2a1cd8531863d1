"""The words that staff can write: which command each stands for, and what its arguments fill.

A word may be written in English, always, and in the language of who writes (the texts `word-…` of the catalogue). The
same goes for what is chosen from a list: a role, how a chat ended. Where the two mean different things, English counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Sayable, Text, languages, taking, training
from livechat_xmpp.domain.wording import words as texts
from livechat_xmpp.domain.wording.chats import DISPOSITIONS
from livechat_xmpp.domain.wording.duty import ROLES, STANDINGS

Say = Callable[[Sayable], str]
YES, NO, HELP = "yes", "no", "help"


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the command it stands for. fields: what its arguments fill, in order; the last takes the rest.

    needs: how many of the fields have to be filled. given: fields that the word itself fills.
    more: what "help" and the word tell besides the hint. in_room: the hint where it is written with ! in a chat's room.
    is_rare: one that "help" only names. is_shown: what comes of it is shown by itself, by an invitation.
    """

    word: str
    node: str
    fields: Sequence[str] = ()
    hint: Sayable = ""
    given: Mapping[str, str] = field(default_factory=dict)
    needs: int = 0
    more: Sayable = ""
    in_room: Sayable = ""
    is_rare: bool = False
    is_shown: bool = False


WORDS = {
    w.word: w
    for w in (
        Word("on", "go-on-duty", ("duty_role", "max_chats"), texts.ON, more=texts.ON_MORE),
        Word("off", "go-off-duty", (), texts.OFF),
        Word("ready", "go-on-duty", (), texts.READY),
        Word("status", "my-status", (), texts.STATUS),
        Word("queue", "list-queue", (), texts.QUEUE),
        Word("take", "take-request", ("chat",), taking.HINT_TAKE, is_shown=True),
        Word("chats", "list-chats", (), texts.CHATS),
        Word("join", "join-chat", ("chat",), texts.JOIN, needs=1, is_shown=True),
        Word("close", "close-chat", ("chat", "disposition", "tags"), texts.CLOSE, needs=1, in_room=texts.CLOSE_IN_ROOM),
        Word("voice", "lend-voice", ("chat", "trainee"), texts.VOICE, needs=2, in_room=texts.VOICE_IN_ROOM),
        Word("all", "tell-on-duty", ("message",), texts.ALL, is_rare=True),
        Word("language", "set-language", ("language",), languages.HINT, needs=1, is_rare=True),
        Word("trainees", "list-trainees", (), training.HINT_TRAINEES, is_rare=True),
        Word("endorse", "endorse-trainee", ("trainee", "comment"), training.HINT_ENDORSE, needs=1, is_rare=True),
        Word("later", "put-off-endorsement", ("trainee",), training.HINT_LATER, needs=1, is_rare=True),
        Word("withdraw", "withdraw-endorsement", ("trainee",), training.HINT_WITHDRAW, needs=1, is_rare=True),
        Word("decide", "ask-for-decision", ("trainee", "comment"), training.HINT_DECIDE, needs=1, is_rare=True),
        Word("add", "add-account", ("jid",), texts.ADD, needs=1, is_rare=True),
        Word("promote", "promote", ("accounts", "standing", "reason"), texts.PROMOTE, needs=2, is_rare=True),
        Word("demote", "demote", ("accounts", "standing", "reason"), texts.DEMOTE, needs=2, is_rare=True),
        Word("refuse", "refuse-trainees", ("accounts", "reason"), training.HINT_REFUSE, needs=1, is_rare=True),
        Word("stuck", "list-stuck", (), training.HINT_STUCK, is_rare=True),
        Word("nudge", "move-stuck", ("accounts",), training.HINT_NUDGE, {"what": "nudge"}, is_rare=True),
        Word(
            "ask-endorsers",
            "move-stuck",
            ("accounts",),
            training.HINT_ASK_ENDORSERS,
            {"what": "ask-endorsers"},
            is_rare=True,
        ),
        Word("audit", "list-audit", ("account",), training.HINT_AUDIT, is_rare=True),
        Word("problems", "list-problems", (), texts.PROBLEMS, is_rare=True),
        Word("accounts", "list-accounts", ("standing",), texts.ACCOUNTS, is_rare=True),
    )
}
IN_ROOMS = ("close", "voice")  # with ! in a chat's room; the chat is the one that the room is for
CHOICES: Mapping[str, Mapping[str, Text]] = {
    "duty_role": {role.value: text for role, text in ROLES.items()},
    "disposition": {disposition.value: text for disposition, text in DISPOSITIONS.items()},
    "standing": {standing.value: text for standing, text in STANDINGS.items()},
}


def cleaned(word: str) -> str:
    """Return a word as it is looked for: what phones and people put around it does not count."""
    return word.strip().strip("!.,").casefold()


def is_word(text: str, word: Text, say: Say) -> bool:
    """Return whether this is the word, in English or in the language of who says it."""
    return cleaned(text) in (*_spellings(word.english), *_spellings(say(word)))


def _spellings(text: str) -> list[str]:
    return [one.strip().casefold() for one in text.split(",")]


def meant(text: str, say: Say, among: Iterable[str] = texts.NAMES) -> str | None:
    """Return which of the words this is, by its English name; None: none of them."""
    wanted = cleaned(text)
    for spelled in (lambda word: word.english, say):
        for name in among:
            if wanted in _spellings(spelled(texts.NAMES[name])):
                return name
    return None


def named(word: str, say: Say) -> str:
    """Return how people are told to write the word."""
    return say(texts.NAMES[word]).partition(",")[0].strip()


def chosen(choices: Mapping[str, Text], text: str, say: Say) -> str | None:
    """Return which value of a list somebody names: as it is, or as it is called in English or in their language.

    Several words are written with hyphens; endings for different people ("Helfer:in") are left out.
    """
    wanted = text.casefold()
    for spelled in (lambda value: value, lambda value: choices[value].english, lambda value: say(choices[value])):
        for value in choices:
            if wanted == spelled(value).partition(":")[0].casefold().replace(" ", "-"):
                return value
    return None


def arguments(word: Word, given: Sequence[str], say: Say) -> dict[str, list[str]]:
    """Return the form that the arguments fill: one field each, the last field takes what is left.

    A role given to `on` is found by its name and the cap is what else there is, whatever their order. Raises BadInput
    where something is missing, or none of what it can be.
    """
    left = list(given)
    form: dict[str, list[str]] = {var: [value] for var, value in word.given.items()}
    for index, name in enumerate(word.fields):
        if not left:
            break
        if name == "duty_role":
            roles = ((a, chosen(CHOICES[name], a, say)) for a in left)
            argument, role = next(((a, role) for a, role in roles if role is not None), ("", None))
            if role is not None:
                left.remove(argument)
                form[name] = [role]
            continue
        is_last = index == len(word.fields) - 1
        form[name] = [_value(name, " ".join(left) if is_last else left.pop(0), say)]
    if any(name not in form for name in word.fields[: word.needs]):
        raise BadInput(texts.INCOMPLETE)
    return form


def _value(name: str, text: str, say: Say) -> str:
    """Return what a command takes for this argument. Raises BadInput."""
    value: str | None = text
    if name == "max_chats":
        value = text if text.isascii() and text.isdecimal() else None
    elif name in CHOICES:
        value = chosen(CHOICES[name], text, say)
    if value is None:
        raise BadInput(texts.NO_SUCH_CHOICE.of(value=one_line(text, 60)))
    return value
