"""Commands about oneself: on duty, off duty, what am I."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.apprenticeship import Application, Credit, Progress
from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import DutyRole, Standing
from livechat_xmpp.domain.routing import default_role
from livechat_xmpp.domain.standing import ROLES
from livechat_xmpp.domain.wording import Phrase, Sayable
from livechat_xmpp.domain.wording import duty as texts
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.domain.wording.lengths import length
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.domain.wording.taking import MAY_TAKE_SOME
from livechat_xmpp.usecases import calling, staff, taking
from livechat_xmpp.usecases.staff import MAX_CHATS, Asker, Status
from livechat_xmpp.usecases.training import missing_in_words, short
from livechat_xmpp.xmpp.commands.command import (
    Answer,
    Asked,
    Commands,
    Done,
    Field,
    Form,
    capital,
    no_choice,
    stamp,
)

commands = Commands()


def is_staff(asker: Asker) -> bool:
    return asker.standing is not None


def _is_helper(asker: Asker) -> bool:
    return asker.reaches(Standing.HELPER)


@commands.command("go-on-duty", texts.GO_ON_DUTY, is_for=is_staff)
async def go_on_duty(asked: Asked) -> Answer:
    """Ask as what and for how many chats, then put the person on duty."""
    if asked.form is None:
        return _duty_form(asked)
    try:
        role = asked.text("duty_role")
        if role and role not in set(DutyRole):
            assert asked.by.standing is not None
            raise no_choice(texts.ON_DUTY_AS, role, tuple(ROLES[asked.by.standing]))
        duty = await asked.desk.do(
            staff.go_on_duty,
            asked.who,
            role=DutyRole(role) if role else None,
            max_chats=asked.number("max_chats", texts.CHATS_AT_ONCE.of(most=MAX_CHATS)),
            rules=asked.desk.rules,
        )
    except BadInput as refusal:
        return _duty_form(asked, asked.say(refusal.why))
    if duty.role is DutyRole.TRAINEE:
        return Done(asked.say(texts.ON_THE_LIST))
    return Done(asked.say(texts.ON_DUTY, role=texts.ROLES[duty.role], count=duty.max_chats))


def _duty_form(asked: Asked, note: str = "") -> Form:
    assert asked.by.standing is not None
    roles = ROLES[asked.by.standing]
    duty = asked.by.duty
    role = duty.role if duty else default_role(roles) or ""
    options = [(r, capital(asked.say(texts.ROLES[r]))) for r in roles]
    cap = duty.max_chats if duty else asked.desk.rules.max_chats
    return Form(
        asked.say(texts.GO_ON_DUTY),
        [
            Field("duty_role", asked.say(texts.ON_DUTY_AS), "list-single", role, options),
            Field("max_chats", asked.say(texts.CHATS_AT_ONCE, most=MAX_CHATS), value=str(cap)),
        ],
        asked.say(texts.AWAY_MEANS),
        note,
    )


@commands.command("go-off-duty", texts.GO_OFF_DUTY, is_for=is_staff, is_shown=lambda a: a.duty is not None)
async def go_off_duty(asked: Asked) -> Answer:
    await asked.desk.do(staff.go_off_duty, asked.who, asked.desk.rules)
    return Done(asked.say(texts.OFF_DUTY))


@commands.command("tell-on-duty", texts.TELL_ON_DUTY, is_for=_is_helper)
async def tell_on_duty(asked: Asked) -> Answer:
    """Ask what to say, then write it to everybody on duty."""
    if asked.form is None:
        return _message_form(asked)
    rules, said = asked.desk.rules, asked.text("message")
    try:
        count = await asked.desk.do(calling.tell_on_duty, said, by=asked.who, workgroup=asked.speaks_as, rules=rules)
    except BadInput as refusal:
        return _message_form(asked, asked.say(refusal.why))
    if not count:
        room = rules.contributors
        return Done(asked.say(texts.NOBODY_TO_TELL.of(room=room) if room else texts.NOBODY_TO_TELL_ALONE), "warn")
    return Done(asked.say(texts.ALL_TOLD, count=count))


def _message_form(asked: Asked, note: str = "") -> Form:
    message = asked.echo("message").split("\n")
    field = Field("message", asked.say(texts.WHAT_TO_TELL), "text-multi", message, is_required=True)
    return Form(asked.say(texts.TELL_ON_DUTY), [field], note=note)


@commands.command("my-status", texts.MY_STATUS, is_for=is_staff)
async def my_status(asked: Asked) -> Answer:
    status = await asked.desk.ask(staff.my_status, asked.who)
    duty: Sayable = texts.STATUS_OFF
    if status.duty:
        duty = texts.STATUS_ON.of(role=texts.ROLES[status.duty.role], count=status.duty.max_chats)
    lines = [
        asked.say(texts.STATUS, standing=texts.STANDINGS[status.account.standing], duty=duty),
        asked.say(texts.VISITED, count=status.visited),
    ]
    if status.answering:
        lines.append(asked.say(texts.ANSWERING, chats=status.answering))
    if status.offered:
        lines.append(asked.say(texts.OFFERED, chat=status.offered))
    elif can_take := await asked.desk.survey(taking.may_take, asked.who, asked.workgroups):
        lines.append(asked.say(MAY_TAKE_SOME, count=len(can_take)))
    if status.progress is not None:
        lines += _progress(asked, status, status.progress)
    return Done(
        "\n".join(lines),
        title=asked.say(texts.MY_STATUS),
        values={
            "standing": status.account.standing,
            "duty_role": status.duty.role if status.duty else "",
            "max_chats": str(status.duty.max_chats) if status.duty else "",
            "chats": list(status.answering),
            "offered": status.offered or "",
            "visited": str(status.visited),
            **(_figures(asked, status.progress, status.application) if status.progress else {}),
        },
    )


def _progress(asked: Asked, status: Status, progress: Progress) -> list[str]:
    """Return how far a trainee has come, and by what rules, a line for each thing."""
    rules, now = asked.desk.rules.training, status.at
    counts = {"watched": progress.watched, "helped": progress.helped}
    needed = {"watched_needed": rules.watched_needed, "helped_needed": rules.helped_needed}
    said: list[Sayable] = [words.PROGRESS.of(**counts, **needed)]
    if status.last is not None:
        said.append(_last_chat(status.last))
    time, share = length(rules.watch_time), round(100 * rules.watch_share)
    said.append(words.PROGRESS_RULE.of(share=share, time=time, count=rules.said_needed))
    given = tuple(words.PROGRESS_ENDORSER.of(by=short(e.by), at=moment(e.at, now)) for e in progress.endorsements)
    said.append(words.PROGRESS_ENDORSED.of(endorsers=given) if given else words.PROGRESS_NOT_ENDORSED)
    if missing := progress.missing(rules):
        said.append(words.PROGRESS_MISSING.of(missing=missing_in_words(missing)))
    if status.application is not None:
        decide_by = status.application.decide_by
        text = words.PROGRESS_CLOCK if now < decide_by else words.PROGRESS_OVERDUE
        said.append(text.of(decide_by=moment(decide_by, now)))
    return [asked.say(one) for one in said]


def _last_chat(credit: Credit) -> Phrase:
    if credit.watched:
        counted = words.COUNTED_BOTH if credit.helped else words.COUNTED_WATCHED
    else:
        counted = words.COUNTED_HELPED if credit.helped else words.COUNTED_NOT
    time = length(timedelta(seconds=credit.seconds))
    return words.PROGRESS_LAST.of(time=time, count=credit.said, counted=counted)


def _figures(asked: Asked, progress: Progress, application: Application | None) -> dict[str, str | list[str]]:
    missing = progress.missing(asked.desk.rules.training)
    return {
        "watched": str(progress.watched),
        "helped": str(progress.helped),
        "endorsements": [e.by for e in progress.endorsements],
        "missing": [asked.say(part) for part in missing_in_words(missing)] if missing else [],
        "decide_by": stamp(application.decide_by) if application else "",
    }
