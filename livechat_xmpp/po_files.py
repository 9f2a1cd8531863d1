"""Keeping gettext's files in step with the texts: `python -m livechat_xmpp.po_files [LANGUAGE …]`, or `make texts`.

Writes the template, and brings every language's file up to date, or begins one for a language named. A text whose
English has changed keeps its translation, marked fuzzy and with the old English, until somebody has looked at it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from livechat_xmpp import translations
from livechat_xmpp.translations import DOMAIN, LOCALE, po_file

TEMPLATE = LOCALE / f"{DOMAIN}.pot"
WIDTH = 120
PROJECT = "livechat_xmpp"


def template() -> Catalog:
    """Return all texts without translations, each with the module it stands in."""
    catalog = Catalog(
        domain=DOMAIN,
        header_comment="# The texts of livechat_xmpp. msgctxt is a text's key, for overrides too (docs/interface.md).",
        fuzzy=False,
        project=PROJECT,
    )
    for name, texts in translations.texts_by_module().items():
        for text in texts:
            message_id = (text.english, text.plural) if text.plural else text.english
            where = f"livechat_xmpp/domain/wording/{name}.py"
            if catalog.get(text.english, text.key) is None:  # a text of another module that is used here too
                catalog.add(message_id, locations=[(where, 0)], context=text.key)
    return catalog


def ids(catalog: Catalog) -> list[tuple[str | None, object]]:
    """Return key and English of all texts, in their order."""
    return [(message.context, message.id) for message in catalog if message.id]


def is_translated(message: Message) -> bool:
    """Return whether every form is there, and was looked at since its English changed."""
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(forms) and not message.fuzzy


def update(catalog: Catalog, texts: Catalog) -> None:
    """Bring a language's texts in step with the template."""
    by_key = {message.context: message for message in catalog if message.id}
    catalog.update(texts, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        old = by_key.get(message.context)
        if message.id and old is not None and old.id != message.id and old.pluralizable == message.pluralizable:
            message.string = old.string
            message.previous_id = [old.id] if isinstance(old.id, str) else list(old.id)
            message.flags.add("fuzzy")


def write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, include_previous=True, include_lineno=False)


def main(new: Sequence[str]) -> int:
    """Write all files and say what is left to do; 1 where something is."""
    texts, lacking = template(), 0
    if not TEMPLATE.exists() or ids(_read(TEMPLATE)) != ids(texts):  # else nothing would change but its date
        write(texts, TEMPLATE)
    for tag in dict.fromkeys((*translations.tags()[1:], *new)):
        path = po_file(tag)
        catalog = translations.read(tag) if path.exists() else _begun(tag)
        update(catalog, texts)
        write(catalog, path)
        left = [message.context for message in catalog if message.id and not is_translated(message)]
        print(f"{path}: {len(left)} to be translated{':' if left else ''}", *left)
        lacking += len(left)
    return 1 if lacking else 0


def _begun(tag: str) -> Catalog:
    return Catalog(locale=tag.replace("-", "_"), domain=DOMAIN, header_comment="#", fuzzy=False, project=PROJECT)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
