"""Text stays text, only the own origin is asked, and nothing that a visitor types breaks the connection."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.helping import start_chat, take
from tests.people import Person

HTML = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


async def test_html_is_shown_as_the_text_that_it_is(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    name = "<b>Anna</b>"
    await visitor.ask(name, HTML)
    room = await take(ana, "<i>Ana</i>")
    await visitor.is_at("chat")
    await ana.sees_inside(room, name)
    await ana.speak(room, HTML)
    await visitor.hears(HTML)
    await visitor.say(f"{HTML} from me")
    await visitor.hears(f"{HTML} from me")
    await expect(visitor.page.locator("#people")).to_contain_text("<i>Ana</i>")
    assert await visitor.page.locator("img, script:not([src]), #log b, #log i").count() == 0
    assert "broken" not in await visitor.page.title()


async def test_web_addresses_become_links_and_other_schemes_do_not(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await ana.speak(room, "See https://example.org/a?b=1#c, not javascript:alert(1) or xmpp:a@b")
    link = visitor.log.get_by_role("link")
    await expect(link).to_have_count(1)
    await expect(link).to_have_attribute("href", "https://example.org/a?b=1#c")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        pytest.param("bell\x07 and null\x00 end", "bell and null end", id="control characters"),
        pytest.param("half \ud83d a pair", "half  a pair", id="half a surrogate pair"),
        pytest.param("not a character \ufffe\uffff", "not a character", id="noncharacters"),
        pytest.param("kept: äöü 漢字 😀 <&>\"'", "kept: äöü 漢字 😀 <&>\"'", id="everything else is kept"),
    ],
)
async def test_characters_that_xml_cannot_carry_are_left_out(
    new_visitor: Visitors, ana: Person, typed: str, heard: str
) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await visitor.page.get_by_label("Your message").evaluate(
        "(box, codes) => { box.value = String.fromCharCode(...codes); }", _utf16(typed)
    )
    await visitor.page.get_by_role("button", name="Send").click()
    await ana.sees(room, heard)
    await visitor.say("the connection lives")
    await ana.sees(room, "the connection lives")


async def test_a_message_has_an_end(new_visitor: Visitors, ana: Person) -> None:
    visitor = await new_visitor()
    room = await start_chat(visitor, ana)
    await visitor.page.get_by_label("Your message").evaluate("(box) => { box.value = 'x'.repeat(600_000); }")
    await visitor.page.get_by_role("button", name="Send").click()
    said = await ana.sees(room, "xxx")
    assert len(said.body) == 4000
    assert await visitor.page.get_by_label("Your message").input_value() == "x" * 596_000


def _utf16(text: str) -> list[int]:
    """The text's UTF-16 code units; unpaired surrogates too, which Playwright would not carry as text."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]
