"""People of the staff: accounts and their standing, on duty and off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from livechat_xmpp.domain.apprenticeship import Application, Credit, Progress
from livechat_xmpp.domain.errors import BadInput, DeskError, NotFound, NotPermitted
from livechat_xmpp.domain.model import (
    Account,
    BareJid,
    ChatId,
    Duty,
    DutyRole,
    Standing,
    WorkgroupName,
)
from livechat_xmpp.domain.routing import default_role
from livechat_xmpp.domain.standing import ROLES, check_demotion, check_promotion
from livechat_xmpp.domain.texts import one_line, room_link
from livechat_xmpp.domain.wording import Phrase, Sayable, lines
from livechat_xmpp.domain.wording import accounts as names
from livechat_xmpp.domain.wording import duty as duties
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.domain.wording.signup import WAY_TO_ROOM
from livechat_xmpp.domain.wording.staff import new_standing
from livechat_xmpp.usecases import deciding
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Work
from livechat_xmpp.usecases.revoking import revoke
from livechat_xmpp.usecases.telling import tell
from livechat_xmpp.usecases.training import evidence, find_person, progress_of

MAX_CHATS = 20  # what go-on-duty takes at the most; nobody follows more
BY_SETTINGS = "settings"


def get_account(work: Work, jid: BareJid) -> Account:
    """Return the person's account. Raises NotPermitted for who has no standing."""
    account = work.accounts.find(jid)
    if account is None:
        raise NotPermitted(names.FOR_THE_TEAM)
    return account


def every_account(work: Work) -> list[Account]:
    """Return the whole staff."""
    return work.accounts.list()


def go_on_duty(
    work: Work, jid: BareJid, *, role: DutyRole | None = None, max_chats: int | None = None, rules: DeskRules
) -> Duty:
    """Put the person on duty, or change their role or cap; a place in the turns is kept.

    role None: the one they have, else the one their standing suggests. Raises NotPermitted, BadInput.
    """
    account = get_account(work, jid)
    possible = ROLES[account.standing]
    old = work.duties.find(jid)
    role = role or (old.role if old else default_role(possible))
    if role is None:
        raise NotPermitted(words.ON_A_BREAK.of(way_back=words.way_back(rules.contributors)))
    if role not in possible:
        roles = tuple(duties.ROLES[r] for r in possible)
        raise NotPermitted(duties.ROLES_POSSIBLE.of(standing=duties.STANDINGS[account.standing], roles=roles))
    cap = max_chats if max_chats is not None else (old.max_chats if old else rules.max_chats)
    if not 1 <= cap <= MAX_CHATS:
        raise BadInput(duties.CHATS_POSSIBLE.of(most=MAX_CHATS))
    since = old.since_at if old else work.now
    duty = Duty(jid, role, cap, since, old.turn_at if old else work.now)
    work.duties.put(duty)
    work.touch_staff()
    work.fact("on duty", jid=jid, duty_role=role)
    wake_for(work, jid)
    return duty


def go_off_duty(work: Work, jid: BareJid, rules: DeskRules) -> None:
    """Take the person off duty; an open offer goes to the next, chats in progress stay theirs. Raises NotFound."""
    if work.duties.find(jid) is None:
        raise NotFound(duties.NOT_ON_DUTY)
    work.duties.remove(jid)
    work.fact("off duty", jid=jid)
    take_back_offer(work, jid, rules)
    wake_for(work, jid)


def take_back_offer(work: Work, jid: BareJid, rules: DeskRules) -> None:
    """Take back what is offered to somebody who cannot take it any more; the next one is asked."""
    offer = work.offers.find_open_of(jid)
    chat = work.chats.find(offer.chat_id) if offer else None
    if offer is not None and chat is not None:
        revoke(work, chat, offer, rules)


def wake_for(work: Work, jid: BareJid, *, may_be_asked: bool = True) -> None:
    """Have everything looked at that the person's standing, duty or presence decides.

    For a trainee on duty who is free that is every chat in progress that they were never asked into: one with a
    monitor may have a place for them. may_be_asked: False where they are not there.
    """
    for chat_id in work.chats.naming(jid):
        work.touch(chat_id, is_urgent=True)
    duty = work.duties.find(jid)
    if may_be_asked and duty is not None and duty.role is DutyRole.TRAINEE:
        held = work.invitations.places_held([jid]).get(jid, 0)
        for chat_id in work.chats.never_asked(jid) if held < duty.max_chats else ():
            work.touch(chat_id)
    work.touch_queues()


