"""What is taken out of stanzas before anybody looks at them: what the library would stumble over."""

from __future__ import annotations

from slixmpp.xmlstream import ET

DEEPEST = 50  # levels of a stanza; a form in a command in an IQ has six


def drop_false_errors(xml: ET.Element) -> None:
    """Take the error out of what is none.

    COMPAT slixmpp 1.17.0: it takes any stanza with an error inside for an error, whatever its type says. Occupants
    could hide their words and themselves from us so. It knows two: of this stream, and of clients' streams.
    """
    if xml.get("type") != "error":
        false = {f"{xml.tag.rpartition('}')[0]}}}error", "{jabber:client}error"}
        for child in [c for c in xml if c.tag in false]:
            xml.remove(child)


def prune(xml: ET.Element) -> None:
    """Cut off what is nested deeper than anything we know: copying and writing stanzas recurses."""
    level = [xml]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return
    for element in level:
        del element[:]
