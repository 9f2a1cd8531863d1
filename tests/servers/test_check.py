"""`livechat-xmpp check` on a Prosody that is set up well, and with each setting wrong in turn."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from livechat_xmpp.demo.config_files import write_component
from livechat_xmpp.demo.places import HOST, PROJECT
from tests.people import BareComponent
from tests.servers.desk import Desk
from tests.servers.prosody import Prosody
from tests.servers.throwaway import some_free_ports

HAS_MUC_ADMINS = 'admins = { "workgroup.localhost" }\n  restrict_room_creation = true'


class Outcome:
    """What one run of the command said. missing: the lines of what is required and not there."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        self.missing = [line for line in text.splitlines() if line.startswith("NO  ")]

    def line(self, words: str) -> str:
        """Return the only line with these words."""
        found = [line for line in self.text.splitlines() if words in line]
        assert len(found) == 1, f"{len(found)} lines with {words!r} in\n{self.text}"
        return found[0]


@contextmanager
def prosody_with(folder: Path, change: Callable[[str], str], file: str = "livechat.cfg.lua") -> Iterator[Prosody]:
    """Run a Prosody whose configuration was changed before its start."""
    server = Prosody(folder)
    text = (folder / file).read_text("utf-8")
    changed = change(text)
    assert changed != text, "the template has changed: this test tries nothing any more"
    (folder / file).write_text(changed, "utf-8")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def check(server: Prosody, folder: Path, **environment: str) -> Outcome:
    """Run the command with a configuration for this server; environment: LIVECHAT_* settings."""
    config = folder / "check.toml"
    ports = replace(server.ports, web=some_free_ports().web)
    write_component(config, server.names, ports, server.secret, f"sqlite+aiosqlite:///{folder}/check.db", {})
    return check_with(config, environment)


def check_with(config: Path, environment: Mapping[str, str] | None = None) -> Outcome:
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVECHAT_")}
    done = subprocess.run(
        [sys.executable, "-m", "livechat_xmpp", "check", "--config", str(config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PROJECT,
        env={**own, **(environment or {})},
        check=False,
    )
    assert done.stderr == ""
    return Outcome(done.returncode, done.stdout)


def test_all_is_well_with_the_configuration_that_we_write(prosody: Prosody, tmp_path: Path) -> None:
    outcome = check(prosody, tmp_path)
    assert outcome.missing == []
    assert outcome.status == 0
    assert "Prosody 0." in outcome.line("staff's domain localhost")
    assert "roster both" in outcome.line("contact lists")


def test_nothing_is_left_behind(prosody: Prosody, tmp_path: Path) -> None:
    rooms = prosody.folder / "data" / "chats%2eworkgroup%2elocalhost" / "config"
    check(prosody, tmp_path)
    assert [path.name for path in rooms.glob("check*")] == []


@pytest.mark.parametrize(
    ("environment", "setting"),
    [
        pytest.param({"LIVECHAT_XMPP__SECRET": "wrong"}, 'component_secret below Component "workgroup', id="secret"),
        pytest.param({"LIVECHAT_XMPP__PORT": "1"}, "component_ports", id="nobody listens at the port"),
        pytest.param({"LIVECHAT_XMPP__COMPONENT": "desk.localhost"}, 'add Component "desk.localhost"', id="component"),
        pytest.param({"LIVECHAT_XMPP__COMPONENT": "localhost"}, 'add Component "localhost"', id="no component at all"),
        pytest.param(
            {"LIVECHAT_XMPP__MUC": "chat.localhost"}, 'add Component "chat.localhost" "muc"', id="MUC service"
        ),
        pytest.param({"LIVECHAT_XMPP__MUC": "localhost"}, 'add Component "localhost" "muc"', id="not a MUC service"),
        pytest.param(
            {"LIVECHAT_XMPP__MUC": "conference.localhost"}, 'restrict_room_creation = "local"', id="somebody else's MUC"
        ),
        pytest.param(
            {"LIVECHAT_VISITORS__ANONYMOUS_DOMAINS": '["guests.localhost"]'},
            'add VirtualHost "guests.localhost"',
            id="anonymous domain",
        ),
        pytest.param(
            {"LIVECHAT_STAFF__DOMAINS": '["staff.localhost"]'}, 'add VirtualHost "staff.', id="staff's domain"
        ),
    ],
)
def test_a_wrong_setting_of_ours_is_named(
    prosody: Prosody, tmp_path: Path, environment: dict[str, str], setting: str
) -> None:
    outcome = check(prosody, tmp_path, **environment)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert setting in outcome.missing[0]


def test_the_port_of_clients_is_not_taken_for_the_component_s(prosody: Prosody, tmp_path: Path) -> None:
    outcome = check(prosody, tmp_path, LIVECHAT_XMPP__PORT=str(prosody.ports.c2s))
    assert outcome.status == 1
    assert "component_ports" in outcome.missing[0]


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
    ],
)
def test_a_wrong_setting_of_the_server_is_named(tmp_path: Path, old: str, new: str, setting: str) -> None:
    with prosody_with(tmp_path, lambda text: text.replace(old, new)) as server:
        outcome = check(server, tmp_path)
    assert outcome.status == 1
    assert len(outcome.missing) == 1, outcome.text
    assert setting in outcome.missing[0]


