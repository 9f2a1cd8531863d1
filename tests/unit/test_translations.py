"""The catalogue in all languages: complete, matched to people's languages, and overridden by admins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from livechat_xmpp import po_files, translations
from livechat_xmpp.demo.places import PROJECT
from livechat_xmpp.domain.wording import ENGLISH, Text, languages
from livechat_xmpp.domain.wording.lengths import DAYS
from livechat_xmpp.translations import (
    Overrides,
    Translations,
    every_text,
    fields_of,
    lookup,
    mistakes_in,
    read,
    tags,
)

OTHERS = [tag for tag in tags() if tag != "en"]
POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)"


# --- the texts


def _texts_made() -> Iterator[tuple[str, str]]:
    """Yield file and key of every Text(...) in the program."""
    for path in (PROJECT / "livechat_xmpp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                key = node.args[0]
                assert isinstance(key, ast.Constant), f"{path}:{node.lineno}: the key is written out"
                yield path.relative_to(PROJECT).as_posix(), str(key.value)


def test_every_text_is_found_and_stands_in_the_modules_for_texts() -> None:
    made = list(_texts_made())
    assert [path for path, _ in made if not path.startswith("livechat_xmpp/domain/wording/")] == []
    assert sorted(key for _, key in made) == sorted(every_text())


@pytest.mark.parametrize("text", every_text().values(), ids=lambda text: text.key)
def test_every_text_has_fields_that_are_bare_names(text: Text) -> None:
    assert text.key.replace("-", "").isalnum()
    assert text.key == text.key.lower()
    assert fields_of(text.english) | {"count"} == fields_of(text.plural or text.english) | {"count"}


def test_a_key_given_twice_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a": (Text("welcome", "Hello"),), "b": (Text("welcome", "Good day"),)}
    monkeypatch.setattr(translations, "texts_by_module", lambda: texts)
    with pytest.raises(ValueError, match="welcome"):
        every_text.__wrapped__()


# --- the files


def test_there_is_german() -> None:
    assert "de" in OTHERS


@pytest.mark.parametrize("tag", OTHERS)
def test_every_text_is_translated(tag: str) -> None:
    """To begin with what is missing: make texts"""
    catalog = read(tag)
    assert po_files.ids(catalog) == po_files.ids(po_files.template()), "make texts"
    assert [m.context for m in catalog if m.id and not po_files.is_translated(m)] == []
    assert list(catalog.obsolete) == []


@pytest.mark.parametrize("tag", OTHERS)
def test_translations_have_the_fields_of_the_english(tag: str) -> None:
    wrong = {}
    for message in (m for m in read(tag) if m.id):
        text = every_text()[message.context or ""]
        wanted = fields_of(text.english) | fields_of(text.plural)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for form in forms:
            optional = {"count"} if text.plural else set()  # "one chat" need not say 1
            if fields_of(str(form)) | optional != wanted | optional:
                wrong[text.key] = form
    assert wrong == {}


@pytest.mark.parametrize("tag", OTHERS)
def test_a_text_that_counts_has_all_forms(tag: str) -> None:
    catalog = read(tag)
    counting = [m for m in catalog if m.pluralizable]
    assert counting
    assert {len(m.string) for m in counting} == {catalog.num_plurals}


def test_the_template_is_up_to_date() -> None:
    """To write it anew: make texts"""
    with po_files.TEMPLATE.open("rb") as file:
        assert po_files.ids(read_po(file)) == po_files.ids(po_files.template())


def test_a_changed_text_keeps_its_translation_to_be_looked_at() -> None:
    catalog, texts = Catalog(locale="de"), Catalog()
    catalog.add("Hello", "Hallo", context="welcome")
    catalog.add("Bye", "Tschüss", context="bye")
    texts.add("Hello {name}", context="welcome")
    texts.add("New", context="new")
    po_files.update(catalog, texts)
    welcome = catalog.get("Hello {name}", "welcome")
    assert (welcome.string, welcome.fuzzy, welcome.previous_id) == ("Hallo", True, ["Hello"])
    assert not po_files.is_translated(welcome)
    assert po_files.ids(catalog) == [("welcome", "Hello {name}"), ("new", "New")]
    assert list(catalog.obsolete) == []


# --- which language


@pytest.mark.parametrize(
    ("language", "found"),
    [
        pytest.param("de", "de", id="the very one"),
        pytest.param("de-AT", "de", id="without the country"),
        pytest.param("DE-at", "de", id="whatever the case"),
        pytest.param("de-Latn-DE-1996", "de", id="subtag by subtag"),
        pytest.param("de-x-bavarian", "de", id="what introduces an extension goes with it"),
        pytest.param("zh-Hant-CN", "zh-Hant", id="the longest that fits"),
        pytest.param("zh", None, id="a range is not widened"),
        pytest.param("deu", None, id="no part of a subtag"),
        pytest.param("fr", None, id="none of them"),
        pytest.param("", None, id="nothing said"),
    ],
)
def test_the_language_is_looked_up(language: str, found: str | None) -> None:
    """RFC 4647 §3.4"""
    assert lookup(language, ["en", "de", "zh-Hant"]) == found


@pytest.mark.parametrize(
    ("default", "language", "said"),
    [
        pytest.param("en", "de", "Sprache", id="German"),
        pytest.param("en", "de-CH", "Sprache", id="German of a country"),
        pytest.param("en", "fr", "Language", id="none that there is: the default"),
        pytest.param("de", "fr", "Sprache", id="none that there is: a German default"),
        pytest.param("de", "", "Sprache", id="not known"),
        pytest.param("de", "en-GB", "Language", id="English at a German desk"),
    ],
)
def test_a_text_is_said_in_the_nearest_language(default: str, language: str, said: str) -> None:
    assert Translations(default).say(languages.LANGUAGE, language) == said


def test_what_has_no_translation_is_said_in_english() -> None:
    assert Translations().say(Text("never-seen", "Hello {name}!"), "de", name="Tom") == "Hello Tom!"
    changed = Text(languages.LANGUAGE.key, "Changed since")
    assert Translations().say(changed, "de") == "Changed since"


def test_each_number_has_its_form() -> None:
    said = [Translations().say(DAYS, tag, count=count) for tag in ("en", "de") for count in (0, 1, 2)]
    assert said == ["0 days", "1 day", "2 days", "0 Tagen", "1 Tag", "2 Tagen"]


def test_languages_are_named_by_themselves() -> None:
    assert Translations().languages == {"en": "English", "de": "Deutsch"}


@pytest.mark.parametrize("text", every_text().values(), ids=lambda text: text.key)
def test_english_is_what_the_program_says(text: Text) -> None:
    names = fields_of(text.english) | fields_of(text.plural)
    for count in (None, 1, 2):
        values = {**{name: f"<{name}>" for name in names}, "count": count}
        assert Translations().say(text, "en", **values) == ENGLISH.say(text, "en", **values)


# --- a language with other plurals


@pytest.fixture
def polish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Polish, with three forms, beside English."""
    catalog = Catalog(locale="pl", domain=translations.DOMAIN)
    catalog.add((DAYS.english, DAYS.plural), ("{count} dzień", "{count} dni", "{count} dnia"), context=DAYS.key)
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    po_files.write(catalog, translations.po_file("pl"))
    tags.cache_clear()
    yield
    tags.cache_clear()


