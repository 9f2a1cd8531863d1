"""Everybody can use the page: by keyboard, with a screen reader, on a small screen, in the dark."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.helping import take
from tests.browser.page import VisitorPage
from tests.people import Person


async def violations(visitor: VisitorPage, axe: str) -> list[str]:
    """What axe-core finds on the page as it is now."""
    # Playwright's own world is not held by the page's policy.
    client = await visitor.page.context.new_cdp_session(visitor.page)
    await client.send("Runtime.evaluate", {"expression": axe})
    found = await client.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run({resultTypes: ['violations']}).then((r) => JSON.stringify(r.violations.map("
            "(v) => `${v.id}: ${v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')}`)))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    return list(json.loads(found["result"]["value"]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_phase(new_visitor: Visitors, ana: Person, axe: str, scheme: str) -> None:
    visitor = await new_visitor(color_scheme=scheme, reduced_motion="reduce")
    await visitor.open()
    await visitor.is_at("form")
    await visitor.page.get_by_role("button", name="Ask for help").click()
    await visitor.sees("Please fill this in.")
    assert await violations(visitor, axe) == []
    await visitor.ask()
    await visitor.is_at("waiting")
    assert await violations(visitor, axe) == []
    room = await take(ana)
    await visitor.is_at("chat")
    await ana.sees_inside(room, "Anna")
    await ana.speak(room, "Hello, see https://example.org/")
    await visitor.say("Hello")
    await visitor.hears("Hello")
    assert await violations(visitor, axe) == []
    await visitor.page.get_by_role("button", name="End chat").click()
    assert await violations(visitor, axe) == []
    await visitor.page.get_by_role("button", name="Keep chatting").click()
    await ana.speak(room, "!close solved")
    await expect(visitor.page.get_by_role("heading", name="The chat has ended")).to_be_visible()
    assert await violations(visitor, axe) == []


async def test_a_whole_chat_by_keyboard_alone(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.open()
    await visitor.is_at("form")
    keyboard = visitor.page.keyboard
    await keyboard.press("Tab")
    await expect(visitor.page.get_by_label("Your name")).to_be_focused()
    await keyboard.type("Anna")
    await keyboard.press("Tab")
    await keyboard.type("My bookmarks are gone.")
    await keyboard.press("Tab")
    await expect(visitor.page.get_by_label("E-mail")).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await visitor.is_at("waiting")
    await expect(visitor.page.get_by_role("heading", name="You are in the queue")).to_be_focused()
    room = await take(ana)
    await expect(visitor.page.get_by_label("Your message")).to_be_focused()
    await ana.sees_inside(room, "Anna")
    await keyboard.type("first line")
    await keyboard.press("Shift+Enter")
    await keyboard.type("second line")
    await keyboard.press("Enter")
    assert (await ana.sees(room, "first line")).body == "first line\nsecond line"
    await keyboard.press("Tab")
    await expect(visitor.page.get_by_role("button", name="Send")).to_be_focused()
    await keyboard.press("Shift+Tab")
    await keyboard.press("Shift+Tab")
    await expect(visitor.log).to_be_focused()
    await keyboard.press("Shift+Tab")
    await expect(visitor.page.get_by_role("button", name="End chat")).to_be_focused()
    await keyboard.press("Enter")
    await expect(visitor.page.get_by_role("button", name="Keep chatting")).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(visitor.page.get_by_role("heading", name="The chat has ended")).to_be_focused()


@pytest.mark.parametrize("width", [320, 360])
async def test_nothing_is_wider_than_a_small_phone(new_visitor: Visitors, ana: Person, width: int) -> None:
    visitor = await new_visitor(viewport={"width": width, "height": 640})
    await visitor.open()
    await visitor.is_at("form")
    assert await visitor.overflow() <= 0
    await visitor.ask("A" * 40, "W" * 300)
    await visitor.is_at("waiting")
    assert await visitor.overflow() <= 0
    room = await take(ana, "A nick that is long enough to need two lines on a phone")
    await visitor.is_at("chat")
    await ana.sees_inside(room, "A" * 40)
    await ana.speak(room, "https://example.org/" + "x" * 300)
    await visitor.say("W" * 300)
    await visitor.hears("W" * 300)
    assert await visitor.overflow() <= 0
    box = await visitor.page.get_by_label("Your message").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640


async def test_the_page_speaks_german_to_those_who_do(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.page.goto(f"{visitor.web}?lang=de")
    await expect(visitor.page.get_by_role("heading", name="Wie können wir helfen?")).to_be_visible()
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "de")
    await visitor.page.get_by_label("Ihr Name").fill("Vera")
    await visitor.page.get_by_label("Ihre Frage").fill("Wo sind meine Lesezeichen?")
    await visitor.page.get_by_role("button", name="Um Hilfe bitten").click()
    await take(ana)
    await expect(visitor.log).to_contain_text("Vera hat gefragt:")  # the desk's own words


async def test_messages_and_places_are_announced(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.ask()
    await expect(visitor.page.get_by_role("status").filter(has_text="You are next.")).to_be_visible()
    await take(ana)
    await visitor.is_at("chat")
    await expect(visitor.log).to_have_accessible_name("Your chat")
