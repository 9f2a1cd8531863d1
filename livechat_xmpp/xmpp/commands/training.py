"""Commands about trainees: endorsing, deciding, who is stuck, and the record of all of it."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import BareJid, Standing
from livechat_xmpp.domain.wording import Text
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.usecases import audit, deciding, stuck, training
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.staff import Asker
from livechat_xmpp.usecases.stuck import Move
from livechat_xmpp.xmpp.commands import in_words
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Column, Commands, Done, Field, Form, choice, stamp

commands = Commands()

ROWS = 300  # trainees in one table: about a third of what a stanza may hold
ENTRIES = 200  # of the audit in one table


def _is_helper(asker: Asker) -> bool:
    return asker.reaches(Standing.HELPER)


def _is_admin(asker: Asker) -> bool:
    return asker.standing is Standing.ADMIN


def _about(
    asked: Asked, title: Text, people: Sequence[BareJid], *, comment: Text | None = None, note: str = ""
) -> Form:
    """Return a form that asks for one trainee, and for a comment."""
    fields = [
        Field(
            "trainee",
            asked.say(words.TRAINEE),
            "list-single",
            asked.echo("trainee") or (people[0] if people else ""),
            [(jid, training.short(jid)) for jid in people],
            is_required=True,
        )
    ]
    if comment is not None:
        fields.append(Field("comment", asked.say(comment), "text-multi", asked.echo("comment").split("\n")))
    return Form(asked.say(title), fields, note=note)


async def _known(asked: Asked) -> list[BareJid]:
    """Return the trainees whom the asker may speak of."""
    return [line.account.jid for line in await asked.desk.ask(deciding.list_trainees, by=asked.who)]


async def _met(asked: Asked) -> list[BareJid]:
    """Return the trainees whom the asker shared a chat with, and so can endorse."""
    return await asked.desk.ask(training.endorsable_by, asked.who)


@commands.command("endorse-trainee", words.ENDORSE_TITLE, is_for=_is_helper)
async def endorse_trainee(asked: Asked) -> Answer:
    """Ask for one of the trainees whom the helper shared a chat with, and why."""
    if asked.form is None:
        people = await _met(asked)
        if not people:
            return Done(asked.say(words.NOBODY_TO_ENDORSE), "warn")
        return _about(asked, words.ENDORSE_TITLE, people, comment=words.WHY_ENDORSED)
    try:
        jid = await asked.desk.do(_endorse, asked.text("trainee"), asked.text("comment"), by=asked.who, asked=asked)
    except BadInput as refusal:
        note = asked.say(refusal.why)
        return _about(asked, words.ENDORSE_TITLE, await _met(asked), comment=words.WHY_ENDORSED, note=note)
    return Done(asked.say(words.ENDORSED, trainee=training.short(jid)))


def _endorse(work: Work, text: str, comment: str, *, by: BareJid, asked: Asked) -> BareJid:
    rules, workgroup = asked.desk.rules, asked.speaks_as
    account, progress = training.endorse(work, text, comment, by=by, workgroup=workgroup, rules=rules)
    if progress is not None:
        deciding.begin_if_endorsed(work, account, progress, workgroup=workgroup, rules=rules)
    return account.jid


@commands.command("withdraw-endorsement", words.WITHDRAW_TITLE, is_for=_is_helper)
async def withdraw_endorsement(asked: Asked) -> Answer:
    """Ask for one of those whom the helper has endorsed."""
    if asked.form is None:
        people = await asked.desk.ask(training.endorsed_by, asked.who)
        if not people:
            return Done(asked.say(words.NOTHING_TO_WITHDRAW), "warn")
        return _about(asked, words.WITHDRAW_TITLE, people)
    try:
        jid = await asked.desk.do(training.withdraw, asked.text("trainee"), by=asked.who, rules=asked.desk.rules)
    except BadInput as refusal:
        people = await asked.desk.ask(training.endorsed_by, asked.who)
        return _about(asked, words.WITHDRAW_TITLE, people, note=asked.say(refusal.why))
    return Done(asked.say(words.ENDORSED_WITHDRAWN, trainee=training.short(jid)))


@commands.command("put-off-endorsement", words.LATER_TITLE, is_for=_is_helper)
async def put_off_endorsement(asked: Asked) -> Answer:
    """Take it that the helper does not endorse a trainee now; they are asked again after another chat."""
    if asked.form is None:
        people = await _met(asked)
        return _about(asked, words.LATER_TITLE, people) if people else Done(asked.say(words.NOBODY_TO_ENDORSE), "warn")
    jid = await asked.desk.do(training.put_off, asked.text("trainee"), by=asked.who)
    return Done(asked.say(words.LATER, trainee=training.short(jid)))


@commands.command("ask-for-decision", words.DECISION_TITLE, is_for=_is_helper)
async def ask_for_decision(asked: Asked) -> Answer:
    """Ask for a trainee and why, then start the clock."""
    if asked.form is None:
        people = await _known(asked)
        if not people:
            return Done(asked.say(words.NOBODY_TO_ENDORSE), "warn")
        return _about(asked, words.DECISION_TITLE, people, comment=words.WHY_COMMENT)
    try:
        clock = await asked.desk.do(
            deciding.ask_for_decision,
            asked.text("trainee"),
            asked.text("comment"),
            by=asked.who,
            workgroup=asked.speaks_as,
            rules=asked.desk.rules,
        )
    except BadInput as refusal:
        note = asked.say(refusal.why)
        return _about(asked, words.DECISION_TITLE, await _known(asked), comment=words.WHY_COMMENT, note=note)
    decide_by = moment(clock.decide_by)
    return Done(asked.say(words.ASKED_FOR_DECISION, trainee=training.short(clock.trainee), decide_by=decide_by))


@commands.command("refuse-trainees", words.REFUSE_TITLE, is_for=_is_admin)
async def refuse_trainees(asked: Asked) -> Answer:
    """Ask for trainees whose decision is open, and why they stay what they are."""

    def form(note: str = "") -> Form:
        accounts = asked.echo("accounts").split("\n")
        return Form(
            asked.say(words.REFUSE_TITLE),
            [
                Field("accounts", asked.say(words.ACCOUNTS), "jid-multi", accounts, is_required=True),
                Field("reason", asked.say(words.WHY_REFUSED), value=asked.echo("reason"), is_required=True),
            ],
            note=note,
        )

    if asked.form is None:
        return form()
    try:
        refused = await asked.desk.do(
            deciding.refuse,
            asked.texts("accounts"),
            asked.text("reason"),
            by=asked.who,
            workgroup=asked.speaks_as,
            rules=asked.desk.rules,
        )
    except BadInput as refusal:
        return form(asked.say(refusal.why))
    return Done(asked.say(words.REFUSAL_KEPT, trainee=", ".join(training.short(jid) for jid in refused)))


@commands.command("list-trainees", words.TRAINEES_TITLE, is_for=_is_helper)
async def list_trainees(asked: Asked) -> Answer:
    """List all evidence in one table: for admins of all, for helpers of those whom they shared a chat with."""
    lines = await asked.desk.ask(deciding.list_trainees, by=asked.who)
    rules = asked.desk.rules.training
    rows = [
        {
            "jid": line.account.jid,
            "since": stamp(line.account.since_at),
            "watched": str(line.progress.watched),
            "helped": str(line.progress.helped),
            "endorsements": [e.by for e in line.progress.endorsements],
            "ready": "0" if line.progress.missing(rules) else "1",
            "decide_by": stamp(line.application.decide_by) if line.application else "",
        }
        for line in lines[:ROWS]
    ]
    columns = [
        Column("jid", asked.say(words.TRAINEE), "jid-single"),
        Column("since", asked.say(words.COLUMN_SINCE)),
        Column("watched", asked.say(words.COLUMN_WATCHED)),
        Column("helped", asked.say(words.COLUMN_HELPED)),
        Column("endorsements", asked.say(words.COLUMN_ENDORSEMENTS), "jid-multi"),
        Column("ready", asked.say(words.COLUMN_READY), "boolean"),
        Column("decide_by", asked.say(words.COLUMN_DECIDE_BY)),
    ]
    text = asked.say(words.TRAINEES_SHOWN if _is_admin(asked.by) else words.TRAINEES_MET, count=len(lines))
    if not lines and not _is_admin(asked.by):
        text = asked.say(words.NOBODY_MET)
    if len(lines) > ROWS:
        text = asked.say(words.TRAINEES_CUT, count=len(lines), shown=ROWS)
    now = await asked.now()
    shown = [in_words.trainee(line, rules, now) for line in lines[:ROWS]]
    return Done(text, title=asked.say(words.TRAINEES_TITLE), columns=columns, rows=rows, lines=shown)


# --- nobody is forgotten


@commands.command("list-stuck", words.STUCK_TITLE, is_for=_is_admin)
async def list_stuck(asked: Asked) -> Answer:
    """List who waits for somebody to move them, each with the one command that does."""
    found = await asked.desk.ask(stuck.list_stuck, rules=asked.desk.rules)
    rows = [
        {
            "jid": one.account.jid,
            "why": asked.say(in_words.WHYS[one.why]),
            "since": stamp(one.since),
            "command": one.command,
        }
        for one in found[:ROWS]
    ]
    columns = [
        Column("jid", asked.say(words.TRAINEE), "jid-single"),
        Column("why", asked.say(words.COLUMN_WHY)),
        Column("since", asked.say(words.COLUMN_SINCE)),
        Column("command", asked.say(words.COLUMN_COMMAND)),
    ]
    text = asked.say(words.STUCK_SHOWN, count=len(found))
    now = await asked.now()
    shown = [in_words.stuck(one, now) for one in found[:ROWS]]
    return Done(text, title=asked.say(words.STUCK_TITLE), columns=columns, rows=rows, lines=shown)


@commands.command("move-stuck", words.MOVE_TITLE, is_for=_is_admin)
async def move_stuck(asked: Asked) -> Answer:
    """Ask what to do and for whom; for nobody named, for all who are stuck so."""
    options = [
        (Move.NUDGE.value, asked.say(words.NUDGE_TITLE)),
        (Move.ASK_ENDORSERS.value, asked.say(words.ASK_ENDORSERS_TITLE)),
    ]
    what = Field("what", asked.say(words.WHAT_TO_DO), "list-single", asked.echo("what") or Move.NUDGE, options)
    accounts = Field("accounts", asked.say(words.ACCOUNTS_OR_ALL), "jid-multi", asked.echo("accounts").split("\n"))
    form = Form(asked.say(words.MOVE_TITLE), [what, accounts])
    if asked.form is None:
        return form
    try:
        return await _move(asked, Move(choice(what, asked.text("what"))))
    except BadInput as refusal:
        return Form(form.title, form.fields, note=asked.say(refusal.why))


async def _move(asked: Asked, wanted: Move) -> Done:
    by, rules = asked.who, asked.desk.rules
    people = await asked.desk.ask(stuck.whom_to_move, wanted, asked.texts("accounts"), by=by, rules=rules)
    moved: list[BareJid] = []
    for first in range(0, len(people), stuck.AT_ONCE):
        some = people[first : first + stuck.AT_ONCE]
        moved += await asked.desk.do(stuck.move, wanted, some, by=by, workgroup=asked.speaks_as, rules=rules)
    return Done(asked.say(stuck.moved_in_words(wanted, people, moved)))


# --- on record


@commands.command("list-audit", words.AUDIT_TITLE, is_for=_is_admin)
async def list_audit(asked: Asked) -> Answer:
    """List who changed whose standing or decided what, when, why, and under which policy; the newest first."""
    field = Field("account", asked.say(words.ONE_ACCOUNT), "jid-single", asked.echo("account"))
    if asked.form is None:
        return Form(asked.say(words.AUDIT_TITLE), [field])
    entries = await asked.desk.ask(audit.list_audit, asked.text("account"), limit=ENTRIES)
    rows = [
        {
            "at": stamp(entry.at),
            "what": entry.kind,
            "jid": entry.jid,
            "by": entry.by,
            "old": entry.old or "",
            "new": entry.new or "",
            "reason": entry.reason,
            "policy": entry.policy,
        }
        for entry in entries
    ]
    columns = [
        Column("at", asked.say(words.COLUMN_WHEN)),
        Column("what", asked.say(words.COLUMN_WHAT)),
        Column("jid", asked.say(words.COLUMN_PERSON), "jid-single"),
        Column("by", asked.say(words.COLUMN_BY)),
        Column("old", asked.say(words.COLUMN_OLD)),
        Column("new", asked.say(words.COLUMN_NEW)),
        Column("reason", asked.say(words.COLUMN_WHY)),
        Column("policy", asked.say(words.COLUMN_POLICY)),
    ]
    text = asked.say(words.AUDIT_SHOWN, count=len(rows))
    now = await asked.now()
    shown = [in_words.entry(one, now) for one in entries]
    return Done(text, title=asked.say(words.AUDIT_TITLE), columns=columns, rows=rows, lines=shown)
