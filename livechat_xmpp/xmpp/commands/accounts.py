"""Commands about accounts: listing, adding, promoting, demoting."""

from __future__ import annotations

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.wording import accounts as words
from livechat_xmpp.domain.wording import duty, titles
from livechat_xmpp.domain.wording.training import ACCOUNTS
from livechat_xmpp.usecases import signup, staff
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.xmpp.commands import in_words
from livechat_xmpp.xmpp.commands.command import (
    Answer,
    Asked,
    Column,
    Commands,
    Done,
    Field,
    Form,
    capital,
    choice,
    stamp,
)

commands = Commands()

LISTED = 500  # accounts in one list: about a third of what a stanza may hold


def _is_admin(asker: Asker) -> bool:
    return asker.standing is Standing.ADMIN


@commands.command("add-account", titles.ADD_ACCOUNT, is_for=lambda a: a.reaches(Standing.HELPER))
async def add_account(asked: Asked) -> Answer:
    field = Field("jid", asked.say(words.ADDRESS), "jid-single", asked.echo("jid"), is_required=True)
    form = Form(asked.say(words.ADD_TITLE), [field])
    if asked.form is None:
        return form
    try:
        jid = await asked.desk.do(
            signup.add_account, asked.text("jid"), by=asked.who, workgroup=asked.speaks_as, rules=asked.desk.rules
        )
    except BadInput as refusal:
        return Form(form.title, form.fields, note=asked.say(refusal.why))
    return Done(asked.say(words.TRAINEE_NOW, jid=jid))


@commands.command("promote", titles.PROMOTE, is_for=_is_admin)
async def promote(asked: Asked) -> Answer:
    return await _change(asked, is_promotion=True)


@commands.command("demote", titles.DEMOTE, is_for=_is_admin)
async def demote(asked: Asked) -> Answer:
    return await _change(asked, is_promotion=False)


async def _change(asked: Asked, *, is_promotion: bool) -> Answer:
    """Ask for accounts, standing and reason, then change all of them or none."""
    if asked.form is None:
        return _change_form(asked, is_promotion)
    try:
        standing = Standing(choice(_standing_field(asked, is_promotion), asked.text("standing")))
        changed = await asked.desk.do(
            staff.change_standings,
            asked.texts("accounts"),
            standing,
            is_promotion=is_promotion,
            by=asked.who,
            reason=asked.text("reason"),
            workgroup=asked.speaks_as,
            rules=asked.desk.rules,
        )
    except BadInput as refusal:
        return _change_form(asked, is_promotion, asked.say(refusal.why))
    if not (changed.people or changed.pending):
        return Done(asked.say(words.NOTHING_CHANGED, standing=duty.STANDINGS[standing]))
    lines = []
    if changed.people:
        lines.append(asked.say(words.CHANGED, standing=duty.STANDINGS[standing], people=changed.people))
    return Done("\n".join([*lines, *(asked.say(one) for one in changed.pending)]))


def _standings(asked: Asked) -> list[tuple[str, str]]:
    return [(standing.value, capital(asked.say(duty.STANDINGS[standing]))) for standing in Standing]


def _standing_field(asked: Asked, is_promotion: bool, value: str = "") -> Field:
    options = _standings(asked) if is_promotion else _standings(asked)[:-1]
    first = Standing.HELPER if is_promotion else Standing.TRAINEE
    return Field("standing", asked.say(words.NEW_STANDING), "list-single", value or first, options)


def _change_form(asked: Asked, is_promotion: bool, note: str = "") -> Form:
    return Form(
        asked.say(titles.PROMOTE if is_promotion else titles.DEMOTE),
        [
            Field("accounts", asked.say(ACCOUNTS), "jid-multi", asked.echo("accounts").split("\n"), is_required=True),
            _standing_field(asked, is_promotion, asked.echo("standing")),
            Field("reason", asked.say(words.REASON), value=asked.echo("reason")),
        ],
        note=note,
    )


@commands.command("list-accounts", titles.LIST_ACCOUNTS, is_for=_is_admin)
async def list_accounts(asked: Asked) -> Answer:
    """Ask for a standing, then list the accounts that have it."""
    options = [("any", asked.say(words.ANY)), *_standings(asked)]
    field = Field("standing", asked.say(words.STANDING), "list-single", "any", options)
    if asked.form is None:
        return Form(asked.say(titles.LIST_ACCOUNTS), [field])
    try:
        wanted = choice(field, asked.text("standing") or "any")
    except BadInput as refusal:
        return Form(asked.say(titles.LIST_ACCOUNTS), [field], note=asked.say(refusal.why))
    found = await asked.desk.ask(staff.list_accounts, None if wanted == "any" else Standing(wanted))
    rows = [
        {
            "jid": account.jid,
            "standing": account.standing,
            "since": stamp(account.since_at),
            "on_duty": held.role if held else "",
        }
        for account, held in found[:LISTED]
    ]
    columns = [
        Column("jid", asked.say(words.ACCOUNT), "jid-single"),
        Column("standing", asked.say(words.STANDING)),
        Column("since", asked.say(words.SINCE)),
        Column("on_duty", asked.say(duty.ON_DUTY_AS)),
    ]
    text, now = asked.say(words.ACCOUNTS_SHOWN, count=len(found)), await asked.now()
    if len(found) > LISTED:
        text = asked.say(words.ACCOUNTS_CUT, count=len(found), shown=LISTED)
    shown = [in_words.account(account, held, now) for account, held in found[:LISTED]]
    return Done(text, title=asked.say(words.ACCOUNTS_TITLE), columns=columns, rows=rows, lines=shown)
