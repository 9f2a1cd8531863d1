"""Names of visitors: cleaned, and not taken for somebody of the desk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from livechat_xmpp.domain.model import BareJid

FILLERS = "\u115f\u1160\u3164\uffa0"  # letters that show nothing
ROLE_NAMES = ("helper", "helpdesk", "monitor", "admin", "support", "moderator", "trainee")
# Letters of other scripts that look like Latin ones; not all of Unicode's confusables, those in common fonts.
# Small l, i and 1 look like each other's capitals, so they count as one letter.
LOOKALIKES = str.maketrans("аеорсухіјѕһкмтвнԁԛԝӏαενορτυικηχβμιıłøɡɑ01l", "aeopcyxijshkmtbhdqwiaevoptuikhxbmiiiogaoii")


def clean(text: str, *, lines: bool = False) -> str:
    """Return the text without control and other invisible characters, trimmed; on one line unless lines.

    The two joiners stay: Persian is misspelt without them, and emoji of several parts fall apart.
    """
    spaced = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
    kept = "".join(
        c
        for c in (spaced if lines else spaced.replace("\n", " "))
        if c in "\n\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn", "Cs")
    )
    return kept.strip() if lines else " ".join(kept.split())


def imitates(name: str, staff: Iterable[BareJid], desk: str) -> bool:
    """Return whether the name could be taken for the desk's, a role's or a staff member's, or for no name at all."""
    words = {_skeleton(word) for word in re.findall(r"\w+", name)}
    reserved = {_skeleton(desk), *map(_skeleton, ROLE_NAMES), *(_skeleton(jid.partition("@")[0]) for jid in staff)}
    bare_name = _skeleton("".join(c for c in name.partition("@")[0] if not c.isdigit()))
    return not name.strip(FILLERS) or bool(
        {_skeleton(name), bare_name} & reserved
        or words & set(map(_skeleton, ROLE_NAMES))
        or _skeleton(desk) in _skeleton(name)
    )


def _skeleton(name: str) -> str:
    """Return the name without what imitations play with: case, width, accents, spaces, signs, other scripts."""
    decomposed = unicodedata.normalize("NFKD", name).casefold().translate(LOOKALIKES)
    return "".join(c for c in decomposed if c.isalnum() and c not in FILLERS)
