"""What a store promises to the use cases (usecases.ports), on each database."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from livechat_xmpp.domain.model import (
    Chat,
    ChatId,
    ChatState,
    Disposition,
    DutyRole,
    FullJid,
    Invitation,
    OfferState,
    Outcome,
    Part,
    RoomState,
    Standing,
    WorkgroupName,
)
from livechat_xmpp.domain.routing import PastOffers
from livechat_xmpp.store.database import Store, Transaction
from livechat_xmpp.usecases.ports import Entry, Letter, StoreTrouble
from tests.contract.watch import Watch
from tests.factories import (
    NOW,
    SUPPORT,
    VISITOR,
    a_chat,
    a_duty,
    a_helper,
    a_message,
    a_monitor,
    a_notice,
    a_request,
    a_trainee,
    a_visit,
    an_admin,
    an_invitation,
    at,
    jid,
    s,
)

CHAT = a_request().id


def put_chat(work: Transaction, chat_id: str = CHAT, **more: object) -> Chat:
    """Record a waiting request, by default of a visitor of its own, and return it."""
    visitor = VISITOR if chat_id == CHAT else FullJid(f"{chat_id}@anon.localhost/page")
    chat = replace(a_request(), **{"id": ChatId(chat_id), "visitor": visitor, **more})  # type: ignore[arg-type]
    work.chats.add(chat, token_hash=f"token-{chat_id}")
    return chat


# --- transactions


async def test_an_exception_takes_everything_back(store: Store) -> None:
    def fail() -> None:
        with store.writing() as work:
            work.accounts.put(an_admin("ada"))
            put_chat(work)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        fail()
    with store.reading() as work:
        assert work.accounts.list() == []
        assert work.chats.find(CHAT) is None


async def test_after_a_failure_the_store_goes_on(store: Store) -> None:
    def fail() -> None:
        with store.writing() as work:
            put_chat(work)
            put_chat(work)  # the same id once more

    with pytest.raises(IntegrityError):
        fail()
    with store.writing() as work:
        put_chat(work)
    with store.reading() as work:
        assert work.chats.find(CHAT) is not None


async def test_all_facts_of_a_transaction_have_one_moment(store: Store, watch: Watch) -> None:
    with store.writing() as work:
        watch.tick(5)
        assert work.now == NOW
    with store.writing() as work:
        assert work.now == at(5)


async def test_writers_at_once_lose_nothing(store: Store) -> None:
    """Each reads the cap and adds one; without turns some of the sum would be lost."""
    with store.writing() as work:
        work.duties.put(a_duty("ana", max_chats=0))

    def add_one(work: Transaction) -> None:
        duty = work.duties.find(jid("ana"))
        assert duty is not None
        work.duties.put(replace(duty, max_chats=duty.max_chats + 1))

    await asyncio.gather(*(store.write(add_one) for _ in range(20)))
    with store.reading() as work:
        duty = work.duties.find(jid("ana"))
    assert duty is not None
    assert duty.max_chats == 20


async def test_readers_do_not_wait_for_a_writer_and_see_only_what_was_committed(store: Store) -> None:
    with store.writing() as work:
        work.accounts.put(an_admin("ada"))
        with store.reading() as reader:
            assert reader.accounts.list() == []
    with store.reading() as reader:
        assert reader.accounts.list() == [an_admin("ada")]


async def test_a_check_says_that_the_database_answers(store: Store) -> None:
    await store.check()


async def test_what_was_touched_is_kept_for_after_the_commit(store: Store) -> None:
    with store.writing() as work:
        work.touch(CHAT)
        work.touch(CHAT, is_urgent=True)
        work.touch(CHAT)
        work.touch(ChatId("other"))
        assert (work.touched.queues, work.touched.letters, work.touched.staff) == (False, False, False)
        work.touch_queues()
        work.touch_letters()
        work.touch_staff()
    assert work.touched.chats == {CHAT: True, "other": False}
    assert (work.touched.queues, work.touched.letters, work.touched.staff) == (True, True, True)


# --- moments


@pytest.mark.parametrize(
    "moment", [NOW, NOW + timedelta(microseconds=1), datetime(2026, 7, 1, 23, 59, 59, 999999, UTC)]
)
async def test_a_moment_comes_back_as_it_was(store: Store, moment: datetime) -> None:
    with store.writing() as work:
        work.accounts.put(an_admin("ada", since_at=moment))
    with store.reading() as work:
        account = work.accounts.find(jid("ada"))
    assert account is not None
    assert account.since_at == moment
    assert account.since_at.utcoffset() == timedelta(0)


async def test_a_moment_of_another_zone_is_kept_as_utc(store: Store) -> None:
    moment = datetime(2026, 1, 5, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    with store.writing() as work:
        work.accounts.put(an_admin("ada", since_at=moment))
    with store.reading() as work:
        assert work.accounts.list()[0].since_at == NOW


async def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    def put() -> None:
        with store.writing() as work:
            work.accounts.put(an_admin("ada", since_at=datetime(2026, 1, 5)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="without a time zone"):
        put()


# --- people


async def test_accounts(store: Store) -> None:
    people = [an_admin("ada"), a_helper("ana", is_subscribed=True), a_trainee("tom")]
    with store.writing() as work:
        for account in reversed(people):
            work.accounts.put(account)
        work.accounts.put(a_monitor("tom"))
    with store.reading() as work:
        assert work.accounts.list() == [*people[:2], a_monitor("tom")]
        assert work.accounts.list(Standing.HELPER) == [people[1]]
        assert work.accounts.find(jid("ana")) == people[1]
        assert work.accounts.find(jid("eve")) is None


async def test_the_audit_keeps_each_entry(store: Store) -> None:
    first = Entry(NOW, "standing", jid("tom"), "settings", None, Standing.TRAINEE)
    later = Entry(
        at(9), "standing", jid("tom"), jid("ada"), Standing.TRAINEE, Standing.HELPER, "because", "p1", {"watched": [5]}
    )
    with store.writing() as work:
        for entry in (first, replace(first, jid=jid("ana")), later):
            work.audit.add(entry)
    with store.reading() as work:
        listed = work.audit.list(limit=10)
        assert [entry for _, entry in listed] == [later, replace(first, jid=jid("ana")), first]
        assert [entry for _, entry in work.audit.list(jid("tom"), limit=10)] == [later, first]
        assert work.audit.list(limit=1) == listed[:1]
        assert work.audit.list(limit=1, before=listed[0][0]) == listed[1:2]


async def test_duties(store: Store) -> None:
    with store.writing() as work:
        work.duties.put(a_duty("ben"))
        work.duties.put(a_duty("ana"))
        work.duties.put(a_duty("ben", DutyRole.ADVISOR, max_chats=5, turn_s=9))
    with store.writing() as work:
        assert work.duties.list() == [a_duty("ana"), a_duty("ben", DutyRole.ADVISOR, max_chats=5, turn_s=9)]
        work.duties.remove(jid("ana"))
        work.duties.remove(jid("ana"))  # nothing to do
        assert work.duties.find(jid("ana")) is None
        assert work.duties.find(jid("ben")) is not None


# --- chats


async def test_a_chat_comes_back_whole(store: Store) -> None:
    full = replace(
        a_chat(a_helper("ana"), a_trainee("tom"), a_monitor("mia")),
        question="<b>“naïve”</b> 🦊\nline two",
        form={"username": "Vera", "question": "q", "email": "vera@example.org"},
        outcome=Outcome.SERVED,
        disposition=Disposition.NO_REPLY,
        closing="Thank you.",
        closed_at=at(99),
        visitor_gone_at=at(5),
        returned_at=at(40),
        replied_at=at(41),
        alarmed_at=at(42),
        visitor_told_at=at(43),
        invitations=(an_invitation("ana", told_s=0), an_invitation("tom", Part.TRAINEE)),
        visits=(a_visit("tom", entered_s=1, left_s=2, part=Part.TRAINEE, occupant_id="o"), a_visit("ana", entered_s=3)),
    )
    with store.writing() as work:
        for account in (a_helper("ana"), a_trainee("tom"), a_monitor("mia")):
            work.accounts.put(account)
        work.chats.add(full, token_hash="h")
        for invitation in full.invitations:
            work.invitations.put(full.id, invitation)
        for visit in full.visits:
            work.visits.add(full.id, visit)
        work.offers.add(full.id, jid("mia"), NOW, at(20))
        work.offers.add(full.id, jid("ada"), NOW, at(21))
        work.notices.add(full.id, "hello", at=NOW, expires_at=at(300))
    with store.reading() as work:
        found = work.chats.find(full.id)
        assert found is not None
        assert [(o.helper, o.expires_at, o.told_at) for o in found.offers] == [
            (jid("mia"), at(20), None),
            (jid("ada"), at(21), None),
        ]
        assert (found.queued_at, found.offer_to(jid("ada"))) == (at(40), found.offers[1])
        assert found.notices == (a_notice(found.notices[0].id),)
        for field in fields(Chat):
            if field.name not in ("offers", "notices"):
                assert getattr(found, field.name) == getattr(full, field.name), field.name


async def test_standings_are_those_of_everybody_named_and_of_who_is_asked_for(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        for name in ("ada", "art"):
            work.accounts.put(an_admin(name))
    with store.reading() as work:
        alone, also = work.chats.find(CHAT), work.chats.find(CHAT, [jid("ada"), jid("eve")])
    assert alone is not None
    assert alone.standings == {}
    assert also is not None
    assert also.standings == {jid("ada"): Standing.ADMIN}


async def test_what_is_over_does_not_hang_on_a_chat(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        work.invitations.put(CHAT, an_invitation("ana"))
        work.invitations.end(CHAT, jid("ana"), at(1))
        work.offers.add(CHAT, jid("ana"), NOW, at(20))
        offer = work.offers.find_open_of(jid("ana"))
        assert offer is not None
        work.offers.decide(offer.id, OfferState.REJECTED, at(2))
        work.notices.add(CHAT, "hello", at=NOW, expires_at=at(300))
        first = work.chats.find(CHAT)
        assert first is not None
        work.notices.mark_done([n.id for n in first.notices], at(3))
    with store.reading() as work:
        found = work.chats.find(CHAT)
    assert found == a_request()


async def test_saving_changes_a_chat_and_no_other(store: Store) -> None:
    with store.writing() as work:
        chat, other = put_chat(work), put_chat(work, "other")
        work.chats.save(replace(chat, state=ChatState.CLOSED, outcome=Outcome.REFUSED, visitor_name="V"))
        work.chats.set_closing(chat.id, by="ada@localhost", tags="a,b", note="n")
    with store.reading() as work:
        found = work.chats.find(chat.id)
        assert found is not None
        assert (found.state, found.outcome, found.visitor_name) == (ChatState.CLOSED, Outcome.REFUSED, "V")
        assert work.chats.find(other.id) == other


async def test_a_visitor_has_the_chat_that_is_not_closed(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "old", visitor=VISITOR, state=ChatState.CLOSED)
        put_chat(work, "new", visitor=VISITOR)
    with store.reading() as work:
        found = work.chats.find_of_visitor(a_request().visitor_bare)
        assert found is not None
        assert found.id == "new"
        assert work.chats.find_of_visitor(jid("eve")) is None


async def test_a_token_stays_good_until_the_one_after_it_is_used(store: Store) -> None:
    """The answer with the new token may be lost on the way; the visitor then comes back with the old one."""
    first = f"token-{CHAT}"
    with store.writing() as work:
        put_chat(work)
        assert work.chats.find_by_token(first) == a_request()
        work.chats.set_token(CHAT, "second", used=first)
        assert work.chats.find_by_token(first) == a_request()
        assert work.chats.find_by_token("second") == a_request()
        work.chats.set_token(CHAT, "third", used="second")
        assert work.chats.find_by_token(first) is None
        assert work.chats.find_by_token("second") == a_request()


async def test_the_queue_is_in_order_and_of_one_workgroup(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "second", asked_at=at(2), visitor_gone_at=at(3))
        put_chat(work, "first", asked_at=at(1), first_opened_at=at(1), returned_at=at(50))
        put_chat(work, "sales", workgroup=WorkgroupName("sales"))
        put_chat(work, "open", state=ChatState.OPEN)
        put_chat(work, "third", asked_at=at(3))
        work.offers.add(ChatId("third"), jid("ana"), NOW, at(20))
        queue = work.chats.waiting(SUPPORT)
    assert [w.chat_id for w in queue] == ["first", "second", "third"]
    assert [w.has_room for w in queue] == [True, False, False]
    assert [w.is_gone for w in queue] == [False, True, False]
    assert [w.queued_at for w in queue] == [at(50), at(2), at(3)]
    assert [w.is_offered for w in queue] == [False, False, True]
    assert queue[0].visitor == "first@anon.localhost/page"
    assert queue[0].asked_at == at(1)


async def test_chats_in_progress_oldest_first(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "young", state=ChatState.OPEN, asked_at=at(9), helper=jid("ana"))
        put_chat(work, "old", state=ChatState.OPEN, asked_at=at(1), helper=jid("ana"))
        put_chat(work, "sales", state=ChatState.OPEN, workgroup=WorkgroupName("sales"), helper=jid("ben"))
        put_chat(work, "waiting")
        put_chat(work, "closed", state=ChatState.CLOSED, helper=jid("ana"))
        assert [c.id for c in work.chats.open(SUPPORT)] == ["old", "young"]
        assert [c.id for c in work.chats.open()] == ["sales", "old", "young"]
        assert work.chats.loads() == {jid("ana"): 2, jid("ben"): 1}


async def test_what_is_unfinished_with_trainees_first(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "plain", asked_at=at(1))
        put_chat(work, "watched", asked_at=at(2), state=ChatState.OPEN)
        put_chat(work, "was-watched", asked_at=at(3), state=ChatState.OPEN)
        put_chat(work, "closing", asked_at=at(4), state=ChatState.CLOSED, room=RoomState.READY)
        put_chat(work, "done", asked_at=at(5), state=ChatState.CLOSED, room=RoomState.GONE)
        for name in ("watched", "was-watched"):
            work.invitations.put(ChatId(name), an_invitation("tom", Part.TRAINEE))
        work.invitations.end(ChatId("was-watched"), jid("tom"), NOW)
        assert work.chats.unfinished() == ["watched", "plain", "was-watched", "closing"]


async def test_the_chats_that_name_a_person(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "answered", state=ChatState.OPEN, helper=jid("ana"))
        put_chat(work, "offered")
        work.offers.add(ChatId("offered"), jid("ana"), NOW, at(20))
        put_chat(work, "invited")
        work.invitations.put(ChatId("invited"), an_invitation("ana"))
        put_chat(work, "was-invited")
        work.invitations.put(ChatId("was-invited"), an_invitation("ana"))
        work.invitations.end(ChatId("was-invited"), jid("ana"), NOW)
        put_chat(work, "closed", state=ChatState.CLOSED, helper=jid("ana"))
        put_chat(work, "of-others", helper=jid("ben"))
        assert set(work.chats.naming(jid("ana"))) == {"answered", "offered", "invited"}


async def test_ended_last_are_those_that_ended_with_the_last(store: Store) -> None:
    with store.writing() as work:
        assert work.chats.ended_last(s(60), 10) == []
        put_chat(work, "open", state=ChatState.OPEN)
        put_chat(work, "going", state=ChatState.CLOSED, room=RoomState.READY, closed_at=at(500))
        for number in range(4):
            put_chat(work, f"c{number}", state=ChatState.CLOSED, room=RoomState.GONE, closed_at=at(30 * number))
        assert work.chats.ended_last(s(60), 10) == ["c3", "c2", "c1"]
        assert work.chats.ended_last(s(60), 2) == ["c3", "c2"]


async def test_handle_times_are_of_the_latest_served(store: Store) -> None:
    with store.writing() as work:
        for number in range(4):
            served = {"state": ChatState.CLOSED, "outcome": Outcome.SERVED, "first_opened_at": NOW}
            put_chat(work, f"c{number}", closed_at=at(100 * number + 100), **served)
        put_chat(work, "left", state=ChatState.CLOSED, outcome=Outcome.ABANDONED, closed_at=at(999))
        assert list(work.chats.handle_times(SUPPORT, 2)) == [s(400), s(300)]
        assert list(work.chats.handle_times(WorkgroupName("sales"), 2)) == []


# --- offers


async def test_an_offer_from_its_making_to_its_end(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        work.offers.add(CHAT, jid("ana"), NOW, at(20))
        offer = work.offers.find_open_of(jid("ana"))
        assert offer is not None
        assert (offer.chat_id, offer.state, offer.told_at, offer.decided_at) == (CHAT, OfferState.OPEN, None, None)
        assert work.offers.open() == [offer]
        told = replace(offer, told_at=at(1), expires_at=at(21))
        assert work.offers.mark_told(told, was=None)
        assert not work.offers.mark_told(replace(told, told_at=at(2)), was=None), "it is sent once"
        assert work.offers.mark_told(told, was=told.told_at)
        assert work.offers.open() == [told]
        work.offers.decide(offer.id, OfferState.REJECTED, at(3))
        work.offers.decide(offer.id, OfferState.ACCEPTED, at(4))  # too late
        assert not work.offers.mark_told(replace(told, told_at=at(5)), was=told.told_at), "it is over"
        assert work.offers.find_open_of(jid("ana")) is None
        assert work.offers.open() == []
        assert work.offers.past([CHAT]) == {CHAT: PastOffers({jid("ana"): 1}, {jid("ana"): at(3)})}


async def test_past_offers_are_counted_for_each_chat_and_helper(store: Store) -> None:
    with store.writing() as work:
        for chat_id in ("a", "b"):
            put_chat(work, chat_id)
        for moment, chat_id, name in ((1, "a", "ana"), (2, "a", "ben"), (3, "a", "ana"), (4, "b", "ana")):
            work.offers.add(ChatId(chat_id), jid(name), at(moment), at(moment + 20))
            offer = work.offers.find_open_of(jid(name))
            assert offer is not None
            work.offers.decide(offer.id, OfferState.EXPIRED, at(moment))
        work.offers.add(ChatId("a"), jid("ana"), at(9), at(29))  # open: not past yet
        past = work.offers.past([ChatId("a"), ChatId("none")])
        assert past == {ChatId("a"): PastOffers({jid("ana"): 2, jid("ben"): 1}, {jid("ana"): at(3), jid("ben"): at(2)})}
        assert work.offers.past([]) == {}


async def test_a_helper_has_one_open_offer_at_the_most(store: Store) -> None:
    with store.writing() as work:
        put_chat(work, "a")
        put_chat(work, "b")
        work.offers.add(ChatId("a"), jid("ana"), NOW, at(20))

    def add_another() -> None:
        with store.writing() as work:
            work.offers.add(ChatId("b"), jid("ana"), NOW, at(20))

    with pytest.raises(IntegrityError):
        add_another()


async def test_who_accepted_and_was_silent_has_passed_when_it_was_noticed(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        work.offers.add(CHAT, jid("ana"), NOW, at(20))
        offer = work.offers.find_open_of(jid("ana"))
        assert offer is not None
        work.offers.decide(offer.id, OfferState.ACCEPTED, at(5))
        work.offers.drop(CHAT, jid("ben"), at(125))  # nothing to do
        work.offers.drop(CHAT, jid("ana"), at(125))
        work.offers.drop(CHAT, jid("ana"), at(999))  # it is done
        assert work.offers.past([CHAT]) == {CHAT: PastOffers({jid("ana"): 1}, {jid("ana"): at(125)})}


async def test_an_offer_is_for_a_chat_that_exists(store: Store) -> None:
    def add() -> None:
        with store.writing() as work:
            work.offers.add(ChatId("none"), jid("ana"), NOW, at(20))

    with pytest.raises(IntegrityError):
        add()


# --- rooms


async def test_an_invitation_is_changed_ended_and_made_again(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        work.invitations.put(CHAT, an_invitation("tom", Part.TRAINEE))
        work.invitations.put(CHAT, an_invitation("tom", Part.TRAINEE, told_s=5))
        work.invitations.end(CHAT, jid("eve"), NOW)  # nobody
        assert invitations_of(work) == (an_invitation("tom", Part.TRAINEE, told_s=5),)
        work.invitations.end(CHAT, jid("tom"), at(9))
        assert invitations_of(work) == ()
        assert work.invitations.asked_before(CHAT) == {jid("tom")}
        work.invitations.put(CHAT, an_invitation("tom", Part.HELPER))
        assert invitations_of(work) == (an_invitation("tom", Part.HELPER),)


async def test_an_invitation_is_marked_only_until_it_has_ended(store: Store) -> None:
    """A round that was on its way to tell somebody brought their ended invitation to life again."""
    with store.writing() as work:
        put_chat(work)
        put_chat(work, "other")
        for chat_id in (CHAT, ChatId("other")):
            work.invitations.put(chat_id, an_invitation("tom", Part.TRAINEE))
        told = an_invitation("tom", Part.TRAINEE, told_s=5)
        assert work.invitations.mark(CHAT, told)
        assert invitations_of(work) == (told,)
        assert work.invitations.mark(CHAT, replace(told, told_at=None, times_told=0)), "back to untold"
        assert invitations_of(work) == (an_invitation("tom", Part.TRAINEE),)
        work.invitations.end(CHAT, jid("tom"), at(9))
        assert not work.invitations.mark(CHAT, told)
        assert invitations_of(work) == ()
        assert not work.invitations.mark(CHAT, an_invitation("eve")), "nobody asked her"
        assert invitations_of(work) == ()
        other = work.chats.find(ChatId("other"))
    assert other is not None
    assert other.invitations == (an_invitation("tom", Part.TRAINEE),)


def invitations_of(work: Transaction) -> tuple[Invitation, ...]:
    chat = work.chats.find(CHAT)
    assert chat is not None
    return chat.invitations


async def test_places_held_are_those_of_unclosed_chats(store: Store) -> None:
    with store.writing() as work:
        for chat_id, state in (("a", ChatState.OPEN), ("b", ChatState.WAITING), ("c", ChatState.CLOSED)):
            put_chat(work, chat_id, state=state)
            work.invitations.put(ChatId(chat_id), an_invitation("tom", Part.TRAINEE))
        work.invitations.put(ChatId("a"), an_invitation("uli", Part.TRAINEE))
        work.invitations.end(ChatId("a"), jid("uli"), NOW)
        assert work.invitations.places_held([jid("tom"), jid("uli"), jid("eve")]) == {jid("tom"): 2}
        assert work.invitations.places_held([]) == {}


async def test_a_persons_invitations_newest_first_and_those_not_told_yet_last(store: Store) -> None:
    """PostgreSQL put those not told first, so that a "no" was taken for a chat that the person did not know of."""
    with store.writing() as work:
        for chat_id, told_s in (("old", 1), ("untold", None), ("new", 9), ("ended", 20)):
            put_chat(work, chat_id)
            work.invitations.put(ChatId(chat_id), an_invitation("mia", Part.MONITOR, told_s=told_s))
        work.invitations.end(ChatId("ended"), jid("mia"), NOW)
        assert work.invitations.of_person(jid("mia")) == ["new", "old", "untold"]


async def test_visits(store: Store) -> None:
    second = a_visit("ana", entered_s=9, standing=Standing.HELPER, occupant_id="o")
    with store.writing() as work:
        put_chat(work)
        put_chat(work, "other")
        work.visits.add(CHAT, second)
        work.visits.add(CHAT, a_visit("ana", entered_s=1, left_s=5))
        work.visits.add(CHAT, a_visit("tom", nick="Tom", entered_s=2, part=Part.TRAINEE))
        work.visits.add(ChatId("other"), a_visit("ana", entered_s=3))
        work.visits.end(CHAT, jid("tom"), "other nick", at(6))  # not that one
        work.visits.end(CHAT, jid("tom"), "Tom", at(7))
        assert work.visits.list(CHAT) == [
            a_visit("ana", entered_s=1, left_s=5),
            a_visit("tom", nick="Tom", entered_s=2, left_s=7, part=Part.TRAINEE),
            second,
        ]
        assert work.visits.counts([jid("ana"), jid("tom"), jid("eve")]) == {jid("ana"): 2, jid("tom"): 1}
        assert work.visits.counts([]) == {}
        work.visits.end_all(CHAT, at(10))
        assert [v.left_at for v in work.visits.list(CHAT)] == [at(5), at(7), at(10)]
        assert [v.left_at for v in work.visits.list(ChatId("other"))] == [None]


async def test_a_chat_has_the_visits_that_go_on_and_the_last_of_each_person(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        for entered_s, left_s in ((1, 2), (3, 4), (5, None)):
            work.visits.add(CHAT, a_visit("ana", entered_s=entered_s, left_s=left_s))
        chat = work.chats.find(CHAT)
    assert chat is not None
    assert chat.visits == (a_visit("ana", entered_s=3, left_s=4), a_visit("ana", entered_s=5))


# --- words


async def test_a_transcript_keeps_its_order_and_each_message_once(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        put_chat(work, "other")
        work.messages.add(CHAT, [a_message("one", archive_id="1"), a_message("whisper"), a_message("whisper")])
        work.messages.add(CHAT, [a_message("one", archive_id="1"), a_message("two", archive_id="2", jid=None)])
        work.messages.add(ChatId("other"), [a_message("one", archive_id="1")])
        work.messages.add(CHAT, [])
        found = work.messages.list(CHAT)
    assert found == [
        a_message("one", archive_id="1"),
        a_message("whisper"),
        a_message("whisper"),
        a_message("two", archive_id="2", jid=None),
    ]


async def test_a_message_that_comes_twice_at_once_is_kept_once(store: Store) -> None:
    """The second was refused by the database, and with it all that was written in the same transaction."""
    with store.writing() as work:
        put_chat(work)
        work.messages.add(CHAT, [a_message("one", archive_id="1"), a_message("one", archive_id="1")])
        assert work.messages.list(CHAT) == [a_message("one", archive_id="1")]


async def test_a_transcript_is_replaced_whole(store: Store) -> None:
    with store.writing() as work:
        put_chat(work)
        work.messages.add(CHAT, [a_message("two", archive_id="2")])
        whole = [a_message("one", archive_id="1"), a_message("two", archive_id="2")]
        work.messages.replace(CHAT, whole)
        assert work.messages.list(CHAT) == whole
        work.messages.add(CHAT, [a_message("three")])
        assert work.messages.list(CHAT) == [*whole, a_message("three")]
        work.messages.replace(CHAT, [])
        assert work.messages.list(CHAT) == []


async def test_letters_are_taken_once_oldest_first_and_not_when_expired(store: Store) -> None:
    def a_letter(body: str, expires_s: float = 300) -> Letter:
        return Letter(VISITOR, body, SUPPORT, at(expires_s), "ended", CHAT)

    with store.writing() as work:
        for letter in (a_letter("one"), a_letter("late", 10), a_letter("two"), a_letter("three")):
            work.letters.add(letter)
        work.letters.add(Letter(FullJid(jid("ana")), "plain", SUPPORT, at(300)))
    with store.writing() as work:
        taken = work.letters.take_due(at(10), 2)
        assert [replace(letter, id=0) for letter in taken] == [a_letter("one"), a_letter("two")]
        assert [letter.body for letter in work.letters.take_due(at(10), 50)] == ["three", "plain"]
        assert work.letters.take_due(at(10), 50) == []
        work.letters.put_back([taken[1].id])
        assert work.letters.take_due(at(10), 50) == [taken[1]]


async def test_a_reply_as_an_archive_tells_it_counts_in_the_second_of_the_opening(store: Store) -> None:
    """Archives tell whole seconds: said half a second after the opening, it seems to be older."""
    with store.writing() as work:
        put_chat(work)
        work.messages.add(CHAT, [a_message("Hello", at_s=5), a_message("Hm", at_s=9, part=Part.VISITOR)])
    with store.reading() as work:
        assert work.messages.has_reply(CHAT, since=at(5.4))
        assert not work.messages.has_reply(CHAT, since=at(6))


async def test_hostile_words_are_values_and_nothing_else(store: Store) -> None:
    words = "'); DROP TABLE chat; -- \" % \\ \u202e 🦊"
    with store.writing() as work:
        put_chat(work, question=words, visitor_name=words, form={words: words})
        work.messages.add(CHAT, [a_message(words)])
    with store.reading() as work:
        chat = work.chats.find(CHAT)
        assert chat is not None
        assert (chat.question, chat.visitor_name, chat.form) == (words, words, {words: words})
        assert work.messages.list(CHAT)[0].body == words


async def test_errors_do_not_tell_what_people_wrote(store: Store) -> None:
    """Errors are logged, and the values in a statement are words and addresses of visitors."""

    def put_twice() -> None:
        with store.writing() as work:
            put_chat(work, question="my password is hush-hush")
            put_chat(work, question="my password is hush-hush")

    with pytest.raises(IntegrityError) as refused:
        put_twice()
    assert "hush-hush" not in str(refused.value)
    assert VISITOR not in str(refused.value)


async def test_the_longest_address_is_kept(store: Store) -> None:
    """RFC 7622 §3.1: three parts of 1023 bytes; PostgreSQL indexes rows of up to 2704 bytes."""
    long = FullJid(f"{'a' * 1023}@{'b' * 1023}/{'c' * 1023}")
    with store.writing() as work:
        put_chat(work, visitor=long)
        work.letters.add(Letter(long, "hello", SUPPORT, at(300)))
    with store.reading() as work:
        chat = work.chats.find(CHAT)
    assert chat is not None
    assert chat.visitor == long


async def test_a_database_that_is_gone_says_so(url: str, watch: Watch) -> None:
    missing = f"{url}_missing" if url.startswith("postgresql") else "sqlite+aiosqlite:////no/such/folder/x.db"
    async with Store.opened(missing, watch.now) as lost:
        with pytest.raises(StoreTrouble):
            await lost.check()
