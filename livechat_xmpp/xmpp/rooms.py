"""The chats' rooms on the MUC service: what they showed on this link, and what is done to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slixmpp import Iq, Message, Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain import texts
from livechat_xmpp.domain.model import Affiliation, BareJid, ChatId, Departure, Notice, Occupant, RoomView, bare
from livechat_xmpp.reconcile.ports import LinkTrouble, StepRefused
from livechat_xmpp.usecases.transcripts import Heard
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.archive import RoomArchive
from livechat_xmpp.xmpp.link import Link

log = logging.getLogger(__name__)

NICK_TRIES = 3
PAST = 10  # messages shown on entering: of some seconds away in a chat under way; after more the archive is read
SUBJECT = "the subject"  # no message id looks like this


class _Room:
    """One room on this link. shown: None until the room was looked at.

    is_read: what was said before we entered (again) is in the transcript. Until then, past: what of it the room shows,
    being done with it at past_shown, and held: what was said since. unshown: what was said between asking to enter and
    that, as far as it can be told from what is shown. is_passed_over: or as good as, the archive being out of order.
    is_own_news_due: the service will say that the settings were changed, which was us.
    """

    def __init__(self) -> None:
        self.shown: RoomView | None = None
        self.nick = texts.DESK_NICK
        self.occupant_id = ""
        self.subject = ""
        self.looking: dict[str, Occupant] | None = None
        self.codes: frozenset[str] = frozenset()
        self.entered: asyncio.Future[None] | None = None
        self.echoes: dict[str, asyncio.Future[None]] = {}
        self.is_read = False
        self.is_passed_over = False
        self.past: list[Heard] = []
        self.past_shown: asyncio.Future[None] | None = None
        self.held: list[Heard] = []
        self.unshown: list[Heard] = []
        self.is_own_news_due = False


class MucRooms:
    """Rooms as the reconciler sees and changes them (reconcile.ports.Rooms).

    on_changed: told of a chat in whose room people came, went or changed. on_heard: told of what is said in rooms.
    """

    def __init__(
        self,
        link: Link,
        addresses: Addresses,
        now: Callable[[], datetime],
        *,
        answer_timeout_s: float,
        on_changed: Callable[[ChatId], None],
        on_heard: Callable[[ChatId, Heard], None],
    ) -> None:
        self._link = link
        self._addresses = addresses
        self._now = now
        self._timeout_s = answer_timeout_s
        self._on_changed = on_changed
        self._on_heard = on_heard
        self._rooms: dict[ChatId, _Room] = {}
        self._archive = RoomArchive(
            lambda chat_id, query: self._ask(chat_id, "set", query), addresses.room, self._is_desk, link.new_id, now
        )

    # --- what is known

    def view(self, chat_id: ChatId) -> RoomView | None:
        room = self._rooms.get(chat_id)
        return room.shown if room else None

    def forget(self, chat_id: ChatId) -> None:
        room = self._rooms.pop(chat_id, None)
        if room is not None:
            self._give_up(room)

    def forget_departures(self, chat_id: ChatId, recorded: Sequence[Departure]) -> None:
        """Let go of who left, as far as it is recorded."""
        self._show(chat_id, lambda v: replace(v, departures=tuple(d for d in v.departures if d not in recorded)))

    def forget_all(self) -> None:
        """Forget every room: a new link knows nothing."""
        for chat_id in list(self._rooms):
            self.forget(chat_id)

    @staticmethod
    def _give_up(room: _Room) -> None:
        for future in (room.entered, room.past_shown, *room.echoes.values()):
            if future is not None and not future.done():
                future.set_exception(LinkTrouble("the room became unknown"))
                future.exception()  # seen: who waits gets it, who does not wait need not

    # --- what is done

    async def enter(self, chat_id: ChatId) -> None:
        """Enter (again) and read who is a member; then view() shows the room. Its settings are read only when again."""
        room = self._rooms.setdefault(chat_id, _Room())
        is_altered = room.shown is not None and not await self._is_ours(chat_id)
        await self._enter(chat_id, room)
        is_new = muc.CREATED in room.codes
        members = outcasts = frozenset[BareJid]()
        if not is_new:
            members, outcasts = await asyncio.gather(
                self._list(chat_id, Affiliation.MEMBER), self._list(chat_id, Affiliation.OUTCAST)
            )
        if self._rooms.get(chat_id) is not room:
            raise LinkTrouble("the room became unknown while it was looked at")
        _resolve(room.past_shown)  # what was asked after it is answered
        occupants = tuple((room.looking or {}).values())
        room.looking = None
        old = room.shown
        room.shown = RoomView(
            is_new=is_new,
            is_altered=not is_new and (is_altered or (old is not None and old.is_altered)),
            occupants=_with_old_moments(occupants, old),
            members=members,
            outcasts=outcasts,
            subject=room.subject,
            spoken=old.spoken if old else frozenset(),
            spoke_at=old.spoke_at if old else {},
            is_read=is_new,
            looked_at=self._now(),
            departures=old.departures if old else (),
        )
        if is_new:
            self._hand_on(chat_id, room, ())

    async def recall(self, chat_id: ChatId) -> None:
        """Have the room show what was said last, as it does to those who enter; we go on being inside."""
        room = self._rooms.get(chat_id)
        if room is None or room.shown is None:
            raise LinkTrouble("the room is not known")
        await self._enter(chat_id, room)
        room.looking = None
        self._show(chat_id, lambda v: replace(v, is_read=False))
        if room.past_shown is not None:
            await self._wait(room.past_shown)

    async def _enter(self, chat_id: ChatId, room: _Room) -> None:
        for attempt in range(1, NICK_TRIES + 1):
            room.looking, room.codes = {}, frozenset()
            room.is_read, room.is_passed_over, room.past = False, False, []
            room.entered = asyncio.get_running_loop().create_future()
            room.past_shown = asyncio.get_running_loop().create_future()
            presence: Presence = self._link.make_presence(
                pto=f"{self._addresses.room(chat_id)}/{room.nick}", pfrom=self._addresses.desk(chat_id)
            )
            presence.append(muc.join(PAST))
            presence.send()
            try:
                return await self._wait(room.entered)
            except StepRefused as refusal:
                if refusal.condition != "conflict":
                    raise
                room.nick = f"{texts.DESK_NICK} {attempt + 1}"  # somebody sits on ours
        raise LinkTrouble("every nick is taken")

    async def _wait(self, future: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(future), self._timeout_s)
        except TimeoutError:
            raise LinkTrouble("the room did not answer in time") from None

    async def _list(self, chat_id: ChatId, affiliation: Affiliation) -> frozenset[BareJid]:
        answer = await self._ask(chat_id, "get", muc.admin_query(affiliation=affiliation))
        return muc.listed(answer.xml)

    async def _ask(self, chat_id: ChatId, kind: str, payload: ET.Element, *, as_occupant: bool = False) -> Iq:
        """Send an IQ to the room from the chat's address; roles are changed only from the one inside."""
        desk = self._addresses.desk(chat_id)
        iq = self._link.make_iq(
            ito=self._addresses.room(chat_id), ifrom=desk if as_occupant else bare(desk), itype=kind
        )
        iq.append(payload)
        return await self._link.request(iq)

    async def _is_ours(self, chat_id: ChatId) -> bool:
        """Return whether the room has our settings; one that does not exist has no others."""
        try:
            answer = await self._ask(chat_id, "get", ET.Element(f"{{{muc.INFO}}}query"))
        except StepRefused:
            return True
        return muc.is_ours(answer.xml)

    async def configure(self, chat_id: ChatId, title: str) -> None:
        offered = await self._ask(chat_id, "get", ET.Element(f"{{{muc.OWNER}}}query"))
        room = self._rooms.get(chat_id)
        if room is not None and room.shown is not None:
            room.is_own_news_due = room.shown.is_new
        self._show(chat_id, lambda v: replace(v, is_altered=False))  # what is changed from now on comes after this
        await self._ask(chat_id, "set", muc.config_form(offered.xml, title))
        self._show(chat_id, lambda v: replace(v, is_new=False))

    async def set_affiliation(self, chat_id: ChatId, jid: BareJid, affiliation: Affiliation, reason: str) -> None:
        query = muc.admin_query(jid=jid, affiliation=affiliation, reason=reason)
        await self._ask(chat_id, "set", query)
        self._set_member(chat_id, jid, affiliation)

    def _set_member(self, chat_id: ChatId, jid: BareJid, affiliation: Affiliation) -> None:
        is_member, is_outcast = affiliation is Affiliation.MEMBER, affiliation is Affiliation.OUTCAST
        self._show(
            chat_id,
            lambda v: replace(
                v,
                members=v.members | {jid} if is_member else v.members - {jid},
                outcasts=v.outcasts | {jid} if is_outcast else v.outcasts - {jid},
            ),
        )

    async def kick(self, chat_id: ChatId, nick: str, reason: str) -> None:
        await self._ask(chat_id, "set", muc.admin_query(nick=nick, role="none", reason=reason), as_occupant=True)

    async def set_voice(self, chat_id: ChatId, nick: str, *, has_voice: bool) -> None:
        """Let an occupant speak or not; where the service refuses it counts as done, since asking again is no use."""
        role = "participant" if has_voice else "visitor"
        try:
            await self._ask(chat_id, "set", muc.admin_query(nick=nick, role=role), as_occupant=True)
        except StepRefused as refusal:
            log.warning("voice not changed", extra={"chat": chat_id, "why": refusal.reason})

        def spoken_for(view: RoomView) -> RoomView:
            occupants = tuple(replace(o, has_voice=has_voice) if o.nick == nick else o for o in view.occupants)
            return replace(view, occupants=occupants)

        self._show(chat_id, spoken_for)

    async def set_subject(self, chat_id: ChatId, subject: str) -> None:
        message = self._groupchat(chat_id, self._link.new_id())
        message["subject"] = subject
        await self._say(chat_id, message, echo_key=SUBJECT)
        self._show(chat_id, lambda v: replace(v, subject=subject))

    async def speak(self, chat_id: ChatId, notice: Notice) -> None:
        message = self._groupchat(chat_id, notice.stanza_id)
        message["body"] = notice.body
        await self._say(chat_id, message)
        self._show(chat_id, lambda v: replace(v, spoken=v.spoken | {notice.stanza_id}))

    def with_people(self) -> list[ChatId]:
        return [chat_id for chat_id, room in self._rooms.items() if room.shown is not None and room.shown.occupants]

    def announce(self, chat_id: ChatId, text: str) -> None:
        """Say something in the room, and do not wait until it shows it."""
        message = self._groupchat(chat_id, self._link.new_id())
        message["body"] = text
        message.send()

    def _groupchat(self, chat_id: ChatId, message_id: str) -> Message:
        message = self._link.make_message(
            mto=self._addresses.room(chat_id), mfrom=self._addresses.desk(chat_id), mtype="groupchat"
        )
        message["id"] = message_id
        return message

    async def _say(self, chat_id: ChatId, message: Message, echo_key: str = "") -> None:
        """Send to the room and wait until it comes back (XEP-0045 §7.4); echo_key: what it is known by, else its id."""
        room = self._rooms.get(chat_id)
        if room is None:
            raise LinkTrouble("the room is not known")
        echo_key = echo_key or message["id"]
        echo = room.echoes[echo_key] = asyncio.get_running_loop().create_future()
        try:
            message.send()
            await self._wait(echo)
        finally:
            room.echoes.pop(echo_key, None)

    async def destroy(self, chat_id: ChatId, reason: str) -> None:
        try:
            await self._ask(chat_id, "set", muc.destroy_query(reason))
        except StepRefused as refusal:
            if refusal.condition != "item-not-found":
                raise
        self.forget(chat_id)

    # --- what was said before it could be heard

    def lately(self, chat_id: ChatId) -> Sequence[Heard]:
        room = self._rooms.get(chat_id)
        if room is None:
            return ()
        shown = {_words(h) for h in room.past} | {h.archive_id for h in room.past if h.archive_id}
        unshown = [h for h in room.unshown if _words(h) not in shown and h.archive_id not in shown]
        return self._named(chat_id, (*unshown, *room.past, *room.held))

    async def archive(self, chat_id: ChatId) -> Sequence[Heard]:
        return self._named(chat_id, await self._archive.read(chat_id))

    def _named(self, chat_id: ChatId, heard: Sequence[Heard]) -> Sequence[Heard]:
        """Return the words with who spoke, for those who are inside and have the room's id for the speaker."""
        view = self.view(chat_id)
        jids = {o.occupant_id: o.jid for o in view.occupants if o.occupant_id} if view else {}
        return [h if h.jid or h.is_desk else replace(h, jid=jids.get(h.occupant_id)) for h in heard]

    def mark_read(self, chat_id: ChatId, recorded: Sequence[Heard]) -> None:
        """Take in what is in the transcript; what it has of us is said already, if by a process before this one."""
        self._count_as_read(chat_id, recorded, is_passed_over=False)

    def _hand_on(self, chat_id: ChatId, room: _Room, recorded: Sequence[Heard]) -> None:
        """Hand on what was said since, as what is said from now on."""
        unheard = [heard for heard in room.held if heard not in recorded]
        room.is_read, room.past, room.held, room.unshown = True, [], [], []
        for heard in unheard:
            self._hear(chat_id, room, heard)

    def _hear(self, chat_id: ChatId, room: _Room, heard: Heard) -> None:
        if not room.is_read:
            room.held.append(heard)
        else:
            self._on_heard(chat_id, replace(heard, archive_id="") if room.is_passed_over else heard)

    def pass_over_archive(self, chat_id: ChatId, recorded: Sequence[Heard]) -> None:
        """Hand on what is said from now on without the room's ids: nobody may go on from there (transcripts.go_on)."""
        self._count_as_read(chat_id, recorded, is_passed_over=True)

    def _count_as_read(self, chat_id: ChatId, recorded: Sequence[Heard], *, is_passed_over: bool) -> None:
        room = self._rooms.get(chat_id)
        if room is None or room.shown is None:
            return
        ours = {h.stanza_id for h in recorded if h.is_desk}
        room.shown = replace(room.shown, is_read=True, spoken=room.shown.spoken | ours)
        room.is_passed_over = is_passed_over
        self._hand_on(chat_id, room, recorded)

    def on_archived(self, message: Message) -> bool:
        """Take in a result of an archive query; return whether it was one."""
        return self._archive.take(message)

    # --- what comes in, in the order of the stream

    def on_presence(self, chat_id: ChatId, presence: Presence) -> None:
        """Take in a presence from the chat's room."""
        room = self._rooms.get(chat_id)
        if room is None:
            self._on_changed(chat_id)  # forgotten after a failed step: somebody moves there, so look again
            return
        nick, kind = presence["from"].resource, presence["type"]
        if kind == "error":
            self._refused(room, presence)
            return
        item = muc.read_presence(presence.xml, nick)
        if item is None:
            return
        is_own = muc.SELF in item.codes or bare(item.jid or "") == bare(self._addresses.desk(chat_id))
        if kind == "unavailable":
            self._on_gone(chat_id, room, item, is_own=is_own)
        elif is_own:
            room.nick, room.codes, room.occupant_id = nick, item.codes, item.occupant_id
            if room.entered is not None and not room.entered.done():
                room.unshown += [h for h in room.held if h.archive_id or h.stanza_id]
                room.held.clear()  # of before this: the room shows it now, as its past, if it shows any
                room.entered.set_result(None)
        else:
            self._on_there(chat_id, room, item)

    @staticmethod
    def _refused(room: _Room, presence: Presence) -> None:
        if room.entered is not None and not room.entered.done():
            error = presence["error"]
            room.entered.set_exception(StepRefused(error["condition"], error["text"] or ""))

    def _on_there(self, chat_id: ChatId, room: _Room, item: muc.Item) -> None:
        if item.jid is None:
            log.warning("the room does not show real addresses", extra={"chat": chat_id})
            return
        occupant = Occupant(
            item.nick, bare(item.jid), item.affiliation, self._now(), item.occupant_id, has_voice=item.has_voice
        )
        if room.looking is not None:
            room.looking[item.nick] = occupant
        if room.shown is not None:
            others = tuple(o for o in room.shown.occupants if o.nick != item.nick)
            known = next((o for o in room.shown.occupants if (o.nick, o.jid) == (item.nick, occupant.jid)), None)
            if known is not None:
                occupant = replace(occupant, since_at=known.since_at)
            if known == occupant:
                return
            room.shown = replace(room.shown, occupants=(*others, occupant))
            self._set_member(chat_id, occupant.jid, item.affiliation)
            self._on_changed(chat_id)

    def _on_gone(self, chat_id: ChatId, room: _Room, item: muc.Item, *, is_own: bool) -> None:
        if item.is_destroyed or (is_own and muc.RENAMED not in item.codes):
            # Kicked, removed, or the room is gone (ejabberd tells that without saying that it is us): look again.
            self.forget(chat_id)
            self._on_changed(chat_id)
            return
        if room.looking is not None:
            room.looking.pop(item.nick, None)
        if room.shown is None:
            return
        if muc.RENAMED in item.codes and item.new_nick:
            # The same person goes on: were they gone for a moment, the trainees would have to go too.
            room.shown = replace(
                room.shown,
                occupants=tuple(
                    replace(o, nick=item.new_nick) if o.nick == item.nick else o for o in room.shown.occupants
                ),
            )
        else:
            now = self._now()
            was_removed = item.affiliation is Affiliation.NONE and not item.codes.isdisjoint(muc.REMOVALS)
            departures = [Departure(o, now, was_removed) for o in room.shown.occupants if o.nick == item.nick]
            room.shown = replace(
                room.shown,
                occupants=tuple(o for o in room.shown.occupants if o.nick != item.nick),
                departures=(*room.shown.departures, *departures),
            )
            if item.jid is not None and item.affiliation is not Affiliation.MEMBER:
                self._set_member(chat_id, bare(item.jid), item.affiliation)
        self._on_changed(chat_id)

    def on_message(self, chat_id: ChatId, message: Message) -> tuple[BareJid, str] | None:
        """Take in a message from the chat's room; return who spoke and what, if somebody but the desk did now."""
        room = self._rooms.get(chat_id)
        if message["type"] == "error":
            self._bounced(room, message)
            return None
        if change := muc.read_affiliation_change(message.xml):
            self._set_member(chat_id, *change)
            self._on_changed(chat_id)
        if room is not None and muc.is_alteration(message.xml):
            self._on_altered(chat_id, room)
        if room is None or message["type"] != "groupchat":
            return None
        if muc.is_subject(message.xml):
            self._on_subject(chat_id, room, message["subject"])
        heard = self._heard(chat_id, message)
        nick = message["from"].resource
        if nick == room.nick:
            _resolve(room.echoes.get(message["id"]))
        if heard is None:
            return None
        if room.past_shown is not None and not room.past_shown.done():
            kept_at = muc.kept_at(message.xml, self._addresses.room(chat_id), self._now())
            if kept_at is not None:
                jid = heard.jid if heard.is_desk else None
                room.past.append(replace(heard, at=kept_at, jid=jid, is_past=True))
                return None
        self._hear(chat_id, room, heard)
        if heard.jid is not None and not heard.is_desk and not heard.body.startswith("!"):
            who, at = heard.jid, heard.at
            self._show(chat_id, lambda v: replace(v, spoke_at={**v.spoke_at, who: at}))
        if heard.is_desk or heard.jid is None or message.xml.find("{urn:xmpp:delay}delay") is not None:
            return None
        return heard.jid, heard.body

    def _on_altered(self, chat_id: ChatId, room: _Room) -> None:
        """Take in that the settings were changed, by hand if not by us."""
        if room.is_own_news_due:
            room.is_own_news_due = False
        elif room.shown is not None:
            room.shown = replace(room.shown, is_altered=True)
            self._on_changed(chat_id)

    def _on_subject(self, chat_id: ChatId, room: _Room, subject: str) -> None:
        """Take in the subject; on entering it comes too, which is no change that anybody has to look at."""
        room.subject = subject
        _resolve(room.past_shown)  # it comes last of what is shown on entering (XEP-0045 §7.1)
        _resolve(room.echoes.get(SUBJECT))  # not by its id: Prosody gives a subject a new one
        if room.shown is not None and room.shown.subject != subject:
            room.shown = replace(room.shown, subject=subject)
            self._on_changed(chat_id)

    @staticmethod
    def _bounced(room: _Room | None, message: Message) -> None:
        echo = room.echoes.get(message["id"]) if room else None
        if echo is not None and not echo.done():
            echo.set_exception(StepRefused(message["error"]["condition"]))

    def speaker(self, chat_id: ChatId, nick: str) -> BareJid | None:
        """Return whose nick it is; None: nobody's who is inside."""
        view = self.view(chat_id)
        return next((o.jid for o in view.occupants if o.nick == nick), None) if view else None

    def _heard(self, chat_id: ChatId, message: Message) -> Heard | None:
        """Return a live message as heard now. A delay in it is not believed: occupants would set our clock."""
        said = muc.read_said(message.xml, self._addresses.room(chat_id))
        if said is None:
            return None
        is_desk = self._is_desk(chat_id, said)
        return Heard(
            at=self._now(),
            nick=said.nick,
            body=said.body,
            is_desk=is_desk,
            jid=bare(self._addresses.desk(chat_id)) if is_desk else self.speaker(chat_id, said.nick),
            stanza_id=said.stanza_id,
            archive_id=muc.stanza_id(message.xml, self._addresses.room(chat_id)),
            occupant_id=said.occupant_id,
        )

    def _is_desk(self, chat_id: ChatId, said: muc.Said) -> bool:
        """Return whether we said it: by the room's id for us; by our nick where it gives none."""
        room = self._rooms.get(chat_id)
        if room is not None and room.occupant_id and said.occupant_id:
            return said.occupant_id == room.occupant_id
        return said.nick == (room.nick if room else texts.DESK_NICK)

    def _show(self, chat_id: ChatId, change: Callable[[RoomView], RoomView]) -> None:
        room = self._rooms.get(chat_id)
        if room is not None and room.shown is not None:
            room.shown = change(room.shown)


def _words(heard: Heard) -> tuple[str, str, str]:
    return heard.nick, heard.stanza_id, heard.body


def _resolve(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _with_old_moments(occupants: Sequence[Occupant], old: RoomView | None) -> tuple[Occupant, ...]:
    """Return the occupants; those seen before the look keep the moment at which they came."""
    since: dict[Any, datetime] = {(o.nick, o.jid): o.since_at for o in old.occupants} if old else {}
    return tuple(replace(o, since_at=since.get((o.nick, o.jid), o.since_at)) for o in occupants)
