"""Where servers differ: each difference that was seen on a real one is an option here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SecondLink = Literal["kick_old", "kick_new", "both"]
CONFIG = "muc#roomconfig_"
PROSODY_NS = "{http://prosody.im/protocol/muc}"

# var, type and first value of each field of the owner's form; the room's settings are these values
COMMON_FIELDS = {
    CONFIG + "roomname": ("text-single", ""),
    CONFIG + "roomdesc": ("text-single", ""),
    CONFIG + "lang": ("text-single", "en"),
    CONFIG + "persistentroom": ("boolean", "0"),
    CONFIG + "publicroom": ("boolean", "1"),
    CONFIG + "roomsecret": ("text-private", ""),
    CONFIG + "membersonly": ("boolean", "0"),
    CONFIG + "moderatedroom": ("boolean", "0"),
    CONFIG + "whois": ("list-single", "moderators"),
    CONFIG + "changesubject": ("boolean", "0"),
    CONFIG + "presencebroadcast": ("list-multi", "moderator participant visitor"),
}
PROSODY_FIELDS = {
    CONFIG + "historylength": ("text-single", "20"),
    CONFIG + "defaulthistorymessages": ("text-single", "20"),
    CONFIG + "enablearchiving": ("boolean", "1"),
    PROSODY_NS + "roomconfig_allowmemberinvites": ("boolean", "0"),
}
EJABBERD_FIELDS = {
    CONFIG + "changesubject": ("boolean", "1"),
    CONFIG + "maxusers": ("list-single", "200"),
    CONFIG + "allowinvites": ("boolean", "0"),
    CONFIG + "passwordprotectedroom": ("boolean", "0"),
    CONFIG + "pubsub": ("text-single", ""),
    "mam": ("boolean", "1"),
    "public_list": ("boolean", "1"),
    "members_by_default": ("boolean", "1"),
    "allow_private_messages": ("boolean", "1"),
    "allow_private_messages_from_visitors": ("list-single", "anyone"),
    "allow_query_users": ("boolean", "1"),
    "allow_visitor_status": ("boolean", "1"),
    "allow_visitor_nickchange": ("boolean", "1"),
    "allow_voice_requests": ("boolean", "1"),
    "allow_subscription": ("boolean", "0"),
    "enable_hats": ("boolean", "0"),
    "voice_request_min_interval": ("text-single", "1800"),
}
# How a room begins otherwise: where not everybody makes rooms Prosody hides them; ejabberd as config/ejabberd.yml says
PROSODY_ROOMS = {CONFIG + "publicroom": "0"}
EJABBERD_HELP_ROOMS = {CONFIG + "publicroom": "0", CONFIG + "membersonly": "1"}
EJABBERD_GENERAL_ROOMS = {CONFIG + "moderatedroom": "1"}


@dataclass(frozen=True)
class Quirks:
    """One server's ways. The first value of each line is Prosody's, see EJABBERD for the other.

    locks_new_rooms: others get item-not-found until the owner has configured a new room.
    first_item_only: of several items in one muc#admin set only the first is applied, and the answer is `result`.
    refuses_unknown_fields: a form with a field that is not offered is refused as a whole.
    domain_affiliation_for_all: an affiliation given to a domain holds for all its addresses.
    removed_may_come_back: in a moderated room one who was removed or banned is let in again.
    iq_makes_room: an owner's question (muc#owner) to a room that does not exist makes one, for as long as it takes.
    ghost_code: the status code of an occupant removed because its server could not be reached.
    unreachable: what a stanza to a component without a link is answered with.
    creation_refused: what one gets who may not create a room, with the text.
    offline_answer: a probe of somebody offline is answered with `unavailable`.
    fills_in_sender: a component's stanza without `from` gets the component's address; else the link is closed.
    banned_from_closed: what the banned are told by a members-only room.
    last_owner: what the last owner is told who would give that up.
    nobody_of_that_nick: what a role change for a nick that nobody has is answered with.
    invite_refused: what a member is told who invites into a members-only room.
    shows_322_to_others: those inside are told who is put out because the room was closed; 0.12 tells only them.
    outside: the error type of not-acceptable for somebody who is not inside.
    names_inviter_by_nick: a mediated invitation is from the inviter's room nick; else from the real address.
    shows_all_to_new_moderator: who becomes moderator is shown everybody's address at once.
    enters_without_muc: presence without <x/> enters too (groupchat 1.0).
    lists_hidden_to_occupants: the service's disco#items has hidden rooms for those inside.
    too_big: the stream error for a stanza over the limit.
    refuses_full_addresses: an affiliation for an address with a resource is refused; else it is given to the bare one.
    knows_archive_ids: a page after an id that the archive never gave is refused; else it begins at the start.
    gives_voice_at_the_door: strangers speak in a moderated room until voice is taken from them.
    owner_gives_roles_from_outside: an owner who is not inside changes roles, too; but kicks nobody.
    shows_what_is_unchanged: an affiliation that somebody has already is shown to all once more when it is given.
    says_again_who_sees_addresses: status 100 comes at each entry into a room where all see addresses, also of those
    who are inside already.
    second_link: what a second connection of the same component does: it replaces the first, is refused, or shares
    with it by chance whatever comes (Prosody has the first two as a setting, and ours is kick_old).
    new_account: what the component is told of a new account; Prosody has the words from our configuration.
    restart_keeps_occupants: after a restart occupants are in their rooms as before, in non-persistent ones too.
    """

    name: str = "prosody"
    locks_new_rooms: bool = True
    first_item_only: bool = True
    refuses_unknown_fields: bool = False
    domain_affiliation_for_all: bool = False
    removed_may_come_back: bool = False
    iq_makes_room: bool = False
    ghost_code: int | None = 333
    unreachable: str = "remote-server-timeout"
    creation_refused: tuple[str, str] = ("not-allowed", "Room creation is restricted")
    offline_answer: bool = True
    fills_in_sender: bool = True
    restart_keeps_occupants: bool = True
    banned_from_closed: str = "registration-required"
    last_owner: str = "conflict"
    nobody_of_that_nick: str = "item-not-found"
    invite_refused: str = "forbidden"
    shows_322_to_others: bool = False
    outside: str = "cancel"
    names_inviter_by_nick: bool = True
    shows_all_to_new_moderator: bool = True
    enters_without_muc: bool = False
    lists_hidden_to_occupants: bool = False
    too_big: str = "not-well-formed"
    refuses_full_addresses: bool = True
    knows_archive_ids: bool = True
    owner_gives_roles_from_outside: bool = False
    shows_what_is_unchanged: bool = True
    says_again_who_sees_addresses: bool = False
    gives_voice_at_the_door: bool = False
    second_link: SecondLink = "kick_old"
    new_account: str = "new-account {jid}"

    @property
    def fields(self) -> dict[str, tuple[str, str]]:
        return COMMON_FIELDS | (PROSODY_FIELDS if self.name == "prosody" else EJABBERD_FIELDS)

    @property
    def help_rooms(self) -> dict[str, str]:
        """The fields that begin otherwise on the service of the help rooms."""
        return PROSODY_ROOMS if self.name == "prosody" else EJABBERD_HELP_ROOMS

    @property
    def general_rooms(self) -> dict[str, str]:
        """The fields that begin otherwise on the service for everybody."""
        return PROSODY_ROOMS if self.name == "prosody" else EJABBERD_GENERAL_ROOMS


PROSODY = Quirks()
EJABBERD = Quirks(
    name="ejabberd",
    locks_new_rooms=False,
    first_item_only=False,
    refuses_unknown_fields=True,
    domain_affiliation_for_all=True,
    removed_may_come_back=True,
    iq_makes_room=True,
    ghost_code=None,
    unreachable="remote-server-not-found",
    creation_refused=("forbidden", "Room creation is denied by service policy"),
    offline_answer=False,
    fills_in_sender=False,
    restart_keeps_occupants=False,
    banned_from_closed="forbidden",
    last_owner="not-allowed",
    nobody_of_that_nick="not-acceptable",
    invite_refused="not-allowed",
    outside="modify",
    names_inviter_by_nick=False,
    shows_all_to_new_moderator=False,
    enters_without_muc=True,
    lists_hidden_to_occupants=True,
    shows_322_to_others=True,
    too_big="policy-violation",
    refuses_full_addresses=False,
    knows_archive_ids=False,
    owner_gives_roles_from_outside=True,
    shows_what_is_unchanged=False,
    says_again_who_sees_addresses=True,
    gives_voice_at_the_door=True,
    second_link="both",
    new_account=(
        "[2026-11-21 19:52:32] The account {jid} was registered from IP address 127.0.0.1 on node nonode@nohost"
        " using mod_register."
    ),
)
WAYS = {ways.name: ways for ways in (PROSODY, EJABBERD)}
