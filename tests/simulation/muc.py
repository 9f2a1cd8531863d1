"""A MUC service: finds or makes the room that a stanza is for, answers for it and for itself (XEP-0045)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from tests.people.elements import (
    DISCO_INFO,
    DISCO_ITEMS,
    MAM,
    MUC,
    MUC_ADMIN,
    MUC_OWNER,
    PING,
    bare,
    domain,
    make,
    name,
    readdressed,
    reply_to,
    resource,
)
from tests.simulation import muc_affiliations, muc_owner, muc_speech
from tests.simulation.muc_room import Refused, Room
from tests.simulation.quirks import Quirks
from tests.simulation.routing import Router

OUTSIDE = "You are not currently connected to this chat"


class MucService:
    """The rooms of one domain. creators: only addresses of this domain may make rooms.

    begins_with: the fields of the owner's form in which new rooms differ from the quirks' fields.
    """

    def __init__(
        self,
        domain: str,
        router: Router,
        quirks: Quirks,
        clock: Callable[[], datetime],
        *,
        creators: str,
        begins_with: Mapping[str, str],
    ) -> None:
        self.domain, self.creators, self.quirks, self._begins_with = domain, creators, quirks, begins_with
        self.rooms: dict[str, Room] = {}
        self._router, self._clock = router, clock
        self._passed_iqs: dict[str, tuple[str, str, str]] = {}
        router.attach(domain, self.on_stanza)

    def lose(self, *, keep_persistent: bool, keep_occupants: bool = False) -> None:
        """Forget rooms as a restart does, without a word to anybody.

        keep_persistent: persistent rooms, their members and archives stay. keep_occupants: everything stays.
        """
        if keep_occupants:
            return
        kept = {jid: room for jid, room in self.rooms.items() if keep_persistent and room.is_set("persistentroom")}
        for room in kept.values():
            room.occupants.clear()
        self.rooms = kept

    def on_stanza(self, stanza: Element) -> None:
        try:
            if "@" not in bare(stanza.get("to", "")):
                self._on_service_stanza(stanza)
            elif name(stanza) == "presence":
                self._on_presence(stanza)
            elif name(stanza) == "message":
                self._on_message(stanza)
            else:
                self._on_iq(stanza)
        except Refused as refusal:
            if stanza.get("type") not in ("error", "result"):
                self._router.route(refusal.answer_to(stanza))

    # rooms

    def _room(self, stanza: Element) -> Room | None:
        return self.rooms.get(bare(stanza.get("to", "")).lower())

    def _make(self, jid: str, creator: str) -> Room:
        if domain(creator) != self.creators:
            condition, text = self.quirks.creation_refused
            raise Refused(condition, text)
        room = Room(jid.lower(), self.quirks, self._router.route, self._clock, self._on_empty)
        room.affiliations[bare(creator)] = "owner"
        room.is_locked = self.quirks.locks_new_rooms
        room.config |= self._begins_with
        self.rooms[room.jid] = room
        return room

    def _on_empty(self, room: Room) -> None:
        if not room.is_set("persistentroom"):
            self.rooms.pop(room.jid, None)

    def _on_presence(self, presence: Element) -> None:
        room = self._room(presence)
        if room is None and presence.get("type") is None:
            if not resource(presence.get("to", "")):
                return
            if presence.find(f"{{{MUC}}}x") is None and not self.quirks.enters_without_muc:
                raise Refused("item-not-found", OUTSIDE)
            room = self._make(bare(presence.get("to", "")), presence.get("from", ""))
            room.on_presence(presence, is_new=True)
        elif room is not None and (resource(presence.get("to", "")) or presence.get("type") == "error"):
            room.on_presence(presence)

    def _on_message(self, message: Element) -> None:
        room = self._room(message)
        nick = resource(message.get("to", ""))
        if room is None:
            raise Refused("item-not-found")
        if nick:
            muc_speech.on_private_message(room, message, nick)
        else:
            muc_speech.on_message(room, message)

    def _on_iq(self, iq: Element) -> None:
        room, nick = self._room(iq), resource(iq.get("to", ""))
        if iq.get("type") in ("result", "error"):
            self._pass_answer(iq)
            return
        is_owners = iq.find(f"{{{MUC_OWNER}}}query") is not None
        if room is None and self.quirks.iq_makes_room and is_owners and not nick:
            room = self._make(bare(iq.get("to", "")), iq.get("from", ""))
            muc_owner.on_owner(room, iq)
            self._on_empty(room)
            return
        if room is None:
            raise Refused("item-not-found")
        if nick:
            self._on_occupant_iq(room, iq, nick)
        elif iq.find(f"{{{MUC_ADMIN}}}query") is not None:
            is_set = iq.get("type") == "set"
            (muc_affiliations.on_admin_set if is_set else muc_affiliations.on_admin_get)(room, iq)
        elif iq.find(f"{{{MUC_OWNER}}}query") is not None:
            if muc_owner.on_owner(room, iq):
                self.rooms.pop(room.jid, None)
        elif iq.find(f"{{{MAM}}}query") is not None:
            self._on_archive(room, iq)
        elif not self._on_disco(room, iq):
            raise Refused("service-unavailable")

    def _on_occupant_iq(self, room: Room, iq: Element, nick: str) -> None:
        """Answer a self-ping (XEP-0410), hand any other IQ to the occupant's last client (XEP-0045 §17.4)."""
        sender, target = room.occupant_of(iq.get("from", "")), room.occupants.get(nick)
        if sender is None:
            raise Refused("not-acceptable", OUTSIDE, self.quirks.outside)
        if target is None:
            raise Refused("item-not-found", "Recipient not in room")
        if target is sender and iq.find(f"{{{PING}}}ping") is not None:
            self._router.route(reply_to(iq))
            return
        key = f"occ{len(self._passed_iqs)}"
        self._passed_iqs[key] = (iq.get("from", ""), iq.get("id", ""), iq.get("to", ""))
        client = next(reversed(target.sessions))
        self._router.route(readdressed(iq, id=key, from_=room.occupant_jid(sender), to=client))

    def _pass_answer(self, iq: Element) -> None:
        asked = self._passed_iqs.get(iq.get("id", ""))
        if asked is not None:
            to, key, sender = asked
            self._router.route(readdressed(iq, id=key, from_=sender, to=to))

    def _on_archive(self, room: Room, iq: Element) -> None:
        affiliation = room.affiliation_of(iq.get("from", ""))
        if affiliation == "outcast" or (affiliation == "none" and room.is_set("membersonly")):
            raise Refused("forbidden")
        for stanza in room.archive.answer(iq):
            self._router.route(stanza)

    # discovery

    def _on_disco(self, room: Room, iq: Element) -> bool:
        if iq.find(f"{{{DISCO_ITEMS}}}query") is not None:
            shown = [make(f"{{{DISCO_ITEMS}}}item", jid=room.occupant_jid(one)) for one in room.occupants.values()]
            self._router.route(
                reply_to(iq, make(f"{{{DISCO_ITEMS}}}query", *(shown if self.quirks.name == "ejabberd" else [])))
            )
            return True
        if iq.find(f"{{{DISCO_INFO}}}query") is None:
            return False
        features = [
            MUC,
            MAM,
            "urn:xmpp:sid:0",
            "urn:xmpp:occupant-id:0",
            "muc_membersonly" if room.is_set("membersonly") else "muc_open",
            "muc_public" if room.is_set("publicroom") else "muc_hidden",
            "muc_persistent" if room.is_set("persistentroom") else "muc_temporary",
            "muc_moderated" if room.is_set("moderatedroom") else "muc_unmoderated",
            "muc_nonanonymous" if room.shows_addresses_to_all else "muc_semianonymous",
        ]
        identity = make(
            f"{{{DISCO_INFO}}}identity", category="conference", type="text", name=room.config["muc#roomconfig_roomname"]
        )
        self._router.route(
            reply_to(
                iq,
                make(
                    f"{{{DISCO_INFO}}}query", identity, *(make(f"{{{DISCO_INFO}}}feature", var=var) for var in features)
                ),
            )
        )
        return True

    def _is_listed(self, room: Room, asker: str) -> bool:
        is_inside = room.occupant_of(asker) is not None
        return room.is_set("publicroom") or (self.quirks.lists_hidden_to_occupants and is_inside)

    def _on_service_stanza(self, stanza: Element) -> None:
        if name(stanza) != "iq" or stanza.get("type") in ("result", "error"):
            return
        if stanza.find(f"{{{DISCO_INFO}}}query") is not None:
            identity = make(f"{{{DISCO_INFO}}}identity", category="conference", type="text", name="Chat rooms")
            self._router.route(
                reply_to(stanza, make(f"{{{DISCO_INFO}}}query", identity, make(f"{{{DISCO_INFO}}}feature", var=MUC)))
            )
        elif stanza.find(f"{{{DISCO_ITEMS}}}query") is not None:
            shown = [
                make(f"{{{DISCO_ITEMS}}}item", jid=room.jid, name=room.config["muc#roomconfig_roomname"])
                for room in self.rooms.values()
                if self._is_listed(room, stanza.get("from", ""))
            ]
            self._router.route(reply_to(stanza, make(f"{{{DISCO_ITEMS}}}query", *shown)))
        else:
            raise Refused("service-unavailable")
