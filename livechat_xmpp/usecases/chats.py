"""The life of a chat: opened by accepting, returned to the queue, joined by staff, ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from livechat_xmpp.domain.access import is_monitor, part_of
from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import (
    BareJid,
    Chat,
    ChatId,
    ChatState,
    Disposition,
    DutyRole,
    Invitation,
    OfferState,
    Outcome,
    Part,
    RoomState,
    Standing,
    WorkgroupName,
)
from livechat_xmpp.domain.outcome import outcome_when_closed
from livechat_xmpp.domain.queue import Waiting
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Sayable, visitors
from livechat_xmpp.domain.wording import chats as words
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Letter, Work
from livechat_xmpp.usecases.revoking import LETTER_EXPIRY, revoke, tell_staff
from livechat_xmpp.usecases.telling import said_to

LISTED = 300  # chats in one list: about a third of what a stanza may hold, and more than anybody reads


def finish(
    work: Work,
    chat: Chat,
    outcome: Outcome,
    text: Sayable,
    rules: DeskRules,
    *,
    by: BareJid | None = None,
    disposition: Disposition | None = None,
    tags: str = "",
    note: str = "",
    is_asked_for: bool = True,
) -> None:
    """End a request with its one outcome; everybody who waits for it is told, the room goes afterwards.

    text: what the visitor is told. is_asked_for: the visitor wanted it; else the desk takes them out of the queue.
    """
    for offer in chat.offers:
        revoke(work, chat, offer, rules)
    work.chats.save(
        replace(
            chat,
            state=ChatState.CLOSED,
            closed_at=work.now,
            outcome=outcome,
            disposition=disposition,
            closing=said_to(work, chat.visitor_bare, visitors.ROOM_CLOSED, rules),
            room=RoomState.GONE if chat.room is RoomState.NONE else chat.room,
        )
    )
    work.chats.set_closing(chat.id, by=by or "", tags=tags, note=note)
    work.fact("request ended", chat=chat.id, outcome=outcome, disposition=disposition, by=by)
    for invitation in chat.invitations:
        work.invitations.end(chat.id, invitation.jid, work.now)
        is_guest = invitation.part not in (Part.VISITOR, Part.HELPER)
        if is_guest and invitation.told_at is not None and chat.last_visit(invitation.jid) is None:
            tell_staff(work, chat, invitation.jid, words.ALREADY_OVER.of(visitor=chat.visitor_name), rules)
        if invitation.part is Part.TRAINEE:  # another chat may have waited for them to be free
            for chat_id in work.chats.never_asked(invitation.jid):
                work.touch(chat_id)
    if chat.visitor_gone_at is None:
        kind = "departed" if is_asked_for and by is None else "removed"
        kind = kind if chat.first_opened_at is None else "ended"
        told = said_to(work, chat.visitor_bare, text, rules)
        work.letters.add(Letter(chat.visitor, told, chat.workgroup, work.now + LETTER_EXPIRY, kind, chat.id))
    work.touch_letters()
    work.touch(chat.id)
    work.touch_queues()


def open_chat(work: Work, chat: Chat, helper: BareJid, rules: DeskRules) -> Chat:
    """Record that the helper has taken the offer and answers the chat; return it so. Both are asked in.

    Others who were asked at the same time are told who was faster.
    """
    for offer in chat.offers:
        if offer.helper == helper:
            work.offers.decide(offer.id, OfferState.ACCEPTED, work.now)
        else:
            revoke(work, chat, offer, rules, taken_by=helper)
    opened = replace(
        chat,
        offers=(),
        state=ChatState.OPEN,
        helper=helper,
        opened_at=work.now,
        first_opened_at=chat.first_opened_at or work.now,
        visitor_gone_at=None,
    )
    work.chats.save(opened)
    waited_s = round((work.now - chat.asked_at).total_seconds()) if chat.first_opened_at is None else None
    work.fact("request accepted", chat=chat.id, helper=helper, waited_s=waited_s)
    if chat.invitation_of(chat.visitor_bare) is None:
        work.invitations.put(chat.id, Invitation(chat.visitor_bare, Part.VISITOR))
    work.invitations.put(chat.id, Invitation(helper, Part.HELPER))
    work.touch(chat.id)
    work.touch_queues()
    return opened


def return_to_queue(work: Work, chat: Chat, rules: DeskRules, *, was_silent: bool = False) -> None:
    """Put a chat whose helper is gone, or silent, back into the queue, at its old place; the visitor stays in the room.

    was_silent: the helper has accepted and never written; they are asked again as after a pass.
    """
    if chat.helper is not None:
        work.invitations.end(chat.id, chat.helper, work.now)
        if was_silent:
            work.offers.drop(chat.id, chat.helper, work.now)
        text = words.SILENT if was_silent else words.OUT_TOO_LONG if _may_help(work, chat.helper) else words.OFFER_OVER
        tell_staff(work, chat, chat.helper, text.of(visitor=chat.visitor_name), rules)
    has_replied = chat.opened_at is not None and work.messages.has_reply(chat.id, since=chat.opened_at)
    work.chats.save(
        replace(
            chat,
            state=ChatState.WAITING,
            helper=None,
            opened_at=None,
            returned_at=work.now,
            replied_at=work.now if has_replied else chat.replied_at,
            alarmed_at=None,
            visitor_told_at=None,
        )
    )
    work.fact("request returned to the queue", chat=chat.id, helper=chat.helper, why="silent" if was_silent else None)
    returned = visitors.returned(work.chats.position(chat.workgroup, chat.id), was_silent=was_silent)
    tell_room(work, chat, returned, rules)
    work.touch(chat.id)
    work.touch_queues()


def _may_help(work: Work, jid: BareJid) -> bool:
    account = work.accounts.find(jid)
    return account is not None and account.standing.reaches(Standing.HELPER)


def tell_room(work: Work, chat: Chat, text: Sayable, rules: DeskRules) -> None:
    """Have something said in the chat's room: in the visitor's language, as it is for them above all."""
    said = said_to(work, chat.visitor_bare, text, rules)
    work.notices.add(chat.id, said, at=work.now, expires_at=work.now + rules.notice_expiry)


def _get(work: Work, chat_id: ChatId, workgroup: WorkgroupName | None = None) -> Chat:
    chat = work.chats.find(chat_id)
    if chat is None or chat.state is ChatState.CLOSED or workgroup not in (None, chat.workgroup):
        raise NotFound(words.NO_OPEN_CHAT.of(chat=one_line(chat_id, 30)))
    return chat


def close_chat(
    work: Work,
    chat_id: ChatId,
    *,
    by: BareJid,
    rules: DeskRules,
    disposition: Disposition,
    tags: str = "",
    note: str = "",
    workgroup: WorkgroupName | None = None,
) -> ChatId:
    """Close a chat, or refuse a waiting request. For its helper; monitors and admins may close any.

    Raises NotFound also for a chat that the person may not know of.
    """
    chat = _get(work, chat_id, workgroup)
    if chat.helper != by and not _oversees(work, by):
        raise NotFound(words.NO_OPEN_CHAT.of(chat=one_line(chat_id, 30)))
    finish(
        work,
        chat,
        outcome_when_closed(chat),
        visitors.closed_by(chat, disposition),
        rules,
        by=by,
        disposition=disposition,
        tags=tags,
        note=note,
    )
    return chat.id


def lend_voice(
    work: Work, chat_id: ChatId, name: str, *, by: BareJid, rules: DeskRules, workgroup: WorkgroupName | None = None
) -> BareJid:
    """Let a trainee speak in a chat whose workgroup has voice lent. For its helper, monitors and admins.

    name: an address, its first part, or the nick in the room. Raises NotFound, BadInput.
    """
    chat = _get(work, chat_id, workgroup)
    if chat.helper != by and not _oversees(work, by):
        raise NotFound(words.NO_OPEN_CHAT.of(chat=one_line(chat_id, 30)))
    if chat.workgroup not in rules.rooms.lent_voice:
        raise BadInput(words.VOICE_IS_FREE)
    wanted = name.strip().lower()
    nicks = {v.jid for v in chat.visits if v.left_at is None and v.nick.lower() == wanted}
    for invitation in chat.invitations:
        if invitation.part is Part.TRAINEE and (
            wanted in (invitation.jid, invitation.jid.partition("@")[0]) or invitation.jid in nicks
        ):
            work.invitations.mark(chat.id, replace(invitation, has_voice=True))
            work.touch(chat.id, is_urgent=True)
            work.fact("voice lent", chat=chat.id, jid=invitation.jid, by=by)
            return invitation.jid
    raise BadInput(words.NO_SUCH_TRAINEE.of(name=one_line(name, 60)))


def trainees_of(work: Work, chat_id: ChatId) -> list[BareJid]:
    """Return the trainees who are asked into the chat."""
    chat = work.chats.find(chat_id)
    return [i.jid for i in chat.invitations if i.part is Part.TRAINEE] if chat is not None else []


def join_chat(work: Work, chat_id: ChatId, *, by: BareJid, workgroup: WorkgroupName | None = None) -> Chat:
    """Ask the person themself into a chat in progress; return it. For monitors, admins, and advisors on duty.

    Who is inside by the record is asked in as soon as they turn out not to be.
    """
    part = _overseer_part(work, by)
    chat = _get(work, chat_id, workgroup)
    if chat.first_opened_at is None:
        raise NotFound(words.NO_OPEN_CHAT.of(chat=one_line(chat_id, 30)))
    asked = chat.invitation_of(by)
    if by != chat.helper:
        work.invitations.put(chat.id, Invitation(by, part))
    elif asked is not None:
        work.invitations.mark(chat.id, replace(asked, told_at=None))
    work.touch(chat.id)
    return chat


def _overseer_part(work: Work, jid: BareJid) -> Part:
    account, duty = work.accounts.find(jid), work.duties.find(jid)
    if account is not None and account.standing.reaches(Standing.MONITOR):
        return Part(account.standing.value)
    if account is not None and duty is not None and duty.role is DutyRole.ADVISOR:
        return Part.ADVISOR
    raise NotPermitted(words.ONLY_OVERSEERS)


def decline_invitation(work: Work, chat_id: ChatId, jid: BareJid) -> None:
    """End a person's invitation that they have said no to; a trainee's place passes on."""
    work.invitations.end(chat_id, jid, work.now)
    work.touch(chat_id)


def ask_in_again(work: Work, jid: BareJid) -> Chat | None:
    """Have a person be asked in once more where they are expected. Raises NotFound when they are nowhere.

    Return the chat when that has to wait: they may not enter now.
    """
    for chat, invitation in _asked_into(work, jid):
        if work.invitations.mark(chat.id, replace(invitation, told_at=None)):
            work.touch(chat.id)
            return chat if invitation.told_at is None else None
    raise NotFound(words.NO_OFFER)


def is_asked_in(work: Work, jid: BareJid) -> bool:
    """Return whether a person is expected in a chat that they are not in."""
    return any(True for _ in _asked_into(work, jid))


def _asked_into(work: Work, jid: BareJid) -> Iterator[tuple[Chat, Invitation]]:
    for chat_id in work.invitations.of_person(jid):
        chat = work.chats.find(chat_id)
        invitation = chat.invitation_of(jid) if chat else None
        if chat is None or invitation is None or chat.state is ChatState.CLOSED or chat.is_inside(jid):
            continue
        yield chat, invitation


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A chat in a list. age: since somebody took it, or since it was asked for. position, state: of those waiting."""

    chat: Chat
    age: timedelta
    monitors: tuple[BareJid, ...] = ()
    trainees: tuple[BareJid, ...] = ()
    position: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The first lines of a list, as many as one answer may hold; count: of all."""

    lines: list[ChatLine]
    count: int


def _oversees(work: Work, jid: BareJid) -> bool:
    """Return whether the person may see and close every chat."""
    account = work.accounts.find(jid)
    return account is not None and account.standing.reaches(Standing.MONITOR)


def list_chats(work: Work, *, by: BareJid, rules: DeskRules, workgroup: WorkgroupName | None = None) -> Listing:
    """Return the chats in progress, oldest first: all for monitors and admins, their own for helpers."""
    oversees = _oversees(work, by)
    chats = [chat for chat in work.chats.open(workgroup) if oversees or chat.helper == by]
    lines = []
    for chat in chats[:LISTED]:
        inside = sorted({v.jid for v in chat.visits if v.left_at is None})
        helper_counts = rules.rooms.helper_counts_as_monitor
        monitors = tuple(j for j in inside if is_monitor(chat, j, helper_counts=helper_counts))
        trainees = tuple(j for j in inside if part_of(chat, j) is Part.TRAINEE)
        lines.append(ChatLine(chat, work.now - (chat.first_opened_at or chat.asked_at), monitors, trainees))
    return Listing(lines, len(chats))


def is_away(work: Work, one: Waiting) -> bool:
    """Return whether a visitor who waits is known to be gone, or out of the room in which a helper would meet them."""
    if one.is_gone or not one.has_room:
        return one.is_gone
    chat = work.chats.find(one.chat_id)
    return chat is None or not chat.is_inside(chat.visitor_bare)


def list_queue(work: Work, workgroups: tuple[WorkgroupName, ...]) -> Listing:
    """Return the requests waiting, in the order of each workgroup's queue; also those who are gone for a moment."""
    queues = [(place, one) for name in workgroups for place, one in enumerate(work.chats.waiting(name), start=1)]
    lines = []
    for position, waiting in queues[:LISTED]:
        chat = work.chats.find(waiting.chat_id)
        if chat is not None:
            state = "offered" if chat.offers else "away" if is_away(work, waiting) else "waiting"
            lines.append(ChatLine(chat, work.now - chat.asked_at, position=position, state=state))
    return Listing(lines, len(queues))


def chats_in_reach(work: Work, by: BareJid, workgroups: tuple[WorkgroupName, ...]) -> list[Chat]:
    """Return what the person may close: their own chats; for monitors and admins all, and those waiting."""
    oversees = _oversees(work, by)
    chats = [c for c in work.chats.open() if c.workgroup in workgroups and (oversees or c.helper == by)]
    return (chats + [line.chat for line in (list_queue(work, workgroups).lines if oversees else [])])[:LISTED]


def chats_in_progress(work: Work, *, workgroup: WorkgroupName | None = None) -> list[Chat]:
    """Return the chats in progress, for who may enter any of them; the oldest first."""
    return work.chats.open(workgroup)[:LISTED]


def find_chat(work: Work, chat_id: ChatId) -> Chat | None:
    """Return the chat as recorded, whatever its state."""
    return work.chats.find(chat_id)
