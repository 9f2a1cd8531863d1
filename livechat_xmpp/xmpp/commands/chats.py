"""Commands about requests and chats: the queue, offers, chats in progress, closing."""

from __future__ import annotations

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import Chat, ChatId, Disposition, DutyRole, Standing
from livechat_xmpp.domain.wording import titles
from livechat_xmpp.usecases import chats, offers
from livechat_xmpp.usecases.chats import ChatLine
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Column, Commands, Done, Field, Form

DISPOSITIONS = [(d.value, d.value.replace("-", " ").capitalize()) for d in Disposition]


def _oversees(asker: Asker) -> bool:
    return asker.reaches(Standing.MONITOR)


def _helps(asker: Asker) -> bool:
    return asker.reaches(Standing.HELPER)


def _may_close(asker: Asker) -> bool:
    return asker.answers or _oversees(asker)


def _may_enter(asker: Asker) -> bool:
    return _oversees(asker) or (asker.duty is not None and asker.duty.role is DutyRole.ADVISOR)


def _label(chat: Chat) -> str:
    return f"{chat.visitor_name}: {texts.one_line(chat.question, 60)}"


def _age_s(line: ChatLine) -> str:
    return str(max(0, int(line.age.total_seconds())))


def chat_commands(addresses: Addresses) -> Commands:
    """Return the commands about chats; addresses: for the names of rooms."""
    commands = Commands()
    commands.command("list-queue", titles.LIST_QUEUE, is_for=_helps)(_list_queue)
    commands.command("accept-offer", titles.ACCEPT_OFFER, is_for=_helps, is_shown=lambda a: a.has_offer)(_accept_offer)
    commands.command("reject-offer", titles.REJECT_OFFER, is_for=_helps, is_shown=lambda a: a.has_offer)(_reject_offer)

    @commands.command("list-chats", titles.LIST_CHATS, is_for=_helps)
    async def list_chats(asked: Asked) -> Answer:
        lines = await asked.desk.ask(chats.list_chats, by=asked.who, rules=asked.desk.rules, workgroup=asked.workgroup)
        rows = [
            {
                "chat": line.chat.id,
                "room": addresses.room(line.chat.id),
                "visitor": line.chat.visitor_name,
                "question": texts.one_line(line.chat.question),
                "helper": line.chat.helper or "",
                "monitors": list(line.monitors),
                "trainees": list(line.trainees),
                "age_s": _age_s(line),
            }
            for line in lines
        ]
        columns = [
            Column("chat", "Chat"),
            Column("room", "Room", "jid-single"),
            Column("visitor", "Visitor"),
            Column("question", "Question"),
            Column("helper", "Helper", "jid-single"),
            Column("monitors", "Monitors", "jid-multi"),
            Column("trainees", "Trainees", "jid-multi"),
            Column("age_s", "Age in seconds"),
        ]
        return Done(_count(len(rows), "chat"), title="Chats", columns=columns, rows=rows)

    commands.command("join-chat", titles.JOIN_CHAT, is_for=_may_enter)(_join_chat)
    commands.command("close-chat", titles.CLOSE_CHAT, is_for=_helps, is_shown=_may_close)(_close_chat)
    return commands


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}."


async def _list_queue(asked: Asked) -> Answer:
    lines = await asked.desk.ask(chats.list_queue, asked.workgroups)
    rows = [
        {
            "chat": line.chat.id,
            "visitor": line.chat.visitor_name,
            "question": texts.one_line(line.chat.question),
            "waiting_s": _age_s(line),
            "position": str(line.position),
            "state": line.state,
        }
        for line in lines
    ]
    columns = [
        Column("chat", "Chat"),
        Column("visitor", "Visitor"),
        Column("question", "Question"),
        Column("waiting_s", "Waiting for seconds"),
        Column("position", "Place"),
        Column("state", "State"),
    ]
    return Done(_count(len(rows), "request"), title="Queue", columns=columns, rows=rows)


async def _offer_form(asked: Asked, title: str) -> Form:
    """Return the form that names the offered request. Raises NotFound when nothing is offered."""
    chat = await asked.desk.ask(offers.offered_to, asked.who)
    return Form(title, [Field("chat", "Request", "list-single", chat.id, [(chat.id, _label(chat))])])


async def _accept_offer(asked: Asked) -> Answer:
    if asked.form is None:
        return await _offer_form(asked, "Accept the offer")
    chat = await asked.desk.do(offers.accept_offer, asked.who, ChatId(asked.text("chat")) or None)
    return Done(f"{chat.visitor_name} is yours. The invitation to the room is on its way.")


async def _reject_offer(asked: Asked) -> Answer:
    if asked.form is None:
        return await _offer_form(asked, "Pass the offer on")
    chat = await asked.desk.do(offers.reject_offer, asked.who, ChatId(asked.text("chat")) or None)
    return Done(f"{chat.visitor_name}'s request goes to the next helper.")


async def _join_chat(asked: Asked) -> Answer:
    """Ask which chat, then invite the person to its room."""
    if asked.form is None:
        lines = await asked.desk.ask(chats.chats_in_progress, workgroup=asked.workgroup)
        choices = [(line.id, _label(line)) for line in lines]
        if not choices:
            return Done("There is no chat in progress.", note_type="error")
        return Form("Enter a chat", [Field("chat", "Chat", "list-single", choices[0][0], choices)])
    chat_id = await asked.desk.do(chats.join_chat, ChatId(asked.text("chat")), by=asked.who, workgroup=asked.workgroup)
    return Done(f"The invitation to {chat_id} is on its way.")


async def _close_chat(asked: Asked) -> Answer:
    """Ask which chat and how it ended, then close it (XEP-0050 §2.4.2)."""
    if asked.form is None:
        reach = await asked.desk.ask(chats.chats_in_reach, asked.who, asked.workgroups)
        if not reach:
            return Done("There is no chat for you to close.", note_type="error")
        return _close_form(asked, [(c.id, _label(c)) for c in reach])
    try:
        disposition = asked.text("disposition") or Disposition.SOLVED
        if disposition not in set(Disposition):
            raise BadInput(f"disposition must be one of: {', '.join(Disposition)}.")
        chat_id = await asked.desk.do(
            chats.close_chat,
            ChatId(asked.text("chat")),
            by=asked.who,
            disposition=Disposition(disposition),
            tags=texts.one_line(asked.text("tags"), 500),
            note=asked.text("note")[: asked.desk.rules.answer_limit],
            workgroup=asked.workgroup,
        )
    except BadInput as refusal:
        reach = await asked.desk.ask(chats.chats_in_reach, asked.who, asked.workgroups)
        return _close_form(asked, [(c.id, _label(c)) for c in reach], asked.say(refusal.why))
    return Done(f"Chat {chat_id} is closed as {disposition}.")


def _close_form(asked: Asked, choices: list[tuple[str, str]], note: str = "") -> Form:
    chosen = asked.text("chat") or (choices[0][0] if choices else "")
    return Form(
        "Close a chat",
        [
            Field("chat", "Chat", "list-single", chosen, choices),
            Field("disposition", "How it ended", "list-single", Disposition.SOLVED, DISPOSITIONS),
            Field("tags", "Tags", value=asked.echo("tags")),
            Field("note", "Note", "text-multi", asked.echo("note").split("\n")),
        ],
        note=note,
    )
