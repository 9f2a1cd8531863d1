"""The judge: what must be true once a fault is over and everything is quiet. Pure: evidence in, objections out.

The rules, as people would say them:

requests     Each request that the desk acknowledged is there once, in a state that fits; only its people end it.
order        Requests keep their moment of asking, so their order; what the waiting were told last is their place.
offers       A helper is offered a request again only after an offer was answered or ran out, or was taken back because
             the helper or the visitor had lost the connection. Each offer is told once at the most, its end too, and
             not before the time is up that the helper was told to have.
asked in     Somebody is asked into a room once for each way in: the first, and one more each time that it was lost
             (put out, the room destroyed, the own connection gone). Visitor and helper may be reminded once for each.
rooms        Of each open chat there is a room on the server, the desk in it; its members are exactly those that the
             record names, and who means to be inside is an occupant. Of ended chats there is none.
trainees     No trainee is a member or an occupant where no monitor is an occupant.
words        What the room repeated to its speaker is in the transcript once; what the server still has of a room that
             was lost too. Nothing is there twice, the desk's own lines neither.
staff        Standings and duties are as before.
strange      Staff get no error unless a fault is under way, and no message that nothing explains; who did nothing is
             not put out of a room.
unfinished   Nothing waits that should have been done: letters, offers whose time is long up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.faults.evidence import ChatRow, Evidence, RoomSeen, Told, Witness

Kind = Literal["lost", "doubled", "rule"]
OUTCOMES = {"served", "abandoned", "deferred", "timed-out", "refused", "banned"}
MONITORS = {"monitor", "admin"}
LATE_S = 10.0  # so much later than told an offer may end: the desk may have been away
EARLY_S = 1.0  # an offer's end may be told so much too early: the moment is rounded, and the message took its time

OFFER = re.compile(r" asks for help\b.*^(?:You have .*\n)?xmpp:([^@\s]+)@", re.DOTALL | re.MULTILINE)
ASKED_IN = re.compile(
    r"^(?:The chat with .* is yours\. Please come in\.|A chat to watch and to help with: "
    r"|The chat with .* is open for you\.|A helper is here for you\. Please come in: ).*xmpp:([^@\s]+)@",
    re.DOTALL,
)
TIME_IS_UP = re.compile(r"^Time is up: (.*)'s request goes to the next helper\.$")
TAKEN_BACK = re.compile(r"^(.*)'s request is not waiting for you any more\.$")
# What staff may be told besides: answers to what they wrote, news of their standing, and that the desk stops.
EXPLAINED = (
    re.compile(r"Changed by \S+"),
    re.compile(r"^Passed on: "),
    re.compile(r" is yours\. The invitation to the room is on its way\.$"),
    re.compile(r"^The invitation to the chat with .* is on its way\.$"),
    re.compile(r"^Chat \S+ is closed as \S+\.$"),
    re.compile(r"^Nothing is offered to you at the moment\.$"),
    re.compile(r"will be back", re.IGNORECASE),
)
# How the server, not the desk, says that what was sent did not arrive while a fault was under way.
UNREACHABLE = {
    "remote-server-timeout",
    "remote-server-not-found",
    "service-unavailable",
    "recipient-unavailable",
    "resource-constraint",
    "item-not-found",
    "registration-required",
    "not-acceptable",
    "not-allowed",
}
KICKED_BY_SERVER = {332, 333}  # the service shuts down, or the connection was lost (XEP-0045 §14)


@dataclass(frozen=True)
class Objection:
    """What is wrong. kind: something is lost, something is doubled, or a rule is broken."""

    kind: Kind
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.kind}): {self.what}"


def judge(evidence: Evidence) -> list[Objection]:
    """Return all objections; none: the world is as it has to be."""
    found: list[Objection] = []
    for rule, objections in (
        ("requests", _requests(evidence)),
        ("order", _order(evidence)),
        ("offers", _offers(evidence)),
        ("asked in", _asked_in(evidence)),
        ("rooms", _rooms(evidence)),
        ("trainees", _trainees(evidence)),
        ("words", _words(evidence)),
        ("staff", _staff(evidence)),
        ("strange", _strange(evidence)),
        ("unfinished", _unfinished(evidence)),
    ):
        found += [Objection(kind, rule, what) for kind, what in objections]
    return found


Found = Iterator[tuple[Kind, str]]


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
        if person.chat_id in waiting and person.place not in (None, waiting.index(person.chat_id) + 1):
            yield "rule", f"{person.name} believes to be {person.place}, and is {waiting.index(person.chat_id) + 1}"


def _offers(given: Evidence) -> Found:
    visitors = {p.chat_id: p for p in given.people if p.chat_id}
    for person in given.people:
        heard = [(m, match[1]) for m in person.told if (match := OFFER.search(m.body))]
        for chat_id, count in Counter(chat_id for _, chat_id in heard).items():
            rows = [o for o in given.recorded.offers if (o.chat_id, o.helper) == (chat_id, person.jid)]
            told = [o for o in rows if o.told_at is not None]
            if count > len(told):
                yield "doubled", f"{person.name} was told {count} times of {len(told)} offers of {chat_id}"
            losses = person.losses + (visitors[chat_id].losses if chat_id in visitors else 0)
            causeless = [o for o in told[:-1] if o.state == "revoked"][losses:]
            if causeless or any(o.state in ("open", "accepted") for o in told[:-1]):
                states = ", ".join(o.state for o in told)
                yield "doubled", f"{person.name} was offered {chat_id} again, without a reason ({states})"
        yield from _ends_of_offers(given, person, [m for m, _ in heard])


def _ends_of_offers(given: Evidence, person: Witness, offers: Sequence[Told]) -> Found:
    for message in person.told:
        match = TIME_IS_UP.match(message.body) or TAKEN_BACK.match(message.body)
        if match is None:
            continue
        last = [o for o in offers if o.at <= message.at and o.body.startswith(f"{match[1]} asks for help")]
        if not last:
            if "Time is up" in message.body:
                yield "rule", f"{person.name} was told {message.body!r}, and was never told of the offer"
        elif "Time is up" in message.body and message.at - last[-1].at < given.offer_timeout_s - EARLY_S:
            seconds = message.at - last[-1].at
            yield "rule", f"{person.name} was told after {seconds:.1f} s: {message.body!r}"


def _asked_in(given: Evidence) -> Found:
    for person in given.people:
        texts = Counter(match[1] for m in person.told if (match := ASKED_IN.search(m.body)))
        offers = Counter(match[1] for m in person.told if (match := OFFER.search(m.body)))
        direct = Counter(m.room.partition("@")[0] for m in person.told if m.room)
        for chat_id in set(texts) | set(direct):
            lost = [s for s in person.shown if s.room == given.room(chat_id) and not s.is_own]
            ways = 1 + len(lost)
            most = ways * (2 if person.part in ("visitor", "helper") else 1)
            if texts[chat_id] > most:
                yield "doubled", f"{person.name} was asked into {chat_id} {texts[chat_id]} times; {ways} ways in"
            if direct[chat_id] > texts[chat_id] + offers[chat_id]:
                yield "doubled", f"{person.name} was invited into {chat_id} {direct[chat_id]} times"


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
            if count > 1:
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


def _strange(given: Evidence) -> Found:
    for person in given.people:
        if person.part == "visitor":
            continue
        for message in person.told:
            if message.error:
                if not message.during or message.error not in UNREACHABLE:
                    yield "rule", f"{person.name} got the error {message.error} from {message.sender}"
            elif message.sender.partition("@")[2] == given.desk and not _is_explained(message, given, person):
                yield "rule", f"{person.name} was told {message.body!r}"
    for person in given.people:
        for shown in person.shown:
            if not _is_fair(shown.room, given, person, is_server=bool(shown.codes & KICKED_BY_SERVER)) and not (
                shown.is_own or shown.is_lost or shown.is_destroyed or shown.during.startswith("server")
            ):
                yield "rule", f"{person.name} was put out of {shown.room}: {sorted(shown.codes)} {shown.reason!r}"


def _is_explained(message: Told, given: Evidence, person: Witness) -> bool:
    if message.room or not message.body:
        return True
    known = (OFFER, ASKED_IN, TIME_IS_UP, *EXPLAINED)
    if any(pattern.search(message.body) for pattern in known):
        return True
    match = TAKEN_BACK.match(message.body)
    if match is None:
        return False
    visitors = [p for p in given.people if p.part == "visitor" and p.name == match[1]]
    # Taken back is right when one of the two had gone, or the request ended.
    return person.losses > 0 or any(p.losses or p.chat_id in given.before.ended for p in visitors)


def _is_fair(room: str, given: Evidence, person: Witness, *, is_server: bool) -> bool:
    """Return whether who did nothing may be put out: trainees, with the monitor; helpers, with the offer."""
    if is_server or person.part == "trainee":
        return True
    return person.part == "helper" and any(
        o.helper == person.jid and given.room(o.chat_id) == room and o.state in ("expired", "revoked", "rejected")
        for o in given.recorded.offers
    )


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
