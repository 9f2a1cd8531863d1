"""Commands for visitors: ask for help, come back, leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from livechat_xmpp.domain.errors import AlreadyQueued, BadInput, NotFound
from livechat_xmpp.domain.forms import Field as FormField
from livechat_xmpp.domain.forms import Kind
from livechat_xmpp.domain.model import FullJid, WorkgroupName
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import visitors as words
from livechat_xmpp.usecases import visits
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.usecases.visits import Ticket
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Commands, Done, Field, Form
from livechat_xmpp.xmpp.passes import PASS

TYPES: Mapping[Kind, str] = {Kind.LINES: "text-multi", Kind.CHOICE: "list-single"}  # XEP-0004 §3.3

Request: TypeAlias = Callable[[WorkgroupName, FullJid, Mapping[str, str]], Awaitable[Ticket]]
Resume: TypeAlias = Callable[[str, FullJid], Awaitable[Ticket]]


def visit_commands(
    addresses: Addresses, tell_place: Callable[[FullJid], Awaitable[None]], request: Request, resume: Resume
) -> Commands:
    """Return the visitors' commands.

    tell_place: sends who has asked already their place once more; request: puts a request into the queue, if it may;
    resume: gives the place that a token proves to who comes back.
    """
    commands = Commands()

    def done(asked: Asked, ticket: Ticket) -> Done:
        values = {"chat": ticket.chat_id, "token": ticket.token}
        text: Sayable = words.WELCOME_BACK
        if ticket.place is not None:
            values["position"] = str(ticket.place.position)
            text = ticket.place.in_words()
            if ticket.place.wait is not None:
                values["wait_s"] = str(int(ticket.place.wait.expected.total_seconds()))
        if ticket.has_room:
            values["room"] = addresses.room(ticket.chat_id)
        return Done(asked.say(text), title=asked.say(words.YOUR_REQUEST), values=values)

    # For everybody, since staff who try are told where to ask instead.
    @commands.command("ask-for-help", words.ASK_TITLE, is_for=lambda a: True, is_shown=lambda a: a.standing is None)
    async def ask_for_help(asked: Asked) -> Answer:
        try:
            return await give_request(asked)
        except AlreadyQueued:
            await tell_place(asked.jid)
            raise

    async def give_request(asked: Asked) -> Answer:
        if asked.form is None:
            await asked.desk.ask(
                visits.check_may_ask, asked.jid, presences=asked.desk.presences, rules=asked.desk.rules
            )
            return ask_form(asked)
        fields = asked.desk.rules.form_of(asked.speaks_as).fields
        answers = {var: asked.text(var) for var in (*(field.name for field in fields), PASS)}
        try:
            return done(asked, await request(asked.speaks_as, asked.jid, answers))
        except BadInput as refusal:
            return ask_form(asked, asked.say(refusal.why))

    @commands.command("resume", words.RESUME_TITLE, is_for=lambda a: a.standing is None)
    async def come_back(asked: Asked) -> Answer:
        if asked.form is None:
            return Form(asked.say(words.COME_BACK), [Field("token", asked.say(words.TOKEN), is_required=True)])
        try:
            return done(asked, await resume(asked.text("token"), asked.jid))
        except NotFound as refusal:
            return Done(asked.say(refusal.why), note_type="error")

    # Who has joined the staff since can still leave.
    @commands.command("leave-queue", words.LEAVE_TITLE, is_for=_may_leave, is_shown=lambda a: a.has_request)
    async def leave_queue(asked: Asked) -> Answer:
        await asked.desk.do(visits.leave, asked.jid, asked.desk.rules)
        return Done(asked.say(words.LEFT_QUEUE))

    return commands


def _may_leave(asker: Asker) -> bool:
    return asker.standing is None or asker.has_request


def ask_form(asked: Asked, note: str = "") -> Form:
    """Return the form of a request, with what was filled in already."""
    return Form(
        asked.say(words.ASK_TITLE),
        [_field(asked, field) for field in asked.desk.rules.form_of(asked.speaks_as).fields],
        asked.say(words.NOTICE),
        note,
    )


def _field(asked: Asked, field: FormField) -> Field:
    answer = asked.echo(field.name)
    return Field(
        field.name,
        asked.say(field.shown),
        TYPES.get(field.kind, "text-single"),
        answer.split("\n") if field.kind is Kind.LINES else answer,
        [(option, option) for option in field.options],
        is_required=field.is_required,
    )
