"""From visitor to trainee: who was helped is asked once whether they would like to help others."""

from __future__ import annotations

from livechat_xmpp.domain.model import BareJid, Chat, Disposition, Outcome
from livechat_xmpp.domain.signup import Source
from livechat_xmpp.domain.wording import Text
from livechat_xmpp.domain.wording import training as words
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.signup import may_belong, sign_up
from livechat_xmpp.usecases.telling import tell

JOIN = "join"  # the enquiry's kind


def invite_to_join(work: Work, chat: Chat, rules: DeskRules) -> bool:
    """Ask the visitor of a solved chat whether they would like to help others; return whether they were asked.

    Once in a lifetime, and only who has an account that may belong to the staff and never did.
    """
    visitor = chat.visitor_bare
    was_helped = chat.outcome is Outcome.SERVED and chat.disposition is Disposition.SOLVED
    if not was_helped or not may_belong(visitor, rules):
        return False
    has_been_here = work.accounts.find(visitor) is not None or work.audit.last_standing(visitor) is not None
    if has_been_here or work.enquiries.last(JOIN, visitor, visitor) is not None:
        return False
    work.enquiries.ask(JOIN, visitor, visitor, chat.id, work.now)
    tell(work, visitor, words.WOULD_YOU_HELP, chat.workgroup, rules, expires_after=rules.training.lasting)
    return True


def is_asked(work: Work, visitor: BareJid, rules: DeskRules) -> bool:
    """Return whether the person was asked lately, has not answered, and does not wait for help at the moment."""
    enquiry = work.enquiries.find_open(JOIN, visitor)
    if enquiry is None or enquiry.asked_at + rules.training.lasting <= work.now:
        return False
    return work.chats.find_of_visitor(visitor) is None


def answer(work: Work, visitor: BareJid, *, is_yes: bool, rules: DeskRules) -> Text | None:
    """Take the answer; return what to say. None: they are a trainee now, and the welcome says what there is to say."""
    work.enquiries.answer(JOIN, visitor, visitor, "yes" if is_yes else "no", work.now)
    work.fact("asked to join", answer="yes" if is_yes else "no")
    if is_yes and sign_up(work, visitor, source=Source.ASKED, rules=rules):
        return None
    return words.NOT_NOW
