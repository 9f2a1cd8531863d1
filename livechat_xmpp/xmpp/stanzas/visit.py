"""urn:livechat-xmpp:visit:0: what a visitor's page has to know beside the texts for people."""

from __future__ import annotations

from typing import ClassVar

from slixmpp import Message
from slixmpp.xmlstream import ElementBase, register_stanza_plugin

NS = "urn:livechat-xmpp:visit:0"


class Resume(ElementBase):  # type: ignore[misc]
    """The visitor's chat; token: gives the place to a new address; room: where to go now. Both may be missing."""

    namespace = NS
    name = plugin_attrib = "resume"
    interfaces: ClassVar[set[str]] = {"chat", "token", "room"}


class Ended(ElementBase):  # type: ignore[misc]
    """The chat is over."""

    namespace = NS
    name = plugin_attrib = "ended"
    interfaces: ClassVar[set[str]] = {"chat"}


def register() -> None:
    """Make the elements known to slixmpp; may be repeated."""
    for element in (Resume, Ended):
        register_stanza_plugin(Message, element)
