"""What the demo says when everything is up."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_xmpp.demo.accounts import Account
from livechat_xmpp.demo.places import HOST, Names, Ports

_WHO = {
    "admin": "sets up, promotes",
    "monitor": "watches over rooms; lets trainees in",
    "helper": "answers visitors",
    "trainee": "learns; in a room only while a monitor is",
}


def welcome(names: Names, ports: Ports, accounts: Sequence[Account]) -> str:
    """Return the table of pages and accounts, and what to try first."""
    page = f"http://{HOST}:{ports.web}/"
    width = max(len(account.jid) for account in accounts)
    secret_width = max(len(account.password) for account in accounts)
    people = "\n".join(
        f"    {a.jid:<{width}}  {a.password:<{secret_width}}  {a.standing:<8} {_WHO[a.standing]}" for a in accounts
    )
    helper = next(account for account in accounts if account.standing == "helper")
    return f"""
  The help desk is open for trying.

    For visitors   {page}
    For staff      {page}team
    Other clients  {HOST} port {ports.c2s}, without TLS; WebSocket ws://{HOST}:{ports.http}/xmpp-websocket

    Account{" " * (width - 7)}  Password{" " * (secret_width - 8)}  Standing
{people}

  Try this first
    1. Open {page}team and log in as {helper.jid}.
    2. Write "on" to {names.workgroup}@{names.component}: {helper.name} is on duty.
    3. Open {page} in another window, and ask something.
    4. Answer "yes" to the offer, and talk.

  Ctrl-C stops everything; the data is kept for the next start.
"""