def check_staff_jid(text: str, rules: DeskRules) -> BareJid:
    """Return the address if an account there may belong to the staff. Raises BadInput."""
    jid = rules.read_jid(text.strip())
    local, _, domain = (jid or "").partition("@")
    if jid is None or not local or not domain:
        raise BadInput(names.NO_ADDRESS.of(text=one_line(text, 60)))
    if domain in rules.anonymous_domains or domain not in rules.staff_domains:
        raise BadInput(names.NOT_OF_THE_TEAM.of(domain=one_line(domain, 60)))
    return jid


def set_standing(
    work: Work,
    jid: BareJid,
    old: Account | None,
    new: Standing,
    *,
    by: str,
    reason: str,
    rules: DeskRules,
    known: Mapping[str, object] | None = None,
) -> None:
    """Give a person a standing, for whatever reason; old: their account as it is, None if they have none.

    Who becomes a trainee without having had a standing before waits for their welcome from now on (usecases.welcome).
    known: the evidence that it rests on.
    """
    if old is None:
        is_newcomer = new is Standing.TRAINEE and by != BY_SETTINGS and work.audit.last_standing(jid) is None
        work.accounts.put(Account(jid, new, work.now, welcomed_at=None if is_newcomer else work.now))
    else:
        work.accounts.put(replace(old, standing=new, since_at=work.now))
    was = old.standing if old else None
    work.audit.add(Entry(work.now, "standing", jid, by, was, new, reason, rules.policy, known or {}))
    work.fact("standing changed", jid=jid, old=old.standing if old else None, new=new, by=by)
    duty = work.duties.find(jid)
    if duty is not None and old is not None:
        role = default_role(ROLES[new])
        was_default = duty.role is default_role(ROLES[old.standing])
        if role is None:
            work.duties.remove(jid)
        elif duty.role not in ROLES[new] or was_default:
            work.duties.put(replace(duty, role=role))
    deciding.settle(work, jid, new)
    work.touch_staff()
    if not new.reaches(Standing.HELPER):
        take_back_offer(work, jid, rules)
    for chat_id in work.chats.naming(jid):  # what they saw and said until now they did as what they were
        chat = work.chats.find(chat_id)
        present = [v for v in chat.visits if v.jid == jid and v.left_at is None] if chat is not None else []
        for visit in present:
            work.visits.end(chat_id, jid, visit.nick, work.now)
            work.visits.add(chat_id, replace(visit, entered_at=work.now, standing=new))
    wake_for(work, jid)


