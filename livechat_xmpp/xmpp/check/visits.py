"""The visitors' part of the check: whether there can be any, and what they reach and are kept from."""

from __future__ import annotations

import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from livechat_xmpp.xmpp.check.findings import Findings, Wanted
from livechat_xmpp.xmpp.check.link import COMPONENT, INFO, OneLink
from livechat_xmpp.xmpp.check.visitor import (
    VISIT_TROUBLE,
    LoginRefused,
    NoLoginHere,
    NotReached,
    Visitor,
    condition,
    visiting,
)
from livechat_xmpp.xmpp.check.words import Need

ITEMS = "http://jabber.org/protocol/disco#items"
HEALTH_S = 3.0
NOT_LINKED = "no link to the XMPP server"
# How servers answer for a component that is not connected, or for an address that they do not have. ejabberd looks for
# it on other servers; where it may not speak to these (s2s_access), that is forbidden.
NOBODY_THERE = ("remote-server-timeout", "remote-server-not-found", "not-allowed", "item-not-found", "forbidden")


@dataclass(frozen=True, slots=True)
class Visit:
    """How it went to log somebody in as the page does: the visitor, or what was in the way."""

    visitor: Visitor | None
    trouble: NotReached | LoginRefused | None = None


async def visit(wanted: Wanted, found: Findings, stack: AsyncExitStack) -> Visit:
    """Log a visitor in for as long as the stack lasts, and let the server tell them what software it is."""
    try:
        visitor = await stack.enter_async_context(visiting(wanted.websocket_url, wanted.anonymous_domain))
        found.software = await visitor.software(wanted.anonymous_domain)
    except (NotReached, LoginRefused) as trouble:
        return Visit(None, trouble)
    except VISIT_TROUBLE as trouble:
        return Visit(None, LoginRefused(str(trouble) or "no answer after the login"))
    return Visit(visitor)


def tell_visit(wanted: Wanted, found: Findings, visit: Visit) -> None:
    """Say how it went; told once the server's software is known, as that decides the words."""
    websocket, domain = f"websocket {wanted.websocket_url}", wanted.anonymous_domain
    if isinstance(visit.trouble, NotReached):
        if wanted.health_url:
            found.no(f"{websocket} answers", visit.trouble.need, str(visit.trouble))
        else:
            found.note(f"{websocket} does not answer here; without the page nobody needs it", why=str(visit.trouble))
        return
    found.ok(f"{websocket} answers")
    if visit.trouble is not None:
        need = Need.WEBSOCKET_SECURE if isinstance(visit.trouble, NoLoginHere) else Need.ANONYMOUS_DOMAIN
        found.no(f"visitors of {domain} log in", need, str(visit.trouble))
        return
    found.ok(f"visitors of {domain} log in")
    if visit.visitor is not None and visit.visitor.can_resume:
        found.note("a visitor who has gone counts as there for minutes", Need.VISITORS_RESUME)


# --- before there is a link


async def is_in_use(wanted: Wanted, found: Findings, visitor: Visitor | None) -> bool:
    """Find out whether a desk is linked: by the page of this configuration, or as a visitor who pings it."""
    health = await _health(wanted.health_url) if wanted.health_url else None
    if health is not None and health != NOT_LINKED:
        need, where = Need.OUR_DESK_STOPPED, f"the desk of this configuration runs: {wanted.health_url} answers"
    elif visitor is not None and await _answers(visitor, wanted.component):
        need, where = Need.FREE_ADDRESS, f"somebody answers as {wanted.component}"
    else:
        if health == NOT_LINKED:
            found.note(f"the desk of this configuration runs without a link; it may take ours ({wanted.health_url})")
        elif visitor is None and not wanted.health_url:
            found.note("nobody could be asked whether a desk is linked already: one that is loses its link for seconds")
        return False
    found.no(f"{wanted.component} is free to be tried", need, where)
    found.note("nothing more was tried: our connection would take the running desk's place, or be refused")
    return True


def try_port(wanted: Wanted, found: Findings) -> None:
    """See whether the desk will have the port of its pages; nobody's desk is running."""
    if not wanted.health_url:
        return
    url = urlsplit(wanted.health_url)
    host, port = url.hostname or "", url.port or 80
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            found.ok(f"port {port} is free for the pages")
    except OSError as error:
        found.no(f"port {port} is free for the pages", Need.PAGE_PORT, error.strerror or str(error))


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
        return await _is_listed(visitor, component)
    except LoginRefused:
        return False
    return not any(i.get("category") in ("server", "conference") for i in info.iter(f"{{{INFO}}}identity"))


async def _is_listed(visitor: Visitor, component: str) -> bool:
    """Return whether the server lists a component that does not answer.

    ejabberd looks for one that is not linked among the servers of the world first, and that may take long; but it
    lists only those that are linked. Without a list the answer is yes.
    """
    try:
        items = await visitor.ask(component.partition(".")[2], "get", f"<query xmlns='{ITEMS}'/>")
    except VISIT_TROUBLE:
        return True
    return items.get("type") != "result" or component in {i.get("jid") for i in items.iter(f"{{{ITEMS}}}item")}


# --- with a link


async def try_visits(wanted: Wanted, found: Findings, link: OneLink, visitor: Visitor | None) -> None:
    """See that visitor and desk reach each other, and that a visitor makes no rooms."""
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
    except VISIT_TROUBLE as trouble:
        found.no("the desk's messages reach a visitor", Need.VISITORS_REACH_US, str(trouble))
    await _try_to_make_rooms(wanted, found, visitor)


async def _try_to_make_rooms(wanted: Wanted, found: Findings, visitor: Visitor) -> None:
    try:
        if await visitor.try_to_make(f"check{secrets.token_hex(6)}@{wanted.muc}"):
            found.ok(f"others may not make rooms on {wanted.muc}")
        else:
            found.no(f"others may not make rooms on {wanted.muc}", Need.ONLY_WE_MAKE_ROOMS, "a visitor made one")
        if wanted.general_muc != wanted.muc and not await visitor.try_to_make(
            f"check{secrets.token_hex(6)}@{wanted.general_muc}"
        ):
            found.note(f"visitors can make rooms on {wanted.general_muc}", Need.VISITORS_MAKE_ROOMS)
    except VISIT_TROUBLE as trouble:
        found.note("not tried: whether others can make rooms", why=str(trouble) or "no answer")
