"""What an administrator has to change on the server, in that server's own words; for `livechat-xmpp check`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Need(Enum):
    """What can be missing. The texts below may use {component}, {muc}, {domain}, {anonymous}, {contributors}."""

    PORT = auto()
    SECRET = auto()
    COMPONENT = auto()
    FREE_ADDRESS = auto()
    STAFF_DOMAIN = auto()
    MUC_SERVICE = auto()
    MAKE_ROOMS = auto()
    ONLY_WE_MAKE_ROOMS = auto()
    ROOM_FORM = auto()
    OWN_ROOMS = auto()
    CLOSED_ROOMS = auto()
    REAL_ADDRESSES = auto()
    ARCHIVE = auto()
    ANONYMOUS_DOMAIN = auto()
    VISITORS_REACH_US = auto()
    WEBSOCKET = auto()
    CONTRIBUTORS = auto()
    PRIVILEGES = auto()


PROSODY: Mapping[Need, str] = {
    Need.PORT: "component_ports and component_interfaces say where Prosody listens for components (default: 5347 on"
    " loopback); here xmpp.host and xmpp.port have to say the same",
    Need.SECRET: 'component_secret below Component "{component}" and xmpp.secret here have to be the same',
    Need.COMPONENT: 'add Component "{component}" with component_secret = "..."; nothing may follow the name, as in'
    ' Component "..." "muc"; or the port is not the one of component_ports (default: 5347)',
    Need.FREE_ADDRESS: 'stop what is connected as {component}; below Component "{component}",'
    ' component_conflict_resolve = "kick_old" lets a new desk replace one that hangs',
    Need.STAFF_DOMAIN: 'add VirtualHost "{domain}", or correct staff.domains here',
    Need.MUC_SERVICE: 'add Component "{muc}" "muc", or correct xmpp.muc here',
    Need.MAKE_ROOMS: 'below Component "{muc}" "muc": restrict_room_creation = "local" if {muc} is named under'
    " {component}; else restrict_room_creation = true, which lets admins = {{ ... }} make rooms, is not enough, as"
    " each chat has an address of its own: name the service under {component}",
    Need.ONLY_WE_MAKE_ROOMS: 'below Component "{muc}" "muc": restrict_room_creation = "local"',
    Need.ROOM_FORM: '{muc} has to be a service of Prosody\'s own "muc" module',
    Need.OWN_ROOMS: 'below Component "{muc}" "muc": nothing may take the rights of a room\'s owner away; look at its'
    " modules_enabled",
    Need.CLOSED_ROOMS: 'below Component "{muc}" "muc": {component} and its parents must not be in admins; look at its'
    " modules_enabled",
    Need.REAL_ADDRESSES: 'below Component "{muc}" "muc": no module may hide addresses from moderators',
    Need.ARCHIVE: 'below Component "{muc}" "muc": modules_enabled = {{ "muc_mam" }}',
    Need.ANONYMOUS_DOMAIN: 'add VirtualHost "{anonymous}" with authentication = "anonymous"',
    Need.VISITORS_REACH_US: "{anonymous} and {component} have to be on the same Prosody, or reach each other by s2s",
    Need.WEBSOCKET: 'modules_enabled of the whole server needs "websocket"; behind a web server that does TLS also'
    " consider_websocket_secure = true",
    Need.CONTRIBUTORS: "a room with this address can be made with any client, and be kept (persistent)",
    Need.PRIVILEGES: 'modules_enabled = {{ "privilege" }} both below VirtualHost "{domain}" and below Component'
    ' "{component}" (Debian: package prosody-modules), and privileged_entities below the VirtualHost',
}

WORDS: Mapping[str, Mapping[Need, str]] = {"prosody": PROSODY}


def words(need: Need, software: str, names: Mapping[str, str]) -> str:
    """Return what to change. software: the server's name as it tells it, "" while unknown: then Prosody's words."""
    known = WORDS.get(software.lower())
    text = (known or PROSODY)[need].format_map(names)
    return text if known else f"(in Prosody's words) {text}"
