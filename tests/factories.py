"""Values for tests: `a_trainee("tom")`, `a_chat(...)`; what a test does not say has a harmless default.

People are told by name: "ana" is ana@localhost. Moments are told as seconds: `at(20)` is 20 s after NOW.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from livechat_xmpp.domain.model import (
    Account,
    Affiliation,
    Availability,
    BareJid,
    Chat,
    ChatId,
    ChatState,
    Duty,
    DutyRole,
    FullJid,
    Invitation,
    Message,
    Notice,
    Occupant,
    Offer,
    Part,
    RoomState,
    RoomView,
    Standing,
    Visit,
    WorkgroupName,
)
from livechat_xmpp.domain.routing import OnDuty, TraineeOnDuty

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SUPPORT = WorkgroupName("support")
VISITOR = FullJid("v1@anon.localhost/page")


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def jid(name: str) -> BareJid:
    """Return the address of a person; a whole address stays what it is."""
    return BareJid(name if "@" in name else f"{name}@localhost")


def jids(*names: str) -> frozenset[BareJid]:
    return frozenset(map(jid, names))


# --- people


def an_account(name: str, standing: Standing, **more: Any) -> Account:
    return Account(jid(name), standing, **{"since_at": NOW, **more})


def a_trainee(name: str = "tom", **more: Any) -> Account:
    return an_account(name, Standing.TRAINEE, **more)


def a_helper(name: str = "ana", **more: Any) -> Account:
    return an_account(name, Standing.HELPER, **more)


def a_monitor(name: str = "mia", **more: Any) -> Account:
    return an_account(name, Standing.MONITOR, **more)


def an_admin(name: str = "ada", **more: Any) -> Account:
    return an_account(name, Standing.ADMIN, **more)


def a_duty(
    name: str, role: DutyRole = DutyRole.HELPER, *, max_chats: int = 2, since_at: datetime = NOW, turn_s: float = 0
) -> Duty:
    """Return somebody on duty; turn_s: when they last had an offer, in seconds after NOW."""
    return Duty(jid(name), role, max_chats, since_at, at(turn_s))


def on_duty(
    name: str,
    *,
    is_: Availability = Availability.AVAILABLE,
    role: DutyRole = DutyRole.HELPER,
    chats: int = 0,
    max_chats: int = 2,
    turn_s: float = 0,
    has_offer: bool = False,
) -> OnDuty:
    """Return a helper on duty with their load."""
    return OnDuty(a_duty(name, role, max_chats=max_chats, turn_s=turn_s), is_, chats, has_offer)


def a_watcher(
    name: str,
    *,
    watched: int = 0,
    chats: int = 0,
    max_chats: int = 2,
    turn_s: float = 0,
    is_: Availability = Availability.AVAILABLE,
) -> TraineeOnDuty:
    """Return a trainee on duty."""
    return TraineeOnDuty(a_duty(name, DutyRole.TRAINEE, max_chats=max_chats, turn_s=turn_s), is_, watched, chats)


# --- chats


def an_offer(name: str = "ana", *, offer_id: int = 1, made_s: float = 0, expires_s: float = 20, **more: Any) -> Offer:
    """Return an open offer to this helper; told_at=None: it was not sent yet."""
    return Offer(offer_id, ChatId("q7hm2k42wx3n2"), jid(name), at(made_s), at(expires_s), **more)


def an_invitation(name: str, part: Part = Part.HELPER, told_s: float | None = None, times_told: int = -1) -> Invitation:
    """Return an invitation; told_s: when they were asked, in seconds after NOW; None: not yet."""
    told = told_s is not None
    times = times_told if times_told >= 0 else int(told)
    return Invitation(jid(name), part, at(told_s) if told_s is not None else None, times)


def a_visit(name: str, *, entered_s: float = 0, left_s: float | None = None, **more: Any) -> Visit:
    """Return somebody's having been in the room; left_s None: they are still there."""
    values = {"nick": name.partition("@")[0], "part": Part.HELPER, **more}
    return Visit(jid=jid(name), entered_at=at(entered_s), left_at=None if left_s is None else at(left_s), **values)


def a_notice(notice_id: int = 1, body: str = "hello", expires_s: float = 300) -> Notice:
    return Notice(notice_id, body, at(expires_s))


def a_message(body: str, *, archive_id: str = "", at_s: float = 0, **more: Any) -> Message:
    values = {"nick": "ana", "jid": jid("ana"), "part": Part.HELPER, "kind": "speech", **more}
    return Message(at=at(at_s), body=body, archive_id=archive_id, **values)


def a_request(*staff: Account, **more: Any) -> Chat:
    """Return a chat that waits for a helper; staff: whose standings are known."""
    chat = Chat(
        id=ChatId("q7hm2k42wx3n2"),
        workgroup=SUPPORT,
        visitor=VISITOR,
        visitor_name="Vera",
        question="My bookmarks are gone.",
        asked_at=NOW,
        form={"username": "Vera", "question": "My bookmarks are gone."},
        standings={a.jid: a.standing for a in staff},
    )
    return replace(chat, **more)


def a_chat(*staff: Account, helper: str = "ana", **more: Any) -> Chat:
    """Return an open chat in a configured room: the helper answers since NOW, both were asked in and told."""
    known = staff if any(a.jid == jid(helper) for a in staff) else (a_helper(helper), *staff)
    invitations = (an_invitation(helper, told_s=0), an_invitation("v1@anon.localhost", Part.VISITOR, told_s=0))
    values = {
        "state": ChatState.OPEN,
        "room": RoomState.READY,
        "helper": jid(helper),
        "opened_at": NOW,
        "first_opened_at": NOW,
        **more,
    }
    values["invitations"] = (*invitations, *more.get("invitations", ()))
    return a_request(*known, **values)


# --- rooms


def an_occupant(name: str, *, nick: str = "", affiliation: Affiliation = Affiliation.MEMBER, **more: Any) -> Occupant:
    since_at = more.pop("since_at", NOW)
    return Occupant(nick or name.partition("@")[0], jid(name), affiliation, since_at, **more)


def a_room(*inside: str | Occupant, also_members: Collection[str] = (), **more: Any) -> RoomView:
    """Return a room as seen: who is inside, all of them members; also_members: members who are not inside."""
    occupants = tuple(o if isinstance(o, Occupant) else an_occupant(o) for o in inside)
    members = {o.jid for o in occupants if o.affiliation is Affiliation.MEMBER} | jids(*also_members)
    return RoomView(**{"occupants": occupants, "members": frozenset(members), "looked_at": NOW, **more})


def names(people: Iterable[str]) -> set[str]:
    """Return the localparts, as tests speak of people."""
    return {person.partition("@")[0] for person in people}
