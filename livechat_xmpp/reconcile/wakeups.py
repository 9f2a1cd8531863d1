"""Who has to be looked at: chats, each once however often it is woken, urgent ones first; queues; letters."""

from __future__ import annotations

import asyncio
from collections import deque

from livechat_xmpp.domain.model import ChatId


class WakeUps:
    """Wake-ups of any number, taken one by one; a chat is never worked on twice at a time."""

    def __init__(self) -> None:
        self.queues = asyncio.Event()
        self.letters = asyncio.Event()
        self.staff = asyncio.Event()
        self._waiting: deque[ChatId] = deque()
        self._queued: set[ChatId] = set()
        self._running: set[ChatId] = set()
        self._woken_meanwhile: dict[ChatId, bool] = {}
        self._changed = asyncio.Event()
        self._finished = asyncio.Event()

    def wake(self, chat_id: ChatId, *, is_urgent: bool = False) -> None:
        """Have the chat looked at; urgent: before all others. While it is worked on: once more afterwards."""
        if chat_id in self._running:
            self._woken_meanwhile[chat_id] = is_urgent or self._woken_meanwhile.get(chat_id, False)
            return
        if chat_id in self._queued:
            if not is_urgent:
                return
            self._waiting.remove(chat_id)
        self._queued.add(chat_id)
        if is_urgent:
            self._waiting.appendleft(chat_id)
        else:
            self._waiting.append(chat_id)
        self._changed.set()

    def wake_queues(self) -> None:
        self.queues.set()

    def wake_letters(self) -> None:
        self.letters.set()

    def wake_staff(self) -> None:
        self.staff.set()

    async def next_chat(self) -> ChatId:
        """Wait for a chat and take it; the taker calls done() with it."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        chat_id = self._waiting.popleft()
        self._queued.discard(chat_id)
        self._running.add(chat_id)
        return chat_id

    def failed(self, chat_id: ChatId) -> bool:
        """Give the chat back to wait for its time; return whether it was woken urgently while it was worked on."""
        self._running.discard(chat_id)
        self._finished.set()
        return self._woken_meanwhile.pop(chat_id, False)

    def done(self, chat_id: ChatId) -> None:
        """Give the chat back; if it was woken meanwhile it waits again."""
        self._running.discard(chat_id)
        self._finished.set()
        if chat_id in self._woken_meanwhile:
            self.wake(chat_id, is_urgent=self._woken_meanwhile.pop(chat_id))

    def is_running(self, chat_id: ChatId) -> bool:
        """Return whether the chat is being worked on."""
        return chat_id in self._running

    async def chats_done(self) -> None:
        """Wait until no chat waits and none is being worked on."""
        while not self.has_no_chats:
            self._finished.clear()
            await self._finished.wait()

    @property
    def pending(self) -> frozenset[ChatId]:
        """Return the chats that wait or are being worked on."""
        return frozenset(self._queued | self._running)

    @property
    def has_no_chats(self) -> bool:
        """Return whether no chat waits or is being worked on."""
        return not (self._waiting or self._running)

    @property
    def is_idle(self) -> bool:
        """Return whether nothing waits and nothing is being worked on."""
        return self.has_no_chats and not any(e.is_set() for e in (self.queues, self.letters, self.staff))
