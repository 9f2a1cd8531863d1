"""The visitor's page as a visitor sees it: by its headings, labels and buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.async_api import ConsoleMessage, Locator, Page, Request, WebSocket, expect

PHASES = {
    "closed": "Nobody is here right now",
    "form": "How can we help?",
    "waiting": "You are in the queue",
    "chat": "Your chat",
}


@dataclass
class VisitorPage:
    """page: Playwright's; allowed: the addresses that it may talk to, as prefixes.

    trouble: what should never happen: violations of the policy, uncaught errors, requests to other hosts.
    """

    page: Page
    web: str
    allowed: tuple[str, ...]
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("websocket", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.trouble.append(message.text)

    def _on_request(self, request: Request | WebSocket) -> None:
        if not request.url.startswith(self.allowed):
            self.trouble.append(f"request to {request.url}")

    # what the visitor does

    async def open(self) -> None:
        await self.page.goto(self.web)

    async def ask(self, name: str = "Anna", question: str = "My bookmarks are gone.") -> None:
        """Open the page, fill in the form and send it; the next phase is not waited for."""
        await self.open()
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_label("Your question").fill(question)
        await self.page.get_by_role("button", name="Ask for help").click()

    async def say(self, text: str) -> None:
        await self.page.get_by_label("Your message").fill(text)
        await self.page.get_by_label("Your message").press("Enter")

    async def leave_queue(self) -> None:
        await self.page.get_by_role("button", name="Leave the queue").click()
        await self.page.get_by_role("dialog").get_by_role("button", name="Leave").click()

    async def end_chat(self) -> None:
        await self.page.get_by_role("button", name="End chat").click()
        await self.page.get_by_role("dialog").get_by_role("button", name="End chat").click()

    # what the visitor sees

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    def message(self, text: str) -> Locator:
        """The messages in the chat with exactly this text."""
        return self.log.locator(".body").get_by_text(text, exact=True)

    async def is_at(self, phase: str) -> None:
        """Wait for a phase, by its heading."""
        await expect(self.page.get_by_role("heading", name=PHASES[phase])).to_be_visible()

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def hears(self, text: str) -> None:
        """Wait for a message in the chat; it has to be there once, and to have arrived."""
        await expect(self.message(text)).to_have_count(1)
        await expect(self.log.locator(".pending").get_by_text(text, exact=True)).to_have_count(0)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(await self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))
