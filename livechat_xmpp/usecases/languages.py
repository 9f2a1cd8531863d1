"""In which language a member of the staff is told things: what their client says, unless they have chosen one."""

from __future__ import annotations

from dataclasses import replace

from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.staff import get_account


def hear(work: Work, jid: BareJid, tag: str) -> None:
    """Record the language that the person's client says, "" for none; what they have chosen themselves stays."""
    account = work.accounts.find(jid)
    if account is not None and not account.is_language_chosen and account.language != tag:
        work.accounts.put(replace(account, language=tag))


def choose(work: Work, jid: BareJid, tag: str) -> None:
    """Record the language that the person wants, whatever their client says. Raises NotPermitted for visitors."""
    work.accounts.put(replace(get_account(work, jid), language=tag, is_language_chosen=True))
    work.fact("language chosen", jid=jid, language=tag)


def follow_client(work: Work, jid: BareJid, rules: DeskRules) -> str:
    """Have the person's client decide again, and return what it says. Raises NotPermitted for visitors."""
    tag = rules.heard(jid)
    work.accounts.put(replace(get_account(work, jid), language=tag, is_language_chosen=False))
    work.fact("language chosen", jid=jid, language="as the client says")
    return tag


def chosen(work: Work, jid: BareJid) -> str:
    """Return the language that the person has chosen, "" for none. Raises NotPermitted for visitors."""
    account = get_account(work, jid)
    return account.language if account.is_language_chosen else ""
