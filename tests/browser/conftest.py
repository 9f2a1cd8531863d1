"""A desk whose pages reach the server through a wire that tests can cut, a browser, and people on both sides."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from livechat_xmpp.web import vendor
from tests.browser.page import VisitorPage
from tests.browser.wire import Wire
from tests.people import Person
from tests.people.servers import RealServer
from tests.servers.desk import Desk, running_desk
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer, some_free_ports

AXE = vendor.Package(
    "axe-core",
    "4.11.0",
    "sha512-ilYanEU8vxxBexpJd8cWM4ElSQq4QctCLKih0TSfjIfCQTeyH/6zVrmIJfLPrKTKJRbiG+cfnZbQIjAlJmF1jQ==",
    ("axe.min.js", "LICENSE"),
)
# As root, without a graphics card, and without asking its maker's servers for anything.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The browser and all that talks with it are in one loop: to start a browser takes as long as a short visit.
with_the_browser = pytest_asyncio.fixture(loop_scope="session")

Visitors = Callable[..., Awaitable[VisitorPage]]
Staff = Callable[[str], Awaitable[Person]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which finds what keeps people with disabilities out."""
    folder = Path(__file__).parent / "vendor"
    vendor.fill([AXE], folder)
    return (folder / AXE.name / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine (Debian, Ubuntu: apt-get install chromium)")
    return path


@pytest.fixture
def wire_port() -> int:
    return some_free_ports().http


@pytest.fixture
def desk(
    desk_server: ThrowawayServer, tmp_path: Path, wire_port: int, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """A desk on a fresh database; its pages use the wire."""
    vendor.fill()
    marker = request.node.get_closest_marker("desk")
    own = {"LIVECHAT_WEB__WEBSOCKET_URL": f"ws://127.0.0.1:{wire_port}/xmpp-websocket"}
    environment = {**own, **(marker.kwargs if marker else {})}
    with running_desk(desk_server, tmp_path, environment) as started:
        yield started


@with_the_browser
async def wire(wire_port: int, desk_server: ThrowawayServer) -> AsyncIterator[Wire]:
    """What is between the pages and the server."""
    async with Wire("127.0.0.1", wire_port, desk_server.ports.http).open() as wire:
        yield wire


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers(chromium: str) -> AsyncIterator[Callable[[], Awaitable[Browser]]]:
    """Return a function that gives the browser of the whole run; a new one, should it have crashed."""
    started: list[Browser] = []
    async with async_playwright() as playwright:

        async def browser() -> Browser:
            if not (started and started[-1].is_connected()):
                started.append(await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS))
            return started[-1]

        yield browser
        for one in started:
            await one.close()


@with_the_browser
async def browser(browsers: Callable[[], Awaitable[Browser]]) -> AsyncIterator[Browser]:
    """A browser in which nothing is open, before and after the test."""
    browser = await browsers()
    yield browser
    for context in browser.contexts:
        await context.close()


@with_the_browser
async def new_visitor(browser: Browser, desk: Desk, wire: Wire, wire_port: int) -> AsyncIterator[Visitors]:
    """`await new_visitor()`: a page that shares nothing with others; options as for Playwright's contexts.

    At the end no page may have broken its policy, thrown an error, or asked another host.
    """
    visitors: list[VisitorPage] = []

    async def make(**options: object) -> VisitorPage:
        # Its options have a type each, and a dict of ours has one for all.
        context = await browser.new_context(**{"locale": "en", **options})  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        allowed = (desk.web, f"ws://127.0.0.1:{wire_port}/", "data:", "blob:")
        visitors.append(VisitorPage(await context.new_page(), desk.web, allowed))
        return visitors[-1]

    yield make
    for visitor in visitors:
        assert visitor.trouble == []
        await visitor.page.context.close()


@with_the_browser
async def staff(prosody: Prosody, desk: Desk) -> AsyncIterator[Staff]:
    """`await staff("ana")`: one of the desk's people, logged in with a bare client; not on duty yet."""
    async with RealServer.of(prosody) as server:
        for account in desk.accounts:
            server.adopt(account.name.partition("-")[0], account.jid, account.password)

        async def arrive(name: str) -> Person:
            person = await server.person(name)
            person.desk = desk.addresses["workgroup"]
            return person

        yield arrive


@with_the_browser
async def ana(staff: Staff) -> Person:
    """A helper on duty."""
    ana = await staff("ana")
    await ana.say(ana.desk, "on")
    return ana
