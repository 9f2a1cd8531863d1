"""How much is asked of the database where there are many people or many chats: by statements, not by time."""

from __future__ import annotations

import pytest
import pytest_asyncio

from livechat_xmpp.domain.learning import TraineePlacesFree
from livechat_xmpp.domain.model import Availability, ChatId, Part, Standing
from livechat_xmpp.store.database import Store, Transaction
from livechat_xmpp.usecases import offers, rooms, staff
from tests.contract.asked import about, asked
from tests.contract.story import RULES, Story
from tests.factories import NOW, SUPPORT, a_helper, a_monitor, a_trainee, jid


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


# --- trainees on duty


@pytest_asyncio.fixture
async def watchers(story: Story) -> Story:
    """Tom and uli are on duty as trainees; ana and ben answer three chats."""
    await story.desk.do(staff.set_initial, {jid("uli"): Standing.TRAINEE}, rules=RULES)
    for name in ("tom", "uli"):
        await story.desk.do(staff.go_on_duty, jid(name), rules=RULES)
    for number in (1, 2, 3):
        chat_id = (await story.ask(f"v{number}@anon.localhost/page")).chat_id
        await story.desk.do(offers.make_offers, SUPPORT, {chat_id}, **story.eyes)
        with story.store.reading() as work:
            (offer,) = work.offers.open()
        await story.desk.do(offers.accept_offer, offer.helper, rules=RULES)
    story.woken.chats.clear()
    return story


async def have_places(story: Story, chat_id: ChatId, places: int) -> list[str]:
    """Have places for trainees found free in a chat, and return what was asked."""
    with asked(story.store) as statements:
        await story.desk.do(rooms.record, chat_id, [TraineePlacesFree(places)], **story.eyes)
    return statements


async def test_places_for_trainees_cost_nothing_while_none_is_there(watchers: Story) -> None:
    """Each round of each chat with a monitor counted all that all trainees on duty had ever watched."""
    chat_id = (await open_chats(watchers))[0]
    watchers.seen.update({jid("tom"): Availability.OFFLINE, jid("uli"): Availability.AWAY})
    await have_places(watchers, chat_id, 2)
    assert await have_places(watchers, chat_id, 2) == []


async def test_what_trainees_have_watched_is_counted_only_to_choose_among_them(watchers: Story) -> None:
    first, second, _ = await open_chats(watchers)
    assert about("visit", await have_places(watchers, second, 1))
    assert not about("visit", await have_places(watchers, first, 2))
    chat = await watchers.chat(first)
    assert {i.jid for i in chat.invitations if i.part is Part.TRAINEE} == {jid("tom"), jid("uli")}
    assert len([i for i in (await watchers.chat(second)).invitations if i.part is Part.TRAINEE]) == 1


async def test_a_trainee_who_comes_wakes_the_chats_without_reading_them(watchers: Story) -> None:
    """All chats in progress were read whole, for their ids."""
    chats = await open_chats(watchers)
    with asked(watchers.store) as statements:
        await watchers.desk.ask(staff.wake_for, jid("tom"))
    assert sorted(watchers.woken.chats) == sorted(chats)
    assert not about("notice", statements)
    assert not about("visit", statements)


async def test_a_trainee_who_cannot_come_wakes_no_chat(watchers: Story) -> None:
    first, second, third = await open_chats(watchers)
    await watchers.desk.ask(staff.wake_for, jid("tom"), may_be_asked=False)
    assert watchers.woken.chats == [], "who has gone"
    await have_places(watchers, first, 2)
    watchers.woken.chats.clear()
    await watchers.desk.ask(staff.wake_for, jid("tom"))
    assert set(watchers.woken.chats) == {first, second, third}, "one for its invitation"
    await have_places(watchers, second, 2)
    watchers.woken.chats.clear()
    await watchers.desk.ask(staff.wake_for, jid("tom"))
    assert set(watchers.woken.chats) == {first, second}, "they cannot be in more chats at once"


async def test_ones_own_status_reads_no_chats_of_others(watchers: Story) -> None:
    with asked(watchers.store) as statements:
        status = await watchers.desk.ask(staff.my_status, jid("ana"))
    assert len(status.answering) == 2
    assert not about("notice", statements)


async def open_chats(story: Story) -> list[ChatId]:
    with story.store.reading() as work:
        return [chat.id for chat in work.chats.open()]
