"""`livechat-xmpp check` on servers that are set up well, and with each setting wrong in turn."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import test_utils, web

from livechat_xmpp.demo.places import HOST
from livechat_xmpp.demo.plain_client import PlainClient
from tests.people import BareComponent
from tests.servers.checking import Change, Outcome, check, check_as_process, check_with, server_with
from tests.servers.desk import Desk, running_desk
from tests.servers.ejabberd import Ejabberd
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

HAS_MUC_ADMINS = 'admins = { "workgroup.localhost" }\n  restrict_room_creation = true'
ROOMS = "max_user_conferences: 1000"
OUR_COMPONENT = '"workgroup.localhost":\n        password'


@pytest.fixture
def server(each_server: ThrowawayServer) -> ThrowawayServer:
    """A server of each kind with the configuration that we write."""
    return each_server


def test_all_is_well_with_the_configuration_that_we_write(server: ThrowawayServer, tmp_path: Path) -> None:
    outcome = check(server, tmp_path)
    assert outcome.missing == []
    assert outcome.status == 0
    assert f"{server.software} " in outcome.line("staff's domain localhost")
    assert outcome.line("a visitor who is a member is let in").startswith("ok")
    assert outcome.line("bytes passes").startswith("ok")
    assert "counts as there for minutes" not in outcome.text
    assert "visitors can make rooms" not in outcome.text


def test_how_the_groups_come_into_contact_lists_is_told(prosody: Prosody, ejabberd: Ejabberd, tmp_path: Path) -> None:
    assert "the desk writes the lists" in check(prosody, tmp_path).line("ok  groups in contact lists")
    assert "the server has them" in check(ejabberd, tmp_path).line("ok  groups in contact lists")
    without = check(ejabberd, tmp_path, LIVECHAT_GROUPS__API_URL="")
    assert without.status == 0
    assert "suggested to people's clients (XEP-0144): with what livechat.yml has" in without.line(
        "--  groups in contact"
    )
    unwanted = check(prosody, tmp_path, LIVECHAT_GROUPS__ENABLED="false")
    assert "none, as groups.enabled says" in unwanted.line("--  groups in contact lists")


def test_an_api_that_does_not_answer_is_named(prosody: Prosody, ejabberd: Ejabberd, tmp_path: Path) -> None:
    nowhere = {"LIVECHAT_GROUPS__API_URL": f"http://{HOST}:1/api/v0"}
    (missing,) = check(ejabberd, tmp_path, **nowhere).missing
    assert "/api/v0: mod_http_api" in missing
    assert check(prosody, tmp_path, **nowhere).missing == [], "not asked where the desk may write the lists itself"


async def test_what_there_is_for_newcomers_is_told(server: ThrowawayServer, tmp_path: Path) -> None:
    owner, *_ = await server.make_people()
    room = f"contributors-{owner.name}@conference.localhost"

    def tell() -> Outcome:
        return check(server, tmp_path, LIVECHAT_XMPP__CONTRIBUTORS=room)

    async def affiliated(person: PlainClient, affiliation: str) -> Outcome:
        await person.set_affiliation(room, "support@workgroup.localhost", affiliation)
        return await asyncio.to_thread(tell)

    async with PlainClient(server.ports.c2s, "localhost") as person:
        await person.login(owner.name, owner.password)
        await person.enter_room(room, "owner")
        await person.configure_room(room, {"muc#roomconfig_persistentroom": "1", "muc#roomconfig_moderatedroom": "0"})
        hidden = await asyncio.to_thread(tell)
        ruling, banned = await affiliated(person, "admin"), await affiliated(person, "outcast")
    assert "support@workgroup.localhost an admin" in hidden.line("hides from the desk who enters")
    assert ruling.line("sees who else does").startswith("ok")
    assert "a member there" in banned.line("may not enter the contributors' room")
    assert {one.status for one in (hidden, ruling, banned)} == {0}
    bookmarked = ruling.line("bookmark").startswith("ok")
    assert bookmarked is (server.software == "Prosody")


def test_a_server_that_lists_its_accounts_to_the_desk_is_told(tmp_path: Path) -> None:
    main = (
        ("access_rules:\n", "access_rules:\n  configure:\n    allow: livechat_desk\n"),
        ("  mod_disco: {}\n", "  mod_configure: {}\n  mod_disco: {}\n"),
    )
    with server_with(Ejabberd, tmp_path, main=main) as server:
        asyncio.run(server.make_account("una"))
        outcome = check(server, tmp_path)
    assert outcome.line("made while the desk is down").endswith("it lists 1")


async def test_nothing_is_left_behind(server: ThrowawayServer, tmp_path: Path) -> None:
    outcome = await asyncio.to_thread(check, server, tmp_path)
    assert outcome.line("the room is destroyed again").startswith("ok")
    names = server.names
    async with await BareComponent.connect(HOST, server.ports.component, names.component, server.secret) as component:
        looker = await component.person(f"looker@{names.component}/x").arrive(available=False)
        rooms = [item["jid"] for item in await looker.disco_items(names.muc)]
    assert [room for room in rooms if room.startswith("check")] == []
    kept = server.folder / "data" / "chats%2eworkgroup%2elocalhost" / "config"  # of Prosody, hidden rooms as well
    assert [path.name for path in kept.glob("check*")] == []


# --- settings of ours


@pytest.mark.parametrize(
    ("environment", "prosodys", "ejabberds"),
    [
        pytest.param(
            {"LIVECHAT_XMPP__SECRET": "wrong"},
            'component_secret below Component "workgroup',
            'hosts has to name "workgroup.localhost", with the same password',
            id="secret",
        ),
        pytest.param({"LIVECHAT_XMPP__PORT": "1"}, "component_ports", "ejabberd_service", id="nobody listens there"),
        pytest.param(
            {"LIVECHAT_XMPP__COMPONENT": "desk.localhost"},
            'add Component "desk.localhost"',
            'hosts has to name "desk.localhost"',
            id="component",
        ),
        pytest.param(
            {"LIVECHAT_XMPP__COMPONENT": "localhost"},
            'add Component "localhost"',
            "localhost must not be among hosts",
            id="no component at all",
        ),
        pytest.param(
            {"LIVECHAT_XMPP__MUC": "chat.localhost"},
            'add Component "chat.localhost" "muc"',
            'host of a mod_muc has to be "chat.localhost"',
            id="MUC service",
        ),
        pytest.param(
            {"LIVECHAT_XMPP__MUC": "localhost"},
            'add Component "localhost" "muc"',
            'host of a mod_muc has to be "localhost"',
            id="not a MUC service",
        ),
        pytest.param(
            {"LIVECHAT_XMPP__MUC": "conference.localhost"},
            'restrict_room_creation = "local"',
            "mod_muc of conference.localhost: access_create",
            id="somebody else's MUC",
        ),
        pytest.param(
            {"LIVECHAT_VISITORS__ANONYMOUS_DOMAINS": '["guests.localhost"]'},
            'add VirtualHost "guests.localhost"',
            'add "guests.localhost" to hosts',
            id="anonymous domain",
        ),
        pytest.param(
            {"LIVECHAT_STAFF__DOMAINS": '["staff.localhost"]'},
            'add VirtualHost "staff.localhost"',
            'add "staff.localhost" to hosts',
            id="staff's domain",
        ),
        pytest.param(
            {"LIVECHAT_WEB__WEBSOCKET_URL": "ws://nowhere.invalid/xmpp-websocket"},
            "this one does not know",
            "this one does not know",
            id="name of the WebSocket's machine",
        ),
        pytest.param(
            {"LIVECHAT_WEB__WEBSOCKET_URL": f"ws://{HOST}:1/xmpp-websocket"},
            'needs "websocket"',
            "/xmpp-websocket: ejabberd_http_ws",
            id="address of the WebSocket",
        ),
    ],
)
def test_a_wrong_setting_of_ours_is_named(
    server: ThrowawayServer, tmp_path: Path, environment: dict[str, str], prosodys: str, ejabberds: str
) -> None:
    outcome = check(server, tmp_path, **environment)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert {"prosody": prosodys, "ejabberd": ejabberds}[server.kind] in outcome.missing[0]


def test_a_websocket_without_the_tls_that_its_address_promises_is_told(server: ThrowawayServer, tmp_path: Path) -> None:
    (missing,) = check(
        server, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=f"wss://{HOST}:{server.ports.http}/xmpp-websocket"
    ).missing
    assert "TLS there does not work" in missing


async def test_a_web_server_that_passes_nothing_on_is_told(server: ThrowawayServer, tmp_path: Path) -> None:
    async def refuse(request: web.BaseRequest) -> web.Response:
        return web.Response(status=502)

    async with test_utils.RawTestServer(refuse) as proxy:
        url = f"ws://{HOST}:{proxy.port}/xmpp-websocket"
        (missing,) = (await asyncio.to_thread(check, server, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=url)).missing
    assert "passes nothing on" in missing


def test_a_port_that_the_pages_cannot_have_is_told(server: ThrowawayServer, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        (missing,) = check(server, tmp_path, LIVECHAT_WEB__PORT=str(taken.getsockname()[1])).missing
    assert "set web.port" in missing


def test_somebody_named_who_has_no_account_is_told(ejabberd: Ejabberd, tmp_path: Path) -> None:
    outcome = check(ejabberd, tmp_path, LIVECHAT_STAFF__INITIAL='{"adda@localhost": "admin"}')
    assert outcome.line("adda@localhost of staff.initial").startswith("--")


def test_a_contributors_room_on_a_service_that_is_not_there_is_told(server: ThrowawayServer, tmp_path: Path) -> None:
    outcome = check(server, tmp_path, LIVECHAT_XMPP__CONTRIBUTORS="team@talks.localhost")
    assert "on a MUC service that the server has" in outcome.line("no contributors' room")


def test_the_port_of_clients_is_not_taken_for_the_component_s(server: ThrowawayServer, tmp_path: Path) -> None:
    outcome = check(server, tmp_path, LIVECHAT_XMPP__PORT=str(server.ports.c2s))
    assert outcome.status == 1
    assert {"prosody": "component_ports", "ejabberd": "ejabberd_service"}[server.kind] in outcome.missing[0]


def test_where_the_server_is_not_known_yet_the_words_of_both_are_given(server: ThrowawayServer, tmp_path: Path) -> None:
    outcome = check(
        server, tmp_path, LIVECHAT_XMPP__SECRET="wrong", LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/xmpp-websocket"
    )
    assert outcome.status == 1
    line = outcome.line("linked as workgroup.localhost")
    assert "in Prosody: component_secret below" in line
    assert "in ejabberd: below listen, module: ejabberd_service" in line


# --- settings of the server


@pytest.mark.parametrize(
    ("old", "new", "setting"),
    [
        pytest.param('"muc_mam" } -- the desk', "} -- the desk", '"muc_mam"', id="no archive of the rooms"),
        pytest.param(
            'restrict_room_creation = "local"', "restrict_room_creation = true", '"local"', id="only admins make rooms"
        ),
        pytest.param(
            'restrict_room_creation = "local"', HAS_MUC_ADMINS, '"local"', id="only our bare domain makes rooms"
        ),
        pytest.param('restrict_room_creation = "local"', "", '"local"', id="everybody makes rooms"),
        pytest.param('authentication = "anonymous"', "", 'authentication = "anonymous"', id="passwords for visitors"),
        pytest.param('VirtualHost "anon.', 'VirtualHost "guests.', 'add VirtualHost "anon.', id="no visitors' domain"),
        pytest.param('Component "chats.', 'Component "talks.', 'add Component "chats.', id="no service of help rooms"),
        pytest.param(
            "component_stanza_size_limit = 8 * 1024 * 1024",
            "component_stanza_size_limit = 100000",
            "component_stanza_size_limit, for the whole server, has to be 480000",
            id="small stanzas only",
        ),
        pytest.param(
            '"muc_mam" } -- the desk', '"muc_mam" }; muc_max_rooms = 1 --', "muc_max_rooms", id="one room only"
        ),
    ],
)
def test_a_wrong_setting_of_prosody_is_named(tmp_path: Path, old: str, new: str, setting: str) -> None:
    with server_with(Prosody, tmp_path, (old, new)) as server:
        outcome = check(server, tmp_path)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert setting in outcome.missing[0]


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        pytest.param(('"bosh"; "websocket";', '"bosh";'), 'needs "websocket"', id="no WebSocket"),
        pytest.param(
            ("c2s_require_encryption = false", "c2s_require_encryption = true"),
            "consider_websocket_secure = true",
            id="no login without TLS",
        ),
    ],
)
def test_a_wrong_setting_of_the_whole_prosody_is_named(tmp_path: Path, change: Change, setting: str) -> None:
    with server_with(Prosody, tmp_path, main=(change, ("consider_websocket_secure = true\n", ""))) as server:
        outcome = check(server, tmp_path)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert setting in outcome.missing[0]


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        pytest.param(
            [
                ("      mod_mam:\n        default: never", "      mod_last: {}\n      #"),
                ("        request_activates_archiving: false\n", ""),
            ],
            "needs mod_mam",
            id="no mod_mam",
        ),
        pytest.param(
            [("mam: true", "mam: false"), ("access_mam: livechat_desk", "access_mam: none")],
            "access_mam",
            id="archive off, and not ours to turn on",
        ),
        pytest.param(
            [("access_create: livechat_desk", "access_create: local")],
            "mod_muc of chats.",
            id="local accounts make rooms",
        ),
        pytest.param(
            [("access_create: livechat_desk", "access_create: all")], "allows nobody but", id="everybody makes rooms"
        ),
        pytest.param(
            [('server: "workgroup.localhost"', 'user: "workgroup.localhost"')],
            'an acl with server: "workgroup.localhost"',
            id="acl for something else",
        ),
        pytest.param(
            [("access_persistent: livechat_desk", "access_persistent: none")], "access_persistent", id="no kept rooms"
        ),
        pytest.param(
            [("access: all\n        access_create", "access: livechat_desk\n        access_create")],
            "access has to be all",
            id="visitors kept out of rooms",
        ),
        pytest.param(
            [('host: "chats.', 'host: "talks.')], 'host of a mod_muc has to be "chats.', id="no service of help rooms"
        ),
        pytest.param(
            [('"workgroup.localhost":\n        password', '"desk.localhost":\n        password')],
            'hosts has to name "workgroup.localhost"',
            id="no such component",
        ),
        pytest.param(
            [
                ("module: ejabberd_service", "module: ejabberd_c2s"),
                ("global_routes: false", "#"),
                (f"hosts:\n      {OUR_COMPONENT}", "#"),
            ],
            "ejabberd_service",
            id="no listener for components",
        ),
        pytest.param(
            [("max_stanza_size: 8388608", "max_stanza_size: 100000")],
            "max_stanza_size has to be 480000",
            id="small stanzas only",
        ),
        pytest.param([('"anon.localhost"', '"guests.localhost"')], 'add "anon.localhost" to hosts', id="no visitors"),
        pytest.param(
            [("auth_method: [anonymous]", "auth_method: [internal]")], "auth_method: [anonymous]", id="passwords asked"
        ),
        pytest.param(
            [("/xmpp-websocket: ejabberd_http_ws", "/ws: ejabberd_http_ws")], "/xmpp-websocket:", id="no WebSocket"
        ),
        pytest.param([(ROOMS, "max_user_conferences: 1")], "max_user_conferences", id="one room for each person"),
        pytest.param([(ROOMS, "max_users: 2")], "max_users", id="two people in a room"),
        pytest.param([("  mam: true\n", "  mam: true\n          max_users: 2\n")], "max_users", id="two in a new room"),
        pytest.param([(ROOMS, "max_room_id: 8")], "max_room_id has to be 13", id="short names of rooms"),
        pytest.param([(ROOMS, 'regexp_room_id: "^team-"')], "regexp_room_id", id="names of rooms of one kind"),
        pytest.param([(ROOMS, "max_room_name: 100")], "max_room_name has to be 504", id="short titles of rooms"),
        pytest.param(
            [("  mam: true\n", "  mam: true\n          password_protected: true\n          password: geheim\n")],
            "password_protected",
            id="rooms with a password",
        ),
        pytest.param([("what: [srg_list, ", "what: [")], "api_permissions", id="a command for groups not allowed"),
    ],
)
def test_a_wrong_setting_of_ejabberd_is_named(tmp_path: Path, changes: list[Change], setting: str) -> None:
    with server_with(Ejabberd, tmp_path, *changes) as server:
        outcome = check(server, tmp_path)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert setting in outcome.missing[0]


@pytest.mark.parametrize("module", ["mod_admin_extra: {} #", "mod_shared_roster: {}"])
def test_an_ejabberd_without_what_shared_groups_need_is_told(tmp_path: Path, module: str) -> None:
    with server_with(Ejabberd, tmp_path, main=((module, "#"),)) as server:
        (missing,) = check(server, tmp_path).missing
    assert f"{module.partition(':')[0]} among the modules" in missing


def test_an_ejabberd_that_speaks_to_no_other_server_is_well(tmp_path: Path) -> None:
    with server_with(Ejabberd, tmp_path, main=(("access_rules:\n", "s2s_access: none\naccess_rules:\n"),)) as server:
        outcome = check(server, tmp_path)
    assert (outcome.status, outcome.missing) == (0, []), outcome.text


async def test_an_ejabberd_that_mixes_up_its_components_is_told(tmp_path: Path) -> None:
    """With global_routes, which is on unless set, and a second component on the same listener."""
    changes = (
        ("global_routes: false", "global_routes: true"),
        (OUR_COMPONENT, '"gateway.localhost":\n        password: secret\n      ' + OUR_COMPONENT),
    )
    with server_with(Ejabberd, tmp_path, *changes) as server:
        async with await BareComponent.connect(HOST, server.ports.component, "gateway.localhost", "secret"):
            seen = await asyncio.to_thread(check, server, tmp_path)
            unseen = await asyncio.to_thread(
                check, server, tmp_path, LIVECHAT_WEB__ENABLED="false", LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/"
            )
    for outcome in (seen, unseen):
        assert outcome.status == 1
        assert len(outcome.missing) == 1, outcome.text
        assert "global_routes: false" in outcome.missing[0]


def test_what_the_desk_can_do_without_is_told_and_does_not_fail(tmp_path: Path) -> None:
    changes = (('"privilege"', '"time"'), ("privileged_entities", "unknown"), ('"smacks"; ', ""))
    main = (('restrict_room_creation = "local"', ""),)
    with server_with(Prosody, tmp_path, *changes, main=main) as server:
        outcome = check(server, tmp_path)
        without_page = check(
            server,
            tmp_path,
            LIVECHAT_WEB__ENABLED="false",
            LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/xmpp-websocket",
        )
    assert (outcome.status, outcome.missing) == (0, []), outcome.text
    assert 'modules_enabled = { "privilege" }' in outcome.line("contact lists")
    assert "can be made with any client" in outcome.line("no contributors' room")
    assert "watchregistrations" in outcome.line("whether the server tells of new ones")
    assert '"ready"' in outcome.line("no list of accounts")
    assert '["http://jabber.org/protocol/pubsub"] = "set"' in outcome.line("get no bookmark")
    assert 'modules_disabled = { "smacks" }' in outcome.line("counts as there for minutes")
    assert 'below Component "conference.localhost" "muc"' in outcome.line("visitors can make rooms")
    assert (without_page.status, without_page.missing) == (0, []), without_page.text
    assert "nobody needs it" in without_page.line("websocket ws:")
    assert without_page.line("not tried without a visitor").startswith("--")
    assert without_page.line("domain of the visitors").startswith("ok")


def test_what_the_desk_can_do_without_on_ejabberd(tmp_path: Path) -> None:
    """The first two are what ejabberd begins rooms with; the desk's own form says otherwise before anybody comes."""
    changes = (
        ("moderated: false", "moderated: true"),
        ("mam: true", "mam: false"),
        ("mod_disco: {}", "mod_disco: {}\n      mod_stream_mgmt: {}"),
    )
    privilege = "mod_privilege:\n    roster:\n      both: livechat_desk\n  mod_pubsub:"
    main = (("    - deny: livechat_visitors # of livechat.yml\n", ""), ("mod_pubsub:", privilege))
    with server_with(Ejabberd, tmp_path, *changes, main=main) as server:
        outcome = check(server, tmp_path, LIVECHAT_GROUPS__API_URL="")
    assert (outcome.status, outcome.missing) == (0, []), outcome.text
    assert "without mod_stream_mgmt" in outcome.line("counts as there for minutes")
    assert "mod_muc of conference.localhost" in outcome.line("visitors can make rooms")
    assert "cannot write lists" in outcome.line("contact lists")


