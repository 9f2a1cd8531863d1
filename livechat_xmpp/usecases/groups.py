"""The groups in the staff's contact lists: what they have to show, and what was put there (domain.groups)."""

from __future__ import annotations

from collections.abc import Mapping

from livechat_xmpp.domain.groups import Belonging, Given, Group, Suggestion, belonging, suggestions
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.usecases.ports import Work


def who_belongs(work: Work, most_people: int) -> Belonging:
    """Return who is in which group; of more than most_people those who count first (domain.groups.belonging)."""
    return belonging(work.accounts.list(), most_people)


def owners(work: Work, way: str) -> set[BareJid]:
    """Return the people whose lists have something that was put there in this way."""
    return work.contact_lists.owners(way)


def given(work: Work, owner: BareJid, way: str) -> dict[BareJid, Given]:
    """Return what was put into the person's list in this way."""
    return work.contact_lists.given(owner, way)


def note_given(work: Work, owner: BareJid, way: str, given: Mapping[BareJid, Given]) -> None:
    """Record what is in the person's list of what was put there in this way."""
    work.contact_lists.set_given(owner, way, given)


def suggest(work: Work, owner: BareJid, way: str, wanted: Mapping[BareJid, Group]) -> list[Suggestion]:
    """Return what the person has to be told of their contact list, and record that they are told."""
    told = {jid: one.group for jid, one in work.contact_lists.given(owner, way).items()}
    new = suggestions(told, wanted)
    if new:
        work.contact_lists.set_given(owner, way, {jid: Given(group) for jid, group in wanted.items()})
    return new
