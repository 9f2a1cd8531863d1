"""The use cases that matter, each a transaction on each database: all of it is recorded, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from livechat_xmpp.domain.errors import (
    AlreadyQueued,
    BadInput,
    DeskError,
    NotFound,
    NotPermitted,
    QueueClosed,
    StaffAsking,
)
from livechat_xmpp.domain.forms import DEFAULT, Field, Form, Kind
from livechat_xmpp.domain.learning import (
    Entered,
    HelperMissing,
    Left,
    OfferExpired,
    VisitorMissing,
    WaitedTooLong,
)
from livechat_xmpp.domain.model import (
    Availability,
    Chat,
    ChatState,
    Disposition,
    DutyRole,
    FullJid,
    Invitation,
    Outcome,
    Part,
    RoomState,
    Standing,
    Visit,
    bare,
)
from livechat_xmpp.domain.wording import visitors
from livechat_xmpp.usecases import chats, offers, rooms, staff, transcripts, visits
from livechat_xmpp.usecases.transcripts import Heard
from tests.contract.story import RULES, Story
from tests.factories import NOW, SUPPORT, VISITOR, a_visit, at, jid, names

# --- asking


async def test_a_request_is_recorded_before_anything_else_happens(story: Story) -> None:
    ticket = await story.ask()
    assert ticket.place is not None
    assert (ticket.place.position, ticket.has_room) == (1, False)
    chat = await story.chat(ticket.chat_id)
    assert (chat.visitor, chat.visitor_name, chat.state, chat.asked_at) == (VISITOR, "Vera", ChatState.WAITING, at(3))
    assert story.woken.parts == {"queues"}


@pytest.mark.parametrize(
    ("visitor", "answers", "kind"),
    [
        pytest.param("ana@localhost/x", {}, StaffAsking, id="by staff"),
        pytest.param("V1@ANON.localhost/x".lower(), {}, AlreadyQueued, id="by who waits already"),
        pytest.param("v2@anon.localhost/x", {"question": ""}, BadInput, id="without a question"),
        pytest.param("v2@anon.localhost/x", {"username": "Mia"}, BadInput, id="under somebody's name"),
    ],
)
async def test_a_request_that_is_refused_leaves_no_trace(
    story: Story, visitor: str, answers: dict[str, str], kind: type[DeskError]
) -> None:
    await story.ask()
    story.woken.parts.clear()
    with pytest.raises(kind):
        await story.ask(visitor, **answers)
    with story.store.reading() as work:
        assert len(work.chats.waiting(SUPPORT)) == 1
    assert story.woken.parts == set()


async def test_a_form_of_ones_own_decides_what_is_kept(story: Story) -> None:
    name, question, _ = DEFAULT.fields
    browser = Field("browser", "Browser", Kind.CHOICE, ("Firefox", "Chromium"))
    rules = replace(RULES, forms={SUPPORT: Form((question, replace(name, is_required=False), browser))})

    async def ask(**answers: str) -> Chat:
        visitor = FullJid(f"{answers['question']}@anon.localhost/x")
        ticket = await story.desk.do(visits.ask, SUPPORT, visitor, answers, presences=story.seen, rules=rules)
        return await story.chat(ticket.chat_id)

    nameless = await ask(question="q1", browser="Firefox", email="v@example.org")
    assert (nameless.visitor_name, nameless.form) == ("Visitor", {"question": "q1", "browser": "Firefox"})
    named = await ask(question="q2", username="Vera", browser="")
    assert (named.visitor_name, named.form) == ("Vera", {"question": "q2", "username": "Vera"})
    with pytest.raises(BadInput, match="Lynx is not one of the choices"):
        await ask(question="q3", browser="Lynx")
    with pytest.raises(BadInput, match="belongs to the desk"):
        await ask(question="q3", username="Mia")


async def test_a_full_queue_takes_no_more(story: Story) -> None:
    for number in range(3):
        await story.ask(f"v{number}@anon.localhost/x")
    with pytest.raises(QueueClosed):
        await story.ask("v9@anon.localhost/x")


async def test_a_desk_without_helpers_is_closed(story: Story) -> None:
    story.seen.update({jid("ana"): Availability.OFFLINE, jid("ben"): Availability.OFFLINE})
    with pytest.raises(QueueClosed):
        await story.ask()


# --- offers


async def test_requests_go_round(story: Story) -> None:
    taken = []
    for number in range(4):
        ticket = await story.ask(f"v{number}@anon.localhost/x", username=f"Vera {number}")
        story.watch.tick(1)
        (helper,) = await story.offer(ticket.chat_id)
        taken.append(helper)
        await story.desk.do(offers.accept_offer, jid(helper), rules=story.desk.rules)
    assert taken == ["ana", "ben", "ana", "ben"]


async def test_a_visitor_who_is_not_there_is_not_offered(story: Story) -> None:
    first, second = await story.ask(), await story.ask("v2@anon.localhost/x")
    assert await story.offer(second.chat_id) == ["ben"]
    assert (await story.chat(first.chat_id)).offers == ()


async def test_accepting_opens_the_chat_and_asks_both_in(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    assert (await story.chat(ticket.chat_id)).room is RoomState.NEEDED
    await story.desk.do(offers.accept_offer, jid("ana"), ticket.chat_id, rules=story.desk.rules)
    chat = await story.chat(ticket.chat_id)
    assert (chat.state, chat.helper, chat.offers) == (ChatState.OPEN, jid("ana"), ())
    assert chat.opened_at == chat.first_opened_at == story.watch.now()
    assert {(i.jid, i.part) for i in chat.invitations} == {
        (jid("ana"), Part.HELPER),
        (jid("v1@anon.localhost"), Part.VISITOR),
    }


@pytest.mark.parametrize("who", ["ben", "eve", "tom"])
async def test_nobody_accepts_what_is_offered_to_another(story: Story, who: str) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    with pytest.raises(NotFound):
        await story.desk.do(offers.accept_offer, jid(who), ticket.chat_id, rules=story.desk.rules)
    assert (await story.chat(ticket.chat_id)).state is ChatState.WAITING


async def test_what_was_passed_on_goes_to_the_next(story: Story) -> None:
    ticket = await story.ask()
    assert await story.offer(ticket.chat_id) == ["ana"]
    await story.desk.do(offers.decline, jid("ana"))
    assert await story.offer(ticket.chat_id) == ["ben"]
    await story.desk.do(offers.reject_offer, jid("ben"))
    assert await story.offer(ticket.chat_id) == []
    story.watch.tick(59)
    assert await story.offer(ticket.chat_id) == []
    story.watch.tick(2)
    assert await story.offer(ticket.chat_id) == ["ana", "ben"], "all at once now"


async def test_of_all_who_are_asked_at_once_the_first_has_it_and_the_others_are_told(story: Story) -> None:
    ticket = await story.ask()
    story.watch.tick(60)
    assert await story.offer(ticket.chat_id) == ["ana", "ben"]
    chat = await story.chat(ticket.chat_id)
    for offer in chat.offers:
        assert await story.desk.do(rooms.mark_offer_told, offer)
    await story.letters()
    await story.desk.do(offers.accept_offer, jid("ben"), ticket.chat_id, rules=story.desk.rules)
    chat = await story.chat(ticket.chat_id)
    assert (chat.helper, chat.offers) == (jid("ben"), ())
    assert await story.letters() == [("ana@localhost", "fleeting")]
    with pytest.raises(NotFound):
        await story.desk.do(offers.accept_offer, jid("ana"), ticket.chat_id, rules=story.desk.rules)


async def test_each_request_is_offered_to_one_before_any_is_to_all(story: Story) -> None:
    first, second = await story.ask(), await story.ask("v2@anon.localhost/x")
    story.watch.tick(60)
    assert await story.offer(first.chat_id, second.chat_id) == ["ana", "ben"]
    assert [o.helper for o in (await story.chat(first.chat_id)).offers] == [jid("ana")]
    assert [o.helper for o in (await story.chat(second.chat_id)).offers] == [jid("ben")]


async def test_who_comes_free_while_all_are_asked_is_asked_too(story: Story) -> None:
    ticket = await story.ask()
    story.seen[jid("ben")] = Availability.AWAY
    story.watch.tick(60)
    assert await story.offer(ticket.chat_id) == ["ana"]
    del story.seen[jid("ben")]
    assert await story.offer(ticket.chat_id) == ["ben"]


async def test_offers_of_who_has_gone_are_taken_back(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    story.seen[jid("ana")] = Availability.OFFLINE
    await story.desk.do(offers.revoke_of_absent, presences=story.seen, rules=story.desk.rules)
    assert (await story.chat(ticket.chat_id)).offers == ()
    assert await story.offer(ticket.chat_id) == ["ben"]


async def test_going_off_duty_takes_the_offer_back(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.desk.do(staff.go_off_duty, jid("ana"), story.desk.rules)
    assert (await story.chat(ticket.chat_id)).offers == ()


async def test_who_asked_and_then_joined_the_staff_is_not_offered_their_own_request(story: Story) -> None:
    kim, other = FullJid("kim@localhost/phone"), FullJid("v2@anon.localhost/x")
    own = await story.ask(kim, username="Kim")
    await story.change("kim@localhost", to=Standing.HELPER)
    await story.desk.do(staff.go_on_duty, jid("kim"), rules=RULES)
    for name in ("ana", "ben"):
        await story.desk.do(staff.go_off_duty, jid(name), story.desk.rules)
    assert await story.offer(own.chat_id) == []
    second = await story.ask(other)
    assert await story.offer(own.chat_id, second.chat_id) == ["kim"]
    assert (await story.chat(own.chat_id)).offers == ()
    await story.desk.do(visits.leave, kim, story.desk.rules)
    assert (await story.chat(own.chat_id)).outcome is Outcome.ABANDONED


async def test_who_was_uninvited_meanwhile_is_not_asked_in(story: Story) -> None:
    chat_id = await story.in_progress()
    invitation = next(i for i in (await story.chat(chat_id)).invitations if i.jid == jid("ana"))
    assert await story.desk.do(rooms.mark_invitation_told, chat_id, invitation)
    await story.desk.do(chats.decline_invitation, chat_id, jid("ana"))
    assert not await story.desk.do(rooms.mark_invitation_told, chat_id, invitation)
    await story.desk.do(rooms.mark_untold, chat_id, invitation)
    assert names(i.jid for i in (await story.chat(chat_id)).invitations) == {"v1"}


async def test_a_yes_brings_the_invitation_again_and_never_one_to_a_chat_that_is_over(story: Story) -> None:
    chat_id = await story.in_progress()
    invitation = next(i for i in (await story.chat(chat_id)).invitations if i.jid == jid("ana"))
    await story.desk.do(rooms.mark_invitation_told, chat_id, invitation)
    assert await story.desk.do(chats.ask_in_again, jid("ana")) is None
    again = next(i for i in (await story.chat(chat_id)).invitations if i.jid == jid("ana"))
    assert (again.told_at, again.times_told) == (None, 1), "told anew, as one who was told before"
    waits = await story.desk.do(chats.ask_in_again, jid("ana"))
    assert (waits.id if waits is not None else None) == chat_id, "they are not let in yet"
    await story.desk.do(
        chats.close_chat, chat_id, by=jid("mia"), disposition=Disposition.SOLVED, rules=story.desk.rules
    )
    with story.store.writing() as work:  # as by a round that was under way
        work.invitations.put(chat_id, invitation)
    with pytest.raises(NotFound):
        await story.desk.do(chats.ask_in_again, jid("ana"))


# --- the end


@pytest.mark.parametrize(
    ("by", "is_theirs"),
    [("ana", True), ("mia", True), ("ada", True), ("ben", False), ("tom", False), ("eve", False)],
)
async def test_who_may_close_a_chat(story: Story, by: str, is_theirs: bool) -> None:
    chat_id = await story.in_progress()
    if not is_theirs:
        with pytest.raises(NotFound):
            await story.desk.do(
                chats.close_chat, chat_id, by=jid(by), disposition=Disposition.SOLVED, rules=story.desk.rules
            )
        assert (await story.chat(chat_id)).state is ChatState.OPEN
        return
    await story.desk.do(chats.close_chat, chat_id, by=jid(by), disposition=Disposition.SOLVED, rules=story.desk.rules)
    chat = await story.chat(chat_id)
    assert (chat.state, chat.outcome, chat.disposition) == (ChatState.CLOSED, Outcome.SERVED, Disposition.SOLVED)
    assert chat.invitations == ()
    assert (VISITOR, "ended") in await story.letters()


async def test_a_chat_is_closed_once(story: Story) -> None:
    chat_id = await story.in_progress()
    await story.desk.do(
        chats.close_chat, chat_id, by=jid("ana"), disposition=Disposition.SOLVED, rules=story.desk.rules
    )
    with pytest.raises(NotFound):
        await story.desk.do(
            chats.close_chat, chat_id, by=jid("mia"), disposition=Disposition.SPAM, rules=story.desk.rules
        )
    assert (await story.chat(chat_id)).disposition is Disposition.SOLVED


async def test_a_waiting_request_is_refused_by_who_oversees(story: Story) -> None:
    ticket = await story.ask()
    with pytest.raises(NotFound):
        await story.desk.do(
            chats.close_chat, ticket.chat_id, by=jid("ana"), disposition=Disposition.SPAM, rules=story.desk.rules
        )
    await story.desk.do(
        chats.close_chat, ticket.chat_id, by=jid("mia"), disposition=Disposition.SPAM, rules=story.desk.rules
    )
    chat = await story.chat(ticket.chat_id)
    assert (chat.outcome, chat.room) == (Outcome.REFUSED, RoomState.GONE)
    assert (VISITOR, "removed") in await story.letters()


async def bodies(story: Story, to: str) -> list[str]:
    with story.store.writing() as work:
        return [letter.body for letter in work.letters.take_due(work.now, 50) if letter.to == to]


async def test_who_was_never_answered_is_not_thanked_for_a_chat(story: Story) -> None:
    ticket = await story.ask()
    closing = {"by": jid("mia"), "disposition": Disposition.REFERRED, "rules": story.desk.rules}
    await story.desk.do(chats.close_chat, ticket.chat_id, **closing)
    assert await bodies(story, VISITOR) == [visitors.NEVER_TAKEN.english]


@pytest.mark.parametrize(
    ("is_demoted", "said"),
    [
        pytest.param(False, "You were out of the chat with Vera for too long, so", id="who was away for too long"),
        pytest.param(True, "Vera's request is not waiting for you any more.", id="who was demoted"),
    ],
)
async def test_a_helper_who_loses_a_chat_is_told_why(story: Story, is_demoted: bool, said: str) -> None:
    chat_id = await story.in_progress()
    if is_demoted:
        await story.change("ana@localhost", to=Standing.TRAINEE, up=False)
    await bodies(story, "")
    await story.desk.do(rooms.record, chat_id, [HelperMissing(jid("ana"))], **story.eyes)
    (told,) = await bodies(story, "ana@localhost")
    assert told.startswith(said)


@pytest.mark.parametrize(("is_open", "outcome"), [(False, Outcome.ABANDONED), (True, Outcome.SERVED)])
async def test_a_visitor_leaves(story: Story, is_open: bool, outcome: Outcome) -> None:
    chat_id = await story.in_progress() if is_open else (await story.ask()).chat_id
    if is_open:  # and they met in the room
        came = Entered(Visit(bare(VISITOR), "Vera", Part.VISITOR, NOW))
        await story.desk.do(rooms.record, chat_id, [came], **story.eyes)
    await story.desk.do(visits.leave, VISITOR, story.desk.rules)
    chat = await story.chat(chat_id)
    assert (chat.state, chat.outcome) == (ChatState.CLOSED, outcome)
    with pytest.raises(NotFound):
        await story.desk.do(visits.leave, VISITOR, story.desk.rules)


async def test_who_leaves_before_anybody_saw_that_they_had_come_was_served(story: Story) -> None:
    chat_id = await story.in_progress()
    await story.desk.do(visits.leave, VISITOR, story.desk.rules)
    chat = await story.chat(chat_id)
    assert chat.outcome is Outcome.ABANDONED
    came = Entered(Visit(bare(VISITOR), "Vera", Part.VISITOR, NOW))
    await story.desk.do(rooms.record_visits, chat, [came])
    assert (await story.chat(chat_id)).outcome is Outcome.SERVED


async def test_what_nobody_takes_ends_with_a_word_to_who_waited(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.desk.do(rooms.record, ticket.chat_id, [WaitedTooLong()], **story.eyes)
    chat = await story.chat(ticket.chat_id)
    assert (chat.state, chat.outcome, chat.offers) == (ChatState.CLOSED, Outcome.TIMED_OUT, ())
    assert (VISITOR, "removed") in await story.letters()


# --- coming back


async def test_the_token_gives_the_place_to_a_new_address(story: Story) -> None:
    first = await story.ask()
    await story.ask("v2@anon.localhost/x")
    new = FullJid("v7@anon.localhost/x")
    back = await story.desk.do(visits.resume, first.token, new, **story.eyes)
    assert back.place is not None
    assert (back.chat_id, back.place.position) == (first.chat_id, 1)
    assert back.token not in ("", first.token)
    assert (await story.chat(first.chat_id)).visitor == new


async def test_a_lost_answer_does_not_cost_the_place(story: Story) -> None:
    first = await story.ask()
    for name in ("v7", "v8"):  # the answer to v7, with the new token, was lost
        again = await story.desk.do(visits.resume, first.token, FullJid(f"{name}@anon.localhost/x"), **story.eyes)
    await story.desk.do(visits.resume, again.token, FullJid("v9@anon.localhost/x"), **story.eyes)
    with pytest.raises(NotFound):
        await story.desk.do(visits.resume, first.token, VISITOR, **story.eyes)


async def test_in_a_chat_the_new_address_is_asked_in_and_the_old_one_has_no_place(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.desk.do(offers.accept_offer, jid("ana"), rules=story.desk.rules)
    await story.desk.do(visits.resume, ticket.token, FullJid("v7@anon.localhost/x"), **story.eyes)
    assert names(i.jid for i in (await story.chat(ticket.chat_id)).invitations) == {"ana", "v7"}


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_an_unknown_token_gives_nothing(story: Story, token: str) -> None:
    await story.ask()
    with pytest.raises(NotFound):
        await story.desk.do(visits.resume, token, FullJid("v7@anon.localhost/x"), **story.eyes)


async def test_a_token_is_over_with_its_chat(story: Story) -> None:
    ticket = await story.ask()
    await story.desk.do(visits.leave, VISITOR, story.desk.rules)
    with pytest.raises(NotFound):
        await story.desk.do(visits.resume, ticket.token, VISITOR, **story.eyes)


async def test_who_waits_already_cannot_take_a_second_place(story: Story) -> None:
    first = await story.ask()
    other = FullJid("v2@anon.localhost/x")
    await story.ask(other)
    with pytest.raises(AlreadyQueued):
        await story.desk.do(visits.resume, first.token, other, **story.eyes)
    assert (await story.chat(first.chat_id)).visitor == VISITOR


# --- standing


async def test_a_promotion_is_recorded_told_and_effective_at_once(story: Story) -> None:
    assert await story.change("tom@localhost", "TOM@localhost", to=Standing.HELPER) == [jid("tom")]
    assert (await story.standings())["tom"] is Standing.HELPER
    announcement = ("contributors@conference.localhost", "announcement")
    assert await story.letters() == [("tom@localhost", "plain"), announcement]
    assert story.woken.parts == {"queues", "letters", "staff"}


async def test_who_comes_as_a_helper_is_told_where_the_others_are(story: Story) -> None:
    """A trainee reads it in the welcome."""
    way = "xmpp:contributors@conference.localhost?join"
    for name, standing in (("una", Standing.HELPER), ("uli", Standing.TRAINEE), ("tom", Standing.HELPER)):
        await story.change(f"{name}@localhost", to=standing)
    with story.store.writing() as work:
        told = {letter.to.partition("@")[0]: letter.body for letter in work.letters.take_due(work.now, 50)}
    assert [name for name in ("una", "uli", "tom") if way in told[name]] == ["una"]


@pytest.mark.parametrize(
    ("accounts", "to", "by", "up", "kind"),
    [
        pytest.param(["tom@localhost", "nonsense"], "helper", "ada", True, BadInput, id="one of them is no address"),
        pytest.param(["tom@localhost", "ada@localhost"], "helper", "ada", True, BadInput, id="one would go down"),
        pytest.param(["tom@localhost", "v@anon.localhost"], "helper", "ada", True, BadInput, id="one is a visitor"),
        pytest.param(["mia@localhost", "ada@localhost"], "helper", "ada", False, NotPermitted, id="the last admin"),
        pytest.param(["tom@localhost"], "helper", "mia", True, NotPermitted, id="by a monitor"),
        pytest.param(["tom@localhost"], "helper", "eve", True, NotPermitted, id="by a stranger"),
        pytest.param([], "helper", "ada", True, BadInput, id="nobody named"),
    ],
)
async def test_all_or_none_are_changed(
    story: Story, accounts: list[str], to: str, by: str, up: bool, kind: type[DeskError]
) -> None:
    before = await story.standings()
    with pytest.raises(kind):
        await story.change(*accounts, to=Standing(to), by=by, up=up)
    assert await story.standings() == before
    assert await story.letters() == []


async def test_two_admins_cannot_both_be_demoted_at_once(story: Story) -> None:
    await story.change("mia@localhost", to=Standing.ADMIN)
    with pytest.raises(NotPermitted):
        await story.change("ada@localhost", "mia@localhost", to=Standing.HELPER, up=False)
    assert await story.change("ada@localhost", to=Standing.HELPER, up=False) == [jid("ada")]


async def test_a_demoted_helper_loses_the_offer_and_the_role(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.change("ana@localhost", to=Standing.TRAINEE, up=False)
    assert (await story.chat(ticket.chat_id)).offers == ()
    with story.store.reading() as work:
        duty = work.duties.find(jid("ana"))
    assert duty is not None
    assert duty.role is DutyRole.TRAINEE


async def test_the_settings_give_standing_only_to_who_has_none(story: Story) -> None:
    await story.desk.do(staff.set_initial, {jid("tom"): Standing.ADMIN, jid("new"): Standing.HELPER}, story.desk.rules)
    assert (await story.standings())["tom"] is Standing.TRAINEE
    assert (await story.standings())["new"] is Standing.HELPER


async def test_a_bug_in_the_midst_takes_everything_back_and_wakes_nobody(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    before = await story.chat(ticket.chat_id)
    story.woken.chats.clear()

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("livechat_xmpp.store.rooms.InvitationTable.put", fails)
    with pytest.raises(RuntimeError):
        await story.desk.do(offers.accept_offer, jid("ana"), rules=story.desk.rules)
    assert replace(await story.chat(ticket.chat_id)) == before
    assert story.woken.chats == []
    assert before.asked_at > NOW


async def test_a_helper_has_the_whole_time_from_when_they_are_told(story: Story) -> None:
    """OF-1: a server that is busy may take long to make the room"""
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    (offer,) = (await story.chat(ticket.chat_id)).offers
    story.watch.tick(7)
    told = await story.desk.do(rooms.mark_offer_told, offer)
    assert told is not None
    assert told.told_at is not None
    assert told.expires_at - told.told_at == offer.expires_at - offer.made_at
    assert (await story.chat(ticket.chat_id)).offers == (told,)
    assert await story.desk.do(rooms.mark_offer_told, offer) is None, "once"


@pytest.mark.parametrize(("since_s", "letters"), [(1, [("ana@localhost", "fleeting")]), (8, [])])
async def test_who_may_never_have_had_an_offer_is_told_of_no_end(
    story: Story, since_s: int, letters: list[tuple[str, str]]
) -> None:
    """The desk may have been killed between recording that an offer is sent and sending it."""
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    (offer,) = (await story.chat(ticket.chat_id)).offers
    await story.desk.do(rooms.mark_offer_told, offer)
    story.seen.since = at(since_s)
    story.watch.tick(30)
    await story.desk.do(rooms.record, ticket.chat_id, [OfferExpired(offer.id)], **story.eyes)
    assert await story.letters() == letters


@pytest.mark.parametrize("is_subscribed", [True, False])
async def test_who_is_merely_slow_to_show_themselves_stays_on_duty(story: Story, is_subscribed: bool) -> None:
    """OF-1: after a restart nobody has been seen yet; whoever never lets us see them is probably not there"""
    await story.desk.do(staff.set_subscribed, jid("ana"), is_subscribed)
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    (offer,) = (await story.chat(ticket.chat_id)).offers
    assert offer.helper == jid("ana")
    await story.desk.do(rooms.mark_offer_told, offer)
    story.seen[jid("ana")] = Availability.UNKNOWN
    story.watch.tick(30)
    await story.desk.do(rooms.record, ticket.chat_id, [OfferExpired(offer.id)], **story.eyes)
    with story.store.reading() as work:
        assert (jid("ana") in {duty.jid for duty in work.duties.list()}) is is_subscribed


async def test_a_notice_that_is_in_the_transcript_was_said(story: Story) -> None:
    """The room may be lost before the round has recorded it; it is not said again in the next one."""
    chat_id = await story.in_progress()
    await story.desk.do(rooms.record, chat_id, [Entered(a_visit("ana"))], **story.eyes)
    (notice,) = (await story.chat(chat_id)).notices
    said = Heard(at(9), "Help desk", notice.body, is_desk=True, stanza_id=notice.stanza_id, archive_id="1")
    await story.desk.do(transcripts.record_heard, {chat_id: [replace(said, is_desk=False)]})
    assert (await story.chat(chat_id)).notices == (notice,), "others may use our ids"
    await story.desk.do(transcripts.record_heard, {chat_id: [said]})
    assert (await story.chat(chat_id)).notices == ()


def a_word(body: str, number: int, **changes: Any) -> Heard:
    return Heard(at(number), "ana", body, stanza_id=f"said{number}", archive_id=f"kept{number}", **changes)


async def the_words(story: Story, chat_id: Any) -> list[tuple[str, str, str]]:
    kept = await story.desk.ask(transcripts.export, chat_id)
    return [(one["body"], one["role"], one["id"]) for one in kept["messages"]]


async def test_the_transcript_goes_on_where_it_ended(story: Story) -> None:
    """RO-8: and a word that is recorded a second time is there once"""
    chat_id = await story.in_progress()
    await story.desk.do(rooms.record, chat_id, [Entered(a_visit("ana"))], **story.eyes)
    one, two, three = a_word("one", 1), a_word("two", 2), a_word("three", 3)
    assert not await story.desk.do(transcripts.go_on, chat_id, [one]), "nothing is recorded to go on from"
    await story.desk.do(transcripts.record_heard, {chat_id: [one]})
    assert await story.desk.do(transcripts.go_on, chat_id, [one, two, three])
    await story.desk.do(transcripts.record_heard, {chat_id: [three]})
    assert await the_words(story, chat_id) == [
        ("one", "helper", "kept1"),
        ("two", "helper", "kept2"),
        ("three", "helper", "kept3"),
    ]
    assert await story.desk.do(transcripts.go_on, chat_id, [three]), "nothing new"
    assert len(await the_words(story, chat_id)) == 3


@pytest.mark.parametrize(
    "lately",
    [
        pytest.param([a_word("three", 3)], id="it does not reach back"),
        pytest.param([], id="nothing is shown"),
        pytest.param([a_word("one", 1), replace(a_word("two", 2), archive_id="")], id="a room that gives no ids"),
    ],
)
async def test_the_transcript_does_not_go_on_over_a_gap(story: Story, lately: list[Heard]) -> None:
    chat_id = await story.in_progress()
    await story.desk.do(transcripts.record_heard, {chat_id: [a_word("one", 1)]})
    assert not await story.desk.do(transcripts.go_on, chat_id, lately)
    assert [body for body, *_ in await the_words(story, chat_id)] == ["one"]


async def test_words_whose_place_is_not_known_get_it_from_the_archive(story: Story) -> None:
    chat_id = await story.in_progress()
    one, two, three = a_word("one", 1), a_word("two", 2), a_word("three", 3)
    await story.desk.do(transcripts.record_heard, {chat_id: [one]})
    for _ in range(2):
        await story.desk.do(transcripts.record_loose, chat_id, [one, three, replace(three, stanza_id="")])
    assert [(body, key) for body, _, key in await the_words(story, chat_id)] == [("one", "kept1"), ("three", "said3")]
    assert not await story.desk.do(transcripts.go_on, chat_id, [three, a_word("four", 4)]), "there may be a gap"
    assert not await story.desk.do(transcripts.go_on, chat_id, [one, three])
    await story.desk.do(transcripts.settle, chat_id, [one, two, three], [three, a_word("four", 4)])
    assert [key for *_, key in await the_words(story, chat_id)] == ["kept1", "kept2", "kept3", "kept4"]


async def test_a_service_that_gives_no_ids_doubles_no_words_of_the_past(story: Story) -> None:
    chat_id = await story.in_progress()
    said = ("one", "two", "three", "four")
    one, two, three, four = (replace(a_word(name, number), archive_id="") for number, name in enumerate(said))
    bare, past = replace(three, stanza_id=""), {"is_past": True}
    await story.desk.do(transcripts.record_heard, {chat_id: [one, bare]})
    lately = [replace(one, **past), replace(two, **past), replace(bare, **past), replace(four, stanza_id="")]
    for shown in (lately, lately[:3]):
        assert not await story.desk.do(transcripts.go_on, chat_id, shown)
        await story.desk.do(transcripts.settle, chat_id, [], shown)
        assert sorted(body for body, *_ in await the_words(story, chat_id)) == ["four", "one", "three", "two"]


async def test_a_speaker_who_uses_an_id_twice_is_heard_twice(story: Story) -> None:
    """Clients that count begin anew when they are started."""
    chat_id = await story.in_progress()
    words = [replace(a_word(body, 1), archive_id=body) for body in ("one", "two")]
    for lately in (words[:1], words):
        await story.desk.do(transcripts.record_loose, chat_id, lately)
    assert [body for body, *_ in await the_words(story, chat_id)] == ["one", "two"]


@pytest.mark.parametrize("usecase", [transcripts.go_on, transcripts.record_loose])
async def test_a_notice_that_a_room_shows_was_said(story: Story, usecase: Any) -> None:
    chat_id = await story.in_progress()
    await story.desk.do(rooms.record, chat_id, [Entered(a_visit("ana"))], **story.eyes)
    (notice,) = (await story.chat(chat_id)).notices
    said = Heard(at(9), "Help desk", notice.body, is_desk=True, stanza_id=notice.stanza_id, archive_id="kept9")
    await story.desk.do(transcripts.record_heard, {chat_id: [a_word("one", 1)]})
    await story.desk.do(usecase, chat_id, [a_word("one", 1), said])
    assert (await story.chat(chat_id)).notices == ()


async def test_a_trainee_with_two_nicks_is_told_once_that_they_are_out(story: Story) -> None:
    """RO-3"""
    chat_id = await story.in_progress()
    stays = [a_visit("tom", nick=nick, part=Part.TRAINEE) for nick in ("tom", "tom too")]
    await story.desk.do(rooms.record, chat_id, [Entered(v) for v in stays], **story.eyes)
    gone = [Left(jid("tom"), v.nick, at(9), lacked_monitor=True) for v in stays]
    await story.letters()
    assert await story.desk.do(rooms.record, chat_id, gone, **story.eyes)
    await story.desk.do(rooms.record, chat_id, gone, **story.eyes)
    assert await story.letters() == [(jid("tom"), "fleeting")]


async def test_lists_hold_no_more_than_an_answer_may(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chats, "LISTED", 2)
    await story.in_progress()
    for number in range(3):
        await story.ask(f"w{number}@anon.localhost/page")
    queue = await story.desk.survey(chats.list_queue, (SUPPORT,))
    assert ([line.position for line in queue.lines], queue.count) == ([1, 2], 3)
    open_chats = await story.desk.ask(chats.list_chats, by=jid("ada"), rules=story.desk.rules)
    assert (len(open_chats.lines), open_chats.count) == (1, 1)
    assert len(await story.desk.ask(chats.chats_in_reach, jid("ada"), (SUPPORT,))) == 2
    assert len(await story.desk.ask(chats.chats_in_progress)) == 1


async def test_who_was_asked_in_and_has_not_come_is_told_that_it_is_over(story: Story) -> None:
    """OF-8: their clients would only say that they may not make rooms"""
    chat_id = await story.in_progress()
    for name, told_at in (("tom", at(5)), ("una", None), ("mia", at(5)), ("tia", at(5))):
        invitation = Invitation(jid(name), Part.MONITOR if name == "mia" else Part.TRAINEE, told_at)
        await story.desk.do(lambda work, asked=invitation: work.invitations.put(chat_id, asked))
    visit = a_visit("tia", part=Part.TRAINEE, left_s=7)
    await story.desk.do(rooms.record, chat_id, [Entered(visit), Left(visit.jid, visit.nick, at(7))], **story.eyes)
    await story.letters()
    await story.desk.do(
        chats.close_chat, chat_id, by=jid("ana"), rules=story.desk.rules, disposition=Disposition.SOLVED
    )
    told = {to for to, kind in await story.letters() if kind == "fleeting"}
    assert told == {jid("tom"), jid("mia")}


# --- what has come right while it was being found out


async def test_a_request_that_was_taken_meanwhile_does_not_end_for_having_waited(story: Story) -> None:
    ticket = await story.ask()
    await story.offer(ticket.chat_id)
    await story.desk.do(offers.accept_offer, jid("ana"), rules=RULES)
    await story.desk.do(rooms.record, ticket.chat_id, [WaitedTooLong()], **story.eyes)
    assert (await story.chat(ticket.chat_id)).state is ChatState.OPEN


async def test_a_visitor_who_is_back_meanwhile_does_not_lose_the_place(story: Story) -> None:
    ticket = await story.ask()
    await story.desk.do(visits.visitor_gone, VISITOR, RULES)
    gone = await story.chat(ticket.chat_id)
    await story.desk.do(visits.visitor_back, VISITOR)
    missing = VisitorMissing(gone.visitor, gone.visitor_gone_at)
    await story.desk.do(rooms.record, ticket.chat_id, [missing], **story.eyes)
    assert (await story.chat(ticket.chat_id)).state is ChatState.WAITING
