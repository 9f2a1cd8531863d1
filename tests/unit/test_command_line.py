"""The command line: where it finds its configuration, and with which status it ends."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from livechat_xmpp.__main__ import DONE, FAILED, WRONG_INPUT, main


def test_help_imports_neither_the_xmpp_library_nor_the_database() -> None:
    script = (
        "import sys\n"
        "from livechat_xmpp.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'slixmpp', 'sqlalchemy', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["dance"], id="an unknown command"),
        pytest.param(["export"], id="no chat"),
        pytest.param(["init", "--server", "exchange"], id="an unknown server"),
    ],
)
def test_wrong_arguments_end_with_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == WRONG_INPUT
    assert "usage: livechat-xmpp" in capsys.readouterr().err


def test_a_missing_configuration_ends_with_status_2_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIVECHAT_CONFIG", raising=False)
    assert main(["db", "current"]) == WRONG_INPUT
    assert "livechat.toml" in capsys.readouterr().err
    monkeypatch.setenv("LIVECHAT_CONFIG", "from-environment.toml")
    assert main(["db", "current"]) == WRONG_INPUT
    assert "from-environment.toml" in capsys.readouterr().err
    assert main(["db", "current", "--config", "from-argument.toml"]) == WRONG_INPUT
    assert "from-argument.toml" in capsys.readouterr().err


def test_all_mistakes_of_a_configuration_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "livechat.toml"
    path.write_text('[xmpp]\nport = 0\nsecrte = "x"\n[web]\nport = "many"\n')
    assert main(["db", "current", "--config", str(path)]) == WRONG_INPUT
    told = capsys.readouterr().err
    assert all(name in told for name in ("xmpp.port", "xmpp.secret", "xmpp.secrte", "web.port"))


def test_a_port_base_that_is_no_number_ends_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVECHAT_DEMO_PORT_BASE", "many")
    assert main(["demo"]) == WRONG_INPUT
    assert "LIVECHAT_DEMO_PORT_BASE=many" in capsys.readouterr().err


def test_init_writes_both_files_with_one_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--server", "prosody", "--domain", "example.net", "--folder", str(tmp_path)]) == DONE
    settings = tomllib.loads((tmp_path / "livechat.toml").read_text("utf-8"))
    snippet = (tmp_path / "livechat.cfg.lua").read_text("utf-8")
    assert settings["xmpp"]["component"] == "workgroup.example.net"
    assert settings["staff"]["domains"] == ["example.net"]
    assert f'component_secret = "{settings["xmpp"]["secret"]}"' in snippet
    assert 'Component "chats.workgroup.example.net" "muc"' in snippet
    assert "livechat-xmpp check" in capsys.readouterr().out


def test_init_for_ejabberd_names_the_listener_of_its_own_for_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--server", "ejabberd", "--domain", "example.net", "--folder", str(tmp_path)]) == DONE
    settings = tomllib.loads((tmp_path / "livechat.toml").read_text("utf-8"))
    snippet = (tmp_path / "livechat.yml").read_text("utf-8")
    assert f'password: "{settings["xmpp"]["secret"]}"' in snippet
    assert 'host: "chats.workgroup.example.net"' in snippet
    assert f"port: {settings['web']['websocket_url'].split(':')[2].partition('/')[0]}\n" in snippet
    assert "/etc/ejabberd/" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("server", "there"),
    [
        ("prosody", "livechat.toml"),
        ("prosody", "livechat.cfg.lua"),
        ("ejabberd", "livechat.toml"),
        ("ejabberd", "livechat.yml"),
    ],
)
def test_init_overwrites_nothing(server: str, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / there).write_text("mine")
    assert main(["init", "--server", server, "--folder", str(tmp_path)]) == FAILED
    assert there in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


@pytest.mark.parametrize(
    "domain", ["ada@example.org", "https://example.org", "example org", "example", "", ".org", "a_b.c/d"]
)
def test_init_takes_only_a_domain(domain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--server", "prosody", "--domain", domain, "--folder", str(tmp_path)]) == WRONG_INPUT
    assert "has to be a domain" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("domain", ["localhost", "Example.Org", "im.münchen.example", "xn--mnchen-3ya.example"])
def test_init_takes_any_domain(domain: str, tmp_path: Path) -> None:
    assert main(["init", "--server", "ejabberd", "--domain", domain, "--folder", str(tmp_path)]) == DONE
    settings = tomllib.loads((tmp_path / "livechat.toml").read_text("utf-8"))
    assert settings["staff"]["domains"] == [domain.lower()]


@pytest.mark.parametrize("what", [["--audit"], ["--chat", "a"]])
def test_export_makes_no_database_but_says_where_it_looked_for_one(
    what: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "livechat.toml"
    config.write_text('[xmpp]\nsecret = "s"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["export", *what, "--config", str(config)]) == FAILED
    assert f"There is no database {elsewhere / 'livechat.db'}." in capsys.readouterr().err
    assert not list(elsewhere.iterdir())


def test_an_empty_database_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "livechat.toml").write_text('[xmpp]\nsecret = "s"\n')
    (tmp_path / "livechat.db").touch()
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--audit"]) == FAILED
    assert capsys.readouterr().err == "The database does not do what it has to: no such table: audit\n"


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "livechat.toml").write_text('[xmpp]\nsecret = "s"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["db", "upgrade"]) == DONE
    assert (tmp_path / "livechat.db").stat().st_mode & 0o777 == 0o600


def test_a_database_of_a_newer_version_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As after going back to an older program: nobody reads that in a traceback."""
    file, config = tmp_path / "x.db", tmp_path / "livechat.toml"
    config.write_text(f'[xmpp]\nsecret = "s"\n[database]\nurl = "sqlite:///{file}"\n', "utf-8")
    assert main(["db", "upgrade", "--config", str(config)]) == DONE
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    assert main(["db", "upgrade", "--config", str(config)]) == FAILED
    assert capsys.readouterr().err.startswith("The database is not one of this version of the program: ")
