"""What there is for newcomers: whether the desk learns of them, and may show them the way into the team's room."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from slixmpp.xmlstream import ET

from livechat_xmpp.reconcile.ports import AccountLists, LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.check.findings import Findings, Wanted
from livechat_xmpp.xmpp.check.link import COMPONENT, OneLink
from livechat_xmpp.xmpp.check.words import Need
from livechat_xmpp.xmpp.privileges import grants_bookmarks


async def try_newcomers(wanted: Wanted, found: Findings, link: OneLink, domains: Sequence[str]) -> None:
    """Say how newcomers are learned of. Nothing of it has to be there: a word to the desk is always enough.

    domains: those of the staff that are there.
    """
    lists = wanted.account_lists(link)
    found.note("cannot be tried without making an account: whether the server tells of new ones", Need.NOTICES)
    for domain in domains:
        await _list(wanted, found, lists, domain)
        told = [s for s in link.seen if s.get("from") == domain and s.tag == f"{{{COMPONENT}}}message"]
        if any(map(grants_bookmarks, told)):
            found.ok(f"newcomers of {domain} can get the contributors' room among their bookmarks")
        else:
            found.note(f"newcomers of {domain} are invited, but get no bookmark", Need.BOOKMARKS, domain=domain)
    await _contributors(wanted, found, link)


async def _list(wanted: Wanted, found: Findings, lists: AccountLists, domain: str) -> None:
    try:
        accounts = await lists.accounts_of(domain)
    except LinkDown:
        raise
    except LinkTrouble as trouble:
        found.note(f"accounts made while the desk is down, of {domain}", Need.ACCOUNT_LIST, str(trouble), domain=domain)
        return
    if accounts is None:
        found.note(f"{domain} has no list of accounts for the desk", Need.ACCOUNT_LIST, domain=domain)
    else:
        found.ok(f"accounts of {domain} made while the desk is down are found: it lists {len(accounts)}")
        for jid in wanted.people:
            if jid.partition("@")[2] == domain and jid not in accounts:
                found.note(f"{jid} of staff.initial has no account", Need.ACCOUNTS_OF_STAFF)


async def _contributors(wanted: Wanted, found: Findings, link: OneLink) -> None:
    """See that the contributors' room is there, that the desk may enter it, and who it is shown inside."""
    room = wanted.contributors
    try:
        features = await link.info(room)
    except StepRefused as refusal:
        need = Need.CONTRIBUTORS if refusal.condition == "item-not-found" else Need.CONTRIBUTORS_SERVICE
        found.note(f"no contributors' room {room}", need, refusal.condition)
        return
    except LinkDown:
        raise
    except LinkTrouble as trouble:
        found.note(f"no contributors' room {room}", Need.CONTRIBUTORS_SERVICE, str(trouble))
        return
    found.ok(f"contributors' room {room}")
    try:
        role = await _enter(wanted, link)
    except LinkDown:
        raise
    except LinkTrouble as trouble:
        found.note("the desk may not enter the contributors' room", Need.CONTRIBUTORS_ENTER, trouble.reason)
        return
    if role == "moderator" or "muc_nonanonymous" in features:
        found.ok("the desk enters the contributors' room, and sees who else does")
    else:
        found.note("the contributors' room hides from the desk who enters", Need.CONTRIBUTORS_ADDRESSES)


async def _enter(wanted: Wanted, link: OneLink) -> str:
    """Enter for a moment, and return our role inside. Raises LinkTrouble, StepRefused when refused."""
    seat, place = f"{wanted.contact}/desk", f"{wanted.contributors}/check {secrets.token_hex(2)}"
    presence = link.make_presence(pto=place, pfrom=seat)
    presence.append(muc.join())
    presence.send()
    answer = await link.sees(lambda stanza: stanza.get("from") == place and _is_answer(stanza))
    if answer.get("type") == "error":
        error = answer.find(f"{{{COMPONENT}}}error")
        raise StepRefused(error[0].tag.rpartition("}")[2] if error is not None and len(error) else "no reason given")
    link.make_presence(pto=place, pfrom=seat, ptype="unavailable").send()
    item = answer.find(f"{{{muc.USER}}}x/{{{muc.USER}}}item")
    return "" if item is None else item.get("role", "")


def _is_answer(stanza: ET.Element) -> bool:
    item = muc.read_presence(stanza, "")
    return stanza.get("type") == "error" or (item is not None and muc.SELF in item.codes)
