"""What the desk has put into people's contact lists, in the database (usecases.ports.ContactLists).

A list is one row: it is read and written as a whole, and a row for each contact would be the square of the staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from livechat_xmpp.domain.groups import Contact, Given, Group
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.people import put

c = t.contact_list.c


class ContactListTable:
    """One row for each person and way; none where nothing was put."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def owners(self, way: str) -> set[BareJid]:
        return {BareJid(jid) for jid in self._db.scalars(select(c.jid).where(c.way == way))}

    def given(self, owner: BareJid, way: str) -> dict[BareJid, Given]:
        contacts = self._db.scalar(select(c.contacts).where(c.jid == owner, c.way == way))
        return {BareJid(jid): _given_from(BareJid(jid), value) for jid, value in (contacts or {}).items()}

    def set_given(self, owner: BareJid, way: str, given: Mapping[BareJid, Given]) -> None:
        if not given:
            self._db.execute(delete(t.contact_list).where(c.jid == owner, c.way == way))
            return
        contacts = {jid: _value_of(one) for jid, one in given.items()}
        put(self._db, t.contact_list, {"jid": owner, "way": way}, {"contacts": contacts})


def _value_of(given: Given) -> list[Any]:
    """Return it as JSON has it: the group, and where there was an entry its subscription, name and groups."""
    before = given.before
    return [given.group] if before is None else [given.group, before.subscription, before.name, sorted(before.groups)]


def _given_from(jid: BareJid, value: list[Any]) -> Given:
    group, *before = value
    if not before:
        return Given(Group(group))
    subscription, name, groups = before
    return Given(Group(group), Contact(jid, subscription, name, frozenset(groups)))
