"""The catalogue in every language there is, with what the admins have put in other words.

The languages are gettext's PO files in locale/, read as they are at the start: a translation that is mended counts from
the next start on. In them the key of a text is its msgctxt, and its English the msgid. What is not translated, or was
translated from other English, is said in English.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter
from typing import TypeAlias

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from livechat_xmpp.domain import wording
from livechat_xmpp.domain.wording import ENGLISH_TAG, Patterns, Text

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "livechat_xmpp"

Forms: TypeAlias = str | tuple[str, ...]  # one text for any number, or as many as the language has plural forms
Overrides: TypeAlias = Mapping[str, Mapping[str, Forms]]  # by language and key


# --- the texts there are


@cache
def every_text() -> Mapping[str, Text]:
    """Return all texts by their keys, in the order of modules and lines. Raises ValueError at a key given twice."""
    found: dict[str, Text] = {}
    for module in texts_by_module().values():
        for text in module:
            if found.setdefault(text.key, text) is not text:
                raise ValueError(f"two texts with the key {text.key}")
    return found


def texts_by_module() -> Mapping[str, Sequence[Text]]:
    """Return the texts that stand in each module of domain.wording, also those inside of tuples and mappings."""
    names = sorted(info.name for info in pkgutil.iter_modules(wording.__path__))
    modules = {name: importlib.import_module(f"{wording.__name__}.{name}") for name in names}
    return {name: tuple(dict.fromkeys(_texts_in(vars(module).values()))) for name, module in modules.items()}


def _texts_in(values: Iterable[object]) -> Iterable[Text]:
    for value in values:
        if isinstance(value, Text):
            yield value
        elif isinstance(value, tuple):
            yield from _texts_in(value)
        elif isinstance(value, Mapping):
            yield from (text for text in value.values() if isinstance(text, Text))


def fields_of(pattern: str) -> frozenset[str]:
    """Return the names of a pattern's fields. Raises ValueError where it is none: bare names in braces only."""
    fields = set()
    for _, name, spec, conversion in Formatter().parse(pattern):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"{{{name}}} is not a field")
        fields.add(name)
    return frozenset(fields)


# --- the languages there are


@cache
def tags() -> tuple[str, ...]:
    """Return the languages (RFC 5646) that there are texts in, English first."""
    folders = sorted(path.parent.parent.name for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return (ENGLISH_TAG, *(name.replace("_", "-") for name in folders))


def po_file(tag: str) -> Path:
    return LOCALE / tag.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(tag: str) -> Catalog:
    """Return a language's texts; for English none, as the program has them."""
    if tag == ENGLISH_TAG:
        return Catalog(locale=ENGLISH_TAG, domain=DOMAIN)
    with po_file(tag).open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"), domain=DOMAIN, abort_invalid=True)


def lookup(language: str, available: Iterable[str]) -> str | None:
    """Return which of the tags to use for somebody's language (RFC 4647 §3.4), None if none of them will do."""
    by_small = {tag.lower(): tag for tag in available}
    subtags = language.lower().split("-")
    while subtags:
        if (tag := by_small.get("-".join(subtags))) is not None:
            return tag
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:  # what introduces an extension says nothing alone
            subtags.pop()
    return None


class Translations(Patterns):
    """Says texts in all languages (domain.wording.Catalogue). default: the language of who speaks none of them."""

    def __init__(self, default: str = ENGLISH_TAG, overrides: Overrides | None = None) -> None:
        self._default = default
        chosen = overrides or {}
        self._books = {tag: _book(tag, chosen[tag]) if tag in chosen else _plain_book(tag) for tag in tags()}
        self._languages = {tag: _own_name(tag) for tag in tags()}

    @property
    def languages(self) -> Mapping[str, str]:
        return self._languages

    def pattern(self, text: Text, language: str, count: object) -> str:
        book = self._books[lookup(language, self._books) or self._default]
        if text.plural:  # without a number it is several, as in English
            return book.npgettext(text.key, text.english, text.plural, count if isinstance(count, int) else 2)
        return book.pgettext(text.key, text.english)


@cache
def _plain_book(tag: str) -> GNUTranslations:
    return _book(tag, {})


def _book(tag: str, overrides: Mapping[str, Forms]) -> GNUTranslations:
    """Return a language's texts as gettext has them, with those that are overridden."""
    catalog = read(tag)
    for key, forms in overrides.items():
        text = every_text()[key]
        message_id = (text.english, text.plural) if text.plural else text.english
        string = (forms,) * catalog.num_plurals if text.plural and isinstance(forms, str) else forms
        catalog.delete(text.english, key)
        catalog.add(message_id, string, context=key)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _own_name(tag: str) -> str:
    """Return what a language calls itself."""
    locale = Locale.parse(tag, sep="-")
    return locale.get_display_name(locale) or tag


# --- what admins may get wrong


def mistakes_in(default: str, overrides: Overrides) -> list[str]:
    """Return what is wrong with these settings, one sentence each."""
    known = f"there are {', '.join(tags())}"
    found = [] if default in tags() else [f"default_language: no texts in {default!r}; {known}"]
    for tag, forms_by_key in overrides.items():
        if tag not in tags():
            found.append(f"overrides.{tag}: no such language; {known}")
            continue
        for key, forms in forms_by_key.items():
            found += [f"overrides.{tag}.{key}: {mistake}" for mistake in _mistakes(tag, key, forms)]
    return found


def _mistakes(tag: str, key: str, forms: Forms) -> list[str]:
    text = every_text().get(key)
    if text is None:
        return ["there is no text with this key"]
    if not isinstance(forms, str):
        wanted = read(tag).num_plurals if text.plural else 1
        if len(forms) != wanted or not text.plural:
            return [f"{wanted} forms are needed, one for each number" if text.plural else "this text counts nothing"]
    patterns = (forms,) if isinstance(forms, str) else forms
    return [mistake for pattern in patterns for mistake in _mistakes_in_pattern(text, pattern)]


def _mistakes_in_pattern(text: Text, pattern: str) -> list[str]:
    if not pattern.strip():
        return ["it says nothing"]
    allowed = fields_of(text.english) | fields_of(text.plural)
    try:
        unknown = sorted(fields_of(pattern) - allowed)
    except ValueError:
        return ["braces hold names of fields alone; to say a brace, write it twice"]
    has = f"; it has {', '.join(sorted(allowed))}" if allowed else ""
    return [f"the text has no field {', '.join(unknown)}{has}"] if unknown else []
