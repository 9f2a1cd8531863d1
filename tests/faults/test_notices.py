"""What the desk says in a room is said once, also when it dies, or loses the link, before it knows that."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from tests.faults.life import WHO_IS_WHO
from tests.people.elements import body_of
from tests.scenarios.stages import SimulatedStage
from tests.simulation import SimulatedServer


async def test_what_was_said_is_not_said_again_when_its_echo_is_lost(tmp_path: Path) -> None:
    """RO-7: the room's archive tells that it was said"""
    lost: list[str] = []

    def lose_echo(direction: str, stanza: Element) -> str | None:
        if direction == "to component" and not lost and WHO_IS_WHO in (body_of(stanza) or ""):
            lost.append(stanza.get("id", ""))
            return "drop"
        return None

    async with SimulatedServer() as server:
        stage = SimulatedStage(server, tmp_path, {"LIVECHAT_XMPP__IQ_TIMEOUT_S": "0.3"})
        try:
            await stage.open()
            ana = await stage.staff("ana")
            server.on_stanza(lose_echo)
            chat = await stage.chat(ana)
            await chat.visitor.speak(chat.room, "!end of what is looked at")
            await stage.restart_component()
            await stage.settled()
            said = [body for _, body in ana.heard(chat.room) if WHO_IS_WHO in body]
            assert (len(lost), len(said)) == (1, 1)
        finally:
            await stage.close()
