"""What was committed last, kept in memory, so that reading it again costs nothing (docs/decisions/0013)."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from livechat_xmpp.domain.model import (
    Account,
    BareJid,
    Chat,
    ChatId,
    ChatState,
    Duty,
    Offer,
    RoomState,
    WorkgroupName,
    bare,
)
from livechat_xmpp.domain.queue import Waiting, place_key
from livechat_xmpp.store.changes import Changes, with_accounts

MOST_CHATS = 20_000  # remembered whole; some 4 KB each, and those not used for longest are read again when needed


@dataclass(frozen=True, slots=True)
class Brief:
    """What the queue has to know of a chat that is not closed."""

    workgroup: WorkgroupName
    state: ChatState
    helper: BareJid | None
    waiting: Waiting


class Board:
    """The queues in their order and the helpers' loads, brought up to date chat by chat.

    Used by the writer's thread alone. stale: chats changed since it was brought up to date; None: all of them.
    """

    def __init__(self) -> None:
        self.stale: set[ChatId] | None = None
        self._briefs: dict[ChatId, Brief] = {}
        self._queues: dict[WorkgroupName, list[Waiting]] = {}
        self._gone: dict[WorkgroupName, list[Waiting]] = {}  # of these, those whose visitors are gone
        self._of_visitor: dict[BareJid, ChatId] = {}
        self._loads: Counter[BareJid] = Counter()

    def update(self, read: Callable[[Iterable[ChatId] | None], Mapping[ChatId, Brief]]) -> None:
        """Bring it up to date. read: returns the chats of these that are not closed; None: all there are."""
        if self.stale is None:
            self._briefs, self._queues, self._gone, self._of_visitor, self._loads = {}, {}, {}, {}, Counter()
            self._put(read(None))
        elif self.stale:
            for chat_id in self.stale:
                self._drop(chat_id)
            self._put(read(self.stale))
        self.stale = set()

    def waiting(self, workgroup: WorkgroupName) -> Sequence[Waiting]:
        """Return the queue as it is now, in its order; the caller's to keep."""
        return tuple(self._queues.get(workgroup, ()))

    def count(self, workgroup: WorkgroupName, *, are_there: bool = False) -> int:
        """Return how many wait; are_there: without those who are gone."""
        gone = len(self._gone.get(workgroup, ())) if are_there else 0
        return len(self._queues.get(workgroup, ())) - gone

    def position(self, chat_id: ChatId) -> int:
        """Return the place that is told of a request that waits; 1 is next. Raises ValueError when it does not."""
        brief = self._briefs.get(chat_id)
        if brief is None or brief.state is not ChatState.WAITING:
            raise ValueError(f"{chat_id} does not wait")
        key = place_key(brief.waiting)
        queue, gone = self._queues[brief.workgroup], self._gone.get(brief.workgroup, [])
        return bisect_left(queue, key, key=place_key) - bisect_left(gone, key, key=place_key) + 1

    def of_visitor(self, visitor: BareJid) -> ChatId | None:
        """Return the visitor's chat that is not closed."""
        return self._of_visitor.get(visitor)

    def loads(self) -> Mapping[BareJid, int]:
        return dict(self._loads)

    def _put(self, briefs: Mapping[ChatId, Brief]) -> None:
        for chat_id, brief in briefs.items():
            self._briefs[chat_id] = brief
            self._of_visitor[bare(brief.waiting.visitor)] = chat_id
            if brief.state is ChatState.WAITING:
                insort(self._queues.setdefault(brief.workgroup, []), brief.waiting, key=place_key)
                if brief.waiting.is_gone:
                    insort(self._gone.setdefault(brief.workgroup, []), brief.waiting, key=place_key)
            elif brief.helper:
                self._loads[brief.helper] += 1

    def _drop(self, chat_id: ChatId) -> None:
        brief = self._briefs.pop(chat_id, None)
        if brief is None:
            return
        visitor = bare(brief.waiting.visitor)
        if self._of_visitor.get(visitor) == chat_id:
            del self._of_visitor[visitor]
        if brief.state is ChatState.WAITING:
            held = (self._queues, self._gone) if brief.waiting.is_gone else (self._queues,)
            for queue in (queues[brief.workgroup] for queues in held):
                del queue[bisect_left(queue, place_key(brief.waiting), key=place_key)]
        elif brief.helper:
            self._loads[brief.helper] -= 1
            if not self._loads[brief.helper]:
                del self._loads[brief.helper]


