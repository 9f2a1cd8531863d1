"""The demo's accounts and what is said about them."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

from livechat_xmpp.demo.accounts import load_accounts, new_password
from livechat_xmpp.demo.places import PROJECT, Names, Ports
from livechat_xmpp.demo.welcome import steps, welcome


def test_passwords_are_readable_and_differ() -> None:
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"([a-z]{4}-){2}[a-z]{4}", password) for password in passwords)


def test_passwords_are_kept_between_starts(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    first = load_accounts(path, "localhost")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_accounts(path, "localhost") == first


def test_an_account_that_is_missing_in_the_file_is_added(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    path.write_text(json.dumps({"ada@localhost": "kept"}))
    accounts = load_accounts(path, "localhost")
    assert [a.name for a in accounts] == ["ada", "art", "mia", "ana", "ben", "tom"]
    assert accounts[0].password == "kept"


def test_the_welcome_names_pages_accounts_and_the_way_out(tmp_path: Path) -> None:
    accounts = load_accounts(tmp_path / "passwords.json", "localhost")
    text = welcome(Names(), Ports(web=8081), accounts)
    assert "http://127.0.0.1:8081/\n" in text
    assert "http://127.0.0.1:8081/team\n" in text
    assert "Ctrl-C" in text
    for account in accounts:
        assert f"{account.jid}  {account.password}  {account.standing}" in text


def test_the_terminal_and_the_readme_have_the_same_to_try(tmp_path: Path) -> None:
    readme = " ".join((PROJECT / "README.md").read_text("utf-8").split())
    shown = " ".join(welcome(Names(), Ports(), load_accounts(tmp_path / "passwords.json", "localhost")).split())
    number = 0
    for title, those in steps("http://127.0.0.1:8080/", "support@workgroup.localhost"):
        assert f"**{title}**" in readme
        for step in those:
            number += 1
            assert f" {number}. {step}" in readme
            assert f" {number}. {step}" in shown
    assert number > 5
