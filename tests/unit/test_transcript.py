"""One transcript from what we heard and what the room's archive kept."""

from __future__ import annotations

from livechat_xmpp.domain.model import Part
from livechat_xmpp.domain.transcript import merge
from tests.factories import a_message, at, jid


def bodies(*messages: object) -> list[str]:
    return [m.body for m in messages]  # type: ignore[attr-defined]


def test_what_the_archive_alone_has_is_filled_in_at_its_place() -> None:
    heard = [a_message("one", archive_id="1"), a_message("three", archive_id="3")]
    archived = [a_message(b, archive_id=i) for i, b in (("1", "one"), ("2", "two"), ("3", "three"))]
    assert bodies(*merge(heard, archived)) == ["one", "two", "three"]


def test_the_archive_says_when_and_we_say_who() -> None:
    heard = a_message("hello", archive_id="1", at_s=5, nick="Ana", jid=jid("ana"), part=Part.HELPER)
    archived = a_message("hello", archive_id="1", at_s=1, nick="Ana", jid=None, part=Part.VISITOR)
    (merged,) = merge([heard], [archived])
    assert (merged.at, merged.jid, merged.part) == (at(1), jid("ana"), Part.HELPER)


def test_the_archive_says_in_which_order() -> None:
    heard = [a_message("two", archive_id="2"), a_message("one", archive_id="1")]
    archived = [a_message("one", archive_id="1"), a_message("two", archive_id="2")]
    assert bodies(*merge(heard, archived)) == ["one", "two"]


def test_what_only_we_heard_stays_behind_the_message_that_it_followed() -> None:
    heard = [
        a_message("first"),
        a_message("one", archive_id="1"),
        a_message("whisper"),
        a_message("gone", archive_id="0"),
    ]
    archived = [a_message("one", archive_id="1"), a_message("two", archive_id="2")]
    assert bodies(*merge(heard, archived)) == ["first", "one", "whisper", "gone", "two"]


def test_without_an_archive_it_is_what_we_heard() -> None:
    heard = [a_message("one"), a_message("two", archive_id="2")]
    assert merge(heard, []) == heard


def test_having_heard_nothing_it_is_what_the_archive_has() -> None:
    archived = [a_message("one", archive_id="1"), a_message("two", archive_id="2")]
    assert merge([], archived) == archived


def test_an_archive_that_gives_other_ids_by_now_doubles_nothing() -> None:
    """As one that was moved to another storage does."""
    heard = [a_message(text, archive_id=text[0], stanza_id=f"id-{text}") for text in ("one", "two")]
    archived = [a_message(text, archive_id=f"new-{text}", stanza_id=f"id-{text}") for text in ("one", "two", "three")]
    assert bodies(*merge(heard, archived)) == ["one", "two", "three"]


def test_merging_again_changes_nothing() -> None:
    heard = [a_message("whisper"), a_message("two", archive_id="2")]
    archived = [a_message("one", archive_id="1"), a_message("two", archive_id="2")]
    once = merge(heard, archived)
    assert merge(once, archived) == once


def test_pages_of_the_archive_that_overlap_do_not_double_a_message() -> None:
    archived = [a_message("one", archive_id="1"), a_message("two", archive_id="2"), a_message("two", archive_id="2")]
    assert bodies(*merge([a_message("one", archive_id="1"), a_message("aside")], archived)) == ["one", "aside", "two"]


def test_a_service_that_gives_live_messages_no_id_doubles_nothing() -> None:
    heard = [a_message("hi", stanza_id="a"), a_message("hi", stanza_id="b")]
    archived = [a_message("hi", archive_id="1", stanza_id="a"), a_message("hi", archive_id="2", stanza_id="b")]
    once = merge(heard, archived)
    assert [m.archive_id for m in once] == ["1", "2"]
    assert merge(once, archived) == once
