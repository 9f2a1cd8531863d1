"""Recording what rooms show: one transaction for all facts of one look (domain.rooms.learn)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from livechat_xmpp.domain.access import is_monitor
from livechat_xmpp.domain.learning import (
    Entered,
    Fact,
    HelperMissing,
    HelperSilent,
    InvitationLapsed,
    Left,
    NoticesSpoken,
    OfferExpired,
    OfferTaken,
    Replied,
    TraineePlacesFree,
    VisitorMissing,
    WaitedTooLong,
)
from livechat_xmpp.domain.model import (
    Availability,
    BareJid,
    Chat,
    ChatId,
    ChatState,
    DutyRole,
    Invitation,
    Offer,
    OfferState,
    Outcome,
    Part,
    RoomState,
)
from livechat_xmpp.domain.outcome import outcome_when_left
from livechat_xmpp.domain.routing import MAY_BE_ASKED, TraineeOnDuty, choose_trainees
from livechat_xmpp.domain.wording import visitors
from livechat_xmpp.domain.wording.chats import MONITOR_LEFT, TAKEN_OFF_DUTY, story
from livechat_xmpp.usecases.chats import finish, open_chat, return_to_queue, tell_room
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Presences, Work
from livechat_xmpp.usecases.recruiting import invite_to_join
from livechat_xmpp.usecases.revoking import revoke, tell_staff
from livechat_xmpp.usecases.training import count_chat


def record(work: Work, chat_id: ChatId, facts: Sequence[Fact], *, presences: Presences, rules: DeskRules) -> bool:
    """Record the facts in their order; return whether anything changed. A fact that is stale changes nothing."""
    changed = False
    for fact in facts:
        chat = work.chats.find(chat_id)
        if chat is None or chat.state is ChatState.CLOSED:
            return changed
        changed |= _record(work, chat, fact, presences, rules)
    return changed


def _record(work: Work, chat: Chat, fact: Fact, presences: Presences, rules: DeskRules) -> bool:
    match fact:
        case Entered():
            _entered(work, chat, fact, rules)
        case Left():
            _left(work, chat, fact, rules)
        case OfferTaken(helper):
            _offer_taken(work, chat, helper, rules)
        case OfferExpired(offer_id):
            offer = next((o for o in chat.offers if o.id == offer_id), None)
            if offer is None:
                return False
            expire(work, chat, offer, presences, rules)
        case InvitationLapsed(jid):
            work.invitations.end(chat.id, jid, work.now)
        case TraineePlacesFree(count):
            return _invite_trainees(work, chat, count, presences)
        case HelperMissing(helper):
            if chat.helper != helper:
                return False
            return_to_queue(work, chat, rules)
        case HelperSilent(helper):
            return _helper_silent(work, chat, helper, rules)
        case Replied():
            work.chats.save(replace(chat, replied_at=work.now))
        case VisitorMissing(visitor, gone_at):
            if (chat.visitor, chat.visitor_gone_at) != (visitor, gone_at):
                return False  # they have come back meanwhile
            visitor_missing(work, chat, rules)
        case WaitedTooLong():
            if chat.state is not ChatState.WAITING:
                return False
            waited_too_long(work, chat, rules)
        case NoticesSpoken(ids):
            work.notices.mark_done(ids, work.now)
    return True


def record_visits(work: Work, chat: Chat, facts: Iterable[Entered | Left]) -> None:
    """Record who came and went when the chat is over already: only its outcome can follow from it."""
    for fact in facts:
        if isinstance(fact, Entered):
            work.visits.add(chat.id, fact.visit)
        else:
            work.visits.end(chat.id, fact.jid, fact.nick, fact.at)
    known = work.chats.find(chat.id)
    if known is not None and known.outcome is Outcome.ABANDONED and outcome_when_left(known) is Outcome.SERVED:
        work.chats.save(replace(known, outcome=Outcome.SERVED))  # the visitor left before a round saw that they had met
        work.fact("outcome corrected", chat=chat.id, outcome=Outcome.SERVED)


def _entered(work: Work, chat: Chat, fact: Entered, rules: DeskRules) -> None:
    visit = fact.visit
    work.visits.add(chat.id, visit)
    if visit.part is not Part.VISITOR:
        work.fact("entered", chat=chat.id, jid=visit.jid, part=visit.part)
    is_first = chat.last_visit(visit.jid) is None
    if chat.state is ChatState.OPEN and visit.jid == chat.helper and is_first:
        tell_room(work, chat, story(chat, rules.form_of(chat.workgroup)), rules)
    if chat.state is ChatState.WAITING and visit.jid == chat.visitor_bare:
        work.touch_queues()  # they can be offered again
    if is_monitor(chat, visit.jid, helper_counts=True):
        work.touch(chat.id, is_urgent=True)


def _left(work: Work, chat: Chat, fact: Left, rules: DeskRules) -> None:
    """End the visit. A trainee who was put out, and is inside under no other nick, is told why: clients do not show it.

    With the visit it is over that they are told: once.
    """
    work.visits.end(chat.id, fact.jid, fact.nick, fact.at)
    visit = chat.last_visit(fact.jid)
    if visit is not None and visit.part is not Part.VISITOR:  # also under an address of before
        work.fact("left", chat=chat.id, jid=fact.jid)
    inside = [v for v in chat.visits if v.jid == fact.jid and v.left_at is None]
    if fact.lacked_monitor and [(v.nick, v.part) for v in inside] == [(fact.nick, Part.TRAINEE)]:
        tell_staff(work, chat, fact.jid, MONITOR_LEFT.of(visitor=chat.visitor_name), rules)


def _offer_taken(work: Work, chat: Chat, helper: BareJid, rules: DeskRules) -> None:
    if chat.offer_to(helper) is None:
        return
    opened = open_chat(work, chat, helper, rules)
    tell_room(work, opened, story(opened, rules.form_of(opened.workgroup)), rules)


def expire(work: Work, chat: Chat, offer: Offer, presences: Presences, rules: DeskRules) -> None:
    """Pass an offer on that was not answered in time.

    A helper whose presence we may not see and who is silent is probably not there: off duty they go, and
    are told how to come back, so that the desk does not look open when nobody would answer.
    """
    # Told on an earlier link: the process may have been killed before the offer left, and who never had it is told
    # of no end.
    is_surely_told = offer.told_at is not None and (presences.since is None or offer.told_at >= presences.since)
    account = work.accounts.find(offer.helper)
    is_unseen = presences.availability(offer.helper) is Availability.UNKNOWN
    is_lost = is_surely_told and is_unseen and account is not None and not account.is_subscribed
    if is_lost:
        work.duties.remove(offer.helper)
    revoke(work, chat, offer, rules, OfferState.EXPIRED, is_said=is_surely_told)
    if is_lost:
        tell_staff(work, chat, offer.helper, TAKEN_OFF_DUTY, rules)


def _helper_silent(work: Work, chat: Chat, helper: BareJid, rules: DeskRules) -> bool:
    """Put the request of a silent helper back, unless a reply is in the transcript: one before a new link, say."""
    if chat.helper != helper or chat.opened_at is None or chat.has_reply:
        return False
    if work.messages.has_reply(chat.id, since=chat.opened_at):
        work.chats.save(replace(chat, replied_at=work.now))
    else:
        return_to_queue(work, chat, rules, was_silent=True)
    return True


def waited_too_long(work: Work, chat: Chat, rules: DeskRules) -> None:
    """End a request that nobody has taken for as long as anybody may wait."""
    finish(work, chat, Outcome.TIMED_OUT, visitors.NOBODY_CAME, rules, is_asked_for=False)


def visitor_missing(work: Work, chat: Chat, rules: DeskRules) -> None:
    """End a request or chat whose visitor has been gone for longer than the grace."""
    outcome = outcome_when_left(chat)
    text = visitors.CHAT_ENDED if outcome is Outcome.SERVED else visitors.GONE_FROM_QUEUE
    finish(work, chat, outcome, text, rules, is_asked_for=False)


def _invite_trainees(work: Work, chat: Chat, places: int, presences: Presences) -> bool:
    trainees = _who_may_watch(work, chat.id, presences)
    if len(trainees) > places:  # else it does not matter how much each has seen, and that is long to count
        # Also chats of now, which do not count as watched yet.
        watched = work.visits.counts([t.duty.jid for t in trainees])
        trainees = [replace(t, watched=watched.get(t.duty.jid, 0)) for t in trainees]
    chosen = choose_trainees(trainees, asked_before=frozenset(), places=places)
    for jid in chosen:
        work.invitations.put(chat.id, Invitation(jid, Part.TRAINEE))
        work.fact("trainee invited", chat=chat.id, jid=jid)
    return bool(chosen)


def _who_may_watch(work: Work, chat_id: ChatId, presences: Presences) -> list[TraineeOnDuty]:
    """Return the trainees who can be asked into the chat, as if they had watched nothing yet.

    What is known without asking the database comes first: mostly nobody is there, and many chats want to know.
    """
    duties = [d for d in work.duties.list() if d.role is DutyRole.TRAINEE]
    there = {d: a for d in duties if (a := presences.availability(d.jid)) in MAY_BE_ASKED}
    asked = work.invitations.asked_before(chat_id) if there else frozenset()
    new = [d for d in there if d.jid not in asked]
    held = work.invitations.places_held([d.jid for d in new])
    found = [TraineeOnDuty(d, there[d], watched=0, chats=held.get(d.jid, 0)) for d in new]
    return [t for t in found if t.is_free]


def mark_offer_told(work: Work, offer: Offer) -> Offer | None:
    """Record that the offer is being sent, before the sending, so that nobody is asked twice after a crash.

    Return it as it is to be sent, None if it is over. Its time begins now: the room may have taken long to make, or,
    with an offer that is marked and not sent, the database to write that.
    """
    lasts = offer.expires_at - (offer.told_at or offer.made_at)
    told = replace(offer, told_at=work.now, expires_at=work.now + lasts)
    return told if work.offers.mark_told(told, was=offer.told_at) else None


def mark_invitation_told(work: Work, chat_id: ChatId, invitation: Invitation) -> bool:
    """Record that the person is being asked in; before the sending, as with offers. Return whether they still are."""
    told = replace(invitation, told_at=work.now, times_told=invitation.times_told + 1)
    if invitation.part is Part.VISITOR:
        work.touch_queues()  # their place now names the room
    return work.invitations.mark(chat_id, told)


def mark_untold(work: Work, chat_id: ChatId, invitation: Invitation) -> None:
    """Record that the person has to be asked in again, since they lost their membership after they were asked."""
    work.invitations.mark(chat_id, replace(invitation, told_at=None, times_told=0))


def mark_room(work: Work, chat_id: ChatId, state: RoomState, rules: DeskRules) -> None:
    """Record that the room has been configured, or is gone; with a room everybody's visit ends, and is counted."""
    work.chats.set_room(chat_id, state)
    chat = work.chats.find(chat_id) if state is RoomState.GONE else None
    if chat is not None:
        work.visits.end_all(chat_id, chat.closed_at or work.now)
        count_chat(work, chat_id, rules)
        invite_to_join(work, chat, rules)
