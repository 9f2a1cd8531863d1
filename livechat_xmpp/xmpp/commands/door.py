"""XEP-0050 on the wire: finds the command, checks session and rights at every step, writes the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slixmpp import Iq
from slixmpp.exceptions import XMPPError
from slixmpp.plugins.xep_0004.stanza import Form as FormStanza
from slixmpp.plugins.xep_0050.stanza import Command as CommandStanza
from slixmpp.xmlstream import ET, register_stanza_plugin

from livechat_xmpp.domain.errors import DeskError, NotFound
from livechat_xmpp.domain.model import FullJid, WorkgroupName, bare
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import forms as words
from livechat_xmpp.domain.wording.words import NOT_FOR_YOU
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.staff import who_is
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands.command import Asked, Command, Commands, Done, Field, Form
from livechat_xmpp.xmpp.commands.sessions import CommandSessions
from livechat_xmpp.xmpp.errors import TYPES, stanza_error
from livechat_xmpp.xmpp.stanzas.workgroup import FORM_NS, form_values

NS = "http://jabber.org/protocol/commands"
ACTIONS = {"", "execute", "next", "complete", "cancel", "prev"}


def register() -> None:
    """Make the elements known to slixmpp; may be repeated."""
    register_stanza_plugin(Iq, CommandStanza)
    register_stanza_plugin(CommandStanza, FormStanza)


class CommandDoor:
    """Takes commands at the component's address and at each workgroup's."""

    def __init__(self, commands: Commands, sessions: CommandSessions, desk: Desk, addresses: Addresses) -> None:
        self._commands = commands
        self._sessions = sessions
        self._desk = desk
        self._addresses = addresses

    async def list_for(self, jid: str) -> Mapping[str, str]:
        """Return the commands that the person sees in the list (XEP-0050 §2.2): their nodes and names."""
        asked = Asked(await self._desk.ask(who_is, bare(jid)), FullJid(jid), self._desk)
        return {command.node: asked.say(command.title) for command in self._commands.listed_for(asked.by)}

    async def on_command(self, iq: Iq) -> Iq:
        """Answer one step. Raises XMPPError or a refusal."""
        stanza = iq["command"]
        node, action, session_id = stanza["node"], stanza.xml.get("action", ""), stanza.xml.get("sessionid", "")
        if action not in ACTIONS:
            raise _bad_request("malformed-action", self._said(iq, words.NO_ACTION.of(action=action[:30])))
        command = self._commands.find(node)
        if command is None or (iq["to"].local and self._workgroup(iq) is None):
            raise XMPPError("item-not-found", text=self._said(iq, words.NO_COMMAND), etype="cancel")
        who, to = FullJid(iq["from"].full), iq["to"].full
        if not session_id:
            return await self._give(iq, command, "", action)
        if not self._sessions.is_good(session_id, who, to, node) or not self._sessions.claim(session_id):
            raise _bad_request("bad-sessionid", self._said(iq, words.COMMAND_OVER))
        try:
            return await self._give(iq, command, session_id, action)
        finally:
            self._sessions.release(session_id)

    async def _give(self, iq: Iq, command: Command, session_id: str, action: str) -> Iq:
        who, node, stanza = FullJid(iq["from"].full), command.node, iq["command"]
        asker = await self._desk.ask(who_is, bare(who))
        if not command.is_for(asker):
            said = Asked(asker, who, self._desk).say(NOT_FOR_YOU)
            raise XMPPError("forbidden", text=said, etype="auth")
        if action == "cancel":
            self._sessions.end(session_id)
            return self._reply(iq, node, session_id, "canceled")
        submitted = stanza.xml.find(f"{{{FORM_NS}}}x")
        filled = submitted is not None and submitted.get("type") != "cancel" and action != "prev"
        asked = Asked(
            asker,
            who,
            self._desk,
            self._workgroup(iq),
            form_values(submitted) if filled and submitted is not None else None,
        )
        return await self._step(iq, command, asked, session_id)

    def _said(self, iq: Iq, text: Sayable) -> str:
        return self._desk.rules.said(text, bare(iq["from"].full))

    def _workgroup(self, iq: Iq) -> WorkgroupName | None:
        return self._addresses.workgroup_of(iq["to"])

    async def _step(self, iq: Iq, command: Command, asked: Asked, session_id: str) -> Iq:
        answer: Form | Done
        try:
            answer = await command.handle(asked)
        except NotFound as refusal:
            # Whether it does not exist or is none of their business is not told.
            answer = Done(asked.say(refusal.why), note_type="error")
        except DeskError as refusal:
            self._end(session_id)
            raise stanza_error(refusal, asked.say) from refusal
        if isinstance(answer, Form):
            session_id = session_id or self._sessions.begin(asked.jid, iq["to"].full, command.node)
            return _fill_form(self._reply(iq, command.node, session_id, "executing"), answer)
        self._end(session_id)
        reply = self._reply(iq, command.node, session_id or self._over(asked, iq, command), "completed")
        return _fill_done(reply, answer)

    def _over(self, asked: Asked, iq: Iq, command: Command) -> str:
        """Return an id for a command that was over at its first step."""
        session_id = self._sessions.begin(asked.jid, iq["to"].full, command.node)
        self._end(session_id)
        return session_id

    def _end(self, session_id: str) -> None:
        if session_id:
            self._sessions.end(session_id)

    @staticmethod
    def _reply(iq: Iq, node: str, session_id: str, status: str) -> Iq:
        reply = iq.reply(clear=True)
        command = reply["command"]
        command["node"], command["status"] = node, status
        if session_id:
            command["sessionid"] = session_id
        return reply


def _bad_request(extension: str, text: str) -> XMPPError:
    return XMPPError(
        "bad-request", text=text, etype=TYPES["bad-request"], extension=extension, extension_ns=NS, extension_args={}
    )


def _fill_form(reply: Iq, form: Form) -> Iq:
    command = reply["command"]
    actions = ET.SubElement(command.xml, f"{{{NS}}}actions", execute="complete")
    ET.SubElement(actions, f"{{{NS}}}complete")
    if form.note:
        _note(command.xml, form.note, "error")
    data = FormStanza()
    data["type"], data["title"] = "form", form.title
    if form.instructions:
        data["instructions"] = form.instructions
    for field in form.fields:
        _add_field(data, field)
    command.append(data)
    return reply


def _add_field(data: Any, field: Field) -> None:
    options = [{"label": label, "value": value} for value, label in field.options]
    values = list(field.value) if not isinstance(field.value, str) else field.value
    data.add_field(
        var=field.var,
        ftype=field.type,
        label=field.label,
        required=field.is_required,
        options=options or None,
        value=values or None,
    )


def _fill_done(reply: Iq, done: Done) -> Iq:
    command = reply["command"]
    if done.text:
        _note(command.xml, done.text, done.note_type)
    if done.values or done.columns:
        command.xml.append(_result_form(done))
    return reply


def _note(command: ET.Element, text: str, kind: str) -> None:
    ET.SubElement(command, f"{{{NS}}}note", type=kind).text = text


def _result_form(done: Done) -> ET.Element:
    """Return the result as a form: fields, or a table with reported columns and items (XEP-0004 §3.4)."""
    form = ET.Element(f"{{{FORM_NS}}}x", type="result")
    if done.title:
        ET.SubElement(form, f"{{{FORM_NS}}}title").text = done.title
    for var, value in done.values.items():
        _result_field(form, var, value)
    if done.columns:
        reported = ET.SubElement(form, f"{{{FORM_NS}}}reported")
        for column in done.columns:
            ET.SubElement(reported, f"{{{FORM_NS}}}field", var=column.var, label=column.label, type=column.type)
    for row in done.rows:
        item = ET.SubElement(form, f"{{{FORM_NS}}}item")
        for column in done.columns:
            _result_field(item, column.var, row.get(column.var, ""))
    return form


def _result_field(parent: ET.Element, var: str, value: str | Sequence[str]) -> None:
    field = ET.SubElement(parent, f"{{{FORM_NS}}}field", var=var)
    for line in [value] if isinstance(value, str) else value:
        ET.SubElement(field, f"{{{FORM_NS}}}value").text = line
