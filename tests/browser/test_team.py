"""The staff's page: Converse.js from our own files is one more ordinary client."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, WebSocket, expect

from tests.browser.conftest import Visitors, with_the_browser
from tests.browser.page import VisitorPage
from tests.people import Person, RealServer, owner
from tests.servers.desk import Desk
from tests.servers.team import Team
from tests.servers.throwaway import ThrowawayServer

WINDOW = {"width": 1200, "height": 800}
HELP = '"help" and one of them tells what it does'
HILFE = "„hilfe“ und eines davon sagt, was es tut"


@pytest.fixture
def desk_server(each_server: ThrowawayServer) -> ThrowawayServer:
    return each_server


@with_the_browser
async def ada(desk: Desk) -> AsyncIterator[Person]:
    """An admin, who is not at this page."""
    async with RealServer.of(desk.server) as server:
        yield await Team(desk, server).arrives("ada")


async def log_in(team: VisitorPage, name: str, password: str, online: str = "I am online") -> None:
    await team.page.goto(f"{team.web}team")
    await team.page.locator("input[name=jid]").fill(name)
    await team.page.locator("input[name=password]").fill(password)
    await team.page.locator("input[name=password]").press("Enter")
    await expect(team.page.get_by_text(online)).to_be_visible(timeout=15_000)


async def write_to_desk(team: VisitorPage, desk: Desk, text: str) -> None:
    await team.page.goto(f"{team.web}team#converse/chat?jid={desk.addresses['workgroup']}")
    await write(team, text)


async def write(team: VisitorPage, text: str) -> None:
    box = team.page.locator("textarea.chat-textarea:visible")
    await box.fill(text)
    await box.press("Enter")


async def take_in_web_client(team: VisitorPage, visitor: VisitorPage, desk: Desk) -> None:
    """Have the visitor ask, and ana take the request in Converse.js."""
    account = desk.account("ana")
    # The domain may be left out.
    await log_in(team, account.name, account.password)
    await write_to_desk(team, desk, "on")
    await visitor.ask("Anna", "My bookmarks are gone.")
    await visitor.is_at("waiting")
    await expect(team.page.get_by_text("My bookmarks are gone.").first).to_be_visible(timeout=15_000)
    await confirm(team)
    await visitor.is_at("chat")


async def confirm(team: VisitorPage) -> None:
    """Follow the invitation into a room."""
    await team.page.locator("form.confirm").get_by_role("button", name="Confirm").click()


def composer(team: VisitorPage) -> Locator:
    """Where one writes in a room."""
    return team.page.locator("converse-muc textarea.chat-textarea:visible")


def sent_by(team: VisitorPage) -> list[str]:
    """Return what the page sends from its next connection on; the list grows."""
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: frames.append(str(frame)))

    team.page.on("websocket", listen)
    return frames


async def test_a_helper_takes_a_request_in_the_web_client(new_visitor: Visitors, desk: Desk) -> None:
    team, visitor = await new_visitor(viewport=WINDOW), await new_visitor()
    await take_in_web_client(team, visitor, desk)
    await expect(visitor.page.locator("#people")).to_contain_text(re.compile("ana", re.IGNORECASE))
    await composer(team).fill("Hello from the web client")
    await composer(team).press("Enter")
    await visitor.hears("Hello from the web client")
    await visitor.say("Hello back")
    await expect(team.page.locator("converse-muc").get_by_text("Hello back")).to_be_visible()


async def test_a_chat_that_another_closed_is_over_and_not_entered_again(new_visitor: Visitors, desk: Desk) -> None:
    team, visitor = await new_visitor(viewport=WINDOW), await new_visitor()
    await take_in_web_client(team, visitor, desk)
    await expect(composer(team)).to_be_visible()
    await visitor.end_chat()
    await is_over(team)
    sent = sent_by(team)
    await team.page.reload()
    await team.page.locator("converse-rooms-list").get_by_text("My bookmarks are gone.").click()
    await is_over(team)
    # Once the desk has answered, whatever the page does by itself after a reload has been done.
    await team.page.locator("converse-roster").get_by_text(re.compile("Support desk|support@workgroup")).first.click()
    await write(team, "help")
    await expect(team.page.get_by_text(HELP).first).to_be_visible()
    assert any("<message" in frame for frame in sent)
    assert not [frame for frame in sent if desk.addresses["muc"] in frame and frame.startswith("<presence")]


async def test_a_room_that_was_made_again_is_entered_on_a_new_invitation(
    new_visitor: Visitors, desk: Desk, ada: Person
) -> None:
    team, account = await new_visitor(viewport=WINDOW), desk.account("ana")
    room = f"tea-{secrets.token_hex(2)}@{desk.server.names.contributors.partition('@')[2]}"
    await log_in(team, account.name, account.password)
    # An invitation is not kept for who is not there yet.
    await write_to_desk(team, desk, "help")
    await expect(team.page.get_by_text(HELP).first).to_be_visible()
    await ada.enter(room, "Ada")
    await owner.configure(ada, room)
    await owner.invite_directly(ada, account.jid, room)
    await confirm(team)
    await expect(composer(team)).to_be_visible()
    await owner.destroy(ada, room, "No more tea")
    await is_over(team, "No more tea")
    await ada.enter(room, "Ada")
    await owner.configure(ada, room)
    await owner.invite_directly(ada, account.jid, room)
    await confirm(team)
    await expect(composer(team)).to_be_visible()
    await ada.sees_inside(room, account.name)


async def is_over(team: VisitorPage, reason: str = "The chat has ended.") -> None:
    room = team.page.locator("converse-muc")
    await expect(room.get_by_text("This groupchat no longer exists")).to_be_visible()
    await expect(room.get_by_text(reason)).to_be_visible()
    await expect(composer(team)).to_have_count(0)


async def test_the_desk_answers_in_the_language_of_the_page(new_visitor: Visitors, desk: Desk) -> None:
    team, account = await new_visitor(viewport=WINDOW, locale="de"), desk.account("ana")
    sent = sent_by(team)
    await log_in(team, account.name, account.password, online="Ich bin online")
    await write_to_desk(team, desk, "hilfe")
    await expect(team.page.get_by_text(HILFE).first).to_be_visible()
    stanzas = [frame for frame in sent if frame.startswith(("<message", "<iq"))]
    assert stanzas
    assert all('xml:lang="de"' in stanza for stanza in stanzas)
