"""The judge: what must be true once a fault is over and everything is quiet. Pure: evidence in, objections out.

The rules, as people would say them:

requests     Each request that the desk acknowledged is there once, in a state that fits; only its people end it.
order        Requests keep their moment of asking, so their order; what the waiting were told last is their place behind
             those who are there.
offers       A helper is offered a request again only after an offer was answered or ran out, or was taken back because
             the helper or the visitor had lost the connection. Each offer is told once at the most, its end too, and
             not before the time is up that the helper was told to have (a tenth less while a set clock is followed).
asked in     Somebody is asked into a room once for each way in: the first, and one more each time that it was lost
             (put out, the room destroyed, the own connection gone), or wished for. Visitor and helper may be reminded
             once for each.
once         The welcome, the way into the contributors' room, and the question whether a trainee is ready come once.
put out      A trainee is told that no monitor is there any more at most as often as they were out of the room for it.
rooms        Of each open chat there is a room on the server, closed, the desk in it; its members are exactly those that
             the record names, and who means to be inside is an occupant. Of ended chats there is none.
trainees     No trainee is a member or an occupant where no monitor is an occupant.
words        What the room repeated to its speaker is in the transcript once; what the server still has of a room that
             was lost too. Nothing is there twice, the desk's own lines neither; that it stops, once each time it did.
staff        Standings and duties are as before.
strange      Staff get no error unless a fault is under way, and no message that nothing explains; who did nothing is
             not put out of a room.
unfinished   Nothing waits that should have been done: letters, offers whose time is long up.
"""

from __future__ import annotations

from collections import Counter

from tests.faults.evidence import ChatRow, Evidence, Found, Objection, RoomSeen
from tests.faults.judge_told import OFFER, asked_in, offers, once, put_out, strange

OUTCOMES = {"served", "abandoned", "deferred", "timed-out", "refused", "banned"}
MONITORS = {"monitor", "admin"}
STOPS = "The help desk stops for now"  # said once each time that it does
LATE_S = 10.0  # so much later than told an offer may end: the desk may have been away


def judge(evidence: Evidence) -> list[Objection]:
    """Return all objections; none: the world is as it has to be."""
    found: list[Objection] = []
    for rule, objections in (
        ("requests", _requests(evidence)),
        ("order", _order(evidence)),
        ("offers", offers(evidence)),
        ("asked in", asked_in(evidence)),
        ("once", once(evidence)),
        ("put out", put_out(evidence)),
        ("rooms", _rooms(evidence)),
        ("trainees", _trainees(evidence)),
        ("words", _words(evidence)),
        ("staff", _staff(evidence)),
        ("strange", strange(evidence)),
        ("unfinished", _unfinished(evidence)),
    ):
        found += [Objection(kind, rule, what) for kind, what in objections]
    return found


def _requests(given: Evidence) -> Found:
    for chat_id in given.before.asked:
        chat = given.recorded.chat(chat_id)
        if chat is None:
            yield "lost", f"the request {chat_id}, which the desk had acknowledged"
            continue
        wanted = given.before.ended.get(chat_id)
        if chat.state == "closed" and wanted is None:
            yield "lost", f"the request {chat_id} ended as {chat.outcome}, and nobody had wanted that"
        if chat.state == "closed" and wanted not in (None, chat.outcome):
            yield "rule", f"the request {chat_id} ended as {chat.outcome}, and not as {wanted}"
    for chat in given.recorded.chats:
        if (why := _unfit(chat, given)) is not None:
            yield "rule", f"the request {chat.id} is {chat.state}, and {why}"
    visitors = Counter(c.visitor_bare for c in given.recorded.chats if c.state != "closed")
    for visitor, count in visitors.items():
        if count > 1:
            yield "doubled", f"{count} requests of {visitor}"


def _unfit(chat: ChatRow, given: Evidence) -> str | None:
    """Return what does not fit a request's state, None when all does."""
    has_offer = any(o.chat_id == chat.id and o.state == "open" for o in given.recorded.offers)
    if chat.state == "closed":
        if chat.outcome not in OUTCOMES or chat.closed_at is None:
            return f"its outcome is {chat.outcome}"
        if chat.room != "gone":
            return f"its room is {chat.room}"
        return "it is offered" if has_offer else None
    if chat.outcome is not None or chat.closed_at is not None:
        return f"its outcome is {chat.outcome}"
    if chat.state == "open":
        if chat.helper is None or chat.opened_at is None:
            return "has no helper"
        return "it is offered" if has_offer else None
    if chat.state != "waiting":
        return "there is no such state"
    return f"its helper is {chat.helper}" if chat.helper is not None else None


def _order(given: Evidence) -> Found:
    for chat_id, asked_at in given.before.asked_at.items():
        chat = given.recorded.chat(chat_id)
        if chat is not None and chat.asked_at != asked_at:
            yield "rule", f"{chat_id} was asked at {asked_at}, now it is {chat.asked_at}"
    waiting = [chat.id for chat in given.recorded.waiting]
    wanted = [chat_id for chat_id in given.before.asked if chat_id in waiting]
    known = [chat_id for chat_id in waiting if chat_id in given.before.asked]
    if known != wanted:
        yield "rule", f"the queue is {known}, asked was in the order {wanted}"
    for person in given.people:
        if person.chat_id not in waiting:
            continue
        before = given.recorded.waiting[: waiting.index(person.chat_id)]
        place = 1 + sum(chat.visitor_gone_at is None for chat in before)
        if person.place not in (None, place):
            yield "rule", f"{person.name} believes to be {person.place}, and is {place}"


