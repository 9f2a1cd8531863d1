"""What the desk says to people: texts with stable keys, in English, and the catalogue that says them in each language.

The texts stand in the modules of this package, one a subject. Whatever is told to a person goes through a catalogue,
so that it comes in their language, and as the admins have put it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

ENGLISH_TAG = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """Something the desk says. key: a stable name like "welcome", by which it is translated and overridden.

    english: with fields as in str.format, `{name}`, bare names only. plural: the English for other numbers than one,
    where the text counts something; the number is the field `count` then.
    """

    key: str
    english: str
    plural: str = ""

    def of(self, **values: object) -> Phrase:
        """Return the text with its values, to be said as part of another one, or as the reason of a refusal."""
        return Phrase(self, values)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and the values of its fields, in no language yet."""

    text: Text
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lines:
    """Several things said one after the other, each in full. between: what stands between them."""

    parts: tuple[Sayable, ...]
    between: str = "\n"


# A str is what somebody wrote, or a name: it stays as it is.
Sayable: TypeAlias = Text | Phrase | Lines | str


def sentences(*parts: Sayable) -> Lines:
    """Return what is said in one line."""
    return Lines(parts, " ")


def lines(*parts: Sayable) -> Lines:
    return Lines(parts)


class Catalogue(Protocol):
    """Says texts in the languages it has. languages: what each calls itself, by its tag (RFC 5646)."""

    @property
    def languages(self) -> Mapping[str, str]: ...

    def say(self, text: Sayable, language: str, /, **values: object) -> str:
        """Return the text in the language (a tag), or in the nearest there is; "": in the desk's own.

        A value that is one of the catalogue's is said in the same language. Of a tuple all are, with commas between; of
        a list all are, one a line.
        """
        ...


class Patterns:
    """A catalogue (Catalogue) over patterns; here those in English. Other languages come with another pattern()."""

    @property
    def languages(self) -> Mapping[str, str]:
        return {ENGLISH_TAG: "English"}

    def say(self, text: Sayable, language: str, /, **values: object) -> str:
        if isinstance(text, str):
            return text
        if isinstance(text, Phrase):
            return self.say(text.text, language, **text.values)
        if isinstance(text, Lines):
            return text.between.join(self.say(part, language) for part in text.parts)
        said = {name: self._part(value, language) for name, value in values.items()}
        return self.pattern(text, language, values.get("count")).format_map(said)

    def _part(self, value: object, language: str) -> object:
        if isinstance(value, Text | Phrase | Lines):
            return self.say(value, language)
        if isinstance(value, tuple | list):
            return (", " if isinstance(value, tuple) else "\n").join(str(self._part(v, language)) for v in value)
        return value

    def pattern(self, text: Text, language: str, count: object) -> str:
        """Return the text in the language with its fields open. count: what decides between singular and plural."""
        return text.plural if text.plural and count != 1 else text.english


ENGLISH: Catalogue = Patterns()
