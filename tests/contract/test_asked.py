"""How much is asked of the database where there are many people or many chats: by statements, not by time."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.store.database import Store, Transaction
from tests.contract.asked import about, asked
from tests.factories import NOW, a_helper, a_monitor, a_trainee, jid


async def test_a_change_of_one_account_makes_nobody_read_all_again(store: Store) -> None:
    """With 5200 accounts each sign of life cost the next look at a chat 0.13 s."""
    with store.writing() as work:
        work.accounts.put(a_helper("ana"))
        work.accounts.put(a_trainee("tom", welcomed_at=None))
    with store.reading() as work:
        assert len(work.accounts.list()) == 2
    with asked(store) as statements:
        with store.writing() as work:
            work.accounts.put(a_helper("ana", active_at=work.now))
            work.accounts.put(a_monitor("ben"))
            work.accounts.set_welcomed(jid("tom"), work.now)
            seen_inside = work.accounts.list()
        with store.writing() as work:
            work.accounts.remove(jid("ben"))
            assert work.accounts.find(jid("ben")) is None
        with store.reading() as work:
            seen = work.accounts.list()
        assert await store.standing_of(jid("tom")) is Standing.TRAINEE
    assert [a.jid for a in seen_inside] == [jid("ana"), jid("ben"), jid("tom")]
    assert [(a.jid, a.active_at, a.welcomed_at) for a in seen] == [(jid("ana"), NOW, None), (jid("tom"), None, NOW)]
    assert about("account", statements) == []


async def test_what_was_taken_back_changes_no_account(store: Store) -> None:
    with store.writing() as work:
        work.accounts.put(a_helper("ana"))
    with store.reading() as work:
        work.accounts.list()

    def fail(work: Transaction) -> None:
        work.accounts.put(a_monitor("ana"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(fail)
    assert await store.standing_of(jid("ana")) is Standing.HELPER
