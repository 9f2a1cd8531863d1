"""The staff's page: Converse.js from our own files is one more ordinary client."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.page import VisitorPage
from tests.servers.desk import Desk


async def log_in(team: VisitorPage, name: str, password: str) -> None:
    await team.page.goto(f"{team.web}team")
    await team.page.get_by_label("XMPP Address").fill(name)
    await team.page.get_by_label("Password").fill(password)
    await team.page.get_by_label("Password").press("Enter")
    await expect(team.page.get_by_text("I am online")).to_be_visible(timeout=15_000)


async def test_a_helper_takes_a_request_in_the_web_client(new_visitor: Visitors, desk: Desk) -> None:
    team, visitor = await new_visitor(viewport={"width": 1200, "height": 800}), await new_visitor()
    account, workgroup = desk.account("ana"), desk.addresses["workgroup"]
    # The domain may be left out.
    await log_in(team, account.name, account.password)
    await team.page.goto(f"{team.web}team#converse/chat?jid={workgroup}")
    box = team.page.locator("textarea.chat-textarea:visible")
    await box.fill("on")
    await box.press("Enter")
    await visitor.ask("Anna", "My bookmarks are gone.")
    await visitor.is_at("waiting")
    await expect(team.page.get_by_text("My bookmarks are gone.").first).to_be_visible(timeout=15_000)
    await team.page.locator("form.confirm").get_by_role("button", name="Confirm").click()
    await visitor.is_at("chat")
    await expect(visitor.page.locator("#people")).to_contain_text(re.compile("ana", re.IGNORECASE))
    room = team.page.locator("converse-muc textarea.chat-textarea:visible")
    await room.fill("Hello from the web client")
    await room.press("Enter")
    await visitor.hears("Hello from the web client")
    await visitor.say("Hello back")
    await expect(team.page.locator("converse-muc").get_by_text("Hello back")).to_be_visible()
