"""The numbers of the moment, on each database, and what the desk is told to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from livechat_xmpp.domain.model import ChatId, ChatState, FullJid, WorkgroupName
from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases.figures import Figures, figures_now
from tests.contract.watch import Watch
from tests.factories import NOW, SUPPORT, a_request, at, jid

OTHER = WorkgroupName("sales")


async def test_the_figures_of_an_empty_desk_are_noughts(store: Store) -> None:
    found = await store.read(lambda work: figures_now(work, [SUPPORT, OTHER]))
    assert found == Figures({SUPPORT: 0, OTHER: 0}, {SUPPORT: timedelta(0), OTHER: timedelta(0)}, 0, 0)


async def test_the_figures_count_what_is_not_over(store: Store, watch: Watch) -> None:
    with store.writing() as work:
        for number, (workgroup, state) in enumerate(
            [
                (SUPPORT, ChatState.WAITING),
                (SUPPORT, ChatState.WAITING),
                (SUPPORT, ChatState.OPEN),
                (SUPPORT, ChatState.CLOSED),
                (OTHER, ChatState.OPEN),
            ]
        ):
            chat = replace(
                a_request(),
                id=ChatId(f"chat{number}"),
                visitor=FullJid(f"v{number}@anon.localhost/page"),
                workgroup=workgroup,
                state=state,
                asked_at=at(number),
            )
            work.chats.add(chat, token_hash=f"token{number}")
        work.offers.add(ChatId("chat0"), jid("ana"), NOW, at(20))
    watch.moment = at(100)
    found = await store.read(lambda work: figures_now(work, [SUPPORT, OTHER]))
    assert found == Figures(
        waiting={SUPPORT: 2, OTHER: 0},
        oldest={SUPPORT: timedelta(seconds=100), OTHER: timedelta(0)},
        offers_open=1,
        chats_open=2,
    )


async def test_each_unit_of_work_is_timed_and_told_by_its_kind(store: Store) -> None:
    told: list[tuple[str, float]] = []
    store.on_unit = lambda kind, seconds: told.append((kind, seconds))
    await store.read(lambda work: work.accounts.list())
    await store.write(lambda work: work.touch_queues())
    assert [kind for kind, _ in told] == ["read", "write"]
    assert all(seconds > 0 for _, seconds in told)
