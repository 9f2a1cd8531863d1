"""A visitor who reloads, loses the network, or opens a second tab keeps the place and the chat."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.helping import start_chat, take
from tests.browser.page import VisitorPage
from tests.browser.wire import Wire
from tests.people import Person
from tests.servers.desk import Desk


async def test_a_reload_while_waiting_keeps_the_place(new_visitor: Visitors, ana: Person) -> None:
    await ana.presence("dnd")  # on duty, and not asked yet
    first, second = await new_visitor(), await new_visitor()
    await first.ask("Anna")
    await first.sees("You are next.")
    await second.ask("Ben")
    await second.sees("You are number 2 in the queue.")
    await first.page.reload()
    await first.sees("You are next.")
    await second.sees("You are number 2 in the queue.")
    await ana.presence()
    room = await take(ana)
    await first.is_at("chat")
    await ana.sees_inside(room, "Anna")


async def test_a_reload_in_the_chat_brings_back_what_was_said(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await ana.speak(room, "Hello Anna")
    await visitor.say("Hello Ana")
    await visitor.hears("Hello Ana")
    await visitor.page.get_by_label("Your message").fill("half a sen")
    await visitor.page.reload()
    await visitor.hears("Hello Anna")
    await visitor.hears("Hello Ana")
    await expect(visitor.log.locator(".mine").get_by_text("Hello Ana", exact=True)).to_be_visible()
    await expect(visitor.page.get_by_label("Your message")).to_have_value("half a sen")
    await visitor.say("I am back")
    assert (await ana.sees(room, "I am back")).nick == "Anna"


async def test_a_lost_network_keeps_the_chat_and_delivers_what_was_typed_once(
    new_visitor: Visitors, ana: Person, wire: Wire
) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await ana.speak(room, "Hello Anna")
    await visitor.hears("Hello Anna")
    wire.cut()
    await visitor.sees("Connection lost. Trying again …")
    await visitor.hears("Hello Anna")
    await visitor.say("typed without network")
    await visitor.sees("not sent yet")
    wire.mend()
    await ana.sees(room, "typed without network")
    await visitor.hears("typed without network")
    await visitor.sees("Connected again.")
    await ana.speak(room, "Got it")
    await visitor.hears("Got it")
    assert [said for said in ana.heard(room) if said == ("Anna", "typed without network")] == [
        ("Anna", "typed without network")
    ]


async def test_a_network_that_only_falls_silent_is_noticed(new_visitor: Visitors, ana: Person, wire: Wire) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    wire.hush()
    await visitor.say("into the silence")
    await expect(visitor.page.locator("#link")).to_have_text("Connection lost. Trying again …", timeout=30_000)
    wire.mend()
    await ana.sees(room, "into the silence")
    await visitor.hears("into the silence")


async def test_what_was_said_while_the_visitor_was_away_is_shown(
    new_visitor: Visitors, ana: Person, wire: Wire
) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    wire.cut()
    await visitor.sees("Connection lost. Trying again …")
    await ana.speak(room, "Are you still there?")
    wire.mend()
    await visitor.hears("Are you still there?")


async def test_a_lost_network_while_waiting_keeps_the_place(new_visitor: Visitors, ana: Person, wire: Wire) -> None:
    await ana.presence("dnd")  # on duty, and not asked yet
    visitor = await new_visitor()
    await visitor.ask()
    await visitor.is_at("waiting")
    wire.cut()
    await visitor.sees("Connection lost. Trying again …")
    wire.mend()
    await visitor.sees("Connected again.")
    await visitor.sees("You are next.")
    await ana.presence()
    await take(ana)
    await visitor.is_at("chat")


async def test_a_network_that_is_not_there_at_first_is_waited_for(
    new_visitor: Visitors, ana: Person, wire: Wire
) -> None:
    wire.cut()
    visitor = await new_visitor()
    await visitor.open()
    await visitor.sees("Connection lost. Trying again …")
    wire.mend()
    await visitor.is_at("form")


async def test_a_second_tab_takes_the_chat_over_and_the_first_is_told(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    kept = await visitor.page.evaluate("() => sessionStorage.getItem('livechat-visit')")
    tab = await visitor.page.context.new_page()
    # What "duplicate tab" does.
    await tab.add_init_script(f"sessionStorage.setItem('livechat-visit', {kept!r})")
    second = VisitorPage(tab, visitor.web, visitor.allowed)
    await second.open()
    await second.is_at("chat")
    await expect(visitor.page.get_by_role("heading", name="Your chat goes on in another tab")).to_be_visible()
    await second.say("from the second tab")
    await ana.sees(room, "from the second tab")
    assert second.trouble == []


async def test_a_token_that_the_desk_does_not_know_leads_back_to_the_form(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    await visitor.page.add_init_script(
        "sessionStorage.setItem('livechat-visit', JSON.stringify({ token: 'unknown', name: 'Anna' }))"
    )
    await visitor.open()
    await expect(visitor.page.get_by_role("heading", name="Your chat is over")).to_be_visible()
    await visitor.page.get_by_role("button", name="Ask again").click()
    await visitor.is_at("form")


async def test_a_desk_that_is_restarted_is_waited_for(new_visitor: Visitors, ana: Person, desk: Desk) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    desk.kill()
    await visitor.say("said while the desk is down")
    await ana.sees(room, "said while the desk is down")
    await desk.start_async()
    await ana.speak(room, "still here")
    await visitor.hears("still here")
