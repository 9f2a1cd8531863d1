"""The demo's six accounts and their passwords."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livechat_xmpp.demo.config_files import write_private
from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.places import Names
from livechat_xmpp.demo.plain_client import LoginFailed, PlainClient, RequestFailed

# Two admins, because the last one cannot be demoted, and a promotion wants two who approve.
PEOPLE = (
    ("ada", "admin"),
    ("art", "admin"),
    ("mia", "monitor"),
    ("ana", "helper"),
    ("ben", "helper"),
    ("tom", "trainee"),
)


@dataclass(frozen=True, slots=True)
class Account:
    jid: str
    password: str
    standing: str

    @property
    def name(self) -> str:
        return self.jid.partition("@")[0]


def new_password() -> str:
    """Return a password that can be read aloud and typed: three groups of two syllables, 36 random bits."""

    def syllable() -> str:
        return secrets.choice("bdfgklmnprstvz") + secrets.choice("aeiou")

    return "-".join(syllable() + syllable() for _ in range(3))


def load_accounts(path: Path, domain: str) -> list[Account]:
    """Return the demo's accounts with the passwords kept in path; missing ones are made."""
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    people = {f"{name}@{domain}": standing for name, standing in PEOPLE}
    passwords = {jid: kept.get(jid) or new_password() for jid in people}
    if passwords != kept:
        write_private(path, json.dumps(passwords, indent=1) + "\n")
    return [Account(jid, passwords[jid], standing) for jid, standing in people.items()]


async def register(port: int, domain: str, accounts: Sequence[Account]) -> None:
    """Make the accounts that do not exist yet, as anybody would: by in-band registration (XEP-0077)."""
    for account in accounts:
        async with PlainClient(port, domain) as client:
            await client.register(account.name, account.password)


async def make_contributors_room(port: int, names: Names, owner: Account, admins: Sequence[Account]) -> None:
    """See to it that the contributors' room exists: persistent, closed to visitors, the desk among its admins."""
    async with PlainClient(port, names.domain) as client:
        try:
            await client.login(owner.name, owner.password)
        except LoginFailed as error:
            raise DemoError(
                f"{owner.jid} cannot log in with the password kept from the last start ({error}). "
                "Somebody changed it; removing the folder of the demo's state starts anew."
            ) from error
        if await client.enter_room(names.contributors, owner.name):
            await client.configure_room(
                names.contributors,
                {"muc#roomconfig_roomname": "Contributors", "muc#roomconfig_persistentroom": "1"},
            )
            # XEP-0045 lets a whole domain be banned: who asks for help does not belong among the staff.
            await client.set_affiliation(names.contributors, names.anonymous_domain, "outcast")
            for admin in admins:
                await client.set_affiliation(names.contributors, admin.jid, "admin")
        # An admin of the room is shown who is inside. Also in a room of a demo before this was done.
        with contextlib.suppress(RequestFailed):
            await client.set_affiliation(names.contributors, f"{names.workgroup}@{names.component}", "admin")
