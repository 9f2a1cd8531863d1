"""Stanzas find their way by the domain of their address, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from xml.etree.ElementTree import Element

from tests.people.elements import domain, error_to

Handler = Callable[[Element], None]


class Router:
    """Deliver each stanza to the handler of its domain, in the order of sending, also when handlers send more.

    A stanza that was sent is never changed: who wants another makes a copy. passed counts all that went through.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._waiting: deque[Element] = deque()
        self._is_busy = False
        self.passed = 0

    def attach(self, domain: str, handler: Handler) -> None:
        self._handlers[domain] = handler

    def domains(self) -> list[str]:
        return list(self._handlers)

    def route(self, stanza: Element) -> None:
        self._waiting.append(stanza)
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._waiting:
                self.passed += 1
                self._deliver(self._waiting.popleft())
        finally:
            self._is_busy = False

    def _deliver(self, stanza: Element) -> None:
        handler = self._handlers.get(domain(stanza.get("to", "")))
        if handler is not None:
            handler(stanza)
        else:
            self.bounce(stanza, "remote-server-not-found")

    def bounce(self, stanza: Element, condition: str, text: str | None = None) -> None:
        """Answer with an error, except what is an answer itself (RFC 6120 §8.3.1)."""
        if stanza.get("type") not in ("error", "result"):
            self.route(error_to(stanza, condition, text))
