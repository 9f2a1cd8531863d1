"""A throwaway Prosody with a desk as a process of its own, and people on it; gone at the end."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livechat_xmpp.demo.accounts import Account
from tests.people import Person, RealServer
from tests.servers.desk import ExecutedDesk
from tests.servers.prosody import Prosody


@dataclass
class Place:
    """The server, the desk, and their people. ada, an admin, is there from the beginning."""

    server: RealServer
    prosody: Prosody
    desk: ExecutedDesk
    ada: Person

    @property
    def workgroup(self) -> str:
        return f"support@{self.server.component}"

    async def staff(self, name: str, standing: str, *, on_duty: bool = True) -> Person:
        """Return a member of the staff who is logged in."""
        person = await self.server.person(name)
        result = await self.ada.command("promote", accounts=[person.bare], standing=standing)
        assert result.is_completed, result.notes
        await person.receives(f"{self.ada.bare} decided this")
        if on_duty:
            assert (await person.command("go-on-duty", submit=True)).is_completed
        return person

    async def visitor(self, name: str) -> Person:
        """Return an anonymous visitor, who has said to the workgroup that they are there, as the page does."""
        visitor = await self.server.visitor(name)
        await visitor.presence(to=self.workgroup)
        await visitor.sees_presence(self.workgroup)
        return visitor


@asynccontextmanager
async def throwaway(environment: Mapping[str, str] | None = None) -> AsyncIterator[Place]:
    """Run server and desk for the length of the block; environment: LIVECHAT_* settings."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livechat-bench-")))
        (folder / "server").mkdir()
        prosody = Prosody(folder / "server")
        prosody.start()
        stack.callback(prosody.stop)
        server = await stack.enter_async_context(RealServer.of(prosody))
        ada = Account(await server.register("ada"), "", "admin")
        desk = ExecutedDesk(prosody, folder, [ada], environment or {})
        stack.callback(lambda: desk.stop() if desk.is_running() else None)
        await desk.start_async()
        yield Place(server, prosody, desk, await server.person("ada"))
