"""A helper's client of forty lines on slixmpp: goes on duty, enters the rooms it is invited to, answers what is said.

A process of its own, since slixmpp's components and clients in one process share class state. Arguments: JID,
password, port, workgroup. Prints a line for each thing that happens to it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from slixmpp import ClientXMPP


class Helper(ClientXMPP):
    """Answers every visitor with their own words, and closes the chat when they say bye."""

    def __init__(self, jid: str, password: str, workgroup: str) -> None:
        super().__init__(jid, password)
        self._workgroup = workgroup
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.register_plugin("xep_0045")
        self.register_plugin("xep_0249")
        self.add_event_handler("groupchat_direct_invite", self._on_invitation)
        self.add_event_handler("session_start", self._start)
        self.add_event_handler("message", self._on_message)

    async def _start(self, _event: object) -> None:
        self.send_presence()
        await self.get_roster()
        self.send_message(mto=self._workgroup, mbody="on", mtype="chat")

    async def _on_invitation(self, message: Any) -> None:
        room = message["groupchat_invite"]["jid"]
        await self.plugin["xep_0045"].join_muc_wait(room, "helper-bot", maxstanzas=0)
        print("entered", room, flush=True)

    def _on_message(self, message: Any) -> None:
        if message["type"] == "groupchat" and message["mucnick"] not in ("helper-bot", "Help desk", ""):
            word = "!close solved" if message["body"] == "bye" else f"You said: {message['body']}"
            self.send_message(mto=message["from"].bare, mbody=word, mtype="groupchat")
        elif message["type"] == "chat":
            print("told", message["body"].replace("\n", " | "), flush=True)
            if "is closed as" in message["body"]:
                self.over.set_result(None)


async def main(jid: str, password: str, port: str, workgroup: str) -> None:
    helper = Helper(jid, password, workgroup)
    helper.enable_direct_tls = helper.enable_starttls = False
    helper.enable_plaintext = True
    helper["feature_mechanisms"].unencrypted_plain = True
    helper["feature_mechanisms"].unencrypted_scram = True
    helper.connect("127.0.0.1", int(port))
    await helper.over
    await helper.disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
