"""Letters: marked as sent, then sent, few at a time; what surely did not leave waits for the next link."""

from __future__ import annotations

import asyncio
from functools import partial

from livechat_xmpp.reconcile.ports import LinkDown, People
from livechat_xmpp.usecases import telling
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import Letter

LETTERS, UNSENT = "letters", "unsent letters"  # as reconcile.queues.QUEUES
AT_ONCE = 5  # marked in one transaction: a process that is killed right then loses no more


class Letters:
    """Sends letters once each (docs/decisions/0003). are_unsent: set when some have to be put back."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people
        self._unsent: list[Letter] = []
        self.are_unsent = asyncio.Event()

    async def send(self) -> None:
        """Send the next ones; the rest follows at once. Raises LinkDown."""
        self._people.require_link()
        letters = await self._desk.do(telling.take_letters, AT_ONCE)
        for letter in letters:
            try:
                self._people.send_letter(letter, partial(self._note_unsent, letter))
            except LinkDown:
                self._note_unsent(letter)
        if len(letters) == AT_ONCE:
            self._desk.waker.wake_letters()

    def _note_unsent(self, letter: Letter) -> None:
        self._unsent.append(letter)
        self.are_unsent.set()

    async def put_back(self) -> None:
        """Have those sent again that were not, since there was no link any more."""
        unsent, self._unsent = self._unsent, []
        try:
            await self._desk.do(telling.put_back, unsent)
        except BaseException:
            self._unsent = unsent + self._unsent
            raise
