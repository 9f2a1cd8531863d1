"""One room: who belongs to it, who is inside, and how entering, changing and leaving are shown (XEP-0045)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

from tests.people.elements import (
    MUC,
    MUC_USER,
    OCCUPANT_ID,
    bare,
    condition_of,
    domain,
    error_to,
    make,
    readdressed,
    resource,
)
from tests.simulation.archive import Archive, History
from tests.simulation.quirks import CONFIG, Quirks

AFFILIATIONS = {"outcast": -1, "none": 0, "member": 1, "admin": 2, "owner": 3}
ROLES = {"none": 0, "visitor": 1, "participant": 2, "moderator": 3}
# an occupant that answers with one of these cannot be reached and is removed
UNREACHABLE = {
    "gone",
    "internal-server-error",
    "item-not-found",
    "jid-malformed",
    "recipient-unavailable",
    "redirect",
    "remote-server-not-found",
    "remote-server-timeout",
    "service-unavailable",
}
HIDDEN = {MUC, MUC_USER, OCCUPANT_ID}


class Refused(Exception):
    """The room says no; the arguments are the condition, the text and the error type."""

    def __init__(self, condition: str, text: str | None = None, kind: str | None = None) -> None:
        super().__init__(condition, text, kind)
        self.condition, self.text, self.kind = condition, text, kind

    def answer_to(self, stanza: Element) -> Element:
        return error_to(stanza, self.condition, self.text, kind=self.kind)


@dataclass(eq=False)
class Occupant:
    """Somebody inside under one nick, with one or more clients. sessions: full JID and the presence it last sent."""

    nick: str
    bare_jid: str
    role: str
    sessions: dict[str, Element] = field(default_factory=dict)

    @property
    def presence(self) -> Element:
        return next(reversed(self.sessions.values()))


class Room:
    """The state of one room, and the presence that shows it."""

    def __init__(
        self,
        jid: str,
        quirks: Quirks,
        send: Callable[[Element], None],
        clock: Callable[[], datetime],
        on_empty: Callable[[Room], None],
    ) -> None:
        self.jid, self.quirks, self.send, self.clock = jid, quirks, send, clock
        self._on_empty = on_empty
        self.config = {var: default for var, (_, default) in quirks.fields.items()}
        self.affiliations: dict[str, str] = {}
        self.occupants: dict[str, Occupant] = {}
        self.kept_roles: dict[str, str] = {}
        self.is_locked = False
        self.subject, self.subject_by, self.subject_at = "", jid, None  # type: str, str, datetime | None
        self.history = History(jid)
        self.archive = Archive(jid, knows_its_ids=quirks.knows_archive_ids)
        self._salt = hashlib.sha256(jid.encode()).hexdigest()

    # settings

    def is_set(self, option: str) -> bool:
        return self.config.get(CONFIG + option) == "1"

    @property
    def shows_addresses_to_all(self) -> bool:
        return self.config[CONFIG + "whois"] == "anyone"

    # who is who

    def affiliation_of(self, jid: str) -> str:
        found = self.affiliations.get(bare(jid))
        if found is None and (
            self.quirks.domain_affiliation_for_all or self.affiliations.get(domain(jid)) == "outcast"
        ):
            found = self.affiliations.get(domain(jid))
        return found or "none"

    def default_role(self, jid: str) -> str:
        affiliation = self.affiliation_of(jid)
        if affiliation == "outcast" or (affiliation == "none" and self.is_set("membersonly")):
            return "none"
        if affiliation in ("owner", "admin"):
            return "moderator"
        has_voice = not self.is_set("moderatedroom") or self.config.get("members_by_default") == "1"
        return "participant" if affiliation == "member" or has_voice else "visitor"

    def occupant_of(self, jid: str) -> Occupant | None:
        """Return the occupant that this full JID is."""
        return next((one for one in self.occupants.values() if jid in one.sessions), None)

    def by_bare(self, jid: str) -> list[Occupant]:
        return [one for one in self.occupants.values() if one.bare_jid == jid]

    def occupant_jid(self, occupant: Occupant) -> str:
        return f"{self.jid}/{occupant.nick}"

    def occupant_id(self, occupant: Occupant) -> Element:
        digest = hashlib.sha256((self._salt + occupant.bare_jid).encode()).hexdigest()
        return make(f"{{{OCCUPANT_ID}}}occupant-id", id=digest[:32])

    def may_see_addresses(self, viewer: Occupant) -> bool:
        return self.shows_addresses_to_all or viewer.role == "moderator"

    # presence comes in

    def on_presence(self, presence: Element, *, is_new: bool = False) -> None:
        """Enter, enter again, change, or leave. Raises Refused."""
        sender, kind = presence.get("from", ""), presence.get("type")
        occupant = self.occupant_of(sender)
        if kind == "error":
            self.remove_unreachable(presence)
        elif kind == "unavailable":
            if occupant is not None:
                self._leave(occupant, sender, presence)
        elif kind is None:
            self._on_available(occupant, presence, is_new)

    def _on_available(self, occupant: Occupant | None, presence: Element, is_new: bool) -> None:
        nick = resource(presence.get("to", ""))
        wants_in = presence.find(f"{{{MUC}}}x") is not None
        if occupant is None and not wants_in and not is_new and not self.quirks.enters_without_muc:
            raise Refused("item-not-found", "You are not currently connected to this chat")
        if not nick.strip():
            raise Refused("jid-malformed", "A nickname is needed", "modify")
        if occupant is None:
            self._enter(nick, presence, is_new)
        elif occupant.nick == nick:
            occupant.sessions.pop(presence.get("from", ""))
            occupant.sessions[presence.get("from", "")] = presence
            if wants_in:
                self.show_all_to(presence.get("from", ""))
            says_again = self.quirks.says_again_who_sees_addresses and self.shows_addresses_to_all
            self.publish(occupant, self_codes=[100] if says_again else [])
            if wants_in:
                self._welcome(presence)
        else:
            self._change_nick(occupant, nick, presence, wants_in)

    def _check_entry(self, sender: str, nick: str, is_new: bool) -> None:
        affiliation = self.affiliation_of(sender)
        comes_back = (
            self.quirks.removed_may_come_back and self.is_set("moderatedroom") and bare(sender) in self.kept_roles
        )
        if not comes_back:
            if self.is_set("membersonly") and affiliation in ("none", "outcast"):
                raise Refused("registration-required" if affiliation == "none" else self.quirks.banned_from_closed)
            if affiliation == "outcast":
                raise Refused("forbidden")
        if self.is_locked and not is_new:
            raise Refused("item-not-found")
        holder = self.occupants.get(nick)
        if holder is not None and holder.bare_jid != bare(sender):
            raise Refused("conflict")

    def _enter(self, nick: str, presence: Element, is_new: bool) -> None:
        sender = presence.get("from", "")
        self._check_entry(sender, nick, is_new)
        occupant = self.occupants.get(nick)
        if occupant is None:
            role = self.default_role(sender)
            occupant = Occupant(nick, bare(sender), role if role != "none" else "participant")
        self.show_all_to(sender)
        occupant.sessions[sender] = presence
        self.occupants[nick] = occupant
        codes = [201] if is_new else []
        self.publish(occupant, self_codes=codes + ([100] if self.shows_addresses_to_all else []))
        self._welcome(presence)

    def _welcome(self, presence: Element) -> None:
        """Send the history asked for and the subject, which ends what an entrant gets (XEP-0045 §7.1)."""
        sender = presence.get("from", "")
        for message in self.history.asked_for(presence.find(f"{{{MUC}}}x/{{{MUC}}}history"), self.clock()):
            self.send(readdressed(message, to=sender))
        self.send(make("message", make("subject", self.subject), type="groupchat", from_=self.subject_by, to=sender))

    def _change_nick(self, occupant: Occupant, nick: str, presence: Element, wants_in: bool) -> None:
        holder = self.occupants.get(nick)
        if holder is not None and holder.bare_jid != occupant.bare_jid:
            raise Refused("conflict")
        self.publish(occupant, [303], new_nick=nick, is_gone=True)
        del self.occupants[occupant.nick]
        occupant.nick = nick
        occupant.sessions[presence.get("from", "")] = presence
        self.occupants[nick] = occupant
        if wants_in:
            self.show_all_to(presence.get("from", ""))
        self.publish(occupant)
        if wants_in:
            self._welcome(presence)

    def _leave(self, occupant: Occupant, sender: str, presence: Element) -> None:
        if len(occupant.sessions) > 1:
            del occupant.sessions[sender]
            notice = self._presence_of(occupant, [110], is_gone=True, shows_addresses=True, presence=presence)
            self.send(readdressed(notice, to=sender))
            self.publish(occupant)
            return
        occupant.sessions[sender] = presence
        self.remove([occupant], [])

    def remove_unreachable(self, error: Element) -> None:
        """Remove an occupant whose server gave a stanza back: its client is gone, we took it for an occupant."""
        sender = error.get("from", "")
        occupant = self.occupant_of(sender)
        condition = condition_of(error)[0]
        if occupant is None or condition not in UNREACHABLE:
            return
        status = make("status", "Kicked: " + condition.replace("-", " "))
        codes = [self.quirks.ghost_code] if self.quirks.ghost_code else []
        if len(occupant.sessions) > 1:
            del occupant.sessions[sender]
            self.publish(occupant)
        else:
            occupant.sessions[sender] = make("presence", status, type="unavailable", from_=sender)
            self.remove([occupant], codes)

    # presence goes out

    def remove(
        self,
        occupants: Iterable[Occupant],
        codes: list[int],
        *,
        actor: Occupant | None = None,
        reason: str | None = None,
        destroy: Element | None = None,
        to_others: bool = True,
    ) -> None:
        """Take occupants out and show it to all (to_others=False: only to themselves)."""
        leaving = list(occupants)
        for occupant in leaving:
            occupant.role = "none"
        for occupant in leaving:
            self.publish(occupant, codes, is_gone=True, actor=actor, reason=reason, extra=destroy, to_others=to_others)
            self.occupants.pop(occupant.nick, None)
        if not self.occupants and leaving and destroy is None:
            self._on_empty(self)

    def publish(
        self,
        occupant: Occupant,
        codes: Iterable[int] = (),
        *,
        self_codes: Iterable[int] = (),
        is_gone: bool = False,
        new_nick: str | None = None,
        actor: Occupant | None = None,
        reason: str | None = None,
        extra: Element | None = None,
        to_others: bool = True,
    ) -> None:
        """Show an occupant's presence to all inside, to its own clients last and with status 110 (§7.2.2)."""
        codes = list(codes)

        def shown(codes: list[int], shows_addresses: bool) -> Element:
            return self._presence_of(
                occupant,
                codes,
                is_gone=is_gone,
                shows_addresses=shows_addresses,
                new_nick=new_nick,
                actor=actor,
                reason=reason,
                extra=extra,
            )

        for viewer in list(self.occupants.values()):
            if viewer is not occupant and to_others:
                sees = self.may_see_addresses(viewer) or viewer.bare_jid == occupant.bare_jid
                self._to_clients(viewer, shown(codes, sees))
        self._to_clients(occupant, shown([*codes, *self_codes, 110], True))

    def _to_clients(self, occupant: Occupant, stanza: Element) -> None:
        for jid in list(occupant.sessions):
            self.send(readdressed(stanza, to=jid))

    def broadcast(self, stanza: Element, to: Callable[[Occupant], bool] = lambda _: True) -> None:
        for occupant in list(self.occupants.values()):
            if to(occupant):
                self._to_clients(occupant, stanza)

    def show_all_to(self, jid: str) -> None:
        """Send the presence of everybody inside but the client's own."""
        own = self.occupant_of(jid)
        sees_all = (
            self.shows_addresses_to_all
            or self.affiliation_of(jid) in ("admin", "owner")
            or (own is not None and own.role == "moderator")
        )
        for occupant in list(self.occupants.values()):
            if occupant is not own:
                sees = sees_all or occupant.bare_jid == bare(jid)
                self.send(readdressed(self._presence_of(occupant, [], shows_addresses=sees), to=jid))

    def _presence_of(
        self,
        occupant: Occupant,
        codes: list[int],
        *,
        shows_addresses: bool,
        is_gone: bool = False,
        new_nick: str | None = None,
        actor: Occupant | None = None,
        reason: str | None = None,
        extra: Element | None = None,
        presence: Element | None = None,
    ) -> Element:
        """Return one occupant's presence as the room shows it (§7.2.2, §7.14)."""
        source = occupant.presence if presence is None else presence
        is_own_word = (source.get("type") == "unavailable") == is_gone
        stanza = make(
            "presence",
            from_=self.occupant_jid(occupant),
            type="unavailable" if is_gone else None,
            id=source.get("id") if is_own_word else None,
        )
        if is_own_word:
            stanza.extend(child for child in source if child.tag[1:].partition("}")[0] not in HIDDEN)
        stanza.append(self.occupant_id(occupant))
        x = make(f"{{{MUC_USER}}}x", extra)
        for jid in occupant.sessions if shows_addresses else [None]:
            x.append(
                self.item(
                    occupant, jid, is_gone=is_gone and new_nick is None, new_nick=new_nick, actor=actor, reason=reason
                )
            )
        for code in codes:
            x.append(make(f"{{{MUC_USER}}}status", code=str(code)))
        stanza.append(x)
        return stanza

    def item(
        self,
        occupant: Occupant,
        jid: str | None,
        *,
        is_gone: bool = False,
        new_nick: str | None = None,
        actor: Occupant | None = None,
        reason: str | None = None,
    ) -> Element:
        by = None if actor is None else make(f"{{{MUC_USER}}}actor", nick=actor.nick)
        why = None if not reason else make(f"{{{MUC_USER}}}reason", reason)
        return make(
            f"{{{MUC_USER}}}item",
            by,
            why,
            jid=jid,
            nick=new_nick,
            affiliation=self.affiliation_of(occupant.bare_jid),
            role="none" if is_gone else occupant.role,
        )
