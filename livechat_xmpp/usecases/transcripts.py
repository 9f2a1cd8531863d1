"""What was said: recording it, completing it from the room's archive, and giving it out."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from livechat_xmpp.domain.access import part_of
from livechat_xmpp.domain.errors import NotFound
from livechat_xmpp.domain.model import BareJid, Chat, ChatId, ChatState, Message, Part, Visit
from livechat_xmpp.domain.transcript import merge
from livechat_xmpp.usecases.ports import Work


@dataclass(frozen=True, slots=True)
class Heard:
    """A room message as it came in. jid None: the room did not tell who has the nick.

    archive_id: the room's id for it (XEP-0359); occupant_id: the room's id for the speaker (XEP-0421).
    is_past: it was said before we entered, and may be recorded.
    """

    at: datetime
    nick: str
    body: str
    is_desk: bool = False
    jid: BareJid | None = None
    stanza_id: str = ""
    archive_id: str = ""
    occupant_id: str = ""
    is_past: bool = False


def record_heard(work: Work, heard: Mapping[ChatId, Sequence[Heard]]) -> None:
    """Append what was said in several rooms; messages of rooms that are not ours are passed over."""
    for chat_id, said in heard.items():
        chat = work.chats.find(chat_id, {h.jid for h in said if h.jid is not None})
        if chat is not None:
            _append(work, chat, said, chat.visits)


def go_on(work: Work, chat_id: ChatId, lately: Sequence[Heard]) -> bool:
    """Append what followed on the last recorded message; return whether the transcript is complete up to now.

    lately: what was said last in the room, in its order, without gaps. It is not complete where that does not reach
    back to what is recorded: then more was said in between, and settle() has to bring it.
    """
    recorded = work.messages.list(chat_id)
    ids = [heard.archive_id for heard in lately]
    last = recorded[-1].archive_id if recorded else ""
    if not last or last not in ids or "" in ids:
        return False
    new = lately[ids.index(last) + 1 :]
    if not new:
        return True  # as a rule: a look brings nothing new
    visits = work.visits.list(chat_id)
    chat = work.chats.find(chat_id, _people(visits, new))
    if chat is not None:
        _append(work, chat, new, visits)
    return True


def _append(work: Work, chat: Chat, heard: Sequence[Heard], visits: Sequence[Visit]) -> None:
    messages = [_message(chat, h, visits) for h in heard]
    work.messages.add(chat.id, messages)
    _mark_said(work, chat, heard)
    _mark_replied(work, chat, messages)


def record_loose(work: Work, chat_id: ChatId, lately: Sequence[Heard]) -> None:
    """Append what was said last, though nobody knows yet what was said before it: the archive does not tell now.

    Without the room's ids, so that nobody goes on from there; settle() puts it into its place, knowing it by the
    speaker's own id. What has none is left out, as it would be there twice then.
    """
    visits = work.visits.list(chat_id)
    chat = work.chats.find(chat_id, _people(visits, lately))
    if chat is None:
        return
    _mark_said(work, chat, lately)
    new = [h for h in _unrecorded(work.messages.list(chat_id), lately) if h.stanza_id]
    work.messages.add(chat_id, [replace(_message(chat, h, visits), archive_id="") for h in new])


def settle(work: Work, chat_id: ChatId, archived: Sequence[Heard], lately: Sequence[Heard] = ()) -> None:
    """Complete the transcript from the whole archive of the room, in the order and with the stamps of the room.

    lately: what was said last in the room as far as it was heard; what the archive did not have yet follows it.
    """
    visits = work.visits.list(chat_id)
    chat = work.chats.find(chat_id, _people(visits, (*archived, *lately)))
    if chat is None:
        return
    _mark_said(work, chat, (*archived, *lately))
    recorded = work.messages.list(chat_id)
    kept = {h.archive_id for h in archived}
    unrecorded = [_message(chat, h, visits) for h in _unrecorded(recorded, lately)]
    later = [_message(chat, h, visits) for h in lately if h.archive_id and h.archive_id not in kept]
    merged = merge([*recorded, *unrecorded], [*(_message(chat, h, visits) for h in archived), *later])
    if merged != recorded:
        work.messages.replace(chat_id, merged)


def _people(visits: Sequence[Visit], heard: Sequence[Heard]) -> set[BareJid]:
    return {v.jid for v in visits} | {h.jid for h in heard if h.jid is not None}


def _unrecorded(recorded: Sequence[Message], lately: Sequence[Heard]) -> list[Heard]:
    """Return the words that are not recorded. Those of the past that have no id at all are taken for recorded."""
    known = {m.archive_id for m in recorded if m.archive_id}
    said = {(m.nick, m.stanza_id, m.body) for m in recorded if not m.archive_id}

    def is_new(heard: Heard) -> bool:
        if heard.archive_id in known:
            return False
        if heard.stanza_id:
            return (heard.nick, heard.stanza_id, heard.body) not in said
        return bool(heard.archive_id) or not heard.is_past

    return [heard for heard in lately if is_new(heard)]


def _mark_said(work: Work, chat: Chat, heard: Sequence[Heard]) -> None:
    """Record with its words that a notice was said: a room that is lost at that moment hears it from nobody twice."""
    said = {h.stanza_id for h in heard if h.is_desk}
    if done := [notice.id for notice in chat.notices if notice.stanza_id in said]:
        work.notices.mark_done(done, work.now)


def _mark_replied(work: Work, chat: Chat, heard: Sequence[Message]) -> None:
    """Record the helper's first reply as it is heard: the archive may date it by another machine's clock."""
    opened_at = chat.opened_at
    if chat.state is not ChatState.OPEN or opened_at is None or chat.has_reply:
        return
    if any(m.kind == "speech" and m.part not in (Part.VISITOR, Part.DESK) and m.at >= opened_at for m in heard):
        work.chats.save(replace(chat, replied_at=max(work.now, opened_at)))


def _message(chat: Chat, heard: Heard, visits: Sequence[Visit]) -> Message:
    jid, part = _speaker(chat, heard, visits)
    kind = "desk" if part is Part.DESK else "command" if _is_command(heard.body, part) else "speech"
    return Message(heard.at, heard.nick, jid, part, kind, heard.body, heard.stanza_id, heard.archive_id)


def _is_command(body: str, part: Part) -> bool:
    return body.startswith("!") and part not in (Part.VISITOR, Part.TRAINEE)


def _speaker(chat: Chat, heard: Heard, visits: Sequence[Visit]) -> tuple[BareJid | None, Part]:
    """Return who spoke and as what: the desk, who the room names, who was there under that nick."""
    if heard.is_desk:
        return heard.jid, Part.DESK
    if heard.jid is not None:
        known = [v for v in visits if v.jid == heard.jid]
        return heard.jid, _visit_at(heard.at, known[::-1]).part if known else part_of(chat, heard.jid)
    by_id = [v for v in visits if v.occupant_id and v.occupant_id == heard.occupant_id]
    by_nick = [v for v in visits if v.nick == heard.nick]
    candidates = by_id or by_nick
    if not candidates:
        return _by_name(chat, heard.nick)
    best = _visit_at(heard.at, candidates)
    return best.jid, best.part


def _visit_at(at: datetime, visits: Sequence[Visit]) -> Visit:
    """Return the visit that went on at that moment, or the first of those that fit as well."""
    return max(visits, key=lambda v: (v.entered_at <= at, v.left_at is None or at <= v.left_at))


def _by_name(chat: Chat, nick: str) -> tuple[BareJid | None, Part]:
    """Return who an occupant was whom we never saw: the one who was asked in under that name, if there is one."""
    named = [jid for jid in chat.standings if jid.partition("@")[0] == nick.casefold()]
    return (named[0], part_of(chat, named[0])) if len(named) == 1 else (None, Part.VISITOR)


def export(work: Work, chat_id: ChatId) -> dict[str, Any]:
    """Return everything kept of a chat, ready for JSON. Raises NotFound."""
    chat = work.chats.find(chat_id)
    if chat is None:
        raise NotFound(f"There is no chat {chat_id}.")
    visits = work.visits.list(chat_id)
    return {
        "chat": chat.id,
        "workgroup": chat.workgroup,
        "visitor": {"jid": chat.visitor_bare, "name": chat.visitor_name},
        "form": dict(chat.form),
        "outcome": chat.outcome,
        "disposition": chat.disposition,
        "opened_at": _stamp(chat.first_opened_at),
        "closed_at": _stamp(chat.closed_at),
        "people": [
            {
                "jid": v.jid,
                "nick": v.nick,
                "standing": v.standing,
                "entered_at": _stamp(v.entered_at),
                "left_at": _stamp(v.left_at),
            }
            for v in visits
        ],
        "messages": [
            {
                "at": _stamp(m.at),
                "jid": m.jid,
                "nick": m.nick,
                "role": m.part,
                "kind": m.kind,
                "body": m.body,
                "id": m.archive_id or m.stanza_id,
            }
            for m in work.messages.list(chat_id)
        ],
    }


def _stamp(moment: datetime | None) -> str | None:
    """Return the moment as XEP-0082 writes it, in UTC with milliseconds."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def as_text(chat: Mapping[str, Any]) -> str:
    """Return an exported chat for people to read: who, when, and what was said, a line each."""
    visitor = chat["visitor"]
    lines = [
        f"Chat {chat['chat']} of {visitor['name']} ({visitor['jid']}) at {chat['workgroup']}",
        f"opened {chat['opened_at'] or 'never'}, closed {chat['closed_at'] or 'not yet'},"
        f" outcome {chat['outcome'] or 'none yet'}, disposition {chat['disposition'] or 'none'}",
        "",
        *(f"{name}: {value}" for name, value in chat["form"].items()),
        "",
        *(
            f"{p['nick']} ({p['jid']}, {p['standing'] or 'visitor'}): {p['entered_at']} to {p['left_at'] or 'now'}"
            for p in chat["people"]
        ),
        "",
        *(f"[{m['at']}] {m['nick']} ({m['role']}): {m['body']}" for m in chat["messages"]),
    ]
    # A terminal must not take what a visitor wrote for its own control sequences.
    return "".join(c for line in lines for c in f"{line}\n" if c in "\n\t" or unicodedata.category(c) != "Cc")
