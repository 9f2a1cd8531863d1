"""`livechat-xmpp check`: tries on a server all that the desk needs there, with the code that the desk itself uses.

Not tried, because the component's own connection cannot show it: that new accounts are reported to us
(one would have to be made), how many rooms one address may be in (ejabberd), TLS of the public addresses.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack

import aiohttp

from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.check.findings import Findings, Say, Wanted
from livechat_xmpp.xmpp.check.link import ANSWER_S, COMPONENT, INFO, OneLink
from livechat_xmpp.xmpp.check.rooms import RoomCheck
from livechat_xmpp.xmpp.check.visitor import LoginRefused, NotReached, Visitor, condition, visiting
from livechat_xmpp.xmpp.check.words import Need

PRIVILEGES = ("urn:xmpp:privilege:2", "urn:xmpp:privilege:1")
HEALTH_S = 3.0
STAFF_S = 1.0  # for presence of the staff; servers are silent about those who do not let us see them
NOT_LINKED = "no link to the XMPP server"
# How servers answer for a component that is not connected, or for an address that they do not have.
NOBODY_THERE = ("remote-server-timeout", "remote-server-not-found", "not-allowed", "item-not-found")


async def check(wanted: Wanted, say: Say) -> bool:
    """Try everything, saying one line for each thing; return whether all that is required is there.

    ok: it is there. NO: it is required and missing; what to change follows. --: good to know.
    Never connects while a desk is linked with the same address: it would be thrown out, or we refused.
    """
    names = {
        "component": wanted.component,
        "muc": wanted.muc,
        "domain": wanted.staff_domains[0],
        "anonymous": wanted.anonymous_domain,
        "contributors": wanted.contributors,
    }
    found = Findings(say, names)
    async with AsyncExitStack() as stack:
        visitor = await _visitor(wanted, found, stack)
        if await _is_in_use(wanted, found, visitor):
            return False
        link = await _link(wanted, found)
        if link is None:
            return False
        stack.push_async_callback(link.stop)
        try:
            await _look_around(wanted, found, link, visitor)
        except LinkDown:
            found.no("the link lasts", Need.FREE_ADDRESS, link.refusal or "the server closed it")
    return found.is_well


async def _look_around(wanted: Wanted, found: Findings, link: OneLink, visitor: Visitor | None) -> None:
    await _server(wanted, found, link)
    await RoomCheck(link, Addresses(wanted.component, wanted.muc, ()), found).run()
    await _visits(wanted, found, link, visitor)
    await _contributors(wanted, found, link)
    await _privileges(wanted, found, link)
    await _staff(wanted, found, link)
    found.note("not tried: whether the server tells the desk of new accounts; one would have to be made")


# --- before there is a link


async def _visitor(wanted: Wanted, found: Findings, stack: AsyncExitStack) -> Visitor | None:
    """Return an anonymous visitor of the page; None if there cannot be one from here."""
    try:
        visitor = await stack.enter_async_context(visiting(wanted.websocket_url, wanted.anonymous_domain))
    except NotReached as error:
        found.note(f"websocket {wanted.websocket_url} does not answer here", Need.WEBSOCKET, str(error))
        return None
    except LoginRefused as error:
        found.ok(f"websocket {wanted.websocket_url} answers")
        found.no(f"visitors of {wanted.anonymous_domain} log in", Need.ANONYMOUS_DOMAIN, str(error))
        return None
    found.ok(f"websocket {wanted.websocket_url} answers")
    found.ok(f"visitors of {wanted.anonymous_domain} log in")
    return visitor


async def _is_in_use(wanted: Wanted, found: Findings, visitor: Visitor | None) -> bool:
    """Find out whether a desk is linked: by the page of this configuration, or as a visitor who pings it."""
    health = await _health(wanted.health_url) if wanted.health_url else None
    if health is not None and health != NOT_LINKED:
        where = f"the desk of this configuration runs: {wanted.health_url} answers"
    elif visitor is not None and await _answers(visitor, wanted.component):
        where = f"somebody answers as {wanted.component}"
    else:
        if health == NOT_LINKED:
            found.note(f"the desk of this configuration runs without a link; it may take ours ({wanted.health_url})")
        elif visitor is None and not wanted.health_url:
            found.note("nobody could be asked whether a desk is linked already: one that is loses its link for seconds")
        return False
    found.no(f"{wanted.component} is free to be tried", Need.FREE_ADDRESS, where)
    found.note("nothing more was tried: our connection would take the running desk's place, or be refused")
    return True


async def _health(url: str) -> str | None:
    """Return what the desk's own page says: "" when well, else the reason; None: no desk is there."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=HEALTH_S)) as http,
            http.get(url) as answer,
        ):
            content = await answer.json(content_type=None)
            return str(content.get("reason", "")) if isinstance(content, dict) and "status" in content else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None


