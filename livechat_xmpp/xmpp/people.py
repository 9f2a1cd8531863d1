"""What single people are told: offers, invitations, places, letters, and the workgroups' presence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from slixmpp import Message
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import (
    BareJid,
    Chat,
    ChatId,
    FullJid,
    Invitation,
    Offer,
    Part,
    WorkgroupName,
    bare,
)
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.texts import one_line, room_subject
from livechat_xmpp.domain.wording import Sayable, chats, sentences, visitors
from livechat_xmpp.domain.wording.duty import CLOSED_TO_TEAM
from livechat_xmpp.domain.wording.staff import WHO_CAN_HELP
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.usecases.cover import Place
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Letter
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.bookmarks import Bookmarks
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.presences import PresenceBook
from livechat_xmpp.xmpp.team_room import TeamRoom

log = logging.getLogger(__name__)

# What a server answers in the name of an address that is not there (RFC 6121 §8.5).
NOBODY_THERE = {"service-unavailable", "item-not-found", "recipient-unavailable", "gone", "remote-server-not-found"}
# An offer or invitation that is read hours later sends people to a room that is gone (XEP-0334).
NO_STORE = "{urn:xmpp:hints}no-store"
KEPT = ("plain", "welcome")  # kinds of letters that are of use to who reads them later
REASONS = {"departed": "departure-requested", "removed": "agent-not-found"}


class Speaker:
    """Tells people (reconcile.ports.People).

    staff: whose clients show the workgroup as a contact; is_staff: whether somebody is one of them.
    """

    def __init__(
        self,
        link: Link,
        addresses: Addresses,
        book: PresenceBook,
        *,
        rules: DeskRules,
        ping_timeout_s: float,
        staff: Callable[[], Iterable[BareJid]],
        is_staff: Callable[[BareJid], bool],
        team_room: TeamRoom,
        bookmarks: Bookmarks,
    ) -> None:
        self._rules = rules
        self._team_room = team_room
        self._bookmarks = bookmarks
        self._link = link
        self._addresses = addresses
        self._book = book
        self._ping_timeout_s = ping_timeout_s
        self._staff = staff
        self._is_staff = is_staff
        self._covers: dict[WorkgroupName, Cover] = {}
        # In the order of their last coming: the values say nothing.
        self._watchers: dict[WorkgroupName, dict[FullJid, None]] = {name: {} for name in addresses.workgroups}

    def forget(self) -> None:
        """Forget who watches and what they saw: it belonged to the last link."""
        self._covers.clear()
        for watchers in self._watchers.values():
            watchers.clear()

    def require_link(self) -> None:
        self._link.require_up()

    def _said(self, chat: Chat, jid: BareJid, text: Sayable) -> str:
        """Return the text in the language of somebody whom the chat concerns."""
        return self._rules.said(text, jid, chat.languages.get(jid, ""))

    def _heard(self, to: str, text: Sayable) -> str:
        """Return the text in the language that somebody was last heard to speak."""
        return self._rules.said(text, bare(to))

    # --- staff

    def tell_offer(self, chat: Chat, offer: Offer, now: datetime) -> None:
        """Send the story with the link, then the direct invitation without body (XEP-0249)."""
        left = min(self._rules.offer_timeout, max(timedelta(seconds=1), offer.expires_at - now))
        form = self._rules.form_of(chat.workgroup)
        text = chats.offer(chat, form, self._addresses.room(chat.id), now - chat.asked_at, left)
        body = self._said(chat, offer.helper, text)
        self._chat(chat.workgroup, offer.helper, body, f"offer-{offer.id}", is_fleeting=True)
        self._invite(chat, offer.helper)

    def tell_invitation(self, chat: Chat, invitation: Invitation) -> None:
        room = self._addresses.room(chat.id)
        if invitation.part is Part.VISITOR:
            self._tell_room(chat, room)
            self._invite(chat, chat.visitor)
            return
        rules = self._rules.rooms
        is_voice_lent = chat.workgroup in rules.lent_voice
        text = chats.invitation(chat, invitation, room, rules.trainee_patience, is_voice_lent=is_voice_lent)
        body = self._said(chat, invitation.jid, text)
        self._chat(chat.workgroup, invitation.jid, body, f"invitation-{self._link.new_id()}", is_fleeting=True)
        self._invite(chat, invitation.jid)

    def _tell_room(self, chat: Chat, room: str) -> None:
        message = self._message(chat.workgroup, chat.visitor)
        message["body"] = self._said(chat, chat.visitor_bare, visitors.come_in(room))
        message["queue_status"].set_time(0)
        message["resume"]["chat"] = chat.id
        message["resume"]["room"] = room
        message.send()

    def _invite(self, chat: Chat, to: str) -> None:
        message = self._message(chat.workgroup, to, kind="normal")
        reason = one_line(room_subject(chat))
        message.append(ET.Element("{jabber:x:conference}x", jid=self._addresses.room(chat.id), reason=reason))
        message.append(ET.Element(NO_STORE))
        message.send()

    def _message(self, workgroup: WorkgroupName, to: str, kind: str = "chat") -> Message:
        return self._link.make_message(mto=to, mfrom=self._addresses.workgroup(workgroup), mtype=kind)

    def _chat(
        self, workgroup: WorkgroupName, to: str, body: str, message_id: str = "", *, is_fleeting: bool = False
    ) -> None:
        message = self._message(workgroup, to)
        message["body"] = body
        if is_fleeting:
            message.append(ET.Element(NO_STORE))
        if message_id:
            message["id"] = message_id
        message.send()

    def say(self, workgroup: WorkgroupName, to: str, body: str, *, is_fleeting: bool = False) -> None:
        """Tell somebody something now; is_fleeting: it is of no use to who reads it later."""
        self._chat(workgroup, to, body, is_fleeting=is_fleeting)

    def send_letter(self, letter: Letter, on_unsent: Callable[[], None]) -> None:
        if letter.kind == "announcement":
            self._team_room.say(letter.body, on_unsent)
            return
        if letter.kind == "room":
            address = self._addresses.workgroup(letter.workgroup)
            said = f"{letter.body} {self._rules.catalogue.say(WHO_CAN_HELP, '', workgroup=address)}"
            self._team_room.say(said, on_unsent)
            return
        if letter.kind == "contributors":
            self._link.spawn(self._invite_contributor(letter, on_unsent))
            return
        message = self._message(letter.workgroup, letter.to)
        message["body"] = letter.body
        if letter.kind not in KEPT:
            message.append(ET.Element(NO_STORE))
        if letter.kind == "ended" and letter.chat_id is not None:
            message["ended"]["chat"] = letter.chat_id
        elif letter.kind in REASONS:
            message["depart_queue"].set_reason(REASONS[letter.kind])
        message.send()

    async def _invite_contributor(self, letter: Letter, on_unsent: Callable[[], None]) -> None:
        """Ask a newcomer into the contributors' room: let in, with a bookmark, as far as that is the desk's to do."""
        jid = bare(letter.to)
        try:
            await self._team_room.admit(jid)
            if self._bookmarks.may_write(jid):
                await self._bookmarks.put(jid, self._team_room.room, self._team_room.name)
        except LinkTrouble as trouble:  # the invitation says the way all the same
            log.warning("contributors' room not prepared", extra={"jid": jid, "why": trouble.reason})
        message = self._message(letter.workgroup, letter.to, kind="normal")
        message.append(ET.Element("{jabber:x:conference}x", jid=self._team_room.room, reason=letter.body))
        # Kept for who is offline, and in no archive: what comes from both is a second invitation in clients.
        message.append(ET.Element("{urn:xmpp:hints}no-permanent-store"))
        try:
            message.send()
        except LinkDown:
            on_unsent()

    # --- visitors

    def tell_place(
        self,
        workgroup: WorkgroupName,
        visitor: FullJid,
        chat_id: ChatId,
        place: Place,
        *,
        has_room: bool,
        token: str = "",
        hint: Sayable = "",
    ) -> None:
        """Send the visitor their place (XEP-0142 §3.2.3); the token only in the first, where one was not given.

        hint: what else they are told in the same message.
        """
        message = self._message(workgroup, visitor)
        message["body"] = self._heard(visitor, sentences(place.in_words(), hint) if hint else place.in_words())
        fill_status(message["queue_status"], place)
        message["resume"]["chat"] = chat_id
        if token:
            message["resume"]["token"] = token
        if has_room:
            message["resume"]["room"] = self._addresses.room(chat_id)
        message.send()

    def is_known_there(self, visitor: FullJid) -> bool:
        return self._book.is_there(visitor)

    async def ping(self, visitor: FullJid) -> bool:
        workgroup = self._addresses.workgroup(self._addresses.workgroups[0])
        iq = self._link.make_iq_get(ito=visitor, ifrom=workgroup)
        iq.append(ET.Element("{urn:xmpp:ping}ping"))
        try:
            await self._link.request(iq, self._ping_timeout_s)
        except LinkDown:
            raise
        except StepRefused as refusal:
            return refusal.condition not in NOBODY_THERE
        except LinkTrouble:
            await self._link.prove()  # on a link that hangs everybody is silent, and nobody has gone
            return False
        return True

    # --- the workgroups' presence

    def show_workgroup(self, workgroup: WorkgroupName, cover: Cover) -> None:
        old = self._covers.get(workgroup)
        self._covers[workgroup] = cover
        if old is not None and (old.is_open, old.is_away) == (cover.is_open, cover.is_away):
            return
        for watcher in (*self._staff(), *self._watchers[workgroup]):
            self.send_presence(workgroup, watcher)

    def watch(self, workgroup: WorkgroupName, watcher: FullJid) -> None:
        """Tell somebody now, and on every change until unwatch(), whether the workgroup is open."""
        self._watchers[workgroup].pop(watcher, None)
        self._watchers[workgroup][watcher] = None
        self.send_presence(workgroup, watcher)

    def unwatch(self, watcher: FullJid) -> None:
        for watchers in self._watchers.values():
            watchers.pop(watcher, None)

    def oldest_watcher(self, beyond: int) -> FullJid | None:
        """Return who has watched a workgroup for longest, where more than so many do."""
        return next((next(iter(w)) for w in self._watchers.values() if len(w) > beyond), None)

    def send_presence(self, workgroup: WorkgroupName, to: str) -> None:
        """Send the workgroup's presence as last worked out; nothing while that has not been done on this link."""
        cover = self._covers.get(workgroup)
        if cover is None:
            return
        presence: Any = self._link.make_presence(pto=to, pfrom=self._addresses.workgroup(workgroup))
        if not cover.is_open:
            presence["type"] = "unavailable"
            is_staff = self._is_staff(
                bare(to)
            )  # whose clients say that the desk is offline, when they write "on" to it
            presence["status"] = self._heard(to, CLOSED_TO_TEAM if is_staff else visitors.CLOSED_NOW)
        elif cover.is_away:
            presence["show"] = "away"
            presence["status"] = self._heard(to, visitors.AWAY_NOW)
        else:
            presence["status"] = self._heard(to, visitors.OPEN_NOW)
        presence.send()

    def cover(self, workgroup: WorkgroupName) -> Cover | None:
        """Return the workgroup's state as last shown on this link."""
        return self._covers.get(workgroup)


def fill_status(status: Any, place: Place) -> None:
    """Fill a queue-status element with a place."""
    status.set_position(place.position)
    if place.wait is not None:
        status.set_time(int(place.wait.expected.total_seconds()))
