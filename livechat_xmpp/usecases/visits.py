"""What a visitor can ask: for help, for their place, to come back, to leave."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from livechat_xmpp.domain.errors import AlreadyQueued, BadInput, NotFound, QueueClosed, StaffAsking
from livechat_xmpp.domain.forms import QUESTION, USERNAME
from livechat_xmpp.domain.model import (
    Chat,
    ChatId,
    ChatState,
    FullJid,
    Invitation,
    Part,
    RoomState,
    WorkgroupName,
    bare,
)
from livechat_xmpp.domain.names import clean, imitates
from livechat_xmpp.domain.outcome import outcome_when_left
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.texts import DESK_NICK
from livechat_xmpp.domain.wording import visitors as words
from livechat_xmpp.usecases.chats import finish
from livechat_xmpp.usecases.cover import Place, cover_now, outlook, place_now
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work
from livechat_xmpp.usecases.revoking import revoke

ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 of them, none mistaken for another: 5 bits a letter
ID_LENGTH = 13  # 65 random bits: nobody guesses the name of a room


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a visitor holds. token: proves the place to a new address; "" where none was made.

    place: None once a helper has accepted; then has_room says that the visitor may enter.
    """

    chat_id: ChatId
    token: str
    place: Place | None
    has_room: bool = False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refuse_imitation(work: Work, name: str) -> None:
    """Raise BadInput when the visitor's name could be taken for the desk's or a staff member's."""
    if imitates(name, (a.jid for a in work.accounts.list()), DESK_NICK):
        raise BadInput(words.NAME_OF_THE_DESK.of(name=name))


def refuse_staff(work: Work, visitor: FullJid, *, rules: DeskRules) -> None:
    """Raise StaffAsking, which names the contributors' room, for who belongs to the staff."""
    if work.accounts.find(bare(visitor)) is not None:
        raise StaffAsking(words.STAFF_ASK_IN.of(room=rules.contributors) if rules.contributors else words.STAFF_ASK)


def check_may_ask(work: Work, visitor: FullJid, *, presences: Presences, rules: DeskRules) -> Cover:
    """Return who is there to help. Raises why the visitor cannot ask now: StaffAsking, AlreadyQueued, QueueClosed."""
    refuse_staff(work, visitor, rules=rules)
    if work.chats.find_of_visitor(bare(visitor)) is not None:
        raise AlreadyQueued(words.BUSY_PLACE)
    state = cover_now(work, presences)
    if not state.is_open:
        raise QueueClosed(words.CLOSED_NOW)
    return state


def ask(
    work: Work,
    workgroup: WorkgroupName,
    visitor: FullJid,
    answers: Mapping[str, str],
    *,
    presences: Presences,
    rules: DeskRules,
    is_message: bool = False,
) -> Ticket:
    """Put a request into the queue. Raises StaffAsking, AlreadyQueued, QueueClosed or BadInput.

    is_message: the question was written as a message, without a form; nothing else can be asked for then.
    """
    state = check_may_ask(work, visitor, presences=presences, rules=rules)
    if work.chats.count_waiting(workgroup) >= rules.queue_limit:
        raise QueueClosed(words.QUEUE_FULL)
    form = rules.form_of(workgroup)
    given = (form.in_words() if is_message else form).check(answers)
    if USERNAME in given:
        _refuse_imitation(work, given[USERNAME])
    place = outlook(work, workgroup, state, rules).place(work.chats.count_waiting(workgroup, are_there=True) + 1)
    token = secrets.token_urlsafe(18)
    last = work.chats.last_asked_at(workgroup)  # later than now, if the clock was set back meanwhile
    chat = Chat(
        id=ChatId("".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))),
        workgroup=workgroup,
        visitor=visitor,
        visitor_name=given.get(USERNAME) or rules.said(words.VISITOR, bare(visitor)),
        question=given[QUESTION],
        asked_at=work.now if last is None else max(work.now, last),
        form=given,
    )
    work.chats.add(chat, token_hash=_hash(token))
    work.fact("help asked for", chat=chat.id, workgroup=workgroup)
    work.touch_queues()
    return Ticket(chat.id, token, place)


def _ticket(work: Work, chat: Chat, token: str, presences: Presences, rules: DeskRules) -> Ticket:
    place = None
    if chat.state is ChatState.WAITING:
        place = place_now(work, chat, presences, rules)
    return Ticket(chat.id, token, place, has_room=_has_room(chat))


