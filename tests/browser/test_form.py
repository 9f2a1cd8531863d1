"""A form of the workgroup's own: as easy to fill in as the one that every desk begins with."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.helping import take
from tests.browser.test_access import violations
from tests.people import Person

LONG = "A browser whose name is a good deal longer than the screen of any small phone is wide"
OWN_FORM = pytest.mark.desk(
    LIVECHAT_WORKGROUPS=json.dumps(
        [
            {
                "name": "support",
                "fields": [
                    {
                        "name": "browser",
                        "label": "Which browser do you use?",
                        "kind": "choice",
                        "options": ["Firefox", "Chromium", LONG],
                        "is_required": True,
                    },
                    {"name": "question", "kind": "lines", "is_required": True},
                    {"name": "page", "label": "Page", "limit": 10},
                    {"name": "reply-to", "label": "Reply to", "kind": "email"},
                ],
            }
        ]
    )
)


@OWN_FORM
async def test_a_choice_by_keyboard_on_a_small_phone(new_visitor: Visitors, ana: Person, axe: str) -> None:
    visitor = await new_visitor(viewport={"width": 360, "height": 640})
    await visitor.open()
    await visitor.is_at("form")
    page = visitor.page
    browser, keyboard = page.get_by_label("Which browser do you use?"), page.keyboard
    await expect(page.get_by_label("Your name")).to_have_count(0)
    await expect(browser).to_have_attribute("aria-required", "true")
    await page.get_by_role("button", name="Ask for help").click()
    await expect(browser).to_be_focused()
    await expect(page.get_by_text("Please fill this in.")).to_have_count(2)
    assert await violations(visitor, axe) == []
    await keyboard.press("End")
    await expect(browser).to_have_value(LONG)
    await expect(page.get_by_text("Please fill this in.")).to_have_count(1)
    assert await visitor.overflow() <= 0
    await keyboard.press("ArrowUp")
    await expect(browser).to_have_value("Chromium")
    await keyboard.press("Tab")
    await keyboard.type("My bookmarks are gone.")
    await keyboard.press("Tab")
    await expect(page.get_by_label("Page (optional)")).to_be_focused()
    await keyboard.type("/bookmarks/all")
    await expect(page.get_by_label("Page (optional)")).to_have_value("/bookmarks")
    await keyboard.press("Tab")
    await expect(page.get_by_label("Reply to")).to_have_attribute("autocomplete", "email")
    await keyboard.press("Enter")
    await visitor.is_at("waiting")
    offer = await ana.receives("Which browser do you use? Chromium")
    assert "Page: /bookmarks" in offer.body
    room = await take(ana)
    await visitor.is_at("chat")
    await ana.sees_inside(room, "Visitor")


@OWN_FORM
async def test_what_was_chosen_is_kept_over_a_reload_and_a_refusal(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.open()
    page = visitor.page
    browser = page.get_by_label("Which browser do you use?")
    await browser.select_option("Chromium")
    await page.get_by_label("Your question").fill("My bookmarks are gone.")
    await page.get_by_label("Reply to").fill("me@example.org")
    await page.reload()
    await expect(browser).to_have_value("Chromium")
    # As on a page that was opened before the desk's options changed.
    await page.evaluate("() => document.querySelector('[name=browser]').add(new Option('Lynx', 'Lynx'))")
    await browser.select_option("Lynx")
    await page.get_by_role("button", name="Ask for help").click()
    await visitor.sees('"Which browser do you use?": Lynx is not one of the choices')
    await expect(browser).to_have_value("Lynx")
    await expect(page.get_by_label("Your question")).to_have_value("My bookmarks are gone.")
    await browser.select_option("Firefox")
    await page.get_by_role("button", name="Ask for help").click()
    await visitor.is_at("waiting")
    assert "Reply to: me@example.org" in (await ana.receives("Which browser do you use? Firefox")).body