def test_what_the_desk_can_do_without_is_told_and_does_not_fail(tmp_path: Path) -> None:
    with prosody_with(
        tmp_path, lambda text: text.replace('"privilege"', '"time"').replace("privileged_entities", "unknown")
    ) as server:
        outcome = check(server, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/xmpp-websocket")
    assert (outcome.status, outcome.missing) == (0, []), outcome.text
    assert 'modules_enabled = { "privilege" }' in outcome.line("contact lists")
    assert "does not answer here" in outcome.line("websocket ws:")
    assert outcome.line("not tried without a visitor").startswith("--")
    assert outcome.line("domain of the visitors").startswith("ok")
    assert "can be made with any client" in outcome.line("contributors' room")


def test_a_running_desk_keeps_its_link(desk: Desk) -> None:
    outcome = check_with(desk.config)
    assert outcome.status == 1
    assert "stop what is connected as workgroup.localhost" in outcome.missing[0]
    assert "link lost" not in desk.log.read_text("utf-8")


def test_a_desk_that_runs_elsewhere_keeps_its_link(desk: Desk, tmp_path: Path) -> None:
    """With a configuration that names another page: only as a visitor can the desk be seen."""
    outcome = check(desk.server, tmp_path)
    assert outcome.status == 1
    assert "somebody answers as workgroup.localhost" in outcome.missing[0]
    assert "link lost" not in desk.log.read_text("utf-8")


def test_a_desk_that_was_stopped_is_known_to_its_staff(desk: Desk) -> None:
    desk.stop()
    outcome = check_with(desk.config)
    assert outcome.status == 0, outcome.text
    assert "6 of 6 people" in outcome.line("staff.initial")
    assert outcome.line("contributors' room").startswith("ok")


async def test_an_address_that_another_program_holds_is_told(tmp_path: Path) -> None:
    """With kick_new, and without a page or a WebSocket to ask beforehand."""
    with prosody_with(tmp_path, lambda text: text.replace('"kick_old"', '"kick_new"')) as server:
        async with await BareComponent.connect(HOST, server.ports.component, server.names.component, server.secret):
            outcome = await asyncio.to_thread(
                check, server, tmp_path, LIVECHAT_WEB__WEBSOCKET_URL=f"ws://{HOST}:1/", LIVECHAT_WEB__ENABLED="false"
            )
    assert outcome.status == 1
    assert "stop what is connected as workgroup.localhost" in outcome.line("(conflict)")
    assert outcome.line("nobody could be asked").startswith("--")
