"""Helpers with clients that people really use, through a whole chat each: profanity, and a small slixmpp client."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from livechat_xmpp.demo.places import PROJECT
from tests.people import Person, RealServer
from tests.servers.desk import Desk
from tests.servers.profanity import Profanity
from tests.servers.throwaway import ThrowawayServer


@pytest.fixture
def profanity(tmp_path: Path) -> Iterator[Profanity]:
    client = Profanity(tmp_path)
    yield client
    client.close()


@pytest.fixture
def desk_server(each_server: ThrowawayServer) -> ThrowawayServer:
    return each_server


@pytest_asyncio.fixture
async def visitor(desk: Desk) -> AsyncIterator[Person]:
    """Somebody at the desk's page, as far as the desk can see."""
    async with RealServer.of(desk.server) as server:
        person = await server.visitor("vera")
        await person.presence(to=workgroup(desk))
        yield person


def workgroup(desk: Desk) -> str:
    return str(desk.addresses["workgroup"])


async def asks(visitor: Person, desk: Desk, question: str) -> str:
    """Ask, and return the room."""
    asked = await visitor.command("ask-for-help", at=workgroup(desk), username="Vera", question=question)
    assert asked.is_completed, asked.notes
    return f"{asked.fields['chat']}@{desk.addresses['muc']}"


async def test_a_helper_in_profanity(desk: Desk, profanity: Profanity, visitor: Person) -> None:
    """OF-8, RO-7: the offer as a message, "yes", the link to the room, the story there, closing."""
    ana, port = desk.account("ana"), desk.addresses["c2s_port"]
    await profanity.logs_in(ana.jid, port, ana.password)
    profanity.types(f"/msg {workgroup(desk)} on")
    await profanity.shows("You are on duty as helper")
    room = await asks(visitor, desk, "Where is the any key?")
    await profanity.shows("Vera asks for help")
    await profanity.shows("> Where is the any key?")
    await profanity.shows(f"xmpp:{room}?join")
    profanity.types("yes")
    await profanity.shows("The chat with Vera is yours")
    await visitor.is_invited(room)
    await visitor.enter(room, "Vera")
    profanity.types(f"/join {room}")
    await profanity.shows("Vera asked:")
    await visitor.sees(room, "Vera asked:")
    await visitor.speak(room, "Hello from the page")
    await profanity.shows("Vera: Hello from the page")
    profanity.types("Hello from the terminal")
    await visitor.sees(room, "Hello from the terminal")
    profanity.types("!close solved keys")
    departure = await visitor.is_out_of(room)
    assert departure is not None
    assert departure.destroyed
    assert not desk.log_errors()


async def test_a_helper_with_a_client_of_forty_lines(desk: Desk, visitor: Person) -> None:
    """OF-8, OF-1: entering the room it is invited to is accepting."""
    ana, port = desk.account("ana"), desk.addresses["c2s_port"]
    arguments = (ana.jid, ana.password, str(port), workgroup(desk))
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.servers.slixmpp_helper",
        *arguments,
        cwd=PROJECT,
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdout is not None
    try:
        await wait_for_line(client.stdout, "told You are on duty")
        room = await asks(visitor, desk, "Is anybody there?")
        await wait_for_line(client.stdout, f"entered {room}")
        await visitor.is_invited(room)
        await visitor.enter(room, "Vera")
        await visitor.speak(room, "Hello")
        await visitor.sees(room, "You said: Hello")
        await visitor.speak(room, "bye")
        departure = await visitor.is_out_of(room)
        assert departure is not None
        assert departure.destroyed
        assert await asyncio.wait_for(client.wait(), 20) == 0
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    assert not desk.log_errors()


async def wait_for_line(output: asyncio.StreamReader, start: str) -> None:
    """Read lines until one begins like this; fails at the end of the output, or after a while."""
    async with asyncio.timeout(20):
        while line := (await output.readline()).decode():
            if line.startswith(start):
                return
    raise AssertionError(f"the client ended and never printed {start!r}")
