"""What a transaction changes, and the chats as they are after it, so that nobody has to read them again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from livechat_xmpp.domain.model import Account, BareJid, Chat, ChatId, Invitation, Notice, Offer, Visit

Change = Callable[[Chat], Chat]


def _nothing_known(chat_id: ChatId) -> Chat | None:
    return None


@dataclass(slots=True)
class Changes:
    """What a transaction has changed so far.

    chats: as they are now, without standings; None: to be read. recall: returns a chat as committed last, if known.
    accounts: as they are now; None: taken away.
    """

    recall: Callable[[ChatId], Chat | None] = _nothing_known
    chats: dict[ChatId, Chat | None] = field(default_factory=dict)
    has_closed: bool = False
    accounts: dict[BareJid, Account | None] = field(default_factory=dict)
    duties: bool = False
    offers: bool = False

    @property
    def are_any(self) -> bool:
        return bool(self.chats or self.accounts) or self.duties or self.offers

    def change(self, chat_id: ChatId, change: Change) -> None:
        """Note what is being written of a chat. Called before the writing, which may fail half-way."""
        chat = self.chats[chat_id] if chat_id in self.chats else self.recall(chat_id)
        self.chats[chat_id] = None if chat is None else change(chat)

    def add(self, later: Changes) -> None:
        """Take in what was changed after this."""
        self.chats.update(later.chats)
        self.has_closed |= later.has_closed
        self.accounts.update(later.accounts)
        self.duties |= later.duties
        self.offers |= later.offers


def with_accounts(
    known: Mapping[BareJid, Account], changed: Mapping[BareJid, Account | None]
) -> Mapping[BareJid, Account]:
    """Return the accounts with the changes, by address."""
    if not changed:
        return known
    now = {jid: account for jid, account in {**known, **changed}.items() if account is not None}
    return now if now.keys() <= known.keys() else dict(sorted(now.items()))


def with_offer(offer: Offer) -> Change:
    return lambda chat: replace(chat, offers=(*chat.offers, offer))


def without_offer(offer_id: int) -> Change:
    return lambda chat: replace(chat, offers=tuple(o for o in chat.offers if o.id != offer_id))


def with_offer_told(told: Offer) -> Change:
    return lambda chat: replace(chat, offers=tuple(told if o.id == told.id else o for o in chat.offers))


def with_invitation(invitation: Invitation) -> Change:
    """Put the invitation in place of the person's present one, if there is one."""

    def change(chat: Chat) -> Chat:
        others = [i for i in chat.invitations if i.jid != invitation.jid]
        return replace(chat, invitations=tuple(sorted([*others, invitation], key=lambda i: i.jid)))

    return change


def with_invitation_marked(invitation: Invitation) -> Change:
    """Take over when the person was told, and their voice, if they are invited still."""

    def marked(i: Invitation) -> Invitation:
        if i.jid != invitation.jid:
            return i
        return replace(invitation, part=i.part)

    return lambda chat: replace(chat, invitations=tuple(marked(i) for i in chat.invitations))


def without_invitation(jid: BareJid) -> Change:
    return lambda chat: replace(chat, invitations=tuple(i for i in chat.invitations if i.jid != jid))


def with_visit(visit: Visit) -> Change:
    return lambda chat: replace(chat, visits=newest([*chat.visits, visit]))


def with_visits_ended(at: datetime, jid: BareJid | None = None, nick: str | None = None) -> Change:
    """End the visits that go on; of one person under one nick, or all."""

    def ended(visit: Visit) -> Visit:
        is_meant = jid is None or (visit.jid == jid and visit.nick == nick)
        return replace(visit, left_at=at) if is_meant and visit.left_at is None else visit

    return lambda chat: replace(chat, visits=newest(map(ended, chat.visits)))


def with_notice(notice: Notice) -> Change:
    return lambda chat: replace(chat, notices=(*chat.notices, notice))


def without_notices(ids: Collection[int]) -> Change:
    return lambda chat: replace(chat, notices=tuple(n for n in chat.notices if n.id not in ids))


def newest(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    """Return the visits not ended, and the last one of each person and nick, in the order of their beginning."""
    kept: dict[tuple[BareJid, str], Visit] = {}
    running = []
    for visit in sorted(visits, key=lambda v: v.entered_at):
        if visit.left_at is None:
            running.append(visit)
        else:
            kept[visit.jid, visit.nick] = visit
    return tuple(sorted([*kept.values(), *running], key=lambda v: (v.entered_at, v.jid, v.nick)))
