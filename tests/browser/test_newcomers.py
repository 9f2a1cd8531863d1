"""A newcomer's whole way on the staff's page: from no account to being a helper, in Converse.js."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors, with_the_browser
from tests.people import RealServer
from tests.servers.desk import Desk
from tests.servers.team import SOON, Team
from tests.servers.throwaway import ThrowawayServer

PASSWORD = "between-us-two"


@pytest.fixture
def desk_server(each_server: ThrowawayServer) -> ThrowawayServer:
    return each_server


@with_the_browser
async def team(desk: Desk) -> AsyncIterator[Team]:
    async with RealServer.of(desk.server) as server:
        yield Team(desk, server)


@pytest.mark.desk(**SOON)
async def test_from_no_account_to_a_helper_in_the_web_client(team: Team, new_visitor: Visitors) -> None:
    """AP-1 to AP-7, RO-4: no admin is there until the last step."""
    desk, name = team.desk, f"nell{secrets.token_hex(2)}"
    jid = f"{name}@{desk.server.names.domain}"
    talk = await team.talks()
    browser = await new_visitor(viewport={"width": 1200, "height": 800})
    page = browser.page
    await page.goto(f"{desk.web}team")
    await page.get_by_text("Create an account").click()
    await page.locator("input[name=username]").fill(name)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.get_by_role("button", name="Register").click()
    await confirms(page, "contributors")
    contacts = page.locator("converse-roster")
    await expect(contacts.get_by_text(desk.account("ana").jid)).to_be_visible()
    for group in ("support", "trainees"):
        await expect(contacts.get_by_text(group, exact=True)).to_be_visible()
    await expect(page.get_by_text(f"{name} has entered").first).to_be_visible()
    await opens_desk(page)
    await expect(page.get_by_text("When you have time").first).to_be_visible()
    await writes(page, "ready")
    await confirms(page, talk.room)
    await talk.ana.sees_inside(talk.room, name)
    await expect(page.get_by_text("Who is who").first).to_be_visible()
    await writes(page, "It may be under Tools.")
    await talk.visitor.sees(talk.room, "It may be under Tools.")
    await talk.visitor.speak(talk.room, "There it is, thank you.")
    await talk.is_over()
    await talk.endorse(name)
    ada = await team.arrives("ada")
    await ada.receives(f'"promote {jid} helper"')
    await ada.say(team.workgroup, f"promote {name} helper")
    await opens_desk(page)
    await expect(page.get_by_text("You are a helper now").first).to_be_visible()
    await writes(page, "on")
    await expect(page.get_by_text("You are on duty as helper").first).to_be_visible()
    assert not desk.log_errors()


async def opens_desk(page: Page) -> None:
    """Choose the desk among the contacts; where it is none yet, among those who have written."""
    await page.locator("converse-roster").get_by_text(re.compile("Support desk|support@workgroup")).first.click()


async def writes(page: Page, text: str) -> None:
    box = page.locator("textarea.chat-textarea:visible")
    await box.fill(text)
    await box.press("Enter")


async def confirms(page: Page, room: str) -> None:
    """Follow the invitation into a room."""
    await expect(page.get_by_role("dialog").get_by_text(room).first).to_be_visible()
    await page.locator("form.confirm").get_by_role("button", name="Confirm").click()
