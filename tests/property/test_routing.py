"""Turns, caps and the queue's order, for all shifts and queues."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from livechat_xmpp.domain.model import Availability, ChatId, DutyRole
from livechat_xmpp.domain.routing import OnDuty, PastOffers, choose_trainees, cover, match
from tests.factories import NOW, a_watcher, at, jid, jids, on_duty, s

NAMES = ["ana", "ben", "cleo", "dan"]
REPEAT = s(60)


@st.composite
def shifts(draw: st.DrawFn) -> list[OnDuty]:
    return [
        on_duty(
            name,
            is_=draw(st.sampled_from(Availability)),
            role=draw(st.sampled_from(DutyRole)),
            chats=draw(st.integers(0, 3)),
            max_chats=draw(st.integers(1, 3)),
            turn_s=draw(st.integers(0, 3)),
            has_offer=draw(st.booleans()),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]


@st.composite
def histories(draw: st.DrawFn) -> PastOffers:
    asked = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return PastOffers(
        {jid(n): draw(st.integers(1, 3)) for n in asked}, {jid(n): at(-draw(st.integers(0, 120))) for n in asked}
    )


QUEUES = st.integers(0, 5).map(lambda n: [ChatId(f"c{i}") for i in range(n)])
PASTS = st.dictionaries(st.sampled_from([ChatId(f"c{i}") for i in range(5)]), histories())


@given(QUEUES, shifts(), PASTS)
def test_a_match_is_fair(waiting: list[ChatId], helpers: list[OnDuty], past: dict[ChatId, PastOffers]) -> None:
    pairs = match(waiting, helpers, past, now=NOW, repeat_after=REPEAT)
    chats, chosen = [c for c, _ in pairs], [h for _, h in pairs]
    by_jid = {h.duty.jid: h for h in helpers}
    assert len(set(chosen)) == len(chosen), "nobody gets two"
    assert len(set(chats)) == len(chats), "no request goes to two"
    assert chats == [c for c in waiting if c in chats], "in the order of the queue"
    assert all(by_jid[h].is_free and by_jid[h].chats < by_jid[h].duty.max_chats for h in chosen), "caps hold"
    for chat, helper in pairs:
        last = past.get(chat, PastOffers()).last_at.get(helper)
        assert last is None or last + REPEAT <= NOW, "not again so soon"


@given(QUEUES, shifts(), PASTS)
def test_who_is_left_out_could_take_nothing_that_is_left(
    waiting: list[ChatId], helpers: list[OnDuty], past: dict[ChatId, PastOffers]
) -> None:
    pairs = match(waiting, helpers, past, now=NOW, repeat_after=REPEAT)
    idle = [h for h in helpers if h.is_free and h.duty.jid not in {j for _, j in pairs}]
    left = [c for c in waiting if c not in {c for c, _ in pairs}]
    for chat in left:
        for helper in idle:
            last = past.get(chat, PastOffers()).last_at.get(helper.duty.jid)
            assert last is not None
            assert last + REPEAT > NOW


@given(st.integers(1, 4), st.integers(1, 30))
def test_strict_turns_share_all_requests_evenly(people: int, requests: int) -> None:
    turns = {name: float(i) for i, name in enumerate(NAMES[:people])}
    served: list[str] = []
    for number in range(requests):
        helpers = [on_duty(name, turn_s=turn) for name, turn in turns.items()]
        ((_, chosen),) = match([ChatId("c")], helpers, {}, now=NOW, repeat_after=REPEAT)
        name = chosen.partition("@")[0]
        served.append(name)
        turns[name] = 100.0 + number
    counts = Counter(served)
    assert max(counts.values()) - min(counts[n] for n in NAMES[:people]) <= 1
    assert served == [NAMES[i % people] for i in range(requests)]


@given(shifts())
def test_the_desk_is_open_exactly_when_somebody_would_answer(helpers: list[OnDuty]) -> None:
    state = cover(helpers)
    assert 0 <= state.free <= state.places
    assert state.is_open or not (state.is_away or state.places)
    assert not (state.is_away and state.places)
    if any(h.is_free for h in helpers):
        assert state.is_open
        assert state.free > 0


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.integers(0, 3)), unique_by=lambda t: t[0]),
    st.sets(st.sampled_from(NAMES)),
    st.integers(0, 4),
)
def test_trainees_are_chosen_by_what_they_have_watched(
    trainees: list[tuple[str, int, int]], asked: set[str], places: int
) -> None:
    watchers = [a_watcher(name, watched=watched, chats=chats) for name, watched, chats in trainees]
    chosen = choose_trainees(watchers, asked_before=jids(*asked), places=places)
    watched = {jid(name): number for name, number, _ in trainees}
    assert len(chosen) <= places
    assert not set(chosen) & jids(*asked)
    able = [w for w in watchers if w.duty.jid not in jids(*asked) and w.chats < w.duty.max_chats]
    assert len(chosen) == min(places, len(able))
    assert [watched[j] for j in chosen] == sorted(watched[w.duty.jid] for w in able)[:places]
