"""What an administrator has to change on the server, in that server's own words; for `livechat-xmpp check`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Need(Enum):
    """What can be missing.

    The texts below may use {component}, {muc}, {domain}, {anonymous}, {contributors}, {general_muc}, {contact},
    {max_bytes}; {id_length} of a room's address, {title_bytes} of a room's name, {people} in one room, {rooms} of one
    person.
    """

    PORT = auto()
    OUR_DESK_STOPPED = auto()
    SECRET = auto()
    COMPONENT = auto()
    FREE_ADDRESS = auto()
    ONLY_US = auto()
    STAFF_DOMAIN = auto()
    MUC_SERVICE = auto()
    MAKE_ROOMS = auto()
    ONLY_WE_MAKE_ROOMS = auto()
    ROOM_NAMES = auto()
    ROOM_PASSWORD = auto()
    ROOM_FORM = auto()
    OWN_ROOMS = auto()
    CLOSED_ROOMS = auto()
    REAL_ADDRESSES = auto()
    ARCHIVE = auto()
    ROOM_TITLES = auto()
    ROOM_SIZE = auto()
    MANY_ROOMS = auto()
    ANONYMOUS_DOMAIN = auto()
    VISITORS_REACH_US = auto()
    VISITORS_ENTER = auto()
    VISITORS_MAKE_ROOMS = auto()
    VISITORS_RESUME = auto()
    WEBSOCKET = auto()
    WEBSOCKET_SECURE = auto()
    WEBSOCKET_NAME = auto()
    WEBSOCKET_CERTIFICATE = auto()
    WEBSOCKET_PROXY = auto()
    PAGE_PORT = auto()
    STANZA_SIZE = auto()
    CONTRIBUTORS = auto()
    CONTRIBUTORS_SERVICE = auto()
    CONTRIBUTORS_ENTER = auto()
    CONTRIBUTORS_ADDRESSES = auto()
    NOTICES = auto()
    ACCOUNT_LIST = auto()
    BOOKMARKS = auto()
    PRIVILEGES = auto()
    GROUPS_API = auto()
    GROUPS_ALLOWED = auto()
    GROUPS_COMMANDS = auto()
    GROUPS_MODULE = auto()
    ACCOUNTS_OF_STAFF = auto()


COMMON: Mapping[Need, str] = {  # the same everywhere: these are not the server's
    Need.OUR_DESK_STOPPED: "stop it for as long as this takes (systemctl stop livechat-xmpp, or Ctrl-C where it runs)",
    Need.WEBSOCKET_NAME: "web.websocket_url names a machine that this one does not know; look at the name, and at DNS",
    Need.WEBSOCKET_CERTIFICATE: "TLS there does not work from here, so it may not for browsers either: look at the"
    " certificate of the web server before the XMPP server, and at name and port in web.websocket_url",
    Need.WEBSOCKET_PROXY: "the web server there answers, but passes nothing on: look at where it passes this path to,"
    " and that it passes Upgrade and Connection on",
    Need.PAGE_PORT: "set web.port to one that is free, or stop what listens there",
    Need.ACCOUNTS_OF_STAFF: "correct staff.initial here, or make the account",
    Need.CONTRIBUTORS_SERVICE: "xmpp.contributors has to be a room on a MUC service that the server has",
    Need.CONTRIBUTORS: "a room with this address can be made with any client, and be kept (persistent)",
    Need.CONTRIBUTORS_ENTER: "whoever owns {contributors} can make {contact} a member there, or better an admin",
    Need.CONTRIBUTORS_ADDRESSES: "whoever owns {contributors} can make {contact} an admin there; then who enters the"
    " room becomes a trainee, and where only members may enter the desk makes newcomers members",
}

PROSODY: Mapping[Need, str] = {
    **COMMON,
    Need.PORT: "Prosody has to run, with the file that init wrote in its configuration (prosodyctl check config);"
    " component_ports and component_interfaces say where it listens for components (default: 5347 on loopback); here"
    " xmpp.host and xmpp.port have to say the same",
    Need.SECRET: 'component_secret below Component "{component}" and xmpp.secret here have to be the same',
    Need.COMPONENT: 'add Component "{component}" with component_secret = "..."; nothing may follow the name, as in'
    ' Component "..." "muc"; or the port is not the one of component_ports (default: 5347)',
    Need.FREE_ADDRESS: 'stop what is connected as {component}; below Component "{component}",'
    ' component_conflict_resolve = "kick_old" lets a new desk replace one that hangs',
    Need.ONLY_US: "look for a module of the server that keeps back what is for {component}",
    Need.STAFF_DOMAIN: 'add VirtualHost "{domain}", or correct staff.domains here',
    Need.MUC_SERVICE: 'add Component "{muc}" "muc", or correct xmpp.muc here',
    Need.MAKE_ROOMS: 'below Component "{muc}" "muc": restrict_room_creation = "local" if {muc} is named under'
    " {component}; else restrict_room_creation = true, which lets admins = {{ ... }} make rooms, is not enough, as"
    " each chat has an address of its own: name the service under {component}",
    Need.ONLY_WE_MAKE_ROOMS: 'below Component "{muc}" "muc": restrict_room_creation = "local"',
    Need.ROOM_NAMES: 'below Component "{muc}" "muc": rooms may have addresses of {id_length} letters',
    Need.ROOM_PASSWORD: 'below Component "{muc}" "muc": no module may give new rooms a password',
    Need.ROOM_FORM: '{muc} has to be a service of Prosody\'s own "muc" module',
    Need.OWN_ROOMS: 'below Component "{muc}" "muc": nothing may take the rights of a room\'s owner away; look at its'
    " modules_enabled",
    Need.CLOSED_ROOMS: 'below Component "{muc}" "muc": {component} and its parents must not be in admins; look at its'
    " modules_enabled",
    Need.REAL_ADDRESSES: 'below Component "{muc}" "muc": no module may hide addresses from moderators',
    Need.ARCHIVE: 'below Component "{muc}" "muc": modules_enabled = {{ "muc_mam" }}',
    Need.ROOM_TITLES: 'below Component "{muc}" "muc": a room may have a name of {title_bytes} bytes',
    Need.ROOM_SIZE: 'below Component "{muc}" "muc": no module may keep {people} people from being in a room at once',
    Need.MANY_ROOMS: 'below Component "{muc}" "muc": muc_max_rooms has to be as many as there may be chats at once, and'
    " {rooms} at least; best it is not set",
    Need.ANONYMOUS_DOMAIN: 'add VirtualHost "{anonymous}" with authentication = "anonymous"',
    Need.VISITORS_REACH_US: "{anonymous} and {component} have to be on the same Prosody, or reach each other by s2s",
    Need.VISITORS_ENTER: 'below Component "{muc}" "muc": no module may keep {anonymous} out; look at its'
    " modules_enabled",
    Need.VISITORS_MAKE_ROOMS: 'below Component "{general_muc}" "muc": restrict_room_creation = "local"',
    Need.VISITORS_RESUME: 'below VirtualHost "{anonymous}": modules_disabled = {{ "smacks" }}',
    Need.WEBSOCKET: 'modules_enabled of the whole server needs "websocket"; web.websocket_url here is where browsers'
    " find it",
    Need.WEBSOCKET_SECURE: "for the whole server: consider_websocket_secure = true, as TLS is what the web server"
    " before it does (or web.websocket_url has to begin with wss)",
    Need.STANZA_SIZE: "component_stanza_size_limit, for the whole server, has to be {max_bytes} at least; or set"
    " xmpp.max_stanza_bytes here to what it is",
    Need.NOTICES: 'below VirtualHost "{domain}": "watchregistrations" in modules_enabled, registration_watchers ='
    ' {{ "{component}" }}, registration_notification = "new-account $username@$host"',
    Need.ACCOUNT_LIST: 'Prosody tells it to nobody: who signs up while the desk is down becomes a trainee with "ready",'
    " by registering with the desk, or in the contributors' room",
    Need.BOOKMARKS: 'below VirtualHost "{domain}", privileged_entities for "{component}" can have iq ='
    ' {{ ["http://jabber.org/protocol/pubsub"] = "set" }} (Debian: package prosody-modules)',
    Need.PRIVILEGES: 'modules_enabled = {{ "privilege" }} both below VirtualHost "{domain}" and below Component'
    ' "{component}" (Debian: package prosody-modules), and privileged_entities below the VirtualHost, with'
    ' roster = "both"',
    **dict.fromkeys(
        (Need.GROUPS_API, Need.GROUPS_ALLOWED, Need.GROUPS_COMMANDS, Need.GROUPS_MODULE),
        "Prosody has no such API: leave groups.api_url here empty, and let the desk write the lists by"
        ' mod_privilege, below VirtualHost "{domain}"',
    ),
}

EJABBERD: Mapping[Need, str] = {
    **COMMON,
    Need.PORT: "ejabberd has to run (its log says what it does not understand), with include_config_file in its"
    " ejabberd.yml naming the file that init wrote; below listen, the one with module: ejabberd_service says by ip and"
    " port where it listens for components; here xmpp.host and xmpp.port have to say the same",
    Need.SECRET: 'below listen, module: ejabberd_service: hosts has to name "{component}", with the same password as'
    " xmpp.secret here",
    Need.COMPONENT: 'below listen, module: ejabberd_service: hosts has to name "{component}" with its password; or the'
    " port is one of another module",
    Need.FREE_ADDRESS: "stop what is connected as {component}, as ejabberd would deal what comes to both; {component}"
    " must not be among hosts of the whole server; below listen, module: ejabberd_service: global_routes: false, else"
    " other components of that listener answer for it",
    Need.ONLY_US: "below listen, module: ejabberd_service: global_routes: false, else each component of that listener"
    " gets what is for the others; stop what else is connected as {component}; {component} must not be among hosts"
    " of the whole server",
    Need.STAFF_DOMAIN: 'add "{domain}" to hosts, or correct staff.domains here',
    Need.MUC_SERVICE: 'host of a mod_muc has to be "{muc}", or correct xmpp.muc here',
    Need.MAKE_ROOMS: 'mod_muc of {muc}: access_create has to be a rule that allows an acl with server: "{component}",'
    " as each chat has an address of its own; access has to be all; regexp_room_id has to allow {id_length} letters and"
    " digits",
    Need.ONLY_WE_MAKE_ROOMS: "mod_muc of {muc}: access_create has to be a rule that allows nobody but an acl with"
    ' server: "{component}"',
    Need.ROOM_NAMES: "mod_muc of {muc}: max_room_id has to be {id_length} at least, best it is infinity; regexp_room_id"
    " has to allow as many letters and digits",
    Need.ROOM_PASSWORD: "mod_muc of {muc}: default_room_options must not have password_protected: true",
    Need.ROOM_FORM: "mod_muc of {muc}: access_persistent and access_mam have to be rules that allow an acl with server:"
    ' "{component}"',
    Need.OWN_ROOMS: "mod_muc of {muc}: nothing may take the rights of a room's owner away",
    Need.CLOSED_ROOMS: "mod_muc of {muc}: access_admin must not allow {component}, best it is none",
    Need.REAL_ADDRESSES: "mod_muc of {muc}: no module may hide addresses from moderators",
    Need.ARCHIVE: "the host below which {muc} is set up needs mod_mam among its modules, and its mod_muc"
    " default_room_options: mam: true",
    Need.ROOM_TITLES: "mod_muc of {muc}: max_room_name has to be {title_bytes} at least, best it is infinity",
    Need.ROOM_SIZE: "mod_muc of {muc}: max_users, and below default_room_options max_users, have to be {people} at"
    " least",
    Need.MANY_ROOMS: "mod_muc of {muc}: max_user_conferences has to be {rooms} at least: so many rooms one of the staff"
    " may be in at once",
    Need.ANONYMOUS_DOMAIN: 'add "{anonymous}" to hosts, and below host_config for it auth_method: [anonymous] and'
    " anonymous_protocol: sasl_anon",
    Need.VISITORS_REACH_US: "{anonymous} and {component} have to be on the same ejabberd, or reach each other by s2s",
    Need.VISITORS_ENTER: "mod_muc of {muc}: access has to be all",
    Need.VISITORS_MAKE_ROOMS: "mod_muc of {general_muc}: in the rule of access_create, deny an acl with server:"
    ' "{anonymous}" before local is allowed',
    Need.VISITORS_RESUME: 'below host_config, "{anonymous}" needs modules of its own, without mod_stream_mgmt',
    Need.WEBSOCKET: "below listen, module: ejabberd_http, request_handlers: /xmpp-websocket: ejabberd_http_ws; a web"
    " server that does TLS passes it on; web.websocket_url here is where browsers find it",
    Need.WEBSOCKET_SECURE: "nothing may make TLS a condition of the login on the listener with ejabberd_http_ws; or"
    " web.websocket_url has to begin with wss",
    Need.STANZA_SIZE: "below listen, module: ejabberd_service: max_stanza_size has to be {max_bytes} at least; or set"
    " xmpp.max_stanza_bytes here to what it is",
    Need.PRIVILEGES: "with what livechat.yml has below listen (mod_http_api) and api_permissions, mod_shared_roster and"
    " mod_admin_extra among the modules, and groups.api_url here, all of {domain} have them without being asked",
    Need.GROUPS_ALLOWED: "api_permissions that let the desk call the commands srg_* and registered_users, from this"
    " machine's address or as groups.api_account",
    Need.GROUPS_COMMANDS: 'mod_admin_extra among the modules of "{domain}"; groups.api_url here has to end in /api/v0',
    Need.GROUPS_MODULE: 'mod_shared_roster among the modules of "{domain}"',
    Need.GROUPS_API: "below listen, module: ejabberd_http on loopback with request_handlers: /api/v0: mod_http_api;"
    " api_permissions that let this machine call the commands srg_*; mod_shared_roster and mod_admin_extra below the"
    ' modules of "{domain}"; groups.api_url here has to be that listener\'s address, with /api/v0',
    Need.NOTICES: 'below modules, mod_register: registration_watchers: ["{component}"]',
    Need.ACCOUNT_LIST: "api_permissions that let the desk give the command registered_users, and groups.api_url here;"
    ' else who signs up while the desk is down becomes a trainee with "ready", by registering with the desk, or in the'
    " contributors' room",
    Need.BOOKMARKS: "nothing to change: ejabberd lets nobody write them for others",
}

WORDS: Mapping[str, Mapping[Need, str]] = {"Prosody": PROSODY, "ejabberd": EJABBERD}


def words(need: Need, software: str, names: Mapping[str, str]) -> str:
    """Return what to change; software: the server's name as it tells it. Where it is not one of ours: in all words."""
    known = WORDS.get(software)
    if known is not None:
        return known[need].format_map(names)
    return "; ".join(f"in {name}: {texts[need].format_map(names)}" for name, texts in WORDS.items())
