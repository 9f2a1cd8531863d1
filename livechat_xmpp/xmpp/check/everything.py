"""`livechat-xmpp check`: tries on a server all that the desk needs there, with the code that the desk itself uses.

Not tried, because the component's own connection cannot show it: that new accounts are told to us
(one would have to be made), whether accounts of the staff's domain can make help rooms, TLS of the public addresses.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp import privileges
from livechat_xmpp.xmpp.check.findings import Findings, NotAsNeeded, Say, Wanted
from livechat_xmpp.xmpp.check.link import ANSWER_S, COMPONENT, OneLink
from livechat_xmpp.xmpp.check.newcomers import try_newcomers
from livechat_xmpp.xmpp.check.rooms import RoomCheck
from livechat_xmpp.xmpp.check.visits import Visit, is_in_use, tell_visit, try_port, try_visits, visit
from livechat_xmpp.xmpp.check.words import Need

OLD_PRIVILEGE = "urn:xmpp:privilege:1"
NOT_TOLD = ("service-unavailable", "feature-not-implemented")  # a server is there, but keeps its version to itself
STAFF_S = 1.0  # for presence of the staff; servers are silent about those who do not let us see them
TO_OURSELVES = 16  # messages; one that another connection shared with us would get all but surely one of them
ENVELOPE_BYTES = 1000  # of a stanza around its body, with room to spare


async def check(wanted: Wanted, say: Say) -> bool:
    """Try everything, saying one line for each thing; return whether all that is required is there.

    ok: it is there. NO: it is required and missing; what to change follows. --: good to know.
    Never connects while a desk is linked with the same address: it would be thrown out, or we refused.
    """
    found = Findings(say, wanted.names)
    async with AsyncExitStack() as stack:
        seen = await visit(wanted, found, stack)
        if await is_in_use(wanted, found, seen.visitor):
            return False
        try_port(wanted, found)
        link = await _link(wanted, found)
        if link is None:
            if Need.PORT not in found.missing or seen.trouble is None:
                tell_visit(wanted, found, seen)
            return False
        stack.push_async_callback(link.stop)
        try:
            await _with_link(wanted, found, link, seen)
        except LinkDown:
            found.no("the link lasts", Need.FREE_ADDRESS, link.refusal or "the server closed it")
    return found.is_well


async def _with_link(wanted: Wanted, found: Findings, link: OneLink, seen: Visit) -> None:
    """Try all that takes a link. Raises LinkDown."""
    if not await found.tried("all that is for the desk comes to us", Need.ONLY_US, _gets_all(wanted, link)):
        found.note("nothing more was tried: what we ask would be answered to somebody else")
        return
    domains = await _server(wanted, found, link)
    tell_visit(wanted, found, seen)
    await RoomCheck(wanted, link, found, seen.visitor).run()
    await try_visits(wanted, found, link, seen.visitor)
    await _groups(wanted, found, link, domains)
    await _staff(wanted, found, link)
    await try_newcomers(wanted, found, link, domains)
    await _largest_stanza(wanted, found, link)


async def _link(wanted: Wanted, found: Findings) -> OneLink | None:
    """Connect, and say what the server has against it if it has."""
    where = f"{wanted.host} port {wanted.port}"
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(wanted.host, wanted.port), ANSWER_S)
    except (OSError, TimeoutError) as error:
        found.no(f"a server listens at {where}", Need.PORT, str(error) or "no answer")
        return None
    writer.close()
    link = OneLink(wanted)
    if await link.open():
        found.ok(f"linked as {wanted.component} at {where}")
        return link
    needs = {
        "not-authorized": Need.SECRET,
        "host-unknown": Need.COMPONENT,
        "conflict": Need.FREE_ADDRESS,
    }
    need = needs.get(link.refusal, Need.PORT)
    found.no(f"linked as {wanted.component} at {where}", need, link.refusal or "nobody there speaks XEP-0114")
    return None


async def _server(wanted: Wanted, found: Findings, link: OneLink) -> list[str]:
    """See that the staff's domains are there, and of what software; return those that are."""
    there = []
    for domain in wanted.staff_domains:
        try:
            answer = await link.query(domain, "{jabber:iq:version}query")
            found.software = answer.findtext(".//{jabber:iq:version}name") or found.software
            version = answer.findtext(".//{jabber:iq:version}version") or ""
            found.ok(f"staff's domain {domain}: {found.software} {version}".rstrip())
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            if isinstance(trouble, StepRefused) and trouble.condition in NOT_TOLD:
                found.ok(f"staff's domain {domain}, which does not tell its software")
            else:
                found.no(f"staff's domain {domain}", Need.STAFF_DOMAIN, str(trouble), domain=domain)
                continue
        there.append(domain)
    return there


