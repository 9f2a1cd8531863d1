"""Commands about requests and chats: the queue, offers, chats in progress, closing."""

from __future__ import annotations

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import Chat, ChatId, Disposition, DutyRole, Standing
from livechat_xmpp.domain.routing import TAKES_OFFERS
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, Text, sentences, titles
from livechat_xmpp.domain.wording import chats as words
from livechat_xmpp.domain.wording import taking as taking_words
from livechat_xmpp.domain.wording.training import TRAINEE
from livechat_xmpp.domain.wording.words import YOURS
from livechat_xmpp.usecases import chats, offers, taking
from livechat_xmpp.usecases.chats import ChatLine, Listing
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands import in_words
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Column, Commands, Done, Field, Form, no_choice


def _oversees(asker: Asker) -> bool:
    return asker.reaches(Standing.MONITOR)


def _helps(asker: Asker) -> bool:
    return asker.reaches(Standing.HELPER)


def _may_close(asker: Asker) -> bool:
    return asker.answers or _oversees(asker)


def _nobody(asker: Asker) -> bool:
    return False


def _takes_offers(asker: Asker) -> bool:
    return asker.duty is not None and asker.duty.role in TAKES_OFFERS


def _has_offer(asker: Asker) -> bool:
    return asker.has_offer


def _may_enter(asker: Asker) -> bool:
    return _oversees(asker) or (asker.duty is not None and asker.duty.role is DutyRole.ADVISOR)


def _label(chat: Chat) -> str:
    return f"{chat.visitor_name}: {one_line(chat.question, 60)}"


def _age_s(line: ChatLine) -> str:
    return str(max(0, int(line.age.total_seconds())))


def chat_commands(addresses: Addresses, *, is_voice_lent: bool) -> Commands:
    """Return the commands about chats. addresses: for the names of rooms."""
    commands = Commands()
    commands.command("list-queue", titles.LIST_QUEUE, is_for=_helps)(_list_queue)

    async def offer_form(asked: Asked, title: Text) -> Form:
        """Return the form that tells of the offered request all that the message tells. Raises NotFound."""
        offered = await asked.desk.ask(offers.offered_to, asked.who)
        chat, form = offered.chat, asked.desk.rules.form_of(offered.chat.workgroup)
        story = words.offer(chat, form, addresses.room(chat.id), offered.waited, offered.left)
        field = Field("chat", asked.say(words.REQUEST), "list-single", chat.id, [(chat.id, _label(chat))])
        return Form(asked.say(title), [field], asked.say(story))

    @commands.command("accept-offer", titles.ACCEPT_OFFER, is_for=_helps, is_shown=_has_offer)
    async def accept_offer(asked: Asked) -> Answer:
        if asked.form is None:
            return await offer_form(asked, titles.ACCEPT_OFFER)
        chat_id = ChatId(asked.text("chat")) or None
        chat = await asked.desk.do(offers.accept_offer, asked.who, chat_id, rules=asked.desk.rules)
        return Done(asked.say(YOURS, visitor=chat.visitor_name))

    @commands.command("reject-offer", titles.REJECT_OFFER, is_for=_helps, is_shown=_has_offer)
    async def reject_offer(asked: Asked) -> Answer:
        if asked.form is None:
            return await offer_form(asked, titles.REJECT_OFFER)
        chat = await asked.desk.do(offers.reject_offer, asked.who, ChatId(asked.text("chat")) or None)
        return Done(asked.say(words.PASSED, visitor=chat.visitor_name))

    commands.command("take-request", taking_words.TAKE_TITLE, is_for=_helps, is_shown=_takes_offers)(_take_request)

    @commands.command("list-chats", titles.LIST_CHATS, is_for=_helps)
    async def list_chats(asked: Asked) -> Answer:
        found = await asked.desk.ask(chats.list_chats, by=asked.who, rules=asked.desk.rules, workgroup=asked.workgroup)
        rows = [
            {
                "chat": line.chat.id,
                "room": addresses.room(line.chat.id),
                "visitor": line.chat.visitor_name,
                "question": one_line(line.chat.question),
                "helper": line.chat.helper or "",
                "monitors": list(line.monitors),
                "trainees": list(line.trainees),
                "age_s": _age_s(line),
            }
            for line in found.lines
        ]
        columns = [
            Column("chat", asked.say(words.CHAT)),
            Column("room", asked.say(words.ROOM), "jid-single"),
            Column("visitor", asked.say(words.VISITOR)),
            Column("question", asked.say(words.QUESTION)),
            Column("helper", asked.say(words.HELPER), "jid-single"),
            Column("monitors", asked.say(words.MONITORS), "jid-multi"),
            Column("trainees", asked.say(words.TRAINEES), "jid-multi"),
            Column("age_s", asked.say(words.AGE_S)),
        ]
        text = asked.say(_counted(found, words.CHATS_SHOWN, words.CHATS_CUT))
        shown = [in_words.chat(line, may_enter=_may_enter(asked.by)) for line in found.lines]
        return Done(text, title=asked.say(words.CHATS_TITLE), columns=columns, rows=rows, lines=shown)

    commands.command("join-chat", titles.JOIN_CHAT, is_for=_may_enter)(_join_chat)
    commands.command("close-chat", titles.CLOSE_CHAT, is_for=_helps, is_shown=_may_close)(_close_chat)
    is_lender = _may_close if is_voice_lent else _nobody
    commands.command("lend-voice", titles.LEND_VOICE, is_for=_helps, is_shown=is_lender)(_lend_voice)
    return commands


