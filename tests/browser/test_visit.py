"""A visitor's way through the page, from the form to the end of the chat."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import Staff, Visitors
from tests.browser.helping import start_chat, take
from tests.people import Person


async def test_a_visitor_asks_waits_chats_and_is_told_of_the_end(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.ask("Anna", "My bookmarks are gone.\nWhere are they?")
    await visitor.is_at("waiting")
    assert await ana.receives("My bookmarks are gone.")
    room = await take(ana)
    await visitor.is_at("chat")
    await expect(visitor.page.locator("#people")).to_contain_text("Ana")
    for command in ("!close nonsense", "!schließen Unfug", "!hilfe", "!foo"):
        await ana.speak(room, command)
    await ana.speak(room, "Hello Anna")
    await visitor.hears("Hello Anna")
    await expect(visitor.log.locator(".message.theirs", has_text="!")).to_have_count(0)
    await visitor.say("Hello!")
    await visitor.hears("Hello!")
    assert (await ana.sees(room, "Hello!")).nick == "Anna"
    await ana.speak(room, "!close solved")
    await expect(visitor.page.get_by_role("heading", name="The chat has ended")).to_be_visible()
    await visitor.hears("Hello Anna")
    await expect(visitor.page.get_by_label("Your message")).to_be_hidden()


async def test_after_the_end_the_visitor_can_ask_again(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await ana.speak(room, "!close solved")
    await visitor.page.get_by_role("button", name="Ask again").click()
    await visitor.is_at("form")
    await expect(visitor.page.get_by_label("Your name")).to_have_value("Anna")
    await expect(visitor.page.get_by_label("Your question")).to_have_value("")
    await visitor.page.get_by_label("Your question").fill("And my history?")
    await visitor.page.get_by_role("button", name="Ask for help").click()
    assert await take(ana) != room
    await visitor.is_at("chat")
    await expect(visitor.log.locator(".message:not(.desk)")).to_have_count(0)


async def test_visitors_see_their_place_move_up(new_visitor: Visitors, ana: Person) -> None:
    first, second = await new_visitor(), await new_visitor()
    await first.ask("Anna")
    await first.sees("You are next.")
    await second.ask("Ben")
    await second.sees("You are number 2 in the queue.")
    await first.leave_queue()
    await expect(first.page.get_by_role("heading", name="You have left the queue")).to_be_visible()
    await second.sees("You are next.")


async def test_a_visitor_who_ends_the_chat_is_gone_at_once(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await visitor.end_chat()
    await expect(visitor.page.get_by_role("heading", name="The chat has ended")).to_be_visible()
    departure = await ana.is_out_of(room)
    assert departure is not None
    assert departure.destroyed


async def test_the_form_says_what_is_missing(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.open()
    await visitor.page.get_by_role("button", name="Ask for help").click()
    name = visitor.page.get_by_label("Your name")
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(visitor.page.get_by_text("Please fill this in.")).to_have_count(2)
    await name.fill("Anna")
    await expect(visitor.page.get_by_text("Please fill this in.")).to_have_count(1)
    await visitor.page.get_by_label("E-mail").fill("nowhere")
    await visitor.page.get_by_role("button", name="Ask for help").click()
    await visitor.sees("This does not look like an e-mail address.")


async def test_a_closed_desk_says_so_and_opens_by_itself(new_visitor: Visitors, staff: Staff) -> None:
    visitor = await new_visitor()
    await visitor.open()
    await visitor.is_at("closed")
    await expect(visitor.page.get_by_label("Your question")).to_be_hidden()
    ana = await staff("ana")
    await ana.say(ana.desk, "on")
    await visitor.is_at("form")
    await visitor.sees("Open")


async def test_a_desk_that_closes_leaves_what_was_typed(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.open()
    await visitor.page.get_by_label("Your question").fill("A long question")
    await ana.say(ana.desk, "off")
    await visitor.sees("Closed")
    await expect(visitor.page.get_by_label("Your question")).to_have_value("A long question")
    await visitor.page.get_by_label("Your name").fill("Anna")
    await visitor.page.get_by_role("button", name="Ask for help").click()
    await expect(visitor.page.get_by_role("alert").first).not_to_be_empty()


async def test_an_away_desk_takes_requests_and_says_that_it_is_away(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.open()
    await visitor.is_at("form")
    await ana.presence("away")
    await visitor.sees("Away for the moment")
    await visitor.ask()
    await visitor.is_at("waiting")
    await expect(visitor.page.locator("#place-wait")).to_contain_text("Everybody is away for the moment.")
    await ana.presence()
    await expect(visitor.page.locator("#place-wait")).not_to_contain_text("away")
    await ana.say(ana.desk, "off")
    await expect(visitor.page.locator("#place-wait")).to_contain_text("Nobody is on duty at the moment.")


async def test_a_message_while_the_visitor_looks_elsewhere_shows_in_the_title(
    new_visitor: Visitors, ana: Person
) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await expect(visitor.log).to_contain_text("Who is who")  # the last of the desk's own lines
    title = await visitor.page.title()
    await visitor.page.evaluate(
        "() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
    )
    await ana.speak(room, "Are you there?")
    await expect(visitor.page).to_have_title(re.compile(r"^\(1\) "))
    await visitor.page.evaluate(
        "() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }"
    )
    await expect(visitor.page).to_have_title(title)
