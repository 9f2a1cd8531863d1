"""What the demo says when everything is up."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.places import HOST, Names, Ports

_WHO = {
    "admin": "sets up, promotes",
    "monitor": "watches over rooms; lets trainees in",
    "helper": "answers visitors",
    "trainee": "learns; in a room only while a monitor is",
}


_STEPS = (
    (
        "A first chat",
        (
            'Open {page}team, log in as ana@localhost, and write "on" to {desk}: ana is on duty.',
            "Open {page} in another window, and ask something.",
            'As ana answer "yes" to the offer, come in, and talk.',
        ),
    ),
    (
        "From newcomer to helper",
        (
            'In other windows log in as mia@localhost, who is a room monitor: write "chats" to the desk, then the'
            ' "join" that it shows, and come in.',
            'On {page}team choose "Create an account", or make one with any client: the desk welcomes you. Write'
            ' "ready", and you are asked in while mia is there; when she leaves, you are out.',
            'With mia there, say a few things, and have ana write "!close solved" in the room. Ana and mia are asked'
            ' about you: "endorse", your name, and why.',
            'As ana write "decide" and your name: the admins are told. As ada@localhost, an admin, write "promote",'
            ' your name, and "helper".',
        ),
    ),
)


def steps(page: str, desk: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Return what to try, by what it shows; README.md has it too. page: the visitor's; desk: a workgroup's address."""
    return [(title, [step.format(page=page, desk=desk) for step in those]) for title, those in _STEPS]


def welcome(names: Names, ports: Ports, accounts: Sequence[Account]) -> str:
    """Return the table of pages and accounts, and what to try first."""
    page, desk = f"http://{HOST}:{ports.web}/", f"{names.workgroup}@{names.component}"
    width = max(len(account.jid) for account in accounts)
    secret_width = max(len(account.password) for account in accounts)
    people = "\n".join(
        f"    {a.jid:<{width}}  {a.password:<{secret_width}}  {a.standing:<8} {_WHO[a.standing]}" for a in accounts
    )
    return f"""
  The help desk is open for trying.

    For visitors   {page}
    For the team   {page}team
    The desk       {desk}; "help" written to it shows what you can write
    Team's room    {names.contributors}
    Other clients  {HOST} port {ports.c2s}, without TLS; WebSocket ws://{HOST}:{ports.http}/xmpp-websocket

    Account{" " * (width - 7)}  Password{" " * (secret_width - 8)}  Standing
{people}

{_to_try(page, desk)}

  Ctrl-C stops everything; the data is kept for the next start.
"""


def _to_try(page: str, desk: str) -> str:
    lines, number = [], 0
    for title, those in steps(page, desk):
        lines.append(f"  {title}")
        for step in those:
            number += 1
            lines.append(textwrap.fill(step, 100, initial_indent=f"    {number}. ", subsequent_indent="       "))
    return "\n".join(lines)
