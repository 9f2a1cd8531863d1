"""The groups in the staff's contact lists: who is in which, who sees whom, and what a list needs to show it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from livechat_xmpp.domain.model import Account, BareJid, Standing


class Group(StrEnum):
    """A group of contacts, by the name that clients show."""

    TRAINEES = "trainees"
    SUPPORT = "support"


NAMES = frozenset(str(group) for group in Group)


def group_of(standing: Standing) -> Group | None:
    """Return the group that people of a standing are shown in; None: in no list."""
    if standing.reaches(Standing.HELPER):
        return Group.SUPPORT
    return Group.TRAINEES if standing is Standing.TRAINEE else None


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who is in which group. left_out: how many more would be, were contact lists not limited."""

    members: Mapping[BareJid, Group] = field(default_factory=dict)
    left_out: int = 0


def belonging(accounts: Iterable[Account], most_people: int) -> Belonging:
    """Return who is in which group; of more than most_people helpers and above first, then trainees.

    Everybody has everybody else in their list, so that the entries grow with the square of the people. Among helpers
    and above those come first who were active last. Among trainees too, and an account alone is nothing: who never was
    active comes last, so that a flood of new accounts takes nobody's place. Only the day counts, and then the standing:
    else people would come and go with every hour.
    """
    people = {a: group for a in accounts if (group := group_of(a.standing)) is not None}
    first = sorted(people, key=_place)[:most_people]
    return Belonging({a.jid: people[a] for a in first}, len(people) - len(first))


def _place(account: Account) -> tuple[bool, bool, int, int, BareJid]:
    is_helper = account.standing.reaches(Standing.HELPER)
    is_unknown = not is_helper and account.active_at is None
    last = max(account.since_at, account.active_at or account.since_at) if is_helper else account.active_at
    day = (last or account.since_at).date().toordinal()
    return not is_helper, is_unknown, -day, -account.standing.rank, account.jid


def seen_by(owner: BareJid, members: Mapping[BareJid, Group]) -> Mapping[BareJid, Group]:
    """Return whom a person has in their contact list, and in which group: all others, if they are in one themself."""
    return {jid: group for jid, group in members.items() if jid != owner} if owner in members else {}


# --- a list that is written entry by entry


@dataclass(frozen=True, slots=True)
class Contact:
    """An entry of a contact list (RFC 6121 §2.1.2). name: "" where there is none."""

    jid: BareJid
    subscription: str = "none"
    name: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Given:
    """What the desk has put into somebody's list for one contact. before: the entry that was there, None: none."""

    group: Group
    before: Contact | None = None


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What one contact list needs.

    puts: entries as they have to be. removals: entries that are taken out.
    given: what is to be on record before the first of these; left: after the last.
    """

    puts: tuple[Contact, ...]
    removals: tuple[BareJid, ...]
    given: Mapping[BareJid, Given]
    left: Mapping[BareJid, Given]


def plan_list(
    seen: Mapping[BareJid, Contact],
    wanted: Mapping[BareJid, Group],
    given: Mapping[BareJid, Given],
    *,
    is_mutual: Callable[[BareJid], bool],
) -> ListPlan:
    """Return the way from a contact list as it is to one with the groups, and with all that the person has put there.

    Names, other groups, and what a contact was before stay the person's own; an entry is taken out only where the
    desk has made it and nothing else is in it. What the desk never put there it does not touch.
    given: what the desk has put there until now. is_mutual: whether the other's list is written as well, so that
    both may see each other's presence.
    """
    record = {jid: Given(group, _before(jid, seen, given)) for jid, group in wanted.items()}
    gone = {jid: had for jid, had in given.items() if jid not in wanted}
    puts: list[Contact] = []
    removals: list[BareJid] = []
    for jid, put in record.items():
        entry = _with_group(jid, seen.get(jid), put, is_mutual=is_mutual(jid))
        if entry != seen.get(jid):
            puts.append(entry)
    for jid, put in gone.items():
        old = seen.get(jid)
        if old is None:
            continue  # the person has taken it out
        entry = _without_group(old, put)
        if put.before is None and not entry.groups and not entry.name:
            removals.append(jid)
        elif entry != old:
            puts.append(entry)
    return ListPlan(tuple(puts), tuple(removals), {**record, **gone}, record)


def _before(jid: BareJid, seen: Mapping[BareJid, Contact], given: Mapping[BareJid, Given]) -> Contact | None:
    return given[jid].before if jid in given else seen.get(jid)


def _own_groups(entry: Contact, put: Given) -> frozenset[str]:
    """Return the groups that the person has put the contact in; perhaps one that is named as ours is."""
    return (entry.groups - NAMES) | (put.before.groups & NAMES if put.before else frozenset())


def _with_group(jid: BareJid, old: Contact | None, put: Given, *, is_mutual: bool) -> Contact:
    entry = old or Contact(jid)
    subscription = "both" if is_mutual else entry.subscription
    return replace(entry, subscription=subscription, groups=_own_groups(entry, put) | {str(put.group)})


def _without_group(old: Contact, put: Given) -> Contact:
    subscription = put.before.subscription if put.before else old.subscription
    return replace(old, subscription=subscription, groups=_own_groups(old, put))


# --- lists that are suggested, or kept by the server


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody's client is asked to do with a contact. action: add, modify or delete (XEP-0144 §3)."""

    action: str
    jid: BareJid
    group: Group


def suggestions(told: Mapping[BareJid, Group], wanted: Mapping[BareJid, Group]) -> list[Suggestion]:
    """Return what a person has to be told who was told before of some; nobody is suggested twice."""
    new = [
        Suggestion("modify" if jid in told else "add", jid, group)
        for jid, group in wanted.items()
        if told.get(jid) is not group
    ]
    return [Suggestion("delete", jid, group) for jid, group in told.items() if jid not in wanted] + new


@dataclass(frozen=True, slots=True)
class Move:
    """What the groups that the server keeps need for one person: out of some, then into one (None: none).

    In this order, and out of all before into one: clients are told that who leaves one of two groups is no contact
    any more, and who joins a second one gets themself as a contact (ejabberd 23.01).
    """

    jid: BareJid
    leaves: tuple[Group, ...]
    joins: Group | None


def moves(seen: Mapping[Group, Set[BareJid]], members: Mapping[BareJid, Group]) -> list[Move]:
    """Return the way from the groups as the server has them to those that are needed, person by person."""
    everybody: Collection[BareJid] = {jid for people in seen.values() for jid in people} | members.keys()
    found = []
    for jid in sorted(everybody):
        wanted, there = members.get(jid), {group for group, people in seen.items() if jid in people}
        if there != {wanted} - {None}:
            found.append(Move(jid, tuple(sorted(there)), wanted))
    return found
