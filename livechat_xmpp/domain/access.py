"""Who may be in a chat's room, above all: a trainee only while a room monitor is in it."""

from __future__ import annotations

from collections.abc import Set

from livechat_xmpp.domain.model import BareJid, Chat, ChatState, Part, Standing


def is_monitor(chat: Chat, jid: BareJid, *, helper_counts: bool) -> bool:
    """Return whether the person makes a chat monitored by being in its room.

    A room monitor is a person whose standing is monitor or admin; duty does not matter. Who asked for help
    is none there, whatever they have become meanwhile.
    helper_counts: whether one who answers this chat as its helper counts too.
    """
    standing = chat.standings.get(jid)
    if standing is None or not standing.reaches(Standing.MONITOR) or jid == chat.visitor_bare:
        return False
    return helper_counts or jid != chat.helper


def is_monitored(chat: Chat, present: Set[BareJid], *, helper_counts: bool = True) -> bool:
    """Return whether a room monitor is among those present (bare JIDs of occupants who count)."""
    return any(is_monitor(chat, jid, helper_counts=helper_counts) for jid in present)


def is_below_helper(chat: Chat, jid: BareJid) -> bool:
    """Return whether the person belongs to the staff, but is in rooms as a trainee or not at all.

    Who asked for help is in this room as who asked, whatever they have become meanwhile.
    """
    standing = chat.standings.get(jid)
    return standing is not None and not standing.reaches(Standing.HELPER) and jid != chat.visitor_bare


def part_of(chat: Chat, jid: BareJid) -> Part:
    """Return the part that a person plays in the chat: what they were asked in as, else their standing."""
    if jid == chat.visitor_bare:
        return Part.VISITOR
    standing = chat.standings.get(jid)
    if is_below_helper(chat, jid):
        return Part.TRAINEE
    if jid == chat.helper or chat.offer_to(jid) is not None:
        return Part.HELPER
    for invitation in chat.invitations:
        if invitation.jid == jid and invitation.part is not Part.TRAINEE:
            return invitation.part
    return Part.VISITOR if standing is None else Part(standing.value)


def allowed_members(chat: Chat, present: Set[BareJid], *, helper_counts: bool = True) -> frozenset[BareJid]:
    """Return everybody who may be a member of the chat's room now.

    The visitor, once a helper has accepted for the first time. The helper who answers and those
    being asked, while their standing allows it. Who was invited, by their standing of now: a trainee only while a
    room monitor is present; a monitor's place ends with the standing; a person without standing has no place.
    """
    if chat.state is ChatState.CLOSED:
        return frozenset()
    allowed = {chat.visitor_bare} if chat.first_opened_at is not None else set()
    answering = {chat.helper, *(o.helper for o in chat.offers)}
    allowed |= {jid for jid in answering if jid is not None and _has(chat, jid, Standing.HELPER)}
    monitored = is_monitored(chat, present, helper_counts=helper_counts)
    for invitation in chat.invitations:
        if chat.standings.get(invitation.jid) is Standing.TRAINEE:
            admitted = invitation.part is Part.TRAINEE and monitored
        elif invitation.part in (Part.MONITOR, Part.ADMIN):
            admitted = _has(chat, invitation.jid, Standing.MONITOR)
        else:
            admitted = _has(chat, invitation.jid, Standing.HELPER)
        if admitted:
            allowed.add(invitation.jid)
    return frozenset(allowed)


def _has(chat: Chat, jid: BareJid, least: Standing) -> bool:
    standing = chat.standings.get(jid)
    return standing is not None and standing.reaches(least)
