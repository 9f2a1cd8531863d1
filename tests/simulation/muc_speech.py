"""What is said in a room: to all, to one, its subject, and mediated invitations (XEP-0045 §7.4 to §7.8, §8.1)."""

from __future__ import annotations

from collections.abc import Collection
from xml.etree.ElementTree import Element

from tests.people.elements import (
    CLIENT,
    CONFERENCE,
    DELAY,
    MUC_USER,
    STANZA_ID,
    bare,
    body_of,
    make,
    new_id,
    readdressed,
    text_of,
)
from tests.simulation.muc_affiliations import affiliate
from tests.simulation.muc_room import HIDDEN, Occupant, Refused, Room
from tests.simulation.quirks import PROSODY_NS

OUTSIDE = "You are not currently connected to this chat"


def on_message(room: Room, message: Element) -> None:
    """Take a message sent to the room itself. Raises Refused."""
    kind = message.get("type")
    if kind == "groupchat":
        _on_groupchat(room, message)
    elif kind == "error":
        room.remove_unreachable(message)
    else:
        _on_mediated(room, message)


def _on_groupchat(room: Room, message: Element) -> None:
    speaker = room.occupant_of(message.get("from", ""))
    if speaker is None:
        raise Refused("not-acceptable", OUTSIDE, room.quirks.outside)
    if speaker.role == "visitor" and not (room.quirks.name == "ejabberd" and not room.is_set("moderatedroom")):
        raise Refused("forbidden", "You do not currently have permission to speak in this chat")
    subject = text_of(message, f"{{{CLIENT}}}subject")
    if subject is not None and body_of(message) is None:
        _change_subject(room, speaker, subject)
    else:
        say_to_all(room, _passed_on(room, speaker, message, HIDDEN - {MUC_USER}))  # as Prosody does


def _change_subject(room: Room, speaker: Occupant, subject: str) -> None:
    if speaker.role != "moderator" and not room.is_set("changesubject"):
        raise Refused("forbidden", "You are not allowed to change the subject")
    room.subject, room.subject_by = subject, room.occupant_jid(speaker)
    room.broadcast(make("message", make("subject", subject), type="groupchat", from_=room.subject_by))


def _passed_on(room: Room, speaker: Occupant, message: Element, hidden: Collection[str] = HIDDEN) -> Element:
    """Return the message as others get it: what only the room may say about it is taken out, if the room does that."""
    copy = make("message", from_=room.occupant_jid(speaker), type=message.get("type"), id=message.get("id") or new_id())
    for child in message:
        space = child.tag[1:].partition("}")[0]
        is_forged = child.get("from") == room.jid if space == DELAY else child.get("by") == room.jid
        if space not in hidden and not (space in (DELAY, STANZA_ID) and is_forged):
            copy.append(child)
    copy.append(room.occupant_id(speaker))
    return copy


def say_to_all(room: Room, message: Element) -> None:
    """Give a message to everybody inside, and keep it."""
    if body_of(message) is not None:
        now, key = room.clock(), room.archive.new_id()
        if room.config.get("muc#roomconfig_enablearchiving", room.config.get("mam")) == "1":
            room.archive.add(key, now, readdressed(message))
            message.append(make(f"{{{STANZA_ID}}}stanza-id", id=key, by=room.jid))
        room.history.limit = int(room.config.get("muc#roomconfig_historylength", "20"))
        room.history.add(message, now)
    room.broadcast(message)


def on_private_message(room: Room, message: Element, nick: str) -> None:
    """Take a message to one occupant. Raises Refused."""
    if message.get("type") == "error":
        room.remove_unreachable(message)
        return
    speaker = room.occupant_of(message.get("from", ""))
    if speaker is None:
        raise Refused("not-acceptable", OUTSIDE, room.quirks.outside)
    if message.get("type") == "groupchat":
        raise Refused("bad-request")
    target = room.occupants.get(nick)
    if target is None:
        raise Refused("item-not-found", "Recipient not in room")
    copy = _passed_on(room, speaker, message)
    copy.append(make(f"{{{MUC_USER}}}x"))
    if message.get("id") is None:
        copy.attrib.pop("id")
    for jid in list(target.sessions):
        room.send(readdressed(copy, to=jid))


def _on_mediated(room: Room, message: Element) -> None:
    x = message.find(f"{{{MUC_USER}}}x")
    if x is None:
        return
    for kind in ("invite", "decline"):
        for payload in x.findall(f"{{{MUC_USER}}}{kind}")[: 1 if room.quirks.first_item_only else None]:
            if kind == "invite":
                _invite(room, message, payload)
            else:
                _pass_mediated(room, message, payload, kind)


def _invite(room: Room, message: Element, payload: Element) -> None:
    inviter = room.affiliation_of(message.get("from", ""))
    if room.is_set("membersonly"):
        needed = (
            ("member", "admin", "owner")
            if room.config.get(PROSODY_NS + "roomconfig_allowmemberinvites") == "1"
            else ("admin", "owner")
        )
        if inviter not in needed:
            raise Refused(room.quirks.invite_refused)
        invited = bare(payload.get("to", ""))
        if room.affiliation_of(invited) == "none":
            affiliate(room, None, invited, "member")
    _pass_mediated(room, message, payload, "invite")


def _pass_mediated(room: Room, message: Element, payload: Element, kind: str) -> None:
    """Hand an invitation or its decline on, with the body and the direct invitation that servers add."""
    sender = message.get("from", "")
    occupant = room.occupant_of(sender)
    reason = text_of(payload, f"{{{MUC_USER}}}reason") or ""
    is_named_by_nick = occupant is not None and kind == "invite" and room.quirks.names_inviter_by_nick
    shown_as = room.occupant_jid(occupant) if occupant is not None and is_named_by_nick else sender
    word = make(f"{{{MUC_USER}}}{kind}", make(f"{{{MUC_USER}}}reason", reason), from_=shown_as)
    told = "invited you to the room" if kind == "invite" else "declined your invite to the room"
    body = body_of(message) or f"{shown_as} {told} {room.jid}" + (f" ({reason})" if reason else "")
    direct = make(f"{{{CONFERENCE}}}x", reason, jid=room.jid) if kind == "invite" else None
    to = payload.get("to", "")
    targets = [to]
    if bare(to) == room.jid:
        found = room.occupants.get(to.partition("/")[2])
        targets = list(found.sessions) if found is not None else []
    for target in targets:
        room.send(
            make(
                "message",
                make(f"{{{MUC_USER}}}x", word),
                direct,
                make("body", body),
                from_=room.jid,
                to=target,
                id=message.get("id"),
            )
        )
