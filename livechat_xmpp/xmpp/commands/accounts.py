"""Commands about accounts: listing, adding, promoting, demoting."""

from __future__ import annotations

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.wording import titles
from livechat_xmpp.usecases import signup, staff
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Column, Commands, Done, Field, Form, choice, stamp

commands = Commands()

STANDINGS = [(s.value, s.capitalize()) for s in Standing]


def _is_admin(asker: Asker) -> bool:
    return asker.standing is Standing.ADMIN


@commands.command("add-account", titles.ADD_ACCOUNT, is_for=lambda a: a.reaches(Standing.HELPER))
async def add_account(asked: Asked) -> Answer:
    form = Form("Add an account", [Field("jid", "Address", "jid-single", asked.echo("jid"), is_required=True)])
    if asked.form is None:
        return form
    try:
        jid = await asked.desk.do(
            signup.add_account, asked.text("jid"), by=asked.who, workgroup=asked.speaks_as, rules=asked.desk.rules
        )
    except BadInput as refusal:
        return Form(form.title, form.fields, note=asked.say(refusal.why))
    return Done(f"{jid} is a trainee now.")


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
        standing = Standing(choice(_standing_field(is_promotion), asked.text("standing")))
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
        return Done(f"They are {standing} already.")
    lines = [f"Now {standing}: {', '.join(changed.people)}."] if changed.people else []
    return Done("\n".join([*lines, *(asked.say(one) for one in changed.pending)]))


def _standing_field(is_promotion: bool, value: str = "") -> Field:
    options = STANDINGS if is_promotion else STANDINGS[:-1]
    first = Standing.HELPER if is_promotion else Standing.TRAINEE
    return Field("standing", "New standing", "list-single", value or first, options)


def _change_form(asked: Asked, is_promotion: bool, note: str = "") -> Form:
    return Form(
        "Promote accounts" if is_promotion else "Demote accounts",
        [
            Field(
                "accounts", "Accounts, one a line", "jid-multi", asked.echo("accounts").split("\n"), is_required=True
            ),
            _standing_field(is_promotion, asked.echo("standing")),
            Field("reason", "Why (kept on record)", value=asked.echo("reason")),
        ],
        note=note,
    )


@commands.command("list-accounts", titles.LIST_ACCOUNTS, is_for=_is_admin)
async def list_accounts(asked: Asked) -> Answer:
    """Ask for a standing, then list the accounts that have it."""
    options = [("any", "Any"), *STANDINGS]
    field = Field("standing", "Standing", "list-single", "any", options)
    if asked.form is None:
        return Form("List accounts", [field])
    try:
        wanted = choice(field, asked.text("standing") or "any")
    except BadInput as refusal:
        return Form("List accounts", [field], note=asked.say(refusal.why))
    found = await asked.desk.ask(staff.list_accounts, None if wanted == "any" else Standing(wanted))
    rows = [
        {
            "jid": account.jid,
            "standing": account.standing,
            "since": stamp(account.since_at),
            "on_duty": duty.role if duty else "",
        }
        for account, duty in found
    ]
    columns = [
        Column("jid", "Account", "jid-single"),
        Column("standing", "Standing"),
        Column("since", "Since"),
        Column("on_duty", "On duty as"),
    ]
    return Done(f"{len(rows)} accounts.", title="Accounts", columns=columns, rows=rows)
