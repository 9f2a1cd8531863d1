"""Who is there, from presences."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.model import Availability, FullJid
from livechat_xmpp.xmpp.presences import PresenceBook
from tests.factories import NOW, at, jid

ANA = jid("ana")
PHONE, LAPTOP = FullJid("ana@localhost/phone"), FullJid("ana@localhost/laptop")


def a_book(**shows: str) -> PresenceBook:
    """Return a book in which ana's clients have shown these."""
    book = PresenceBook()
    for resource, show in shows.items():
        book.come(FullJid(f"{ANA}/{resource}"), show)
    return book


@pytest.mark.parametrize(
    ("shows", "availability"),
    [
        pytest.param({"phone": ""}, "available", id="available"),
        pytest.param({"phone": "chat"}, "available", id="free for chat"),
        pytest.param({"phone": "away"}, "away", id="away"),
        pytest.param({"phone": "xa"}, "away", id="away for long"),
        pytest.param({"phone": "dnd"}, "busy", id="do not disturb"),
        pytest.param({"phone": "dancing"}, "available", id="an unknown show"),
        pytest.param({"phone": "away", "laptop": ""}, "available", id="the most available client decides"),
        pytest.param({"phone": "dnd", "laptop": "xa"}, "away", id="away is more available than do not disturb"),
        pytest.param({}, "unknown", id="never heard of"),
    ],
)
def test_what_clients_show(shows: dict[str, str], availability: str) -> None:
    assert a_book(**shows).availability(ANA) == Availability(availability)


def test_a_client_may_change_its_show() -> None:
    book = a_book(phone="")
    book.come(PHONE, "away")
    assert book.availability(ANA) is Availability.AWAY


def test_the_last_client_going_is_going_offline() -> None:
    book = a_book(phone="", laptop="")
    book.go(PHONE, at(5))
    assert (book.availability(ANA), book.offline_since(ANA)) == (Availability.AVAILABLE, None)
    book.go(LAPTOP, at(7))
    assert (book.availability(ANA), book.offline_since(ANA)) == (Availability.OFFLINE, at(7))
    book.go(LAPTOP, at(9))
    assert book.offline_since(ANA) == at(7)
    book.come(PHONE, "")
    assert (book.availability(ANA), book.offline_since(ANA)) == (Availability.AVAILABLE, None)


def test_unavailable_from_a_bare_address_is_all_clients() -> None:
    book = a_book(phone="", laptop="away")
    book.go(FullJid(ANA), NOW)
    assert book.availability(ANA) is Availability.OFFLINE


@pytest.mark.parametrize(
    ("is_settled", "is_subscribed", "availability"),
    [
        pytest.param(False, True, "unknown", id="the link is new"),
        pytest.param(True, False, "unknown", id="they do not let us see"),
        pytest.param(True, True, "offline", id="the server is silent about who is offline"),
    ],
)
def test_who_was_never_heard_of(is_settled: bool, is_subscribed: bool, availability: str) -> None:
    book = a_book()
    book.is_settled = is_settled
    book.subscribed = {ANA} if is_subscribed else set()
    assert book.availability(ANA) == Availability(availability)
    assert not book.has_answered(ANA)


def test_an_answer_is_an_answer_also_from_who_is_offline() -> None:
    book = a_book()
    book.go(FullJid(ANA), NOW)
    assert book.has_answered(ANA)


def test_a_visitors_very_address_counts() -> None:
    book = a_book(phone="away")
    assert book.is_there(PHONE)
    assert not book.is_there(LAPTOP)
    book.go(PHONE, NOW)
    assert not book.is_there(PHONE)


@pytest.mark.parametrize(
    ("is_subscribed", "is_there", "may_hear"),
    [
        pytest.param(True, None, False, id="who lets us see them, and was not heard of yet"),
        pytest.param(True, True, True, id="who is there"),
        pytest.param(True, False, False, id="who has gone"),
        pytest.param(False, None, True, id="who does not let us see them: nobody knows"),
        pytest.param(False, False, False, id="who said good-bye all the same"),
    ],
)
def test_who_may_hear_a_message(is_subscribed: bool, is_there: bool | None, may_hear: bool) -> None:
    book = a_book()
    book.subscribed = {ANA} if is_subscribed else set()
    if is_there is not None:
        book.come(PHONE, "")
    if is_there is False:
        book.go(PHONE, NOW)
    assert book.may_hear(ANA) is may_hear


def test_a_new_link_knows_nobody() -> None:
    book = a_book(phone="")
    book.go(PHONE, NOW)
    book.is_settled, book.subscribed = True, {ANA}
    book.forget()
    assert (book.availability(ANA), book.offline_since(ANA)) == (Availability.UNKNOWN, None)
    assert book.subscribed == {ANA}  # that is on record, not seen
