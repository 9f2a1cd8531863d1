"""The rooms' part of the check: a whole help room, with an address of our own as its guest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from livechat_xmpp.domain.model import Affiliation, Notice
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.check.findings import Findings, NotAsNeeded, Wanted
from livechat_xmpp.xmpp.check.guest import Guest
from livechat_xmpp.xmpp.check.limits import try_limits
from livechat_xmpp.xmpp.check.link import OneLink
from livechat_xmpp.xmpp.check.tried_rooms import TITLE, TriedRooms
from livechat_xmpp.xmpp.check.visitor import VISIT_TROUBLE, Visitor
from livechat_xmpp.xmpp.check.words import Need

NEEDED_FIELDS = ("membersonly", "persistentroom", "publicroom", "whois", "moderatedroom")
NOT_A_MEMBER = ("registration-required", "forbidden", "not-allowed")


class RoomCheck:
    """One help room from its making to its end, through the code that makes the chats' rooms.

    A second address of ours plays the trainee: kept out, let in as a member, put out, kept out again.
    visitor: somebody who is let in as a visitor is; None: nobody could be had.
    """

    def __init__(self, wanted: Wanted, link: OneLink, found: Findings, visitor: Visitor | None) -> None:
        self._wanted, self._link, self._found, self._visitor = wanted, link, found, visitor
        self._rooms = TriedRooms(link, Addresses(wanted.component, wanted.muc, ()))
        self._chat = self._rooms.new_chat()
        self._room = self._rooms.room(self._chat)
        self._guest = Guest(link, f"guest-{self._chat}@{wanted.component}/check")

    async def run(self) -> None:
        """Try a room. Raises LinkDown."""
        service = self._wanted.muc
        if not await self._found.tried(f"service of the help rooms {service}", Need.MUC_SERVICE, self._is_service()):
            return
        if not await self._is_made():
            return
        try:
            if await self._try_room():
                await try_limits(self._wanted, self._found, self._link, self._rooms, self._chat)
        finally:
            if self._link.is_up:
                ending = self._rooms.end(self._chat)
                await self._found.tried("the room is destroyed again", Need.OWN_ROOMS, ending)

    async def _is_made(self) -> bool:
        what = f"an address of a chat makes a room on {self._wanted.muc}"
        try:
            await self._rooms.enter(self._chat)
        except LinkDown:
            raise
        except LinkTrouble as trouble:
            self._found.no(what, await self._why_not_made(trouble), str(trouble))
            return False
        self._found.ok(what)
        return True

    async def _why_not_made(self, trouble: LinkTrouble) -> Need:
        """Return what has to be changed. Raises LinkDown."""
        if isinstance(trouble, StepRefused) and trouble.condition == "not-authorized":
            return Need.ROOM_PASSWORD
        short = self._rooms.new_chat(self._chat[-4:])
        try:
            await self._rooms.enter(short)
        except LinkDown:
            raise
        except LinkTrouble:
            return Need.MAKE_ROOMS
        view = self._rooms.view(short)
        if view is not None and view.is_new:
            await self._rooms.end(short)
        return Need.ROOM_NAMES

    async def _try_room(self) -> bool:
        """Return whether a room is as it has to be."""
        tried = self._found.tried
        if not await tried("its form offers what closed rooms need", Need.ROOM_FORM, self._offers_fields()):
            return False
        if not await tried("the room is set up", Need.ROOM_FORM, self._rooms.configure(self._chat, TITLE)):
            return False
        await tried("who is no member is kept out", Need.CLOSED_ROOMS, self._keeps_out())
        is_in = await tried("a member is named, listed, and let in", Need.OWN_ROOMS, self._lets_in())
        await tried("the desk sees who is inside, by address", Need.REAL_ADDRESSES, self._sees_guest())
        await tried("what is said is in the room's archive", Need.ARCHIVE, self._keeps_words())
        if self._visitor is not None:
            entering = self._lets_in_visitor(self._visitor)
            await tried("a visitor who is a member is let in", Need.VISITORS_ENTER, entering)
        await tried("who is a member no more is out at once, and stays out", Need.OWN_ROOMS, self._puts_out())
        return is_in

    async def _is_service(self) -> None:
        if muc.MUC not in await self._link.info(self._wanted.muc):
            raise NotAsNeeded("something else has this address")

    async def _offers_fields(self) -> None:
        offered = await self._link.query(self._room, f"{{{muc.OWNER}}}query", sender=self._rooms.desk(self._chat))
        names = {field.get("var", "") for field in offered.iter(f"{{{muc.DATA}}}field")}
        if missing := [name for name in NEEDED_FIELDS if f"muc#roomconfig_{name}" not in names]:
            raise NotAsNeeded(f"without {', '.join(missing)}")

    async def _keeps_out(self) -> None:
        refusal = await self._guest.enter(self._room)
        if refusal not in NOT_A_MEMBER:
            raise NotAsNeeded(refusal or "let in")

    async def _lets_in(self) -> None:
        await self._rooms.set_affiliation(self._chat, self._guest.bare_jid, Affiliation.MEMBER, "")
        await self._rooms.enter(self._chat)  # reads the list of members from the service
        view = self._rooms.view(self._chat)
        if view is None or self._guest.bare_jid not in view.members:
            raise NotAsNeeded("the list of members does not show the member")
        if refusal := await self._guest.enter(self._room):
            raise NotAsNeeded(refusal, _need_for(refusal))

    async def _lets_in_visitor(self, visitor: Visitor) -> None:
        await self._rooms.set_affiliation(self._chat, visitor.bare_jid, Affiliation.MEMBER, "")
        try:
            refusal = await visitor.enter(self._room)
        except VISIT_TROUBLE as trouble:
            raise NotAsNeeded(str(trouble) or "no answer") from trouble
        if refusal:
            raise NotAsNeeded(refusal, _need_for(refusal))

    async def _sees_guest(self) -> None:
        view = self._rooms.view(self._chat)
        if view is None or self._guest.bare_jid not in {occupant.jid for occupant in view.occupants}:
            raise NotAsNeeded("the guest is inside, unseen")

    async def _keeps_words(self) -> None:
        said = Notice(1, "check", datetime.now(UTC) + timedelta(minutes=1))
        await self._rooms.speak(self._chat, said)
        if not any(heard.body == said.body for heard in await self._rooms.archive(self._chat)):
            raise NotAsNeeded("there is no archive, or it has nothing of what was said")

    async def _puts_out(self) -> None:
        await self._rooms.set_affiliation(self._chat, self._guest.bare_jid, Affiliation.NONE, "")
        await self._guest.sees_being_put_out(self._room)
        refusal = await self._guest.enter(self._room)
        if refusal not in NOT_A_MEMBER:
            raise NotAsNeeded(refusal or "let in again")


def _need_for(refusal: str) -> Need | None:
    """Return what a member's refusal shows to be missing; None: nothing of its own."""
    return Need.ROOM_SIZE if refusal == "resource-constraint" else None
