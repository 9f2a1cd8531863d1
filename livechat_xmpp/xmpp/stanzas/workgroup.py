"""http://jabber.org/protocol/workgroup: XEP-0142, and what Fastpath adds to it."""

from __future__ import annotations

from typing import ClassVar

from slixmpp import Iq, Message
from slixmpp.plugins.xep_0004.stanza import Form
from slixmpp.xmlstream import ET, ElementBase, register_stanza_plugin

NS = "http://jabber.org/protocol/workgroup"
METADATA_NS = "http://jivesoftware.com/protocol/workgroup"
FORM_NS = "jabber:x:data"


class QueueStatus(ElementBase):  # type: ignore[misc]
    """A visitor's place in the queue; time: expected wait in whole seconds; either may be missing.

    position: 1 is next, as Openfire sends it and clients show it (XEP-0142 §3.2.3.1 counts from 0).
    """

    namespace = NS
    name = "queue-status"
    plugin_attrib = "queue_status"
    interfaces: ClassVar[set[str]] = {"time", "position"}
    sub_interfaces: ClassVar[set[str]] = interfaces

    def get_position(self) -> int | None:
        return self._number("position")

    def set_position(self, position: int) -> None:
        self._set_sub_text("position", str(position))  # slixmpp drops a 0 that is not text

    def get_time(self) -> int | None:
        return self._number("time")

    def set_time(self, seconds: int) -> None:
        self._set_sub_text("time", str(seconds))

    def _number(self, name: str) -> int | None:
        text = self.xml.findtext(f"{{{NS}}}{name}")
        return int(text) if text and text.isdecimal() else None


class JoinQueue(ElementBase):  # type: ignore[misc]
    """A visitor's asking to be put into the queue (XEP-0142 §3.2.1)."""

    namespace = NS
    name = "join-queue"
    plugin_attrib = "join_queue"
    interfaces: ClassVar[set[str]] = set()

    def answers(self) -> dict[str, str]:
        """Return the form's values by field, lines joined; the values of Fastpath's metadata where it has none.

        Smack sends the same form twice: the first counts. The key password is never taken in.
        """
        found: dict[str, str] = {}
        for value in self.xml.iterfind(f"{{{METADATA_NS}}}metadata/{{{METADATA_NS}}}value"):
            found[value.get("name", "")] = value.text or ""
        form = self.xml.find(f"{{{FORM_NS}}}x")
        if form is not None and form.get("type") != "cancel":
            found |= {var: "\n".join(values) for var, values in form_values(form).items()}
        return {var: text for var, text in found.items() if var and var != "password"}


class DepartQueue(ElementBase):  # type: ignore[misc]
    """Leaving the queue (XEP-0142 §3.2.4). reason: an empty child, departure-requested or agent-not-found."""

    namespace = NS
    name = "depart-queue"
    plugin_attrib = "depart_queue"
    interfaces: ClassVar[set[str]] = {"reason"}

    def get_reason(self) -> str:
        return next((child.tag.rpartition("}")[2] for child in self.xml), "")

    def set_reason(self, reason: str) -> None:
        self.xml.append(ET.Element(f"{{{NS}}}{reason}"))


class WorkgroupForm(ElementBase):  # type: ignore[misc]
    """The form that a visitor fills in (Fastpath, `workgroup-form`)."""

    namespace = NS
    name = "workgroup-form"
    plugin_attrib = "workgroup_form"
    interfaces: ClassVar[set[str]] = set()


def form_values(form: ET.Element) -> dict[str, list[str]]:
    """Return the values of a submitted data form by field (XEP-0004 §3.2); fields without var are left out."""
    return {
        field.get("var", ""): [value.text or "" for value in field.iterfind(f"{{{FORM_NS}}}value")]
        for field in form.iterfind(f"{{{FORM_NS}}}field")
        if field.get("var")
    }


def register() -> None:
    """Make the elements known to slixmpp; may be repeated."""
    for stanza in (Iq, Message):
        for element in (QueueStatus, JoinQueue, DepartQueue, WorkgroupForm):
            register_stanza_plugin(stanza, element)
    register_stanza_plugin(WorkgroupForm, Form)
