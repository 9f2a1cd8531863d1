"""One chat: look, plan, act, record, until nothing is left to do (control flow: docs/control-flow.md)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence, Set
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from livechat_xmpp.domain.learning import comings_and_goings, learn, next_due
from livechat_xmpp.domain.model import Affiliation, BareJid, Chat, ChatId, Offer, RoomState, RoomView
from livechat_xmpp.domain.rooms import (
    ConfigureRoom,
    DestroyRoom,
    EnterRoom,
    Kick,
    ReadPast,
    RoomRules,
    SetAffiliation,
    SetSubject,
    SettleTranscript,
    SetVoice,
    Speak,
    Step,
    TellInvitation,
    TellOffer,
    plan,
)
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording.visitors import CHAT_ENDED
from livechat_xmpp.reconcile.ports import Clock, LinkDown, LinkTrouble, People, Rooms, StaffPresences
from livechat_xmpp.usecases import rooms as recording
from livechat_xmpp.usecases import transcripts
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import Work

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MANY = 16  # rounds that wait for the database, after which others may find no worker
LATE = timedelta(seconds=1)  # for an offer's time to begin before its helper can know of it
MARKS = 3  # more of one offer; a database that is late each time will not be early
SAME_PLANS = 5  # equal plans in a row after which a chat counts as stuck


class Stuck(Exception):
    """The steps of the plan are done and the plan is still the same: somebody has to look. str(): their names."""


class Round:
    """Does what chats need, one at a time for each chat."""

    def __init__(
        self,
        desk: Desk,
        rooms: Rooms,
        people: People,
        presences: StaffPresences,
        clock: Clock,
        monitor_grace: timedelta,
    ) -> None:
        self.rules: RoomRules = desk.rules.rooms
        self._desk = desk
        self._rooms = rooms
        self._people = people
        self._presences = presences
        self._clock = clock
        self._monitor_grace = monitor_grace
        self._recording = 0  # rounds that wait for the database

    async def settle(self, chat_id: ChatId) -> datetime | None:
        """Bring the chat and its room to what they have to be; return when to look again by time alone.

        Raises LinkTrouble when a step failed, Stuck when the same steps do not help.
        """
        last: tuple[Step, ...] = ()
        repeated = 0
        while True:
            self._people.require_link()  # without one nobody can answer or come back, and time decides nothing
            seen = self._rooms.view(chat_id)
            present = seen.present if seen else frozenset()
            chat = await self._desk.store.chat(chat_id, present | self._namesakes(seen))
            if chat is None:
                await self._end_unknown(chat_id)
                return None
            seen = self._rooms.view(chat_id)  # it may have changed while the database answered
            if seen is not None and not seen.present <= present:
                continue  # somebody came whose standing was not asked for
            now = self._clock.now()  # one moment for all: what is due after it is not missed, nor reported late
            absent, absent_due = self._absent(seen, now)
            linked_at = self._presences.since
            steps = plan(
                chat, seen, self.rules, now=now, absent=absent, unheard=self._unheard(chat), linked_at=linked_at
            )
            if steps:
                repeated = repeated + 1 if steps == last else 0
                if repeated >= SAME_PLANS:
                    raise Stuck(", ".join(type(step).__name__ for step in steps))
                last = steps
                await self._take(chat, steps)
                continue
            facts = learn(chat, seen, self.rules, now=now, absent=absent, linked_at=linked_at)
            if facts:
                changed = await self._record(
                    recording.record, chat_id, facts, presences=self._presences, rules=self._desk.rules
                )
                if changed:  # not if the chat is over by now: then it is recorded before the room goes
                    if seen is not None and seen.departures:
                        self._rooms.forget_departures(chat_id, seen.departures)
                    continue
            due = next_due(chat, seen, self.rules, now=now, linked_at=linked_at)
            return min((d for d in (due, absent_due) if d), default=None)

    async def _end_unknown(self, chat_id: ChatId) -> None:
        """Destroy a room in which people move, and which no chat on record has: nobody keeps the rule there.

        An older copy of the database was put back, or a standby of the database had not had the last commits.
        """
        await self._rooms.destroy(chat_id, self._desk.rules.catalogue.say(CHAT_ENDED, ""))
        log.warning("destroyed a room that no chat on record has", extra={"chat": chat_id})

    async def _record(self, usecase: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._recording += 1
        try:
            return await self._desk.do(usecase, *args, **kwargs)
        finally:
            self._recording -= 1

    @property
    def are_held_up(self) -> bool:
        """Return whether so many rounds wait for the database that none may be free."""
        return self._recording >= MANY

    async def guard(self, chat_id: ChatId) -> None:
        """Put those out of the room who may not be there now, without waiting for the database. Raises LinkTrouble.

        For when the round cannot: the rule for trainees holds while a database is locked or full, too.
        """
        seen = self._rooms.view(chat_id)
        if seen is None:
            return
        chat = await self._desk.store.chat(chat_id, seen.present | self._namesakes(seen))
        seen = self._rooms.view(chat_id)
        if chat is None or seen is None:
            return
        now = self._clock.now()
        steps = plan(chat, seen, self.rules, now=now, absent=self._absent(seen, now)[0])
        if steps and isinstance(steps[0], (SetAffiliation, Kick)) and _is_removal(steps[0]):
            await self._take(chat, steps)

    def _namesakes(self, seen: RoomView | None) -> frozenset[BareJid]:
        """Return the staff that the nicks in the room might be taken for, whether there are any of these or not."""
        nicks = {o.nick.casefold() for o in seen.occupants} if seen else ()
        return frozenset(BareJid(f"{nick}@{domain}") for nick in nicks for domain in self._desk.rules.staff_domains)

    def _absent(self, seen: RoomView | None, now: datetime) -> tuple[Set[BareJid], datetime | None]:
        """Return occupants who do not count, being offline for long, and when the next will not."""
        absent: set[BareJid] = set()
        moments = []
        for jid in seen.present if seen else ():
            since = self._presences.offline_since(jid)
            if since is None:
                continue
            if since + self._monitor_grace <= now:
                absent.add(jid)
            else:
                moments.append(since + self._monitor_grace)
        return absent, min(moments, default=None)

    def _unheard(self, chat: Chat) -> Set[BareJid]:
        """Return who of the staff that are asked in is not there to hear it, or has not been heard of yet."""
        return {i.jid for i in chat.invitations if i.jid in chat.standings and not self._presences.may_hear(i.jid)}

    async def _take(self, chat: Chat, steps: Sequence[Step]) -> None:
        """Take the first steps, those that are alike at once; the rest is planned anew from what shows then."""
        first = steps[0]
        if isinstance(first, SettleTranscript):
            for step in steps:
                await self._act(chat, step)
        elif isinstance(first, (SetAffiliation, Kick)):
            is_removal = _is_removal(first)
            alike = [s for s in steps if isinstance(s, (SetAffiliation, Kick)) and _is_removal(s) == is_removal]
            results = await asyncio.gather(*(self._act(chat, s) for s in alike), return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        else:
            await self._act(chat, first)

    async def _act(self, chat: Chat, step: Step) -> None:
        log.debug("step", extra={"chat": chat.id, "step": type(step).__name__})
        match step:
            case EnterRoom():
                await self._rooms.enter(chat.id)
            case ReadPast():
                await self._read_if_possible(chat.id)
            case ConfigureRoom(title):
                await self._rooms.configure(chat.id, title)
                await self._record(recording.mark_room, chat.id, RoomState.READY, self._desk.rules)
            case SetAffiliation(jid, affiliation, reason):
                invitation = chat.invitation_of(jid)
                if affiliation is Affiliation.MEMBER and invitation is not None and invitation.told_at is not None:
                    await self._record(recording.mark_untold, chat.id, invitation)
                    return  # who may be let in is decided anew: the monitor may have left while the database wrote
                await self._rooms.set_affiliation(chat.id, jid, affiliation, self._said(chat, jid, reason))
            case Kick(nick, jid, reason):
                await self._rooms.kick(chat.id, nick, self._said(chat, jid, reason))
            case SetVoice(nick, has_voice):
                await self._rooms.set_voice(chat.id, nick, has_voice=has_voice)
            case SetSubject(subject):
                await self._rooms.set_subject(chat.id, subject)
            case TellOffer(offer):
                await self._tell_offer(chat, offer)
            case TellInvitation(invitation):
                self._people.require_link()
                if await self._record(recording.mark_invitation_told, chat.id, invitation):
                    self._people.tell_invitation(chat, invitation)
            case Speak(notice):
                await self._rooms.speak(chat.id, notice)
            case SettleTranscript(is_required):
                seen = self._rooms.view(chat.id)
                late = list(comings_and_goings(chat, seen, self._clock.now())) if seen is not None else []
                if seen is not None and late:  # moved so late that no round saw it; as a rule nobody did
                    await self._record(recording.record_visits, chat, late)
                    self._rooms.forget_departures(chat.id, seen.departures)
                try:
                    await self._settle_transcript(chat.id)
                except LinkDown:
                    raise
                except LinkTrouble as trouble:
                    if is_required:
                        raise
                    log.warning("ended without the archive", extra={"chat": chat.id, "trouble": trouble.reason})
            case DestroyRoom(reason):
                await self._rooms.destroy(chat.id, reason)
                await self._record(recording.mark_room, chat.id, RoomState.GONE, self._desk.rules)

    async def _tell_offer(self, chat: Chat, offer: Offer) -> None:
        """Tell of the offer once that is on record; recorded again if the database took much of the offer's time."""
        self._people.require_link()
        told = await self._record(recording.mark_offer_told, offer)
        for _ in range(MARKS):
            if told is None or told.told_at is None or self._clock.now() - told.told_at < LATE:
                break
            told = await self._record(recording.mark_offer_told, told)
        if told is not None:
            self._people.tell_offer(chat, told, self._clock.now())

    def _said(self, chat: Chat, jid: BareJid, text: Sayable) -> str:
        """Return the text in the person's language."""
        return self._desk.rules.said(text, jid, chat.languages.get(jid, ""))

    async def _settle_transcript(self, chat_id: ChatId) -> None:
        """See that all that was said is recorded, before the room goes."""
        if self._rooms.view(chat_id) is None:
            await self._read_archive(chat_id)
            return
        try:
            await self._rooms.recall(chat_id)
        except LinkTrouble:
            await self._go_on_without(chat_id)  # the room may be forgotten now, and what was said meanwhile with it
            raise
        await self._read_past(chat_id)

    async def _read_if_possible(self, chat_id: ChatId) -> None:
        """Complete the transcript; people do not wait for an archive that cannot be read.

        It is read once more before the room goes, and on the next link.
        """
        try:
            await self._read_past(chat_id)
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            log.warning("goes on without the archive", extra={"chat": chat_id, "trouble": trouble.reason})

    async def _read_past(self, chat_id: ChatId) -> None:
        """Complete the transcript: from what the room showed on entering if that reaches back far enough.

        Else from the whole archive, which is slow on some servers, and with many rooms keeps all of them waiting.
        """
        lately = self._rooms.lately(chat_id)
        goes_on = await self._record(transcripts.go_on, chat_id, lately) if lately else False
        if goes_on:
            self._rooms.mark_read(chat_id, lately)
        else:
            await self._read_archive(chat_id)

    async def _read_archive(self, chat_id: ChatId) -> None:
        """Complete the transcript from the archive. Where that cannot be read, what is known is recorded all the same.

        Raises LinkTrouble.
        """
        try:
            archived = await self._rooms.archive(chat_id)
        except LinkDown:
            raise
        except LinkTrouble:
            await self._go_on_without(chat_id)
            raise
        lately = self._rooms.lately(chat_id)
        if archived or lately:
            await self._record(transcripts.settle, chat_id, archived, lately)
        self._rooms.mark_read(chat_id, (*archived, *lately))

    async def _go_on_without(self, chat_id: ChatId) -> None:
        """Record what is known although nobody knows whether more was said before it."""
        if lately := self._rooms.lately(chat_id):
            await self._record(transcripts.record_loose, chat_id, lately)
        self._rooms.pass_over_archive(chat_id, lately)


def _is_removal(step: SetAffiliation | Kick) -> bool:
    return isinstance(step, Kick) or step.affiliation is Affiliation.NONE
