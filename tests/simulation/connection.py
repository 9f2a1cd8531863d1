"""A person's connection to the simulated server, inside this process."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from tests.people import Receiver
from tests.people.elements import parse
from tests.simulation.presence import PeopleDomain, Session

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
MAX_CLIENT_STANZA = 1024 * 1024  # as c2s_stanza_size_limit in our config/prosody-server.cfg.lua


class SimulatedConnection:
    """One login: what tests.people.Connection says, with the limits that a server has for clients."""

    def __init__(self, people: PeopleDomain, user: str, wish: str | None, receiver: Receiver) -> None:
        self._people, self._receiver = people, receiver
        self._session: Session | None = people.log_in(user, wish, self._deliver)
        self.jid = self._session.jid

    @property
    def is_over(self) -> bool:
        return self._session is None

    def _deliver(self, stanza: Element) -> None:
        if self._session is not None:
            self._receiver.on_stanza(stanza)

    def send(self, stanza: Element) -> None:
        words = [text for part in stanza.iter() for text in (part.text or "", *part.attrib.values())]
        if any(ILLEGAL.search(text) for text in words):
            self.lose("stream error: not-well-formed")
            return
        if sum(map(len, words)) > MAX_CLIENT_STANZA:
            self.lose("stream error: policy-violation")
            return
        if self._session is None:
            raise ConnectionError(f"{self.jid} is not connected")
        self._people.send(self._session, stanza)

    def send_raw(self, text: str) -> None:
        try:
            stanza = parse(text)
        except SyntaxError:
            self.lose("stream error: not-well-formed")
        else:
            self.send(stanza)

    def lose(self, reason: str) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._people.log_out(session)
            self._receiver.on_lost(reason)

    def drop(self) -> None:
        self.lose("connection reset")

    async def close(self) -> None:
        self.lose("logged out")