def _has_room(chat: Chat) -> bool:
    return chat.first_opened_at is not None and chat.room is RoomState.READY and chat.state is not ChatState.CLOSED


def place_of(work: Work, visitor: FullJid, *, presences: Presences, rules: DeskRules) -> Ticket:
    """Return the visitor's place. Raises NotFound when they have not asked."""
    return _ticket(work, _chat_of(work, visitor), "", presences, rules)


def resume(work: Work, token: str, visitor: FullJid, *, presences: Presences, rules: DeskRules) -> Ticket:
    """Give the place that the token proves to a new address, with a new token. Raises NotFound, StaffAsking.

    The old address loses its membership by the reconciler's comparing; the new one is asked in.
    """
    refuse_staff(work, visitor, rules=rules)
    chat = work.chats.find_by_token(_hash(token)) if token else None
    if chat is None or chat.state is ChatState.CLOSED:
        raise NotFound(words.VISIT_OVER)
    other = work.chats.find_of_visitor(bare(visitor))
    if other is not None and other.id != chat.id:
        raise AlreadyQueued(words.BUSY_PLACE)
    old = chat.visitor_bare
    chat = replace(chat, visitor=visitor, visitor_gone_at=None)
    work.chats.save(chat)
    if chat.first_opened_at is not None:
        if old != chat.visitor_bare:
            work.invitations.end(chat.id, old, work.now)
        work.invitations.put(chat.id, Invitation(chat.visitor_bare, Part.VISITOR))
    new_token = secrets.token_urlsafe(18)
    work.chats.set_token(chat.id, _hash(new_token), used=_hash(token))
    work.fact("visitor came back", chat=chat.id)
    work.touch(chat.id)
    work.touch_queues()
    return _ticket(work, chat, new_token, presences, rules)


def _chat_of(work: Work, visitor: FullJid) -> Chat:
    chat = work.chats.find_of_visitor(bare(visitor))
    if chat is None:
        raise NotFound(words.NOT_ASKED_YET)
    return chat


def find_request(work: Work, visitor: FullJid) -> Chat | None:
    """Return the visitor's request or chat that is not over."""
    return work.chats.find_of_visitor(bare(visitor))


def leave(work: Work, visitor: FullJid, rules: DeskRules) -> ChatId:
    """End the visitor's own request or chat at once. Raises NotFound when there is none."""
    chat = _chat_of(work, visitor)
    text = words.CHAT_ENDED if chat.first_opened_at else words.LEFT_QUEUE
    finish(work, chat, outcome_when_left(chat), text, rules)
    return chat.id


def visitor_gone(work: Work, visitor: FullJid, rules: DeskRules) -> None:
    """Record that a waiting visitor's client is gone; their place is kept for a while, without offers.

    Once they have been asked into a room, the room shows whether they are there.
    """
    chat = work.chats.find_of_visitor(bare(visitor))
    if chat is None or chat.visitor != visitor or chat.first_opened_at or chat.visitor_gone_at:
        return
    work.chats.save(replace(chat, visitor_gone_at=work.now))
    for offer in chat.offers:
        revoke(work, chat, offer, rules)
    work.touch(chat.id)
    work.touch_queues()


def visitor_back(work: Work, visitor: FullJid) -> None:
    """Record that a visitor who was gone shows a sign of life from the same account or address."""
    chat = work.chats.find_of_visitor(bare(visitor))
    if chat is None or (chat.visitor == visitor and chat.visitor_gone_at is None):
        return
    work.chats.save(replace(chat, visitor=visitor, visitor_gone_at=None))
    work.touch(chat.id)
    work.touch_queues()


def add_words(work: Work, visitor: FullJid, text: str, *, rules: DeskRules) -> Chat:
    """Add what a waiting visitor writes to the question. Raises NotFound, or BadInput when it gets too long."""
    chat = _chat_of(work, visitor)
    longest = rules.form_of(chat.workgroup).question.longest
    if len(chat.question) + 1 + len(text) > longest:
        raise BadInput(words.QUESTION_TOO_LONG.of(limit=longest))
    question = f"{chat.question}\n{clean(text, lines=True)}"
    chat = replace(chat, question=question, form={**chat.form, QUESTION: question})
    work.chats.save(chat)
    work.touch(chat.id)
    return chat