async def _gets_all(wanted: Wanted, link: OneLink) -> None:
    """Send some messages to ourselves through the server, and see that each comes back."""
    mark = secrets.token_hex(6)
    ours = [f"{mark}-{number}@{wanted.component}" for number in range(TO_OURSELVES)]
    for address in ours:
        link.make_message(mto=address, mfrom=wanted.contact, mbody="check", mtype="headline").send()
    for number, address in enumerate(ours):
        try:
            await link.sees(lambda stanza, address=address: stanza.get("to") == address)  # type: ignore[misc]
        except LinkTrouble as trouble:
            link.require_up()
            raise NotAsNeeded(f"of {TO_OURSELVES} messages to ourselves only {number} came") from trouble


async def _groups(wanted: Wanted, found: Findings, link: OneLink, domains: Sequence[str]) -> None:
    """Say for each domain how the groups come into contact lists there, and what would be better.

    What a server lets us do (XEP-0356 §3) it told us right after the link came up.
    """
    for domain in domains:
        told = [s for s in link.seen if s.get("from") == domain and s.tag == f"{{{COMPONENT}}}message"]
        perms = {p.get("access"): p.get("type") for s in told for p in s.iter(f"{{{privileges.NS}}}perm")}
        what = f"groups in contact lists of {domain}"
        if not wanted.has_groups:
            found.note(f"{what}: none, as groups.enabled says")
        elif perms.get("roster") == "both":
            found.ok(f"{what}: the desk writes the lists (XEP-0356)")
        elif wanted.try_shared_groups is not None:
            await _try_api(found, f"{what}: the server has them, by groups.api_url", wanted.try_shared_groups, domain)
        else:
            is_old = any(s.find(f".//{{{OLD_PRIVILEGE}}}perm") is not None for s in told)
            why = "its mod_privilege is one that cannot write lists" if is_old else ""
            found.note(f"{what}: suggested to people's clients (XEP-0144)", Need.PRIVILEGES, why, domain=domain)


async def _try_api(found: Findings, what: str, try_out: Callable[[str], Awaitable[None]], domain: str) -> None:
    try:
        await try_out(domain)
        found.ok(what)
    except LinkDown:
        raise
    except LinkTrouble as trouble:
        answers = {"403": Need.GROUPS_ALLOWED, "400": Need.GROUPS_COMMANDS, "500": Need.GROUPS_MODULE}
        need = answers.get(str(trouble).rpartition(" ")[2], Need.GROUPS_API)  # ends in the HTTP status, if in one
        found.no(what, need, str(trouble), domain=domain)


async def _staff(wanted: Wanted, found: Findings, link: OneLink) -> None:
    """Ask for the presence of the people named in the configuration, and say who lets the desk see it."""
    if not wanted.people:
        found.note("nobody is named in staff.initial: name two admins there")
        return
    for jid in wanted.people:
        link.make_presence(pto=jid, pfrom=wanted.contact, ptype="probe").send()
    waiting, shown = set(wanted.people), set[str]()
    try:
        async with asyncio.timeout(STAFF_S):
            while waiting:
                answer = await link.sees(lambda s: s.get("from", "").partition("/")[0] in waiting, STAFF_S)
                jid = answer.get("from", "").partition("/")[0]
                waiting.discard(jid)
                if answer.get("type", "available") in ("available", "unavailable"):
                    shown.add(jid)
    except (TimeoutError, LinkTrouble):
        link.require_up()
    text = f"{len(shown)} of {len(wanted.people)} people in staff.initial let the desk see their presence"
    if len(shown) == len(wanted.people):
        found.ok(text)
    else:
        found.note(f"{text}; the others may be offline, or will be asked when the desk starts")


async def _largest_stanza(wanted: Wanted, found: Findings, link: OneLink) -> None:
    """Send ourselves as much at once as the desk may; last, as a server that minds ends the link."""
    what = f"a stanza of {wanted.max_stanza_bytes} bytes passes"
    address = f"{secrets.token_hex(6)}@{wanted.component}"
    body = "x" * (wanted.max_stanza_bytes - ENVELOPE_BYTES)
    try:
        link.make_message(mto=address, mfrom=wanted.contact, mbody=body, mtype="headline").send()
        await link.sees(lambda stanza: stanza.get("to") == address)
        found.ok(what)
    except LinkTrouble as trouble:
        found.no(what, Need.STANZA_SIZE, link.refusal or str(trouble))