def _counted(found: Listing, all_shown: Text, cut: Text) -> Phrase:
    """Return how many there are, and how many of them are in the list where that cannot hold all."""
    if found.count > len(found.lines):
        return cut.of(count=found.count, shown=len(found.lines))
    return all_shown.of(count=found.count)


async def _list_queue(asked: Asked) -> Answer:
    found = await asked.desk.survey(chats.list_queue, asked.workgroups)
    rows = [
        {
            "chat": line.chat.id,
            "visitor": line.chat.visitor_name,
            "question": one_line(line.chat.question),
            "waiting_s": _age_s(line),
            "position": str(line.position),
            "state": line.state,
        }
        for line in found.lines
    ]
    columns = [
        Column("chat", asked.say(words.CHAT)),
        Column("visitor", asked.say(words.VISITOR)),
        Column("question", asked.say(words.QUESTION)),
        Column("waiting_s", asked.say(words.WAITING_S)),
        Column("position", asked.say(words.POSITION)),
        Column("state", asked.say(words.STATE)),
    ]
    counted = _counted(found, words.REQUESTS_SHOWN, words.REQUESTS_CUT)
    can_take = await asked.desk.survey(taking.may_take, asked.who, asked.workgroups)
    text = asked.say(sentences(counted, taking_words.MAY_TAKE) if can_take else counted)
    shown = [in_words.request(line) for line in found.lines]
    return Done(text, title=asked.say(words.QUEUE_TITLE), columns=columns, rows=rows, lines=shown)


async def _take_request(asked: Asked) -> Answer:
    """Ask which of the requests that wait, then give it to the helper; without an answer the first."""
    if asked.form is None:
        found = await asked.desk.survey(taking.may_take, asked.who, asked.workgroups)
        if not found:
            return Done(asked.say(taking_words.NOTHING_TO_TAKE), "warn")
        choices = [(chat.id, _label(chat)) for chat in found]
        field = Field("chat", asked.say(words.REQUEST), "list-single", choices[0][0], choices)
        return Form(asked.say(taking_words.TAKE_TITLE), [field])
    chat_id = ChatId(asked.text("chat")) or None
    try:
        chat = await asked.desk.do(taking.take, asked.who, chat_id, workgroups=asked.workgroups, rules=asked.desk.rules)
    except BadInput as refusal:
        return Done(asked.say(refusal.why), note_type="error")
    return Done(asked.say(YOURS, visitor=chat.visitor_name))


