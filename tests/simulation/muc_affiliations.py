"""Who belongs to a room and what they may do inside: affiliations and roles (XEP-0045 §8, §9)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.people.elements import MUC_ADMIN, MUC_USER, bare, make, reply_to, resource, text_of
from tests.simulation.muc_room import AFFILIATIONS, ROLES, Refused, Room


def on_admin_get(room: Room, iq: Element) -> None:
    """Answer a list of those with one affiliation (§9.5) or one role (§9.4). Raises Refused."""
    asker = iq.get("from", "")
    item = iq.find(f"{{{MUC_ADMIN}}}query/{{{MUC_ADMIN}}}item")
    if item is None:
        raise Refused("bad-request", kind="cancel")
    rank, wanted, role = AFFILIATIONS[room.affiliation_of(asker)], item.get("affiliation"), item.get("role")
    answer = make(f"{{{MUC_ADMIN}}}query")
    if wanted in AFFILIATIONS and role is None:
        is_open = room.is_set("membersonly") and room.shows_addresses_to_all and rank >= AFFILIATIONS["member"]
        if not is_open and not (rank >= AFFILIATIONS["admin"] and rank >= AFFILIATIONS[wanted]):
            raise Refused("forbidden")
        answer.extend(
            make(f"{{{MUC_ADMIN}}}item", affiliation=wanted, jid=jid)
            for jid, held in room.affiliations.items()
            if held == wanted
        )
    elif role in ROLES and wanted is None:
        occupant = room.occupant_of(asker)
        if room.quirks.name == "ejabberd":
            own = occupant.role if occupant else "none"
        else:
            own = occupant.role if occupant else room.default_role(asker)
        if own != "moderator":
            raise Refused("forbidden")
        answer.extend(
            make(
                f"{{{MUC_ADMIN}}}item", jid=jid, nick=one.nick, role=role, affiliation=room.affiliation_of(one.bare_jid)
            )
            for one in room.occupants.values()
            if one.role == role
            for jid in one.sessions
        )
    else:
        raise Refused("bad-request", kind="cancel")
    room.send(reply_to(iq, answer))


def on_admin_set(room: Room, iq: Element) -> None:
    """Change affiliations and roles; of several items Prosody applies the first. Raises Refused."""
    items = iq.findall(f"{{{MUC_ADMIN}}}query/{{{MUC_ADMIN}}}item")
    if not items:
        raise Refused("bad-request", kind="cancel")
    actor = iq.get("from", "")
    for item in items[:1] if room.quirks.first_item_only else items:
        jid, nick, reason = item.get("jid"), item.get("nick"), text_of(item, f"{{{MUC_ADMIN}}}reason")
        affiliation, role = item.get("affiliation"), item.get("role")
        if jid is not None and resource(jid) and room.quirks.refuses_full_addresses:
            raise Refused("jid-malformed", "Bare JID expected, got full JID")
        if affiliation is not None and jid is not None and role is None:
            check_affiliation_change(room, actor, bare(jid), affiliation)
            affiliate(room, actor, bare(jid), affiliation, reason)
        elif role is not None and nick is not None and affiliation is None:
            set_role(room, actor, nick, role, reason)
        else:
            raise Refused("bad-request", kind="cancel")
    room.send(reply_to(iq))


def check_affiliation_change(room: Room, actor: str, jid: str, affiliation: str) -> None:
    if affiliation not in AFFILIATIONS:
        raise Refused("not-acceptable")
    own, target = room.affiliation_of(actor), room.affiliations.get(jid, "none")
    if own == "owner":
        owners = [one for one, held in room.affiliations.items() if held == "owner"]
        if target == "owner" and affiliation != "owner" and len(owners) == 1:
            raise Refused(room.quirks.last_owner, kind="cancel")
    elif own != "admin" or {affiliation, target} & {"owner", "admin"}:
        raise Refused("not-allowed")


def affiliate(room: Room, actor: str | None, jid: str, affiliation: str, reason: str | None = None) -> None:
    """Change an affiliation and show what follows: 321 for who may not be inside any more, 301 for the banned."""
    before = AFFILIATIONS[room.affiliations.get(jid, "none")]
    if AFFILIATIONS[affiliation] == before and not room.quirks.shows_what_is_unchanged:
        return
    if affiliation == "none":
        room.affiliations.pop(jid, None)
    else:
        room.affiliations[jid] = affiliation
    is_domain = "@" not in jid
    inside = [
        one
        for one in room.occupants.values()
        if one.bare_jid == jid or (is_domain and affiliation == "outcast" and one.bare_jid.endswith("@" + jid))
    ]
    by = room.occupant_of(actor) if actor else None
    role = room.default_role(jid)
    if inside and role == "none":
        if room.is_set("moderatedroom"):
            room.kept_roles |= {one.bare_jid: one.role for one in inside}
        room.remove(inside, [301 if affiliation == "outcast" else 321], actor=by, reason=reason)
        return
    for occupant in inside:
        was_moderator = occupant.role == "moderator"
        if AFFILIATIONS[affiliation] < before or ROLES[occupant.role] < ROLES[role]:
            occupant.role = role
        room.publish(occupant, actor=by, reason=reason)
        has_changed = was_moderator != (occupant.role == "moderator") and not room.shows_addresses_to_all
        if has_changed and room.quirks.shows_all_to_new_moderator:
            for session in list(occupant.sessions):
                room.show_all_to(session)  # what may be seen of the others has changed
    if not inside:
        item = make(f"{{{MUC_USER}}}item", jid=jid, affiliation=affiliation)
        news = make("message", make(f"{{{MUC_USER}}}x", item), from_=room.jid)
        room.broadcast(news, room.may_see_addresses)


def set_role(room: Room, actor: str, nick: str, role: str, reason: str | None) -> None:
    """Kick (307) or change voice (§8.2 to §8.4). Raises Refused; the actor has to be inside."""
    target = room.occupants.get(nick)
    if target is None:
        raise Refused(room.quirks.nobody_of_that_nick, kind="modify")
    if role not in ROLES:
        raise Refused("not-acceptable")
    by = room.occupant_of(actor)
    own, other = AFFILIATIONS[room.affiliation_of(actor)], AFFILIATIONS[room.affiliation_of(target.bare_jid)]
    touches_moderator = "moderator" in (target.role, role)
    is_moderator = by is not None and by.role == "moderator"
    if by is None and role != "none" and room.quirks.owner_gives_roles_from_outside:
        is_moderator = own >= AFFILIATIONS["admin"]
    if not is_moderator or own < other or (touches_moderator and own < AFFILIATIONS["admin"]):
        raise Refused("not-allowed")
    if role == "none":
        room.remove([target], [307], actor=by, reason=reason)
    else:
        target.role = role
        room.publish(target, actor=by, reason=reason)
