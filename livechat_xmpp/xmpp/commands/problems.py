"""The command about what is not where it should be."""

from __future__ import annotations

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.wording import titles, training, troubles
from livechat_xmpp.usecases import sweep
from livechat_xmpp.xmpp.commands import in_words
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
        Column("chat", asked.say(troubles.SUBJECT)),
        Column("what", asked.say(training.COLUMN_WHAT)),
        Column("since", asked.say(training.COLUMN_SINCE)),
        Column("reason", asked.say(training.COLUMN_WHY)),
    ]
    text = asked.say(troubles.PROBLEMS_SHOWN, count=len(rows))
    now = await asked.now()
    shown = [in_words.problem(one, now) for one in found]
    return Done(text, title=asked.say(troubles.PROBLEMS_TITLE), columns=columns, rows=rows, lines=shown)
