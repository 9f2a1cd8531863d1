"""plan() and learn() for all chats and rooms: they come to an end, and never break the trainee rule on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from livechat_xmpp.domain.access import is_below_helper, is_monitored
from livechat_xmpp.domain.learning import HelperMissing, InvitationLapsed, VisitorMissing, learn, next_due
from livechat_xmpp.domain.model import (
    Affiliation,
    BareJid,
    Chat,
    ChatState,
    Departure,
    Invitation,
    Occupant,
    Part,
    RoomState,
    RoomView,
    Standing,
    Visit,
    bare,
)
from livechat_xmpp.domain.rooms import (
    ConfigureRoom,
    EnterRoom,
    Kick,
    RoomRules,
    SetAffiliation,
    SetSubject,
    Speak,
    Step,
    TellInvitation,
    TellOffer,
    plan,
)
from tests.factories import NOW, VISITOR, a_notice, a_request, a_visit, an_occupant, an_offer, at, jid, s

STAFF = [jid(n) for n in ("ana", "ben", "mia", "tom", "uli")]
STRANGERS = [jid("eve@elsewhere.org"), jid("v0@anon.localhost")]
V1 = bare(VISITOR)
MINUTES = st.sampled_from([-700.0, -200.0, -61.0, -30.0, -5.0, 0.0])
ROOM_RULES = st.builds(
    RoomRules,
    helper_counts_as_monitor=st.booleans(),
    trainee_places=st.integers(0, 3),
    are_trainees_welcome=st.booleans(),
)


@st.composite
def invitations(draw: st.DrawFn) -> Invitation:
    who = draw(st.sampled_from([*STAFF, V1]))
    part = Part.VISITOR if who == V1 else draw(st.sampled_from([p for p in Part if p not in (Part.VISITOR, Part.DESK)]))
    told_s = draw(st.none() | MINUTES)
    return Invitation(who, part, None if told_s is None else at(told_s), draw(st.integers(0, 2)) if told_s else 0)


@st.composite
def chats(draw: st.DrawFn) -> Chat:
    """Return any chat in a room that exists: every combination of state, invitations, standings and notices."""
    invited = {i.jid: i for i in draw(st.lists(invitations(), max_size=6))}
    helper = draw(st.none() | st.sampled_from(STAFF))
    opened = at(draw(MINUTES)) if helper else None
    first = opened or (at(-800) if draw(st.booleans()) else None)
    told = draw(st.booleans())
    asked = [] if helper else draw(st.lists(st.sampled_from(STAFF), max_size=3, unique=True))
    expires = draw(MINUTES) + 20
    offers = [an_offer(j, offer_id=n, told_at=NOW if told else None, expires_s=expires) for n, j in enumerate(asked)]
    return replace(
        a_request(),
        state=ChatState.OPEN if helper else ChatState.WAITING,
        room=draw(st.sampled_from([RoomState.READY, RoomState.READY, RoomState.NEEDED])),
        helper=helper,
        opened_at=opened,
        first_opened_at=first,
        offers=tuple(offers),
        returned_at=draw(st.none() | MINUTES.map(at)),
        replied_at=draw(st.none() | MINUTES.map(at)),
        invitations=tuple(invited.values()),
        notices=tuple(a_notice(n, expires_s=draw(st.sampled_from([-1, 60]))) for n in range(draw(st.integers(0, 2)))),
        standings=draw(st.dictionaries(st.sampled_from(STAFF), st.sampled_from(Standing))),
    )


@st.composite
def rooms(draw: st.DrawFn) -> RoomView:
    """Return any room that a service could show, also one that people changed by hand."""
    everybody = [*STAFF, *STRANGERS, V1]
    affiliations = draw(
        st.dictionaries(
            st.sampled_from(everybody), st.sampled_from([a for a in Affiliation if a is not Affiliation.NONE])
        )
    )
    inside = draw(st.lists(st.sampled_from(everybody), unique=True))
    occupants = tuple(
        Occupant(who.partition("@")[0], who, affiliations.get(who, Affiliation.NONE), NOW)
        for who in inside
        if affiliations.get(who) is not Affiliation.OUTCAST
    )
    of = {a: frozenset(j for j, b in affiliations.items() if b is a) for a in Affiliation}
    return RoomView(
        is_new=draw(st.booleans()),
        is_altered=draw(st.booleans()),
        occupants=occupants,
        members=of[Affiliation.MEMBER],
        outcasts=of[Affiliation.OUTCAST],
        subject=draw(st.sampled_from(["", "old"])),
        spoke_at={who: at(draw(MINUTES)) for who in inside if draw(st.booleans())},
        looked_at=at(draw(MINUTES)),
    )


class Model:
    """The chat and its room while steps are taken, as a service and the record would show them."""

    def __init__(self, chat: Chat, seen: RoomView | None, real: RoomView) -> None:
        self.chat, self.seen, self.real = chat, seen, real

    def take(self, step: Step) -> None:
        match step:
            case EnterRoom():
                self.seen = replace(self.real, looked_at=NOW)
            case ConfigureRoom():
                self.chat = replace(self.chat, room=RoomState.READY)
                self.show(is_new=False, is_altered=False)
            case SetAffiliation(who, affiliation):
                self.affiliate(who, affiliation)
            case Kick(nick):
                self.show(occupants=tuple(o for o in self.room.occupants if o.nick != nick))
            case SetSubject(subject):
                self.show(subject=subject)
            case TellOffer(offer):
                others = tuple(o for o in self.chat.offers if o.id != offer.id)
                self.chat = replace(self.chat, offers=(*others, replace(offer, told_at=NOW)))
            case TellInvitation(told):
                again = replace(told, told_at=NOW, times_told=told.times_told + 1)
                rest = tuple(i for i in self.chat.invitations if i.jid != told.jid)
                self.chat = replace(self.chat, invitations=(*rest, again))
            case Speak(notice):
                self.show(spoken=self.room.spoken | {notice.stanza_id})
            case _:
                raise AssertionError(step)

    def affiliate(self, who: BareJid, affiliation: Affiliation) -> None:
        """Change an affiliation; a members-only room puts out who has none (XEP-0045 §9.4)."""
        inside = self.room.occupants
        if affiliation is Affiliation.MEMBER:
            changed = tuple(replace(o, affiliation=affiliation) if o.jid == who else o for o in inside)
            self.show(members=self.room.members | {who}, occupants=changed)
        else:
            self.show(members=self.room.members - {who}, occupants=tuple(o for o in inside if o.jid != who))

    @property
    def room(self) -> RoomView:
        assert self.seen is not None
        return self.seen

    def show(self, **changes: object) -> None:
        self.seen = replace(self.room, **changes)  # type: ignore[arg-type]


def is_trainee(chat: Chat, who: BareJid) -> bool:
    return chat.standings.get(who) is Standing.TRAINEE and who != chat.visitor_bare


@settings(max_examples=400)
@given(chats(), rooms(), st.booleans(), ROOM_RULES)
def test_applying_the_plan_comes_to_an_end_and_keeps_the_trainee_rule(
    chat: Chat, real: RoomView, is_known: bool, rules: RoomRules
) -> None:
    model = Model(chat, real if is_known else None, real)
    for _ in range(10):
        steps = plan(model.chat, model.seen, rules, now=NOW)
        if not steps:
            break
        for step in steps:
            model.take(step)
    assert plan(model.chat, model.seen, rules, now=NOW) == ()
    monitored = is_monitored(model.chat, model.room.present, helper_counts=rules.helper_counts_as_monitor)
    if not (monitored and rules.are_trainees_welcome):
        assert not [who for who in model.room.present | model.room.members if is_trainee(model.chat, who)]


@given(chats(), rooms(), st.booleans(), ROOM_RULES)
def test_an_unmonitored_trainee_goes_before_anything_else_happens(
    chat: Chat, seen: RoomView, is_over: bool, rules: RoomRules
) -> None:
    """RO-3: also when the chat is over, and when the room is to be looked at anew."""
    chat = replace(chat, room=RoomState.READY)
    if is_over:
        chat = replace(chat, state=ChatState.CLOSED, closed_at=at(-30), helper=None, offers=(), invitations=())
    seen = replace(seen, is_new=False)
    if is_monitored(chat, seen.present, helper_counts=rules.helper_counts_as_monitor):
        return
    steps = plan(chat, seen, rules, now=NOW)
    trainees = [o for o in seen.occupants if is_trainee(chat, o.jid)]
    if trainees:
        assert is_removal(steps[0])
    removed = {s.jid for s in steps if isinstance(s, SetAffiliation) and is_removal(s)}
    kicked = {s.nick for s in steps if isinstance(s, Kick)}
    assert all(o.jid in removed or o.nick in kicked for o in trainees)


def is_removal(step: Step) -> bool:
    return isinstance(step, Kick) or (isinstance(step, SetAffiliation) and step.affiliation is Affiliation.NONE)


@given(chats(), rooms(), ROOM_RULES)
def test_removals_come_before_all_else(chat: Chat, seen: RoomView, rules: RoomRules) -> None:
    steps = plan(chat, seen, rules, now=NOW)
    removals = [is_removal(s) for s in steps]
    assert removals == sorted(removals, reverse=True)


@given(chats(), rooms(), ROOM_RULES, st.sets(st.sampled_from(STAFF)))
def test_a_trainee_is_never_let_in_without_a_monitor_seen(
    chat: Chat, seen: RoomView, rules: RoomRules, absent: set[BareJid]
) -> None:
    steps = plan(chat, seen, rules, now=NOW, absent=absent)
    present = seen.present - absent
    if not is_monitored(chat, present, helper_counts=rules.helper_counts_as_monitor):
        let_in = {s.jid for s in steps if isinstance(s, SetAffiliation) and s.affiliation is Affiliation.MEMBER}
        asked = {s.invitation.jid for s in steps if isinstance(s, TellInvitation)}
        assert not [who for who in let_in | asked if is_trainee(chat, who)]


@given(chats(), ROOM_RULES)
def test_an_unknown_room_is_only_looked_at(chat: Chat, rules: RoomRules) -> None:
    assert plan(chat, None, rules, now=NOW) == (EnterRoom(),)


@given(chats(), rooms(), ROOM_RULES)
def test_nobody_is_sent_to_a_closed_door(chat: Chat, seen: RoomView, rules: RoomRules) -> None:
    steps = plan(chat, seen, rules, now=NOW)
    let_in = {s.jid for s in steps if isinstance(s, SetAffiliation) and s.affiliation is Affiliation.MEMBER}
    asked = {s.invitation.jid for s in steps if isinstance(s, TellInvitation)}
    asked |= {s.offer.helper for s in steps if isinstance(s, TellOffer)}
    assert asked <= let_in | seen.members


@given(chats(), rooms(), ROOM_RULES)
def test_what_people_did_by_hand_is_not_fought(chat: Chat, seen: RoomView, rules: RoomRules) -> None:
    """Bans stand, and affiliations above member are left as they are, but for those below helpers."""
    above = {
        o.jid
        for o in seen.occupants
        if o.affiliation in (Affiliation.OWNER, Affiliation.ADMIN) and not is_below_helper(chat, o.jid)
    }
    changed = {s.jid for s in plan(chat, seen, rules, now=NOW) if isinstance(s, SetAffiliation)}
    assert not changed & (above | seen.outcasts)


@st.composite
def stays(draw: st.DrawFn) -> tuple[Visit, ...]:
    """Return who is or was inside by the record."""
    whom = draw(st.lists(st.sampled_from([*STAFF, V1]), max_size=4))
    moments = [sorted((draw(MINUTES), draw(MINUTES))) for _ in whom]
    return tuple(
        a_visit(who, entered_s=came, left_s=draw(st.sampled_from([None, went])))
        for who, (came, went) in zip(whom, moments, strict=True)
    )


@st.composite
def departures(draw: st.DrawFn) -> tuple[Departure, ...]:
    """Return who was seen going since the last look."""
    whom = draw(st.lists(st.sampled_from([*STAFF, V1]), max_size=2))
    moments = [sorted((draw(MINUTES), draw(MINUTES))) for _ in whom]
    return tuple(
        Departure(an_occupant(who, since_at=at(came)), at(went))
        for who, (came, went) in zip(whom, moments, strict=True)
    )


@settings(max_examples=300)
@given(chats(), stays(), rooms(), departures(), st.none() | MINUTES.map(at), ROOM_RULES)
def test_nobody_is_missed_before_the_grace_is_over_that_begins_when_they_leave(
    chat: Chat,
    visits: tuple[Visit, ...],
    seen: RoomView,
    gone: tuple[Departure, ...],
    linked_at: datetime | None,
    rules: RoomRules,
) -> None:
    """However long they were inside, also when their going is seen only now; or with the link that they need."""
    chat = replace(chat, visits=visits)
    graces: dict[BareJid, timedelta] = {}
    for fact in learn(chat, replace(seen, departures=gone), rules, now=NOW, linked_at=linked_at):
        match fact:
            case HelperMissing(helper) if chat.standings.get(helper, Standing.TRAINEE).reaches(Standing.HELPER):
                graces[helper] = rules.helper_grace
            case VisitorMissing():
                graces[V1] = rules.visitor_grace
            case InvitationLapsed(trainee):
                graces[trainee] = rules.trainee_patience
    for who, grace in graces.items():
        assert who not in seen.present
        assert linked_at is None or linked_at + grace <= NOW
        assert all(one.at + grace <= NOW for one in gone if one.who.jid == who)
        assert all(v.left_at is not None and v.left_at + grace <= NOW for v in visits if v.jid == who)


@settings(max_examples=300)
@given(chats(), rooms(), ROOM_RULES, st.floats(0.001, 0.999))
def test_between_now_and_the_next_due_moment_time_alone_changes_nothing(
    chat: Chat, real: RoomView, rules: RoomRules, fraction: float
) -> None:
    model = Model(chat, real, real)
    for _ in range(5):
        for step in plan(model.chat, model.seen, rules, now=NOW):
            model.take(step)
    due = next_due(model.chat, model.seen, rules, now=NOW)
    assert due is not None  # the room is looked at anew in any case
    assert due > NOW
    between = NOW + (due - NOW) * fraction
    assert plan(model.chat, model.seen, rules, now=between) == ()
    known = {type(f) for f in learn(model.chat, model.seen, rules, now=NOW)}
    unspoken = replace(model.chat, notices=())  # a notice said is done with at once, whenever it expires
    found = {type(f) for f in learn(unspoken, model.seen, rules, now=between)}
    assert found <= known
    assert due - NOW <= s(600)
