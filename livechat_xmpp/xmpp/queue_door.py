"""XEP-0142 for visitors: join-queue, queue-status, depart-queue, workgroup-form; and plain words of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from slixmpp import Iq
from slixmpp.exceptions import XMPPError

from livechat_xmpp.domain.errors import AlreadyQueued, BadInput, DeskError, NotFound
from livechat_xmpp.domain.forms import QUESTION, USERNAME
from livechat_xmpp.domain.model import Chat, ChatId, ChatState, FullJid, Invitation, Part, WorkgroupName, bare
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import visitors as words
from livechat_xmpp.domain.wording.forms import NO_WORKGROUP
from livechat_xmpp.usecases import visits
from livechat_xmpp.usecases.cover import Place
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.staff import who_is
from livechat_xmpp.usecases.visits import Ticket
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands.command import Asked
from livechat_xmpp.xmpp.commands.visits import ask_form
from livechat_xmpp.xmpp.limits import Limits
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.passes import PASS
from livechat_xmpp.xmpp.people import Speaker, fill_status
from livechat_xmpp.xmpp.vocabulary import is_word


class QueueDoor:
    """Takes what visitors send to a workgroup. on_told: called with the place that a visitor was told."""

    def __init__(
        self,
        desk: Desk,
        addresses: Addresses,
        speaker: Speaker,
        link: Link,
        on_told: Callable[[ChatId, FullJid, Place], None],
        limits: Limits,
    ) -> None:
        self._limits = limits
        self._on_told = on_told
        self._desk = desk
        self._addresses = addresses
        self._speaker = speaker
        self._link = link

    def _workgroup(self, iq: Iq) -> WorkgroupName:
        name = self._addresses.workgroup_of(iq["to"])
        if name is None:
            text = self._desk.rules.said(NO_WORKGROUP, bare(iq["from"].full))
            raise XMPPError("item-not-found", text=text, etype="cancel")
        return name

    # --- IQs

    async def on_join(self, iq: Iq) -> Iq:
        """Put the visitor into the queue; the first queue-status message, with the token, follows the result."""
        workgroup, visitor = self._workgroup(iq), FullJid(iq["from"].full)
        answers = iq["join_queue"].answers()
        if self._desk.rules.form_of(workgroup).requires(USERNAME):  # not every client shows the form
            answers.setdefault(USERNAME, iq["from"].local or self._nameless(visitor))
        ticket = await self._ask(workgroup, visitor, answers)
        self._link.spawn(self._tell_first(workgroup, visitor, ticket))
        return iq.reply(clear=True)

    async def _tell_first(self, workgroup: WorkgroupName, visitor: FullJid, ticket: Ticket, hint: Sayable = "") -> None:
        """Send the place with the token, before the queues have anything to tell."""
        if ticket.place is not None:
            self._speaker.tell_place(
                workgroup, visitor, ticket.chat_id, ticket.place, has_room=False, token=ticket.token, hint=hint
            )
            self._on_told(ticket.chat_id, visitor, ticket.place)

    async def _ask(self, workgroup: WorkgroupName, visitor: FullJid, answers: dict[str, str]) -> Ticket:
        """Ask for the visitor. Raises the refusals of visits.ask; a second asking also tells the place again."""
        try:
            return await self.request(workgroup, visitor, answers)
        except AlreadyQueued:
            await self.tell_place(visitor)
            raise

    async def request(
        self, workgroup: WorkgroupName, visitor: FullJid, answers: Mapping[str, str], *, is_message: bool = False
    ) -> Ticket:
        """Put a request into the queue, if it is not one too many. Raises TooOften and the refusals of visits.ask."""
        self._limits.take_request(bare(visitor), answers.get(PASS, ""))
        try:
            return await self._desk.do(
                visits.ask,
                workgroup,
                visitor,
                answers,
                presences=self._desk.presences,
                rules=self._desk.rules,
                is_message=is_message,
            )
        except DeskError:
            self._limits.give_back_request(bare(visitor))
            raise

    async def resume(self, token: str, visitor: FullJid) -> Ticket:
        """Give the place that the token proves to who comes back, for an answer that says it. Raises NotFound."""
        ticket = await self._desk.do(
            visits.resume, token, visitor, presences=self._desk.presences, rules=self._desk.rules
        )
        if ticket.place is not None:
            self._on_told(ticket.chat_id, visitor, ticket.place)
        return ticket

    async def tell_place(self, visitor: FullJid) -> None:
        """Send the visitor their place, or the way to their room, once more."""
        await self._desk.do(visits.visitor_back, visitor)
        ticket = await self._desk.survey(
            visits.place_of, visitor, presences=self._desk.presences, rules=self._desk.rules
        )
        await self._tell_ticket(visitor, ticket)

    async def _tell_ticket(self, visitor: FullJid, ticket: Ticket) -> None:
        chat = await self._desk.store.chat(ticket.chat_id)
        if chat is None or chat.state is ChatState.CLOSED:
            return
        if ticket.place is not None:
            self._speaker.tell_place(
                chat.workgroup, visitor, chat.id, ticket.place, has_room=ticket.has_room, token=ticket.token
            )
            self._on_told(chat.id, visitor, ticket.place)
        elif ticket.has_room and _is_let_in(chat, visitor):
            self._speaker.tell_invitation(chat, Invitation(bare(visitor), Part.VISITOR))

    async def on_status(self, iq: Iq) -> Iq:
        """Answer where the visitor is in the queue (XEP-0142 §3.2.3); news are told all the same."""
        self._workgroup(iq)
        ticket = await self._desk.survey(
            visits.place_of, FullJid(iq["from"].full), presences=self._desk.presences, rules=self._desk.rules
        )
        if ticket.place is None:
            raise NotFound(words.NOT_IN_THE_QUEUE)
        reply = iq.reply(clear=True)
        fill_status(reply["queue_status"], ticket.place)
        return reply

    async def on_depart(self, iq: Iq) -> Iq:
        """Take the visitor out of the queue; the message that says so follows."""
        self._workgroup(iq)
        await self._desk.do(visits.leave, FullJid(iq["from"].full), self._desk.rules)
        return iq.reply(clear=True)

    async def on_form(self, iq: Iq) -> Iq:
        """Answer with the form to fill in (Fastpath, `workgroup-form`)."""
        name = self._workgroup(iq)
        asker = await self._desk.ask(who_is, bare(iq["from"].full))
        form = ask_form(Asked(asker, FullJid(iq["from"].full), self._desk, name))
        reply = iq.reply(clear=True)
        data: Any = reply["workgroup_form"]["form"]
        data["type"], data["title"], data["instructions"] = "form", form.title, form.instructions
        for field in form.fields:
            data.add_field(
                var=field.var,
                ftype=field.type,
                label=field.label,
                required=field.is_required,
                options=[{"value": value, "label": label} for value, label in field.options] or None,
            )
        return reply

    # --- plain words

    async def on_words(self, visitor: FullJid, workgroup: WorkgroupName, text: str, nick: str) -> None:
        """Take what a visitor writes: a request, more of it, a question for the place, or leaving."""
        try:
            await self._on_words(visitor, workgroup, text, nick)
        except DeskError as refusal:
            self._say(workgroup, visitor, refusal.why)

    def _say(self, workgroup: WorkgroupName, visitor: FullJid, text: Sayable) -> None:
        self._speaker.say(workgroup, visitor, self._desk.rules.said(text, bare(visitor)))

    def _nameless(self, visitor: FullJid) -> str:
        """Return what a visitor is called who has given no name."""
        return self._desk.rules.said(words.VISITOR, bare(visitor))

    async def _on_words(self, visitor: FullJid, workgroup: WorkgroupName, text: str, nick: str) -> None:
        chat = await self._desk.survey(visits.find_request, visitor)
        say = partial(self._desk.rules.said, jid=bare(visitor))
        does_leave, asks_place = is_word(text, words.LEAVE, say), is_word(text, words.WHERE, say)
        if chat is None and (does_leave or asks_place):
            self._say(workgroup, visitor, words.WRITE_YOUR_QUESTION)
        elif chat is None:
            await self._first_words(visitor, workgroup, text, nick)
        elif does_leave:
            await self._desk.do(visits.leave, visitor, self._desk.rules)
        elif asks_place or chat.state is not ChatState.WAITING:
            await self.tell_place(visitor)
        else:
            await self._more_words(visitor, workgroup, text)

    async def _first_words(self, visitor: FullJid, workgroup: WorkgroupName, text: str, nick: str) -> None:
        """Ask with these words; those written in the same breath, which find the request there, belong to it."""
        nameless = self._nameless(visitor)
        name = nick or (nameless if self._is_anonymous(visitor) else visitor.partition("@")[0])
        answers = {USERNAME: name, QUESTION: text}
        try:
            try:
                ticket = await self.request(workgroup, visitor, answers, is_message=True)
            except BadInput:  # perhaps the name, which nobody chose here and nobody can change in a message
                ticket = await self.request(workgroup, visitor, {**answers, USERNAME: nameless}, is_message=True)
        except AlreadyQueued:
            await self._more_words(visitor, workgroup, text)
        else:
            await self._tell_first(workgroup, visitor, ticket, words.STAY_ONLINE)

    async def _more_words(self, visitor: FullJid, workgroup: WorkgroupName, text: str) -> None:
        await self._desk.do(visits.add_words, visitor, text, rules=self._desk.rules)
        self._say(workgroup, visitor, words.WORDS_ADDED)
        await self.tell_place(visitor)

    def _is_anonymous(self, visitor: FullJid) -> bool:
        return bare(visitor).partition("@")[2] in self._desk.rules.anonymous_domains


def _is_let_in(chat: Chat, visitor: FullJid) -> bool:
    """Return whether this address was asked in already; one that was not is asked by the room's round, as a member."""
    invitation = chat.invitation_of(bare(visitor))
    return invitation is not None and invitation.told_at is not None
