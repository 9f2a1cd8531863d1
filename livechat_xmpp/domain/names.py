"""Names of visitors: cleaned, and not taken for somebody of the desk."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from livechat_xmpp.domain.model import BareJid

ROLE_NAMES = ("helper", "monitor", "admin", "support", "moderator", "trainee")
# Letters of other scripts that look like Latin ones; not all of Unicode's confusables, those in common fonts.
LOOKALIKES = str.maketrans("аеорсухіјѕһкмтвнαενορτυικ01", "aeopcyxijshkmtbhaevoptuikol")


def clean(text: str, *, lines: bool = False) -> str:
    """Return the text without control and other invisible characters, trimmed; on one line unless lines."""
    kept = "".join(
        c
        for c in unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
        if (c == "\n" and lines) or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn", "Cs")
    )
    return kept.strip() if lines else " ".join(kept.split())


def imitates(name: str, staff: Iterable[BareJid], desk: str) -> bool:
    """Return whether the name could be taken for the desk's, a role's or a staff member's."""
    reserved = {_skeleton(desk), *ROLE_NAMES, *(_skeleton(jid.partition("@")[0]) for jid in staff)}
    skeleton = _skeleton(name)
    return skeleton in reserved or skeleton.rstrip("23456789") in reserved


def _skeleton(name: str) -> str:
    """Return the name without what imitations play with: case, width, accents, spaces, signs, other scripts."""
    decomposed = unicodedata.normalize("NFKD", name).casefold().translate(LOOKALIKES)
    return "".join(c for c in decomposed if c.isalnum())
