"""The form that a visitor fills in: its fields, what counts as an answer, and what can be wrong with a form itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.names import clean
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Sayable, Text
from livechat_xmpp.domain.wording import visitors as words
from livechat_xmpp.domain.wording.forms import NOT_A_CHOICE, NOT_CHOSEN

USERNAME, QUESTION, EMAIL = "username", "question", "email"
# What a request carries besides: the page's pass, and what Fastpath's own fields are called that nobody is to fill in.
TAKEN = frozenset({"pass", "password"})
LONGEST_OPTION = 100  # characters, about three lines of a phone


class Kind(StrEnum):
    """What is filled in: a line, several, one of some options, an e-mail address."""

    TEXT = "text"
    LINES = "lines"
    CHOICE = "choice"
    EMAIL = "email"


# Characters, where a field has no limit of its own.
LIMITS: Mapping[Kind, int] = {
    Kind.TEXT: 300,  # as much as an offer shows of it
    Kind.LINES: 4000,
    Kind.CHOICE: LONGEST_OPTION,
    Kind.EMAIL: 254,  # RFC 5321 §4.5.3.1.3, less the angle brackets
}
# Above the field, and in a sentence about it.
LABELS: Mapping[str, tuple[Text, Text]] = {
    USERNAME: (words.YOUR_NAME, words.THE_NAME),
    QUESTION: (words.YOUR_QUESTION, words.THE_QUESTION),
    EMAIL: (words.YOUR_EMAIL, words.THE_EMAIL),
}
MISSING: Mapping[str, Text] = {USERNAME: words.NO_NAME, QUESTION: words.NO_QUESTION}


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form. label: what people read; "": the catalogue's, which the three of ours have.

    limit: characters; None: as many as its kind allows.
    """

    name: str
    label: str = ""
    kind: Kind = Kind.TEXT
    options: tuple[str, ...] = ()
    is_required: bool = False
    limit: int | None = None

    @property
    def longest(self) -> int:
        """Return how many characters an answer may have."""
        return LIMITS[self.kind] if self.limit is None else self.limit

    @property
    def shown(self) -> Sayable:
        """Return what stands above the field."""
        if self.label or self.name not in LABELS:
            return self.label
        above, in_a_sentence = LABELS[self.name]
        return in_a_sentence if self.name == EMAIL and self.is_required else above  # the other says that it is optional

    @property
    def named(self) -> Sayable:
        """Return what the field is called in a sentence about it."""
        return self.label or LABELS[self.name][1]

    def check(self, text: str) -> str:
        """Return the answer cleaned, "" for none. Raises BadInput, which names the field."""
        if len(text) > self.longest:  # before cleaning, which takes its time over every character
            named = f'"{self.label}"' if self.label else self.named
            raise BadInput(words.FIELD_TOO_LONG.of(field=named, length=len(text), limit=self.longest))
        answer = clean(text, lines=self.kind is Kind.LINES)
        if self.is_required and not answer:
            raise BadInput(self._missing())
        if answer and self.kind is Kind.CHOICE and answer not in self.options:
            raise BadInput(NOT_A_CHOICE.of(field=self.named, value=one_line(answer, 60), choices=self.options))
        if answer and self.kind is Kind.EMAIL and not _is_email(answer):
            is_plain = not self.label and not self.is_required
            raise BadInput(words.NO_EMAIL if is_plain else words.NOT_AN_EMAIL.of(field=self.named))
        return answer

    def _missing(self) -> Sayable:
        if self.kind is Kind.CHOICE:
            return NOT_CHOSEN.of(field=self.named, choices=self.options)
        if not self.label and self.name in MISSING:
            return MISSING[self.name]
        return words.FILL_IN.of(field=self.named)


def _is_email(text: str) -> bool:
    return text.count("@") == 1 and not text.startswith("@") and not text.endswith("@") and " " not in text


@dataclass(frozen=True, slots=True)
class Form:
    """The fields, in the order in which they are asked."""

    fields: tuple[Field, ...]

    @property
    def question(self) -> Field:
        """Return the field that no form is without."""
        return next(field for field in self.fields if field.name == QUESTION)

    def requires(self, name: str) -> bool:
        return any(field.is_required for field in self.fields if field.name == name)

    def check(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Return the answers that were given, cleaned; unknown fields are left out. Raises BadInput."""
        checked = {field.name: field.check(answers.get(field.name, "")) for field in self.fields}
        return {name: answer for name, answer in checked.items() if answer}

    def in_words(self) -> Form:
        """Return what is asked of who writes a message instead of filling in the form."""
        return Form(tuple(field for field in self.fields if field.name in (USERNAME, QUESTION)))

    def others(self, answers: Mapping[str, str], *, has_emails: bool) -> Iterator[tuple[Sayable, str]]:
        """Return label and answer of all but name and question. has_emails: with e-mail addresses, which are private.

        Answers to a field that the form had once are still told, by its name.
        """
        known = {field.name: field for field in self.fields}
        for name in sorted(answers, key=lambda name: list(known).index(name) if name in known else len(known)):
            field = known.get(name, Field(name, label="" if name in LABELS else name))
            is_email = field.kind is Kind.EMAIL or name == EMAIL
            if name not in (USERNAME, QUESTION) and answers[name] and (has_emails or not is_email):
                yield words.EMAIL if is_email and not field.label else field.label, answers[name]


DEFAULT = Form(
    (
        Field(USERNAME, is_required=True, limit=64),
        Field(QUESTION, kind=Kind.LINES, is_required=True),
        Field(EMAIL, kind=Kind.EMAIL),
    )
)


# --- what admins may get wrong


def mistakes_in(form: Form) -> list[str]:
    """Return what is wrong with a form, one sentence each."""
    found = []
    if not form.requires(QUESTION):
        found.append(f"fields: {QUESTION} has to be among them, with is_required = true")
    found += [f"fields.{name}: is there {n} times" for name, n in Counter(f.name for f in form.fields).items() if n > 1]
    return found + [f"fields.{field.name}: {mistake}" for field in form.fields for mistake in _mistakes_in_field(field)]


def _mistakes_in_field(field: Field) -> Iterator[str]:
    kinds = {USERNAME: (Kind.TEXT,), QUESTION: (Kind.LINES, Kind.TEXT), EMAIL: (Kind.EMAIL,)}.get(
        field.name, tuple(Kind)
    )
    if field.kind not in kinds:
        yield f"kind has to be {' or '.join(kinds)}"
    if field.name in TAKEN:
        yield "this name is taken, please use another one"
    if not field.label and field.name not in LABELS:
        yield "label is missing: what people read above the field"
    if field.label != clean(field.label):
        yield "label has to be one line without spaces around it"
    if field.kind is not Kind.CHOICE:
        if field.options:
            yield "options are for a choice"
        return
    if not field.options:
        yield "a choice needs options"
    if len(set(field.options)) < len(field.options):
        yield "an option is there twice"
    if any(not option or option != clean(option) or len(option) > LONGEST_OPTION for option in field.options):
        yield f"an option has to be one line of at most {LONGEST_OPTION} characters, without spaces around it"
    if field.limit is not None:
        yield "limit is not for a choice"
