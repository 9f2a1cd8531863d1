"""Welcoming newcomers: once a person whatever way they came, and never more in an hour than can be meant."""

from __future__ import annotations

from datetime import datetime, timedelta

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Account, FullJid, WorkgroupName
from livechat_xmpp.domain.signup import WELCOME_EXPIRY, Source
from livechat_xmpp.domain.wording import signup as words
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Letter, Work
from livechat_xmpp.usecases.telling import language_of

AT_ONCE = 20  # newcomers welcomed in one transaction; the rest follow at once
HOUR = timedelta(hours=1)


def welcome_waiting(work: Work, workgroup: WorkgroupName, rules: DeskRules) -> datetime | None:
    """Welcome those who wait for it, and return when to go on; None: nobody waits.

    What they are told is recorded together with their having been told. Beyond so many in an hour the others wait:
    first come those who are on duty already, as nobody is by mistake, then those who have waited for longest.
    """
    last_hour = work.accounts.welcomed_since(work.now - HOUR)
    places = max(0, rules.sign_up.welcomes_per_hour - last_hour.number)
    now = min(AT_ONCE, places)
    newcomers = work.accounts.unwelcomed(now + 1)
    for account in newcomers[:now]:
        _welcome(work, account, workgroup, rules)
    if len(newcomers) <= now:
        return None
    return work.now if now < places else (last_hour.first_at or work.now) + HOUR


def _welcome(work: Work, account: Account, workgroup: WorkgroupName, rules: DeskRules) -> None:
    work.accounts.set_welcomed(account.jid, work.now)
    expires_at, to = work.now + WELCOME_EXPIRY, FullJid(account.jid)
    work.letters.add(Letter(to, _text(work, account, rules), workgroup, expires_at, "welcome"))
    if rules.contributors:
        reason = rules.catalogue.say(words.ROOM_INVITATION, language_of(work, account.jid, rules))
        work.letters.add(Letter(to, reason, workgroup, expires_at, "contributors"))
    work.touch_letters()
    work.fact("welcomed", jid=account.jid)


def _text(work: Work, account: Account, rules: DeskRules) -> str:
    say, language = rules.catalogue.say, language_of(work, account.jid, rules)
    entry = work.audit.last_standing(account.jid)
    lines = [say(words.WELCOME, language)]
    if entry is not None and "@" in entry.by:
        lines.append(say(words.WELCOME_BY, language, by=entry.by))
    came_ready = entry is not None and entry.by == Source.READY
    lines.append(say(words.WELCOME_IS_READY if came_ready else words.WELCOME_READY, language))
    lines.append(say(words.WELCOME_PRESENCE, language))
    if rules.sign_up.guide_url:
        lines.append(say(words.WELCOME_GUIDE, language, url=rules.sign_up.guide_url))
    if rules.contributors:
        lines.append(say(words.WELCOME_ROOM, language, link=texts.room_link(rules.contributors)))
    return "\n".join(lines)