def _rooms(given: Evidence) -> Found:
    for chat in given.recorded.chats:
        room = given.rooms.get(chat.id)
        if room is None:
            continue
        if chat.state == "closed" or chat.room in ("none", "gone"):
            if room.exists:
                yield "rule", f"the room of {chat.id} is still there, and the chat is {chat.state}"
            continue
        if not room.exists:
            yield "lost", f"the room of {chat.id}, which is {chat.state}"
            continue
        if not room.has_desk:
            yield "rule", f"the desk is not in the room of {chat.id}"
        if not room.is_closed:
            yield "rule", f"the room of {chat.id} has other settings than help rooms have"
        wanted = _members(chat, room, given)
        if room.members != wanted:
            yield "rule", f"members of {chat.id}: {_difference(room.members, wanted, given)}"
        if strangers := room.occupants - room.members:
            yield "rule", f"in the room of {chat.id} is who is no member: {_names(strangers, given)}"
        for person in given.people:
            if given.room(chat.id) in person.inside and person.jid not in room.occupants:
                yield "lost", f"{person.name} means to be in the room of {chat.id}, and is not"


def _members(chat: ChatRow, room: RoomSeen, given: Evidence) -> frozenset[str]:
    """Return who has to be a member: visitor, helper, who has an offer, who is invited; trainees with a monitor."""
    standings = given.recorded.standings
    offered = {o.helper for o in given.recorded.offers if o.chat_id == chat.id and o.state == "open"}
    invited = {i.jid for i in given.recorded.invitations if i.chat_id == chat.id and i.ended_at is None}
    wanted = offered | invited | ({chat.helper} if chat.helper else set())
    if not _is_monitored(chat, room, given):
        wanted = {jid for jid in wanted if standings.get(jid) != "trainee"}
    return frozenset(wanted)


def _is_monitored(chat: ChatRow, room: RoomSeen, given: Evidence) -> bool:
    return any(given.recorded.standings.get(jid) in MONITORS and jid != chat.visitor_bare for jid in room.occupants)


def _difference(members: frozenset[str], wanted: frozenset[str], given: Evidence) -> str:
    return f"missing {_names(wanted - members, given)}, too many {_names(members - wanted, given)}"


def _names(jids: frozenset[str], given: Evidence) -> str:
    named = {address: person.name for person in given.people for address in {person.jid, *person.addresses}}
    return ", ".join(sorted(named.get(jid, jid) for jid in jids)) or "nobody"


def _trainees(given: Evidence) -> Found:
    chats = {chat.id: chat for chat in given.recorded.chats}
    for chat_id, room in given.rooms.items():
        chat = chats.get(chat_id)
        if chat is None or not room.exists or _is_monitored(chat, room, given):
            continue
        there = {j for j in room.members | room.occupants if given.recorded.standings.get(j) == "trainee"}
        if there:
            yield "rule", f"{_names(frozenset(there), given)} in the room of {chat_id}, without a monitor"


def _words(given: Evidence) -> Found:
    for chat_id, lines in given.transcripts.items():
        kept = Counter(line.body for line in lines if line.kind != "desk")
        room = given.rooms.get(chat_id)
        archived = set(room.archive) if room is not None else set()
        for said in given.said:
            if said.chat_id != chat_id:
                continue
            is_due = said.is_kept or said.body in archived or (said.is_heard and not said.may_be_lost)
            if is_due and not kept[said.body]:
                yield "lost", f"{said.body!r}, said in {chat_id}"
            if kept[said.body] > 1:
                yield "doubled", f"{said.body!r} is {kept[said.body]} times in the transcript of {chat_id}"
        for body, count in Counter(line.body for line in lines if line.kind == "desk").items():
            if count > (max(1, given.before.stops) if body.startswith(STOPS) else 1):
                yield "doubled", f"the desk said {count} times in {chat_id}: {body.splitlines()[0]!r}"


def _staff(given: Evidence) -> Found:
    for jid, standing in given.before.standings.items():
        if given.recorded.standings.get(jid) != standing:
            yield "lost", f"{jid} was {standing}, and is {given.recorded.standings.get(jid)}"
    duties = frozenset(given.recorded.duties)
    for duty in given.before.duties - duties:
        yield "lost", f"the duty of {duty.jid} as {duty.role}"
    for duty in duties - given.before.duties:
        yield "rule", f"{duty.jid} is on duty as {duty.role}, and was not"


def _unfinished(given: Evidence) -> Found:
    for letter in given.recorded.letters:
        if letter.sent_at is None:
            yield "lost", f"a letter ({letter.kind}) to {letter.to} waits to be sent"
    for person in given.people:
        for offer in given.recorded.offers:
            if offer.state != "open" or offer.helper != person.jid:
                continue
            heard = [m.at for m in person.told if (match := OFFER.search(m.body)) and match[1] == offer.chat_id]
            if heard and given.at - max(heard) > given.offer_timeout_s + LATE_S:
                yield "rule", f"{person.name}'s offer of {offer.chat_id} is open after {given.at - max(heard):.0f} s"
