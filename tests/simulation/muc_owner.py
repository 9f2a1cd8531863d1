"""What only an owner does: the room's form and its end (XEP-0045 §10)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tests.people.elements import DATA, MUC_CONFIG, MUC_OWNER, MUC_USER, make, name, reply_to, text_of
from tests.simulation.muc_room import Refused, Room
from tests.simulation.muc_speech import say_to_all
from tests.simulation.quirks import CONFIG

# ejabberd lists these fields nowhere, and answers them in its own ways
EJABBERD_REFUSALS = {
    CONFIG + "allowpm": "internal-server-error",
    CONFIG + "roomowners": "internal-server-error",
    CONFIG + "roomadmins": "internal-server-error",
    CONFIG + "enablelogging": "not-acceptable",
}


def on_owner(room: Room, iq: Element) -> bool:
    """Give or take the form, or destroy; return True when the room is destroyed. Raises Refused."""
    if room.affiliation_of(iq.get("from", "")) != "owner":
        raise Refused("forbidden", "Only owners can configure rooms")
    query = iq.find(f"{{{MUC_OWNER}}}query")
    assert query is not None
    if iq.get("type") == "get":
        room.send(reply_to(iq, make(f"{{{MUC_OWNER}}}query", _form(room))))
        return False
    if not len(query):
        raise Refused("bad-request")
    if name(query[0]) == "destroy":
        destroy(room, query[0])
        room.send(reply_to(iq))
        return True
    form = query.find(f"{{{DATA}}}x")
    if form is None:
        raise Refused("service-unavailable")
    if form.get("type") == "submit":
        _submit(room, iq, form)
    else:
        room.send(reply_to(iq))
    return False


def destroy(room: Room, wish: Element) -> None:
    """Put everybody out with the reason and the address to go to instead (§10.9)."""
    reason = text_of(wish, f"{{{MUC_OWNER}}}reason")
    why = None if reason is None else make(f"{{{MUC_USER}}}reason", reason)
    mark = make(f"{{{MUC_USER}}}destroy", why, jid=wish.get("jid"))
    room.remove(list(room.occupants.values()), [], destroy=mark)


def _form(room: Room) -> Element:
    form = make(f"{{{DATA}}}x", make(f"{{{DATA}}}title", f"Configuration for {room.jid}"), type="form")
    form.append(make(f"{{{DATA}}}field", make(f"{{{DATA}}}value", MUC_CONFIG), var="FORM_TYPE", type="hidden"))
    for var, (kind, _) in room.quirks.fields.items():
        values = room.config[var].split() if kind == "list-multi" else [room.config[var]]
        if room.quirks.name == "prosody" and kind == "boolean" and values == ["0"] and var != CONFIG + "publicroom":
            values = []
        field = make(f"{{{DATA}}}field", *(make(f"{{{DATA}}}value", one) for one in values), var=var, type=kind)
        if var == CONFIG + "whois":
            for option in ("moderators", "anyone"):
                field.append(make(f"{{{DATA}}}option", make(f"{{{DATA}}}value", option), label=option))
        form.append(field)
    return form


def _submit(room: Room, iq: Element, form: Element) -> None:
    given = {
        field.get("var", ""): [value.text or "" for value in field.iterfind(f"{{{DATA}}}value")]
        for field in form.iterfind(f"{{{DATA}}}field")
    }
    form_type = given.pop("FORM_TYPE", None)
    if given and form_type != [MUC_CONFIG]:
        raise Refused("bad-request", "Form is not of type room configuration", "cancel")
    if room.quirks.refuses_unknown_fields:
        for var in given:
            if var not in room.quirks.fields:
                raise Refused(EJABBERD_REFUSALS.get(var, "bad-request"), f"Unknown field '{var}'")
    was = dict(room.config)
    for var, values in given.items():
        if var in room.quirks.fields:
            value = " ".join(values)
            if room.quirks.fields[var][0] == "boolean":
                value = "1" if value in ("1", "true") else "0"
            room.config[var] = value
    room.is_locked = False
    if room.is_set("membersonly") and was[CONFIG + "membersonly"] != "1":
        strangers = [one for one in room.occupants.values() if room.affiliation_of(one.bare_jid) == "none"]
        room.remove(strangers, [322], to_others=room.quirks.shows_322_to_others)
    room.send(reply_to(iq))
    codes = _change_codes(room, was)
    if codes:
        x = make(f"{{{MUC_USER}}}x", *(make(f"{{{MUC_USER}}}status", code=code) for code in codes))
        say_to_all(room, make("message", x, type="groupchat", from_=room.jid))


def _change_codes(room: Room, was: dict[str, str]) -> list[str]:
    """Return the status codes that tell of a change: 104, or who may see addresses, or the archive (§10.2.1)."""
    changed = {var for var, value in room.config.items() if value != was[var]}
    codes = []
    if CONFIG + "whois" in changed:
        codes.append("172" if room.shows_addresses_to_all else "173")
    if changed - {CONFIG + "whois"}:
        codes.append("104")
    return codes