async def _answers(visitor: Visitor, component: str) -> bool:
    """Return whether somebody is linked as the component; one who does not answer in time counts, as it may hang."""
    try:
        ping = await visitor.ask(component, "get", "<ping xmlns='urn:xmpp:ping'/>")
        if condition(ping) in NOBODY_THERE:
            return False
        # The server's own domains answer as well; as a component's address they are for the link to refuse.
        info = await visitor.ask(component, "get", f"<query xmlns='{INFO}'/>")
    except TimeoutError:
        return True
    except LoginRefused:
        return False
    return not any(i.get("category") in ("server", "conference") for i in info.iter(f"{{{INFO}}}identity"))


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


# --- with a link


async def _server(wanted: Wanted, found: Findings, link: OneLink) -> None:
    for domain in wanted.staff_domains:
        try:
            answer = await link.query(domain, "{jabber:iq:version}query")
            found.software = answer.findtext(".//{jabber:iq:version}name") or found.software
            version = answer.findtext(".//{jabber:iq:version}version") or ""
            found.ok(f"staff's domain {domain}: {found.software} {version}".rstrip())
        except StepRefused as refusal:
            if refusal.condition in ("service-unavailable", "feature-not-implemented"):
                found.ok(f"staff's domain {domain}, which does not tell its software")
            else:
                found.no(f"staff's domain {domain}", Need.STAFF_DOMAIN, refusal.condition, domain=domain)


async def _visits(wanted: Wanted, found: Findings, link: OneLink, visitor: Visitor | None) -> None:
    """See that visitor and desk reach each other, and that a visitor cannot make help rooms."""
    if visitor is None:
        if Need.ANONYMOUS_DOMAIN not in found.missing:
            domain = wanted.anonymous_domain
            await found.tried(f"domain of the visitors {domain}", Need.ANONYMOUS_DOMAIN, link.info(domain))
        found.note("not tried without a visitor: whether stanzas pass both ways, and whether others can make rooms")
        return
    await visitor.send_presence(wanted.component)
    presence = link.sees(lambda s: s.tag == f"{{{COMPONENT}}}presence" and s.get("from") == visitor.jid)
    await found.tried("a visitor's presence reaches the desk", Need.VISITORS_REACH_US, presence)
    message = link.make_message(mto=visitor.jid, mfrom=wanted.contact, mbody="check", mtype="headline")
    message.send()
    try:
        await visitor.sees(lambda frame: frame.tag.endswith("}message") and frame.get("from") == wanted.contact)
        found.ok("the desk's messages reach a visitor")
    except (TimeoutError, LoginRefused) as error:
        found.no("the desk's messages reach a visitor", Need.VISITORS_REACH_US, str(error))
    try:
        refusal = await visitor.try_room(f"check{secrets.token_hex(6)}@{wanted.muc}")
    except (TimeoutError, LoginRefused) as error:
        found.note("not tried: whether others can make rooms", why=str(error) or "no answer")
        return
    if refusal:
        found.ok(f"others may not make rooms on {wanted.muc}")
    else:
        found.no(f"others may not make rooms on {wanted.muc}", Need.ONLY_WE_MAKE_ROOMS, "a visitor made one")


async def _contributors(wanted: Wanted, found: Findings, link: OneLink) -> None:
    try:
        await link.info(wanted.contributors)
        found.ok(f"contributors' room {wanted.contributors}")
    except StepRefused as refusal:
        found.note(f"no contributors' room {wanted.contributors}", Need.CONTRIBUTORS, refusal.condition)


async def _privileges(wanted: Wanted, found: Findings, link: OneLink) -> None:
    """Say what the server lets us do for its accounts (XEP-0356 §3); it told us right after the link came up."""
    for domain in wanted.staff_domains:
        told = [s for s in link.seen if s.get("from") == domain and s.tag == f"{{{COMPONENT}}}message"]
        perms = [p for s in told for n in PRIVILEGES for p in s.iter(f"{{{n}}}perm")]
        if perms:
            given = ", ".join(f"{p.get('access')} {p.get('type')}" for p in perms)
            found.ok(f"{domain} lets the desk keep contact lists: {given}")
        else:
            found.note(f"{domain} does not let the desk keep contact lists", Need.PRIVILEGES, domain=domain)


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
        found.note(f"{text}; the desk asks the others when it starts")
