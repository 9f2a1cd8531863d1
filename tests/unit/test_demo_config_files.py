"""The configuration files that the demo writes, as Lua and TOML readers see them."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest

from livechat_xmpp.demo.config_files import (
    ejabberd_snippet,
    prosody_snippet,
    write_component,
    write_ejabberd,
    write_private,
    write_prosody,
)
from livechat_xmpp.demo.places import Names, Ports

NAMES = Names("example.org", "help.example.org", "chats.help.example.org", "guests.example.org")


def test_every_sign_of_the_templates_is_filled_in(tmp_path: Path) -> None:
    write_prosody(tmp_path, NAMES, Ports(), "geheim")
    for file in tmp_path.glob("*.lua"):
        assert not re.search(r"@[A-Z_]+@", file.read_text("utf-8")), file


def test_the_snippet_for_admins_is_what_the_demo_runs(tmp_path: Path) -> None:
    write_prosody(tmp_path, NAMES, Ports(), "geheim")
    assert (tmp_path / "livechat.cfg.lua").read_text("utf-8") == prosody_snippet(NAMES, "geheim")
    assert f'Include "{tmp_path}/livechat.cfg.lua"' in (tmp_path / "prosody.cfg.lua").read_text("utf-8")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('VirtualHost "example.org"', id="staff"),
        pytest.param('VirtualHost "guests.example.org"', id="anonymous visitors"),
        pytest.param('Component "help.example.org"', id="the component"),
        pytest.param('Component "chats.help.example.org" "muc"', id="help rooms"),
        pytest.param('component_secret = "geheim"', id="the secret"),
        pytest.param('restrict_room_creation = "local"', id="only the desk makes rooms"),
        pytest.param('registration_watchers = { "help.example.org" }', id="the desk hears of new accounts"),
    ],
)
def test_the_snippet_names(line: str) -> None:
    assert line in prosody_snippet(NAMES, "geheim")


def test_every_sign_of_ejabberds_templates_is_filled_in_and_the_snippet_is_included(tmp_path: Path) -> None:
    main = write_ejabberd(tmp_path, NAMES, Ports(), "geheim")
    for file in tmp_path.glob("*.yml"):
        assert not re.search(r"@[A-Z_]+@", file.read_text("utf-8")), file
    assert (tmp_path / "livechat.yml").read_text("utf-8") == ejabberd_snippet(NAMES, Ports(), "geheim")
    assert f'include_config_file:\n  - "{tmp_path}/livechat.yml"' in main.read_text("utf-8")


def test_the_component_reads_what_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "livechat.toml"
    write_component(path, NAMES, Ports(web=8081), 'ge"heim\\', "sqlite+aiosqlite:///x.db", {"ada@example.org": "admin"})
    settings = tomllib.loads(path.read_text("utf-8"))
    assert settings["xmpp"]["secret"] == 'ge"heim\\'
    assert settings["xmpp"]["muc"] == "chats.help.example.org"
    assert settings["staff"]["initial"] == {"ada@example.org": "admin"}
    assert settings["web"] == {
        "host": "127.0.0.1",
        "port": 8081,
        "websocket_url": "ws://127.0.0.1:5280/xmpp-websocket",
        "metrics_allow": ["127.0.0.0/8"],
    }


def test_files_with_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "old")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
