"""Signing up: how an account becomes a trainee with nobody in the way, and how a trainee leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, Standing, WorkgroupName
from livechat_xmpp.domain.signup import REASONS, WELCOME_EXPIRY, Source
from livechat_xmpp.domain.wording import signup as words
from livechat_xmpp.domain.wording.accounts import IS_ALREADY
from livechat_xmpp.domain.wording.duty import STANDINGS
from livechat_xmpp.usecases import deciding
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Work
from livechat_xmpp.usecases.staff import check_staff_jid, set_standing, wake_for
from livechat_xmpp.usecases.telling import tell

REMADE = "remade"  # the audit's kind
LATEST = 50  # entries of a person that are looked through for the last of a kind
REMIND_OF_REMADE = timedelta(days=1)


def may_belong(jid: BareJid, rules: DeskRules) -> bool:
    """Return whether an account with this address can belong to the staff."""
    try:
        return check_staff_jid(jid, rules) == jid
    except BadInput:
        return False


def sign_up(work: Work, jid: BareJid, *, source: Source, rules: DeskRules) -> bool:
    """Make a newcomer a trainee, off duty; the welcome follows by itself. Return whether they are one now.

    Not who has a standing, whatever it is: a break that an admin has sent them on only an admin ends. Who had one and
    has none left by themselves (leave_staff), and comes back by asking for it.
    """
    if not may_belong(jid, rules) or work.accounts.find(jid) is not None:
        return False
    if not source.is_own_wish and work.audit.last_standing(jid) is not None:
        return False
    set_standing(work, jid, None, Standing.TRAINEE, by=source, reason=REASONS[source], rules=rules)
    return True


def take_heard(
    work: Work, heard: Sequence[tuple[BareJid, Source]], *, workgroup: WorkgroupName, rules: DeskRules
) -> None:
    """Sign up those of whom the desk has heard, and tell admins of accounts of the staff that were made anew.

    Of new accounts only where the settings say so; the others are those who have asked for it.
    """
    does_hear_servers = rules.sign_up.new_accounts
    for jid, source in heard:
        if source is not Source.SERVER or does_hear_servers:
            sign_up(work, jid, source=source, rules=rules)
    for jid, source in heard:
        if source is Source.SERVER:
            _note_remade(work, jid, workgroup, rules)


def _note_remade(work: Work, jid: BareJid, workgroup: WorkgroupName, rules: DeskRules) -> None:
    """Tell admins that an account with rights is new on the server, though its person has been here.

    It was deleted there, and whoever took the name since has the rights now. Once a day for each at the most.
    """
    account = work.accounts.find(jid)
    if account is None or account.active_at is None or not account.standing.reaches(Standing.HELPER):
        return
    entries = [entry for _, entry in work.audit.list(jid, limit=LATEST) if entry.kind == REMADE]
    if entries and work.now < entries[0].at + REMIND_OF_REMADE:
        return
    work.audit.add(Entry(work.now, REMADE, jid, Source.SERVER, reason=REASONS[Source.SERVER], policy=rules.policy))
    work.fact("account made anew", jid=jid)
    for admin in work.accounts.list(Standing.ADMIN):
        tell(
            work,
            admin.jid,
            words.REMADE,
            workgroup,
            rules,
            expires_after=WELCOME_EXPIRY,
            jid=jid,
            standing=STANDINGS[account.standing],
        )


def sign_up_ready(work: Work, jid: BareJid, *, rules: DeskRules) -> bool:
    """Sign up who has written "ready"; return whether they are a trainee now.

    Not who waits for help: from them it is an answer.
    """
    if work.chats.find_of_visitor(jid) is not None:
        return False
    return sign_up(work, jid, source=Source.READY, rules=rules)


def register(work: Work, jid: BareJid, *, rules: DeskRules) -> None:
    """Sign up who registers with the desk (XEP-0077 §3.1); who is on the staff stays what they are.

    Raises NotPermitted for who may not belong to the staff.
    """
    if work.accounts.find(jid) is not None or sign_up(work, jid, source=Source.REGISTRATION, rules=rules):
        return
    raise NotPermitted(words.STAFF_DOMAINS_ONLY.of(domains=", ".join(sorted(rules.staff_domains))))


def add_account(work: Work, text: str, *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules) -> BareJid:
    """Make an account a trainee. For helpers and up. Raises BadInput, also when it has a standing already.

    A newcomer is welcomed like all others; who was on the staff before is told by whom they were brought back.
    """
    jid = check_staff_jid(text, rules)
    known = work.accounts.find(jid)
    if known is not None:
        raise BadInput(IS_ALREADY.of(jid=jid, standing=STANDINGS[known.standing]))
    set_standing(work, jid, None, Standing.TRAINEE, by=by, reason="add-account", rules=rules)
    account = work.accounts.find(jid)
    if account is not None and account.welcomed_at is not None:
        tell(work, jid, words.BACK_BY, workgroup, rules, by=by)
    return jid


def leave_staff(work: Work, jid: BareJid, *, workgroup: WorkgroupName, rules: DeskRules) -> None:
    """Take a trainee off the staff who wants to go (XEP-0077 §3.2). Raises NotFound, NotPermitted."""
    account = work.accounts.find(jid)
    if account is None:
        raise NotFound(words.NOT_REGISTERED)
    if account.standing is not Standing.TRAINEE:
        raise NotPermitted(words.ONLY_TRAINEES_LEAVE.of(standing=STANDINGS[account.standing]))
    tell(work, jid, words.LEFT_STAFF, workgroup, rules)
    wake_for(work, jid, may_be_asked=False)  # while they are known by their invitations
    for chat_id in work.invitations.of_person(jid):
        work.invitations.end(chat_id, jid, work.now)
    deciding.settle(work, jid, account.standing)
    work.duties.remove(jid)
    work.endorsements.end_all(jid, work.now)
    work.accounts.remove(jid)
    left = Entry(work.now, "standing", jid, jid, account.standing, None, "left by themselves", rules.policy)
    work.audit.add(left)
    work.fact("left the staff", jid=jid)
    work.touch_staff()


# --- catching up with the server's list of accounts


def known_of(work: Work, domain: str) -> frozenset[BareJid] | None:
    """Return the domain's accounts as they have been listed so far; None: its list was never taken whole."""
    return work.registered.of_domain(domain) if work.registered.is_begun(domain) else None


def take_listed(work: Work, new: Collection[BareJid], *, is_first: bool, rules: DeskRules) -> int:
    """Record accounts that were not on the server's list before, and sign them up; return how many newcomers.

    is_first: the list is taken for the first time, so that nobody knows who is new: those who were there before the
    desk stay what they are, unless the settings say otherwise.
    """
    work.registered.add(new, work.now)
    if is_first and not rules.sign_up.existing_accounts:
        return 0
    return sum(sign_up(work, jid, source=Source.LIST, rules=rules) for jid in new)


def end_list(work: Work, domain: str) -> None:
    """Record that the domain's list was taken whole."""
    if not work.registered.is_begun(domain):
        work.registered.begin(domain, work.now)
