"""A room's archive refuses, or says nothing, while the rest of the server is well: the chat goes on without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from tests.people.elements import MAM
from tests.scenarios.stage import said
from tests.scenarios.stages import SimulatedStage
from tests.simulation import WAYS, SimulatedServer


def broken_archive(server: SimulatedServer, *, is_silent: bool) -> Callable[[], None]:
    """Have no archive of the help rooms be read; return how to mend that."""

    def refuse(direction: str, stanza: Element) -> str | None:
        if direction == "to component" or stanza.find(f"{{{MAM}}}query") is None:
            return None
        if not is_silent:
            server.router.bounce(stanza, "internal-server-error", "")
        return "drop"

    return server.on_stanza(refuse)


@pytest.mark.parametrize("is_silent", [False, True], ids=["refusing", "silent"])
@pytest.mark.parametrize("way", list(WAYS))
async def test_people_come_in_while_the_archive_cannot_be_read(tmp_path: Path, way: str, is_silent: bool) -> None:
    """RO-1, RO-7, RU-3: after a new link nobody waits for the archive; what it has is in the transcript at the end"""
    async with SimulatedServer(quirks=WAYS[way]) as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_XMPP__IQ_TIMEOUT_S": "0.3"})
        try:
            await stage.open()
            ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
            tom = await stage.staff("tom", "trainee")
            chat = await stage.chat(ana)
            mend = broken_archive(server, is_silent=is_silent)
            await stage.break_link()
            await chat.visitor.speak(chat.room, "while nobody listens")
            await stage.mend_link()
            await stage.enters_as_monitor(mia, chat)
            await stage.enters_as_trainee(tom, chat)
            await chat.visitor.sees_inside(chat.room, "mia")
            mend()
            await ana.speak(chat.room, "!close solved")
            await ana.is_out_of(chat.room)
            await stage.settled()
            assert said(await stage.export(chat.id)) == [("visitor", "while nobody listens")]
        finally:
            await stage.close()
