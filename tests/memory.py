"""What a store remembers has to be what its database says, whatever happened before."""

from __future__ import annotations

from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.store.database import Store


def assert_remembered_truly(store: Store) -> None:
    """Compare all that is in memory with the database. Call it when nothing is being written."""
    memory = store._memory
    with store.reading() as truth, store.writing() as work:
        for chat_id, chat in list(memory._chats.items()):
            assert chat == truth.chats.load(chat_id)
        assert work.accounts.list() == truth.accounts._read()
        assert work.duties.list() == truth.duties.list()
        assert sorted(work.offers.open(), key=lambda o: o.id) == sorted(truth.offers.open(), key=lambda o: o.id)
        assert work.chats.loads() == truth.chats.loads()
        workgroups = {chat.workgroup for chat in truth.chats.open()} | set(memory.in_turn.board._queues)
        for workgroup in workgroups | {WorkgroupName("support")}:
            waiting = list(truth.chats.waiting(workgroup))
            assert list(work.chats.waiting(workgroup)) == waiting
            for chat_id in (one.chat_id for one in waiting):
                assert work.chats.position(workgroup, chat_id) == truth.chats.position(workgroup, chat_id)
            for are_there in (False, True):
                counts = [one.chats.count_waiting(workgroup, are_there=are_there) for one in (work, truth)]
                assert counts[0] == counts[1]
            assert list(work.chats.handle_times(workgroup, 20)) == list(truth.chats.handle_times(workgroup, 20))