@pytest.mark.usefixtures("polish")
def test_a_language_may_have_more_forms_than_english() -> None:
    said = [Translations().say(DAYS, "pl", count=count) for count in (1, 2, 5)]
    assert said == ["1 dzień", "2 dni", "5 dnia"]
    assert mistakes_in("pl", {"pl": {"days": ("{count} d", "{count} d")}}) == [
        "overrides.pl.days: 3 forms are needed, one for each number"
    ]
    own = Translations(overrides={"pl": {"days": ("raz", "{count} x", "{count} xx")}})
    assert [own.say(DAYS, "pl", count=count) for count in (1, 2, 5)] == ["raz", "2 x", "5 xx"]


# --- other words


def test_an_override_is_said_in_its_language_alone() -> None:
    own = Translations(overrides={"de": {"language": "Zunge"}, "en": {"language": "Tongue"}})
    assert [own.say(languages.LANGUAGE, tag) for tag in ("de", "de-AT", "en", "fr")] == [
        "Zunge",
        "Zunge",
        "Tongue",
        "Tongue",
    ]


def test_an_override_of_a_text_that_counts_is_for_any_number_or_for_each() -> None:
    one = Translations(overrides={"en": {"days": "{count} d"}})
    assert [one.say(DAYS, "en", count=count) for count in (1, 2)] == ["1 d", "2 d"]
    each = Translations(overrides={"en": {"days": ("a day", "{count} days")}})
    assert [each.say(DAYS, "en", count=count) for count in (1, 2)] == ["a day", "2 days"]


@pytest.mark.parametrize(
    ("default", "overrides", "mistakes"),
    [
        pytest.param("de", {"de": {"language": "Zunge"}}, [], id="none"),
        pytest.param("en", {"de": {"language-chosen": "{{sic}} {language}"}}, [], id="braces as such"),
        pytest.param("en", {"de": {"language-chosen": "Gut."}}, [], id="a field need not be used"),
        pytest.param("fr", {}, ["default_language: no texts in 'fr'"], id="a default that there is not"),
        pytest.param("en", {"fr": {"language": "x"}}, ["overrides.fr: no such language"], id="no such language"),
        pytest.param("en", {"de": {"nonsense": "x"}}, ["overrides.de.nonsense: there is no text"], id="no such key"),
        pytest.param(
            "en",
            {"en": {"language-chosen": "{tongue}"}},
            ["overrides.en.language-chosen: the text has no field tongue; it has language"],
            id="no such field",
        ),
        pytest.param("en", {"en": {"language": "{x}"}}, ["overrides.en.language: the text has no field x"], id="none"),
        *(
            pytest.param("en", {"en": {"language-chosen": bad}}, ["overrides.en.language-chosen: braces hold"], id=bad)
            for bad in ("{language", "{}", "{0}", "{language.x}", "{language[0]}", "{language!r}", "{language:>9}")
        ),
        pytest.param("en", {"en": {"language": " "}}, ["overrides.en.language: it says nothing"], id="nothing"),
        pytest.param(
            "en", {"en": {"language": ("a", "b")}}, ["overrides.en.language: this text counts nothing"], id="no forms"
        ),
        pytest.param("en", {"en": {"days": ("a",)}}, ["overrides.en.days: 2 forms are needed"], id="too few forms"),
        pytest.param(
            "fr",
            {"fr": {}, "de": {"x": "", "language": "{y}"}},
            ["default_language", "overrides.fr", "overrides.de.x", "overrides.de.language"],
            id="all at once",
        ),
    ],
)
def test_mistakes_in_overrides_are_told(default: str, overrides: Overrides, mistakes: list[str]) -> None:
    found = mistakes_in(default, overrides)
    assert len(found) == len(mistakes), found
    assert all(said.startswith(start) for said, start in zip(found, mistakes, strict=True)), found
