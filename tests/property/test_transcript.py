"""merge(): every message once, in the archive's order, for all that can be heard and archived."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from livechat_xmpp.domain.model import Message
from livechat_xmpp.domain.transcript import merge
from tests.factories import a_message

IDS = [str(n) for n in range(8)]


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    """Return what was heard and what the archive has: both with gaps, the heard with words without an id."""
    archived = [a_message(f"m{i}", archive_id=i, at_s=int(i)) for i in IDS if draw(st.booleans())]
    heard_ids = draw(st.lists(st.sampled_from([*IDS, "x", "y"]), unique=True))
    heard = []
    for number, archive_id in enumerate(heard_ids):
        heard.append(a_message(f"m{archive_id}", archive_id=archive_id))
        if draw(st.booleans()):
            heard.append(a_message(f"aside {number}"))
    return heard, archived


@given(transcripts())
def test_every_message_is_kept_once(both: tuple[list[Message], list[Message]]) -> None:
    heard, archived = both
    merged = Counter(m.body for m in merge(heard, archived))
    assert set(merged) == {m.body for m in (*heard, *archived)}
    assert set(merged.values()) <= {1}


@given(transcripts())
def test_the_archives_order_and_stamps_are_kept(both: tuple[list[Message], list[Message]]) -> None:
    heard, archived = both
    kept = {m.archive_id for m in archived}
    assert [(m.archive_id, m.at) for m in merge(heard, archived) if m.archive_id in kept] == [
        (m.archive_id, m.at) for m in archived
    ]


@given(transcripts())
def test_merging_again_changes_nothing(both: tuple[list[Message], list[Message]]) -> None:
    heard, archived = both
    once = merge(heard, archived)
    assert merge(once, archived) == once


@given(transcripts())
def test_an_aside_stays_behind_what_it_followed(both: tuple[list[Message], list[Message]]) -> None:
    heard, archived = both
    kept = {m.archive_id for m in archived}
    merged = merge(heard, archived)
    last = None
    for message in heard:
        if message.archive_id in kept:
            last = message.archive_id
        elif last is not None:
            ids = [m.archive_id or m.body for m in merged]
            assert ids.index(last) < ids.index(message.archive_id or message.body)