# --- desks that run


def test_a_running_desk_keeps_its_link(server: ThrowawayServer, tmp_path: Path) -> None:
    with running_desk(server, tmp_path) as desk:
        outcome = check_with(desk.config)
        assert outcome.status == 1
        assert "systemctl stop livechat-xmpp" in outcome.missing[0]
        assert "link lost" not in desk.log.read_text("utf-8")


def test_a_desk_that_runs_elsewhere_keeps_its_link(server: ThrowawayServer, tmp_path: Path) -> None:
    """With a configuration that names another page: only as a visitor can the desk be seen."""
    with running_desk(server, tmp_path) as desk:
        outcome = check(server, tmp_path)
        assert outcome.status == 1
        assert "somebody answers as workgroup.localhost" in outcome.missing[0]
        assert "link lost" not in desk.log.read_text("utf-8")


def test_a_desk_that_was_stopped_is_known_to_its_staff(desk: Desk) -> None:
    desk.stop()
    outcome = check_as_process(desk.config)
    assert outcome.status == 0, outcome.text
    assert "6 of 6 people" in outcome.line("staff.initial")
    assert "contributors@conference.localhost" in outcome.line("ok  contributors' room")
    assert outcome.line("sees who else does").startswith("ok")


async def test_an_address_that_another_program_holds_is_told(tmp_path: Path) -> None:
    """With kick_new, and without a page or a WebSocket to ask beforehand."""
    with server_with(Prosody, tmp_path, ('"kick_old"', '"kick_new"')) as server:
        async with await BareComponent.connect(HOST, server.ports.component, server.names.component, server.secret):
            outcome = await asyncio.to_thread(
                check, server, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/", LIVECHAT_WEB__ENABLED="false"
            )
    assert outcome.status == 1
    assert "stop what is connected as workgroup.localhost" in outcome.line("(conflict)")
    assert outcome.line("nobody could be asked").startswith("--")


async def test_an_address_that_another_program_shares_is_told(ejabberd: Ejabberd, tmp_path: Path) -> None:
    """Ejabberd lets both in, and deals what comes to them by chance."""
    names = ejabberd.names
    async with await BareComponent.connect(HOST, ejabberd.ports.component, names.component, ejabberd.secret):
        outcome = await asyncio.to_thread(
            check, ejabberd, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/", LIVECHAT_WEB__ENABLED="false"
        )
    assert outcome.status == 1
    assert "stop what else is connected as workgroup.localhost" in outcome.line("all that is for the desk comes to us")
