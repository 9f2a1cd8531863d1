"""Speaking to everybody who is on duty at once."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.errors import BadInput, NotPermitted
from livechat_xmpp.domain.model import BareJid, Standing, WorkgroupName
from livechat_xmpp.domain.names import clean
from livechat_xmpp.domain.wording import duty as words
from livechat_xmpp.domain.wording.training import TOO_LONG
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.telling import tell

LIMIT = 1000  # characters: a word to colleagues, not a manual
EXPIRY = timedelta(minutes=10)  # without a link; who is on duty later has other things to know


def tell_on_duty(work: Work, text: str, *, by: BareJid, workgroup: WorkgroupName, rules: DeskRules) -> int:
    """Write to all on duty but the one who writes, trainees too; return how many these are. For helpers and up.

    Raises NotPermitted, BadInput.
    """
    author = work.accounts.find(by)
    if author is None or not author.standing.reaches(Standing.HELPER):
        raise NotPermitted(words.ONLY_HELPERS_CALL)
    said = clean(text, lines=True)
    if not said:
        raise BadInput(words.NOTHING_TO_TELL)
    if len(said) > LIMIT:
        raise BadInput(TOO_LONG.of(limit=LIMIT))
    people = sorted({duty.jid for duty in work.duties.list()} - {by})
    for jid in people:
        tell(work, jid, words.TOLD_TO_ALL, workgroup, rules, expires_after=EXPIRY, by=by, text=said)
    work.fact("all on duty told", by=by, people=len(people))
    return len(people)
