"""What trainees have done, and the word of those who were there: counting chats, asking for and taking endorsements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from livechat_xmpp.domain.apprenticeship import Credit, Endorsement, Missing, Progress, credits
from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import Account, BareJid, Chat, ChatId, Outcome, Part, Standing, Visit, WorkgroupName
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Phrase, Text
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Work
from livechat_xmpp.usecases.telling import tell

ASK = "endorse"  # the enquiry's kind
MANY = 2000  # people from which on reading everybody's figures is quicker
COMMENT_LIMIT = 1000  # characters; a reason, not a story: all admins read it


# --- how far somebody is


def progress_of(work: Work, accounts: Collection[Account]) -> Mapping[BareJid, Progress]:
    """Return how far each has come. Endorsements count of those who may still endorse."""
    jids = None if len(accounts) > MANY else {a.jid for a in accounts}
    totals, given = work.credits.totals(jids), work.endorsements.of(jids)
    found = {}
    for account in accounts:
        watched, helped = totals.get(account.jid, (0, 0))
        counting = tuple(e for e in given.get(account.jid, ()) if _may_endorse(work, e.by, account.jid))
        found[account.jid] = Progress(watched, helped, counting)
    return found


def _may_endorse(work: Work, by: BareJid, trainee: BareJid) -> bool:
    account = work.accounts.find(by)
    return account is not None and account.standing.reaches(Standing.HELPER) and by != trainee


def evidence(progress: Progress) -> dict[str, object]:
    """Return the progress as the audit keeps it."""
    return {
        "watched": progress.watched,
        "helped": progress.helped,
        "endorsements": [
            {"by": e.by, "at": e.at.isoformat(), "chat": e.chat_id, "comment": e.comment} for e in progress.endorsements
        ],
    }


def evidence_in_words(progress: Progress) -> Phrase:
    endorsers = ", ".join(_endorsement_in_words(e) for e in progress.endorsements)
    return words.EVIDENCE.of(watched=progress.watched, helped=progress.helped, endorsers=endorsers or words.NOBODY)


def _endorsement_in_words(endorsement: Endorsement) -> str:
    comment = f' ("{one_line(endorsement.comment, 200)}")' if endorsement.comment else ""
    return f"{endorsement.by}{comment}"


def missing_in_words(missing: Missing) -> tuple[Text | Phrase, ...]:
    """Return what is missing, each thing as a phrase that a catalogue says."""
    named = (
        (words.MISSING_WATCHED, missing.watched),
        (words.MISSING_HELPED, missing.helped),
        (words.MISSING_ENDORSERS, missing.endorsers),
        (words.MISSING_DAYS, missing.days if missing.days > missing.endorsers else 0),
    )
    return tuple(text.of(count=count) for text, count in named if count) or (words.MISSING_NOTHING,)


# --- counting a chat that is over


def count_chat(work: Work, chat_id: ChatId, rules: DeskRules) -> None:
    """Record what a served chat counts for, for the trainees who were in it, and ask those who saw them there.

    Safe to repeat: what is counted is worked out anew from visits and transcript, and nobody is asked twice.
    """
    chat = work.chats.find(chat_id)
    if chat is None or not any(v.standing is Standing.TRAINEE for v in chat.visits):
        return
    visits = work.visits.list(chat_id)
    for credit in credits_of(work, chat, visits, rules):
        work.credits.put(chat_id, credit, work.now)
        if credit.watched or credit.helped:
            for judge in _judges(visits):
                if chat_id in work.visits.met(credit.jid, judge):
                    enquire(work, chat, credit.jid, judge, rules)


def credits_of(work: Work, chat: Chat, visits: Sequence[Visit], rules: DeskRules) -> list[Credit]:
    """Return what the chat counts for; nothing where it was not served."""
    if chat.outcome is not Outcome.SERVED or chat.first_opened_at is None or chat.closed_at is None:
        return []
    return credits(visits, work.messages.list(chat.id), (chat.first_opened_at, chat.closed_at), rules.training)


def _judges(visits: Sequence[Visit]) -> list[BareJid]:
    """Return who answered or oversaw the chat."""
    oversaw = {v.jid for v in visits if v.standing is not None and v.standing.reaches(Standing.MONITOR)}
    answered = {v.jid for v in visits if v.part is Part.HELPER}
    return sorted(oversaw | answered)


def enquire(
    work: Work, chat: Chat, trainee: BareJid, judge: BareJid, rules: DeskRules, *, is_due: bool = False
) -> bool:
    """Ask somebody whether a trainee is ready, if they may say so and have not; return whether they are asked.

    is_due: also when they were asked not long ago.
    """
    account = work.accounts.find(trainee)
    if account is None or account.standing is not Standing.TRAINEE or not _may_endorse(work, judge, trainee):
        return False
    if work.endorsements.find(trainee, judge) is not None:
        return False
    last = work.enquiries.last(ASK, judge, trainee)
    if last is not None and not is_due and work.now < last + rules.training.ask_again_after:
        return False
    work.enquiries.ask(ASK, judge, trainee, chat.id, work.now)
    told = words.MAY_YOU_ENDORSE.of(trainee=short(trainee), visitor=chat.visitor_name)
    tell(work, judge, told, chat.workgroup, rules, expires_after=rules.training.lasting)
    return True


def short(jid: BareJid) -> str:
    """Return what people call somebody."""
    return jid.partition("@")[0]


# --- endorsing


def find_person(work: Work, text: str) -> BareJid:
    """Return whom a helper names: a whole address, or its first part where one person of the staff has it."""
    wanted = BareJid(text.strip().lower())
    if "@" in wanted:
        return wanted
    named = [a.jid for a in work.accounts.list() if short(a.jid) == wanted]
    return named[0] if len(named) == 1 else wanted


def refuse_no_trainee(account: Account | None, text: str) -> None:
    """Raise NotFound for helpers and above, whom all helpers know; of others nobody is told what they are."""
    if account is not None and account.standing.reaches(Standing.HELPER):
        raise NotFound(words.NOT_A_TRAINEE.of(who=one_line(text, 60)))


def _trainee_of(work: Work, text: str, by: BareJid) -> tuple[Account, ChatId]:
    """Return the trainee, and the latest chat that both were in. Raises NotPermitted; NotFound for all others."""
    author = work.accounts.find(by)
    if author is None or not author.standing.reaches(Standing.HELPER):
        raise NotPermitted(words.ONLY_HELPERS)
    account = work.accounts.find(find_person(work, text))
    refuse_no_trainee(account, text)
    shared = work.visits.met(account.jid, by) if account is not None else []
    if account is None or account.standing is not Standing.TRAINEE or not shared or account.jid == by:
        raise NotFound(words.NO_SHARED_CHAT.of(who=one_line(text, 60)))
    return account, shared[0]


def endorse(
    work: Work, text: str, comment: str, *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules
) -> tuple[Account, Progress | None]:
    """Record a helper's word for a trainee whom they shared a chat with; return the trainee and how far they are now.

    Whose word is on record without a reason adds one so: that is no new word, and None is returned for how far they
    are. Raises NotPermitted, NotFound, BadInput.
    """
    account, chat_id = _trainee_of(work, text, by)
    given = work.endorsements.find(account.jid, by)
    if given is not None and (given.comment or not comment):
        raise BadInput(words.ALREADY_ENDORSED.of(trainee=short(account.jid)))
    if len(comment) > COMMENT_LIMIT:
        raise BadInput(words.TOO_LONG.of(limit=COMMENT_LIMIT))
    entry = Entry(work.now, "endorsed", account.jid, by, reason=comment, policy=rules.policy)
    if given is not None:
        work.endorsements.add_comment(account.jid, by, comment)
        work.audit.add(replace(entry, kind="endorsement explained", evidence={"chat": given.chat_id}))
        work.fact("endorsement explained", jid=account.jid, by=by)
        _tell_endorsed(work, account.jid, words.YOU_WERE_EXPLAINED, by, comment, workgroup, rules)
        return account, None
    work.endorsements.add(account.jid, Endorsement(by, work.now, chat_id, comment))
    work.enquiries.answer(ASK, by, account.jid, "yes", work.now)
    work.audit.add(replace(entry, evidence={"chat": chat_id}))
    work.fact("endorsed", jid=account.jid, by=by)
    _tell_endorsed(work, account.jid, words.YOU_WERE_ENDORSED, by, comment, workgroup, rules)
    return account, progress_of(work, [account])[account.jid]


def _tell_endorsed(
    work: Work, trainee: BareJid, text: Text, by: BareJid, comment: str, workgroup: WorkgroupName, rules: DeskRules
) -> None:
    said = words.COMMENT.of(comment=comment) if comment else ""
    told = text.of(by=by, comment=said)
    tell(work, trainee, told, workgroup, rules, expires_after=rules.training.lasting)


def withdraw(work: Work, text: str, *, by: BareJid, rules: DeskRules) -> BareJid:
    """Take one's word for a trainee back; it stays on record that it was given.

    With a decision for them it has done what it was given for. Raises NotPermitted, NotFound, BadInput.
    """
    trainee, author = find_person(work, text), work.accounts.find(by)
    if author is None or not author.standing.reaches(Standing.HELPER):
        raise NotPermitted(words.ONLY_HELPERS)
    refuse_no_trainee(work.accounts.find(trainee), text)
    if work.endorsements.find(trainee, by) is None:
        raise BadInput(words.NOT_ENDORSED.of(trainee=one_line(text, 60)))
    work.endorsements.withdraw(trainee, by, work.now)
    work.audit.add(Entry(work.now, "endorsement withdrawn", trainee, by, policy=rules.policy))
    work.fact("endorsement withdrawn", jid=trainee, by=by)
    return trainee


def endorsable_by(work: Work, by: BareJid) -> list[BareJid]:
    """Return the trainees whom somebody shared a chat with."""
    return sorted(work.visits.trainees_met(by) & {a.jid for a in work.accounts.list(Standing.TRAINEE)})


def endorsed_by(work: Work, by: BareJid) -> list[BareJid]:
    """Return the trainees whom somebody has endorsed."""
    accounts = [work.accounts.find(jid) for jid in work.endorsements.given_by(by)]
    return sorted(a.jid for a in accounts if a is not None and a.standing is Standing.TRAINEE)


def put_off(work: Work, text: str, *, by: BareJid) -> BareJid:
    """Record that somebody who was asked does not endorse now. Raises NotPermitted, NotFound."""
    account, _ = _trainee_of(work, text, by)
    work.enquiries.answer(ASK, by, account.jid, "later", work.now)
    return account.jid