async def _join_chat(asked: Asked) -> Answer:
    """Ask which chat, then invite the person to its room."""
    if asked.form is None:
        lines = await asked.desk.ask(chats.chats_in_progress, workgroup=asked.workgroup)
        choices = [(line.id, _label(line)) for line in lines]
        if not choices:
            return Done(asked.say(words.NO_CHAT_TO_ENTER), note_type="error")
        field = Field("chat", asked.say(words.CHAT), "list-single", choices[0][0], choices)
        return Form(asked.say(titles.JOIN_CHAT), [field])
    chat = await asked.desk.do(chats.join_chat, ChatId(asked.text("chat")), by=asked.who, workgroup=asked.workgroup)
    if chat.is_inside(asked.who):
        return Done(asked.say(words.INSIDE_ALREADY, visitor=chat.visitor_name), note_type="warn")
    return Done(asked.say(words.ON_ITS_WAY, chat=chat.id))


async def _lend_voice(asked: Asked) -> Answer:
    """Ask which trainee in which chat, then let them write there."""
    chat_id, name = asked.text("chat"), asked.text("trainee")
    if chat_id and name:
        try:
            jid = await asked.desk.do(
                chats.lend_voice,
                ChatId(chat_id),
                name,
                by=asked.who,
                rules=asked.desk.rules,
                workgroup=asked.workgroup,
            )
        except BadInput as refusal:
            return Done(asked.say(refusal.why), note_type="error")
        return Done(asked.say(words.VOICE_LENT, trainee=jid.partition("@")[0]))
    choices = []
    for chat in await asked.desk.ask(chats.chats_in_reach, asked.who, asked.workgroups):
        choices.append((chat.id, _label(chat)))
    if not choices:
        return Done(asked.say(words.NO_CHAT_TO_ENTER), note_type="error")
    fields = [
        Field("chat", asked.say(words.CHAT), "list-single", chat_id or choices[0][0], choices, is_required=True),
        Field("trainee", asked.say(TRAINEE), "text-single", name, is_required=True),
    ]
    return Form(asked.say(titles.LEND_VOICE), fields)


async def _close_chat(asked: Asked) -> Answer:
    """Ask which chat and how it ended, then close it (XEP-0050 §2.4.2)."""
    if asked.form is None:
        reach = await asked.desk.ask(chats.chats_in_reach, asked.who, asked.workgroups)
        if not reach:
            return Done(asked.say(words.NO_CHAT_TO_CLOSE), note_type="error")
        return _close_form(asked, [(c.id, _label(c)) for c in reach])
    try:
        disposition = asked.text("disposition") or Disposition.SOLVED
        if disposition not in set(Disposition):
            raise no_choice(words.HOW_IT_ENDED, disposition, tuple(Disposition))
        chat_id = await asked.desk.do(
            chats.close_chat,
            ChatId(asked.text("chat")),
            by=asked.who,
            rules=asked.desk.rules,
            disposition=Disposition(disposition),
            tags=one_line(asked.text("tags"), 500),
            note=asked.text("note")[: asked.desk.rules.answer_limit],
            workgroup=asked.workgroup,
        )
    except BadInput as refusal:
        reach = await asked.desk.ask(chats.chats_in_reach, asked.who, asked.workgroups)
        return _close_form(asked, [(c.id, _label(c)) for c in reach], asked.say(refusal.why))
    how = words.DISPOSITIONS[Disposition(disposition)]
    return Done(asked.say(words.CLOSED_AS, chat=chat_id, disposition=how))


def _close_form(asked: Asked, choices: list[tuple[str, str]], note: str = "") -> Form:
    chosen = asked.text("chat") or (choices[0][0] if choices else "")
    return Form(
        asked.say(titles.CLOSE_CHAT),
        [
            Field("chat", asked.say(words.CHAT), "list-single", chosen, choices),
            Field(
                "disposition",
                asked.say(words.HOW_IT_ENDED),
                "list-single",
                Disposition.SOLVED,
                list(asked.named(words.DISPOSITIONS).items()),
            ),
            Field("tags", asked.say(words.TAGS), value=asked.echo("tags")),
            Field("note", asked.say(words.NOTE), "text-multi", asked.echo("note").split("\n")),
        ],
        note=note,
    )