def set_initial(work: Work, standings: Mapping[BareJid, Standing], rules: DeskRules) -> None:
    """Give accounts that have no record yet the standing that the settings name; others keep theirs, or have left."""
    for jid, standing in standings.items():
        if work.accounts.find(jid) is None and work.audit.last_standing(jid) is None:
            set_standing(work, jid, None, standing, by=BY_SETTINGS, reason="first standing", rules=rules)


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a promotion or demotion. pending: what to say of those on whom other admins have to agree."""

    people: tuple[BareJid, ...]
    pending: tuple[Phrase, ...] = ()


def change_standings(
    work: Work,
    accounts: Sequence[str],
    standing: Standing,
    *,
    is_promotion: bool,
    by: BareJid,
    reason: str,
    workgroup: WorkgroupName,
    rules: DeskRules,
) -> Changed:
    """Promote or demote accounts to a standing, all or none.

    For admins, checked here for the person who began the command. Raises NotPermitted or BadInput with
    every reason, one a line; nothing is changed then.
    """
    if (get_account(work, by)).standing is not Standing.ADMIN:
        raise NotPermitted(names.ONLY_ADMINS)
    if not accounts:
        raise BadInput(words.NAME_SOMEBODY)
    admins = {a.jid for a in work.accounts.list(Standing.ADMIN)}
    changes: dict[BareJid, Account | None] = {}
    refusals: list[DeskError] = []
    for text in accounts:
        try:
            jid = check_staff_jid(find_person(work, text), rules)
            old = work.accounts.find(jid)
            was = old.standing if old else None
            if is_promotion:
                changed = check_promotion(jid, was, standing)
                deciding.check_agreement(work, jid, old, standing, rules)
            else:
                changed = check_demotion(jid, was, standing, admins=admins)
                admins -= {jid} if standing is not Standing.ADMIN else set()
            if changed:
                changes[jid] = old
        except DeskError as refusal:
            refusals.append(refusal)
    if refusals:
        kind = NotPermitted if all(isinstance(r, NotPermitted) for r in refusals) else BadInput
        raise kind(lines(*(r.why for r in refusals)))
    done, pending = [], []
    for jid, old in changes.items():
        if old is not None and is_promotion and old.standing is Standing.TRAINEE:
            waits = _decide(work, old, standing, by=by, reason=reason, workgroup=workgroup, rules=rules)
            if waits is not None:
                pending.append(waits)
                continue
        else:
            set_standing(work, jid, old, standing, by=by, reason=reason, rules=rules)
        was = old.standing if old is not None else None
        duty = work.duties.find(jid)
        room, role = rules.contributors, duty.role if duty is not None else None
        told: Sayable = new_standing(standing, by, reason, was, role, room=room)
        if was is None and room and standing is not Standing.TRAINEE:  # trainees read it in their welcome
            told = lines(told, WAY_TO_ROOM.of(link=room_link(room)))
        tell(work, jid, told, workgroup, rules)
        if was is Standing.TRAINEE and standing.reaches(Standing.HELPER):
            deciding.announce(work, jid, workgroup=workgroup, rules=rules)
        done.append(jid)
    return Changed(tuple(sorted(done)), tuple(pending))


def _decide(
    work: Work,
    trainee: Account,
    standing: Standing,
    *,
    by: BareJid,
    reason: str,
    workgroup: WorkgroupName,
    rules: DeskRules,
) -> Phrase | None:
    """Promote a trainee when enough admins have agreed; else return what to say of it."""
    waits = deciding.agree(work, trainee, by=by, reason=reason, workgroup=workgroup, rules=rules)
    if waits is None:
        known = evidence(progress_of(work, [trainee])[trainee.jid])
        set_standing(work, trainee.jid, trainee, standing, by=by, reason=reason, rules=rules, known=known)
    return waits


def list_accounts(work: Work, standing: Standing | None) -> list[tuple[Account, Duty | None]]:
    """Return the staff, by standing from admin down and by address."""
    duties = {d.jid: d for d in work.duties.list()}
    accounts = work.accounts.list(standing)
    return [(a, duties.get(a.jid)) for a in sorted(accounts, key=lambda a: (-a.standing.rank, a.jid))]


@dataclass(frozen=True, slots=True)
class Status:
    """What a person sees of themself. visited: chats they have been in. progress, application: of trainees.

    last: what a trainee's latest chat counts for.
    at: the moment that it was so, by the desk's clock.
    """

    account: Account
    duty: Duty | None
    answering: tuple[ChatId, ...]
    offered: ChatId | None
    visited: int
    at: datetime
    progress: Progress | None = None
    application: Application | None = None
    last: Credit | None = None


def my_status(work: Work, jid: BareJid) -> Status:
    """Return the person's standing, duty, chats and counts. Raises NotPermitted for visitors."""
    account = get_account(work, jid)
    offer = work.offers.find_open_of(jid)
    is_trainee = account.standing is Standing.TRAINEE
    return Status(
        account,
        work.duties.find(jid),
        tuple(work.chats.answered_by(jid)),
        offer.chat_id if offer else None,
        (work.visits.counts([jid])).get(jid, 0),
        work.now,
        progress_of(work, [account])[jid] if is_trainee else None,
        work.applications.find(jid) if is_trainee else None,
        work.credits.last(jid) if is_trainee else None,
    )


def set_subscribed(work: Work, jid: BareJid, is_subscribed: bool) -> None:
    """Record whether the person lets us see their presence; strangers are passed over."""
    account = work.accounts.find(jid)
    if account is not None and account.is_subscribed != is_subscribed:
        work.accounts.put(replace(account, is_subscribed=is_subscribed))


def note_active(work: Work, people: Collection[BareJid]) -> None:
    """Record that these people have shown a sign of life; strangers are passed over."""
    for jid in people:
        account = work.accounts.find(jid)
        if account is not None:
            work.accounts.put(replace(account, active_at=work.now))


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as it decides which commands are theirs, and the language that is kept of them."""

    jid: BareJid
    standing: Standing | None
    duty: Duty | None = None
    has_offer: bool = False
    answers: bool = False
    has_request: bool = False
    language: str = ""

    def reaches(self, least: Standing) -> bool:
        return self.standing is not None and self.standing.reaches(least)


def who_is(work: Work, jid: BareJid) -> Asker:
    """Return what decides about the person's commands."""
    account = work.accounts.find(jid)
    if account is None:
        return Asker(jid, None, has_request=work.chats.find_of_visitor(jid) is not None)
    return Asker(
        jid,
        account.standing,
        work.duties.find(jid),
        has_offer=work.offers.find_open_of(jid) is not None,
        answers=jid in work.chats.loads(),
        has_request=work.chats.find_of_visitor(jid) is not None,
        language=account.language,
    )
