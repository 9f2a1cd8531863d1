"""The command about what is not where it should be."""

from __future__ import annotations

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.wording import titles
from livechat_xmpp.usecases import sweep
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Column, Commands, Done, stamp

commands = Commands()


@commands.command("list-problems", titles.LIST_PROBLEMS, is_for=lambda a: a.standing is Standing.ADMIN)
async def list_problems(asked: Asked) -> Answer:
    """List what the last sweep found and could not put right at once."""
    found = await asked.desk.ask(sweep.list_problems)
    rows = [
        {
            "chat": problem.subject,
            "what": problem.what,
            "since": stamp(problem.since_at),
            "reason": problem.reason,
        }
        for problem in found
    ]
    columns = [
        Column("chat", "Chat or account"),
        Column("what", "What"),
        Column("since", "Since"),
        Column("reason", "Why"),
    ]
    text = f"{len(rows)} problem{'' if len(rows) == 1 else 's'}."
    return Done(text, title="Problems", columns=columns, rows=rows)
