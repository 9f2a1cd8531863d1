"""What people were told, judged: offers, invitations, what nothing explains. The rules stand in tests.faults.judge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tests.faults.evidence import Evidence, Found, Told, Witness

AT_ONCE_S = 2.0  # so long before or after one is put out of a room what one says there may be refused
EARLY = 0.1  # by such a share an offer's time may be shorter while a clock that was set is being followed
EARLY_S = 1.0  # an offer's end may be told so much too early: the moment is rounded, and the message took its time

OFFER = re.compile(
    r" asks for help(?: and has waited [^:\n]*)?:$.*^(?:You have [^\n]*\n)?xmpp:([^@\s]+)@", re.DOTALL | re.MULTILINE
)
ASKED_IN = re.compile(
    r"^(?:The chat with .* is yours\. Please come in\.|[^\n]* asks for help[^\n]*, and a room monitor is there\. "
    r"|[^\n]* waits for you in the chat\. |You can come into the chat with .* again: "
    r"|The chat with .* is open for you\.|A helper is here for you\. Please come in: ).*xmpp:([^@\s]+)@",
    re.DOTALL,
)
TIME_IS_UP = re.compile(r"^Time is up: (.*)'s request goes back to the queue\.")
OUT_FOR_NOW = re.compile(r"^No room monitor is in the chat with (.*) any more, so you are out of it for now\. ")
TAKEN_BACK = re.compile(
    r"^(?:You were out of the chat with )?(.*?)(?:'s request is not waiting for you any more\."
    r"| for too long, so the request is back in the queue\.)$"
)
# What staff may be told besides: answers to what they wrote, news of their standing, and that the desk stops.
EXPLAINED = (
    re.compile(r" \S+ decided this\b"),
    re.compile(r"^Passed on: "),
    re.compile(r"^You cannot come into the chat with .* just now\. "),
    re.compile(r'^Chat \S+ is closed as "[^"]+"\.$'),
    re.compile(r"^Nothing is offered to you at the moment\.$"),
    re.compile(r"^The chat with .* has ended already: there is nothing to come into any more\.$"),
    re.compile(r"will be back", re.IGNORECASE),
)
# What anybody is told once in such a short life, whatever happens: the same words twice are one too many.
ONCE = (
    re.compile(r"^Welcome! I am the help desk here"),
    re.compile(r'If you think that they can answer by themselves, write "endorse ([^"]+)"'),
    re.compile(r"^Would you like to help others here"),
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


def offers(given: Evidence) -> Found:
    visitors = {p.chat_id: p for p in given.people if p.chat_id}
    for person in given.people:
        heard = [(m, match[1]) for m in person.told if (match := OFFER.search(m.body))]
        for chat_id, count in Counter(chat_id for _, chat_id in heard).items():
            rows = [o for o in given.recorded.offers if (o.chat_id, o.helper) == (chat_id, person.jid)]
            told = [o for o in rows if o.told_at is not None]
            if count > len(told):
                yield "doubled", f"{person.name} was told {count} times of {len(told)} offers of {chat_id}"
            losses = person.losses + (visitors[chat_id].losses if chat_id in visitors else 0) + given.before.slow
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
        elif "Time is up" in message.body and message.at - last[-1].at < given.offer_timeout_s * (1 - EARLY) - EARLY_S:
            seconds = message.at - last[-1].at
            yield "rule", f"{person.name} was told after {seconds:.1f} s: {message.body!r}"


def asked_in(given: Evidence) -> Found:
    for person in given.people:
        texts = Counter(match[1] for m in person.told if (match := ASKED_IN.search(m.body)))
        offers = Counter(match[1] for m in person.told if (match := OFFER.search(m.body)))
        direct = Counter(m.room.partition("@")[0] for m in person.told if m.room.endswith(f"@{given.muc}"))
        for chat_id in set(texts) | set(direct):
            lost = [s for s in person.shown if s.room == given.room(chat_id) and not s.is_own]
            # A trainee's way opens with each coming of a monitor: who was not in yet sees nothing of its closing.
            openers = [p for p in given.people if p.part == "monitor"] if person.part == "trainee" else [person]
            wishes = sum(p.wishes.get(chat_id, 0) for p in openers)
            ways = max(1, wishes) + max(len(lost), given.before.rooms_lost[chat_id])
            most = ways * (2 if person.part in ("visitor", "helper") else 1)
            if texts[chat_id] > most:
                yield "doubled", f"{person.name} was asked into {chat_id} {texts[chat_id]} times; {ways} ways in"
            # The text may have come a moment before the person was back, and the invitation right after it.
            if direct[chat_id] > texts[chat_id] + offers[chat_id] + person.losses:
                yield "doubled", f"{person.name} was invited into {chat_id} {direct[chat_id]} times"


def once(given: Evidence) -> Found:
    """Yield what came twice. A server that was killed may have forgotten that it had given out what it had kept."""
    for person in given.people:
        others = Counter(m.room for m in person.told if m.room and not m.room.endswith(f"@{given.muc}"))
        told = [m.body for m in person.told if not (m.is_kept and m.during.startswith("server killed"))]
        words = Counter(match[0] for body in told for one in ONCE if (match := one.search(body)))
        for what, count in (others + words).items():
            if count > 1:
                yield "doubled", f"{person.name} was told {count} times: {what!r}"


def put_out(given: Evidence) -> Found:
    """Yield who was told more often than it happened that no monitor was there any more."""
    rooms = {p.name: given.room(p.chat_id) for p in given.people if p.chat_id}
    for person in given.people:
        told = Counter(match[1] for m in person.told if (match := OUT_FOR_NOW.match(m.body)))
        for visitor, count in told.items():
            times = sum(s.room == rooms.get(visitor) and not s.is_own for s in person.shown)
            if count > times:
                yield (
                    "doubled",
                    f"{person.name} was told {count} times of {times} that no monitor is with {visitor}",
                )


def strange(given: Evidence) -> Found:
    for person in given.people:
        if person.part == "visitor":
            continue
        for message in person.told:
            if message.error:
                if not _is_excused(message, person):
                    yield "rule", f"{person.name} got the error {message.error} from {message.sender}"
            elif message.sender.partition("@")[2] == given.desk and not _is_explained(message, given, person):
                yield "rule", f"{person.name} was told {message.body!r}"
    for person in given.people:
        for shown in person.shown:
            if not _is_fair(shown.room, given, person, is_server=bool(shown.codes & KICKED_BY_SERVER)) and not (
                shown.is_own or shown.is_lost or shown.is_destroyed or shown.during.startswith("server")
            ):
                yield "rule", f"{person.name} was put out of {shown.room}: {sorted(shown.codes)} {shown.reason!r}"


def _is_excused(message: Told, person: Witness) -> bool:
    """Return whether an error comes of the fault under way, or of speaking while one was put out or the room went."""
    if any(s.room == message.sender and abs(s.at - message.at) < AT_ONCE_S for s in person.shown):
        return message.error in ("not-acceptable", "item-not-found")
    return bool(message.during) and message.error in UNREACHABLE


def _is_explained(message: Told, given: Evidence, person: Witness) -> bool:
    if message.room or not message.body:
        return True
    known = (OFFER, ASKED_IN, TIME_IS_UP, OUT_FOR_NOW, *EXPLAINED, *ONCE)
    if any(pattern.search(message.body) for pattern in known):
        return True
    match = TAKEN_BACK.match(message.body)
    if match is None:
        return False
    visitors = [p for p in given.people if p.part == "visitor" and p.name == match[1]]
    # Taken back is right when one of the two had gone, or the request ended.
    is_slow = given.before.slow > 0
    return is_slow or person.losses > 0 or any(p.losses or p.chat_id in given.before.ended for p in visitors)


def _is_fair(room: str, given: Evidence, person: Witness, *, is_server: bool) -> bool:
    """Return whether who did nothing may be put out: trainees, with the monitor; helpers, with the offer."""
    if is_server or person.part == "trainee":
        return True
    return person.part == "helper" and any(
        o.helper == person.jid and given.room(o.chat_id) == room and o.state in ("expired", "revoked", "rejected")
        for o in given.recorded.offers
    )