class InTurn:
    """What only the writer's thread uses: the board, duty, offers, handle times; as the open transaction has them.

    pending: what units have changed in it that are not committed yet; those after them see it, nobody else does.
    """

    def __init__(self) -> None:
        self.pending = Changes()
        self.reset()

    def reset(self) -> None:
        """Forget all that was read."""
        self.board = Board()
        self.duties: Sequence[Duty] | None = None
        self.open_offers: Sequence[Offer] | None = None
        self.handle_times: dict[tuple[WorkgroupName, int], Sequence[timedelta]] = {}

    def recall(self, memory: Remembered) -> Callable[[ChatId], Chat | None]:
        """Return what tells a chat as it is for the next unit, as far as it is known."""
        pending = self.pending.chats
        return lambda chat_id: pending[chat_id] if chat_id in pending else memory.chat(chat_id)

    def add(self, changes: Changes) -> None:
        """Take in what a unit has changed, or tried to."""
        self.pending.add(changes)
        self.forget(changes)

    def take_pending(self) -> Changes:
        """Return all that was changed, and begin anew; what was read meanwhile may never have been committed."""
        pending, self.pending = self.pending, Changes()
        return pending

    def forget(self, changes: Changes) -> None:
        """Forget what was touched; it is read again when it is needed."""
        if changes.duties:
            self.duties = None
        if changes.offers:
            self.open_offers = None
        if changes.has_closed:
            self.handle_times.clear()
        if self.board.stale is not None:
            self.board.stale |= changes.chats.keys()


class Remembered:
    """Chats and accounts as they were committed last, for all threads; and in_turn.

    It holds because everything is written through one Store and in one thread: a transaction notes what it
    changes, and that is taken over when it was committed, or else forgotten.
    """

    def __init__(self) -> None:
        self.in_turn = InTurn()
        self._accounts: Mapping[BareJid, Account] | None = None
        self._chats: OrderedDict[ChatId, Chat] = OrderedDict()
        self._lock = threading.Lock()
        self._reading: dict[object, set[object]] = {}

    @property
    def accounts(self) -> Mapping[BareJid, Account] | None:
        """Return all accounts, or None when they have to be read."""
        return self._accounts

    def chat(self, chat_id: ChatId) -> Chat | None:
        """Return the chat, without standings, or None when it has to be read."""
        with self._lock:
            chat = self._chats.get(chat_id)
            if chat is not None:
                self._chats.move_to_end(chat_id)
            return chat

    def begin(self, key: object) -> object:
        """Say that a chat (by its id) or the accounts (None) are being read, before the reading; return a ticket."""
        ticket = object()
        with self._lock:
            self._reading.setdefault(key, set()).add(ticket)
        return ticket

    def _is_good(self, key: object, ticket: object) -> bool:
        """Return whether nothing was committed since the reading began; the ticket is used up."""
        tickets = self._reading.get(key, set())
        is_good = ticket in tickets
        tickets.discard(ticket)
        if not tickets:
            self._reading.pop(key, None)
        return is_good

    def keep_chat(self, chat_id: ChatId, ticket: object, chat: Chat | None) -> None:
        """Remember what was read, unless it has changed meanwhile."""
        with self._lock:
            if self._is_good(chat_id, ticket) and chat is not None:
                self._keep(chat_id, chat)

    def keep_accounts(self, ticket: object, accounts: Mapping[BareJid, Account]) -> None:
        """Remember all accounts as they were read, unless one has changed meanwhile."""
        with self._lock:
            if self._is_good(None, ticket):
                self._accounts = accounts

    def take_over(self, changes: Changes) -> None:
        """Remember what was committed: of the accounts just those that have changed, as there may be thousands."""
        accounts = None if self._accounts is None else with_accounts(self._accounts, changes.accounts)
        chats = {c: chat for c, chat in changes.chats.items() if chat is not None and not _is_over(chat)}
        self._replace(changes, chats, accounts)

    def forget(self, changes: Changes) -> None:
        """Forget all that a transaction has touched: it was rolled back, or nobody knows."""
        self._replace(changes, {}, None)
        self.in_turn.forget(changes)

    def forget_all(self) -> None:
        """Forget everything; from the writer's thread."""
        with self._lock:
            self._chats.clear()
            self._accounts = None
            self._reading.clear()
        self.in_turn.reset()

    def _replace(
        self, changes: Changes, chats: Mapping[ChatId, Chat], accounts: Mapping[BareJid, Account] | None
    ) -> None:
        with self._lock:
            for chat_id in changes.chats:
                self._chats.pop(chat_id, None)
                self._reading.pop(chat_id, None)
            for chat_id, chat in chats.items():
                self._keep(chat_id, chat)
            if changes.accounts:
                self._accounts = accounts
                self._reading.pop(None, None)

    def _keep(self, chat_id: ChatId, chat: Chat) -> None:
        self._chats[chat_id] = chat
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)


def _is_over(chat: Chat) -> bool:
    """Return whether nothing will be done with the chat any more."""
    return chat.state is ChatState.CLOSED and chat.room in (RoomState.NONE, RoomState.GONE)
