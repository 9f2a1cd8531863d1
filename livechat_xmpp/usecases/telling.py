"""Telling people something by letter, each in their language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from livechat_xmpp.domain.model import BareJid, FullJid, WorkgroupName
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Letter, Work


def tell(
    work: Work,
    jid: BareJid,
    text: Sayable,
    workgroup: WorkgroupName,
    rules: DeskRules,
    /,
    *,
    kind: str = "plain",
    expires_after: timedelta | None = None,
    **values: object,
) -> None:
    """Write a letter to a person in their language, else in the desk's. kind: as a letter's.

    expires_after: how long it may wait for a link; None: as long as notices do.
    """
    body = rules.catalogue.say(text, language_of(work, jid, rules), **values)
    expires_at = work.now + (rules.notice_expiry if expires_after is None else expires_after)
    work.letters.add(Letter(FullJid(jid), body, workgroup, expires_at, kind))
    work.touch_letters()


def said_to(work: Work, jid: BareJid, text: Sayable, rules: DeskRules) -> str:
    """Return the text in a person's language, else in the desk's; people are also visitors."""
    return rules.said(text, jid, language_of(work, jid, rules))


def take_letters(work: Work, limit: int) -> list[Letter]:
    """Return letters that are due, the oldest first, and record that they are being sent."""
    return work.letters.take_due(work.now, limit)


def put_back(work: Work, letters: Iterable[Letter]) -> None:
    """Record that letters were not sent after all: there was no link."""
    work.letters.put_back([letter.id for letter in letters])
    work.touch_letters()


def language_of(work: Work, jid: BareJid, rules: DeskRules) -> str:
    """Return the person's language as a catalogue takes it; "" where it is not known."""
    account = work.accounts.find(jid)
    return (account.language if account else "") or rules.heard(jid)
