"""The rooms' part of the check: a whole help room, with an address of our own as its guest."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from slixmpp import Message, Presence
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import Affiliation, ChatId, Notice, bare
from livechat_xmpp.xmpp import muc
from livechat_xmpp.xmpp.addresses import Addresses
from livechat_xmpp.xmpp.check.findings import Findings, NotAsNeeded
from livechat_xmpp.xmpp.check.link import ANSWER_S, OneLink
from livechat_xmpp.xmpp.check.visitor import VISIT_TROUBLE, Visitor
from livechat_xmpp.xmpp.check.words import Need
from livechat_xmpp.xmpp.rooms import MucRooms

TITLE = "Check by the help desk"
NEEDED_FIELDS = ("membersonly", "persistentroom", "publicroom", "whois", "moderatedroom")
NOT_A_MEMBER = ("registration-required", "forbidden", "not-allowed")


class RoomCheck:
    """One help room from its making to its end, through the code that makes the chats' rooms.

    A second address of ours plays the trainee: kept out, let in as a member, put out, kept out again.
    visitor: somebody who is let in as a visitor is; None: nobody could be had.
    """

    def __init__(self, link: OneLink, addresses: Addresses, found: Findings, visitor: Visitor | None) -> None:
        self._link, self._addresses, self._found, self._visitor = link, addresses, found, visitor
        self._chat = ChatId(f"check{secrets.token_hex(6)}")
        self._room = addresses.room(self._chat)
        self._guest = f"guest-{self._chat}@{addresses.component}/check"
        self._rooms = MucRooms(
            link,
            addresses,
            lambda: datetime.now(UTC),
            answer_timeout_s=ANSWER_S,
            on_changed=lambda chat_id: None,
            on_heard=lambda chat_id, heard: None,
        )
        link.first = self._take

    def _take(self, stanza: Presence | Message) -> bool:
        """Hand on what is for the desk in the room; return whether it was."""
        if stanza["to"].local != self._chat:
            return False
        if isinstance(stanza, Presence):
            self._rooms.on_presence(self._chat, stanza)
        elif not self._rooms.on_archived(stanza):
            self._rooms.on_message(self._chat, stanza)
        return True

    async def run(self) -> None:
        """Try a room. Raises LinkDown."""
        muc_domain = self._addresses.muc
        if not await self._found.tried(f"service of the help rooms {muc_domain}", Need.MUC_SERVICE, self._is_service()):
            return
        making = self._rooms.enter(self._chat)
        if not await self._found.tried(f"an address of a chat makes a room on {muc_domain}", Need.MAKE_ROOMS, making):
            return
        try:
            await self._try_room()
        finally:
            if self._link.is_up:
                ending = self._rooms.destroy(self._chat, "The check is over.")
                await self._found.tried("the room is destroyed again", Need.OWN_ROOMS, ending)

    async def _try_room(self) -> None:
        tried = self._found.tried
        if not await tried("its form offers what closed rooms need", Need.ROOM_FORM, self._offers_fields()):
            return
        if not await tried("the room is set up", Need.ROOM_FORM, self._rooms.configure(self._chat, TITLE)):
            return
        await tried("who is no member is kept out", Need.CLOSED_ROOMS, self._keeps_out())
        await tried("a member is named, listed, and let in", Need.OWN_ROOMS, self._lets_in())
        await tried("the desk sees who is inside, by address", Need.REAL_ADDRESSES, self._sees_guest())
        await tried("what is said is in the room's archive", Need.ARCHIVE, self._keeps_words())
        if self._visitor is not None:
            entering = self._lets_in_visitor(self._visitor)
            await tried("a visitor who is a member is let in", Need.VISITORS_ENTER, entering)
        await tried("who is a member no more is out at once, and stays out", Need.OWN_ROOMS, self._puts_out())

    async def _is_service(self) -> None:
        if muc.MUC not in await self._link.info(self._addresses.muc):
            raise NotAsNeeded("something else has this address")

    async def _offers_fields(self) -> None:
        offered = await self._link.query(self._room, f"{{{muc.OWNER}}}query", sender=bare(self._desk))
        names = {field.get("var", "") for field in offered.iter(f"{{{muc.DATA}}}field")}
        if missing := [name for name in NEEDED_FIELDS if f"muc#roomconfig_{name}" not in names]:
            raise NotAsNeeded(f"without {', '.join(missing)}")

    @property
    def _desk(self) -> str:
        return self._addresses.desk(self._chat)

    async def _enter_as_guest(self) -> str:
        """Return why the guest was not let in (RFC 6120 §8.3.3), "" if it was."""
        presence: Presence = self._link.make_presence(pto=f"{self._room}/Guest", pfrom=self._guest)
        presence.append(muc.join())
        presence.send()
        answer = await self._link.sees(lambda stanza: self._is_about_guest(stanza, ("error", "")))
        return _condition(answer) if answer.get("type") == "error" else ""

    def _is_about_guest(self, stanza: ET.Element, kinds: tuple[str, ...]) -> bool:
        """Return whether the room tells the guest of its own coming, going, or being refused."""
        is_from_room = bare(stanza.get("from", "")) == self._room and stanza.get("to") == self._guest
        codes = {status.get("code") for status in stanza.iter(f"{{{muc.USER}}}status")}
        kind = stanza.get("type", "")
        return is_from_room and kind in kinds and (kind == "error" or muc.SELF in codes)

    async def _keeps_out(self) -> None:
        refusal = await self._enter_as_guest()
        if refusal not in NOT_A_MEMBER:
            raise NotAsNeeded(refusal or "let in")

    async def _lets_in(self) -> None:
        await self._rooms.set_affiliation(self._chat, bare(self._guest), Affiliation.MEMBER, "")
        await self._rooms.enter(self._chat)  # reads the list of members from the service
        view = self._rooms.view(self._chat)
        if view is None or bare(self._guest) not in view.members:
            raise NotAsNeeded("the list of members does not show the member")
        if refusal := await self._enter_as_guest():
            raise NotAsNeeded(refusal)

    async def _lets_in_visitor(self, visitor: Visitor) -> None:
        await self._rooms.set_affiliation(self._chat, bare(visitor.jid), Affiliation.MEMBER, "")
        try:
            refusal = await visitor.enter(self._room)
        except VISIT_TROUBLE as trouble:
            raise NotAsNeeded(str(trouble) or "no answer") from trouble
        if refusal:
            raise NotAsNeeded(refusal)

    async def _sees_guest(self) -> None:
        view = self._rooms.view(self._chat)
        if view is None or bare(self._guest) not in {occupant.jid for occupant in view.occupants}:
            raise NotAsNeeded("the guest is inside, unseen")

    async def _keeps_words(self) -> None:
        said = Notice(1, "check", datetime.now(UTC) + timedelta(minutes=1))
        await self._rooms.speak(self._chat, said)
        if not any(heard.body == said.body for heard in await self._rooms.archive(self._chat)):
            raise NotAsNeeded("there is no archive, or it has nothing of what was said")

    async def _puts_out(self) -> None:
        await self._rooms.set_affiliation(self._chat, bare(self._guest), Affiliation.NONE, "")
        await self._link.sees(lambda stanza: self._is_about_guest(stanza, ("unavailable",)))
        refusal = await self._enter_as_guest()
        if refusal not in NOT_A_MEMBER:
            raise NotAsNeeded(refusal or "let in again")


def _condition(stanza: ET.Element) -> str:
    space = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
    return next((e.tag.removeprefix(space) for e in stanza.iter() if e.tag.startswith(space)), "refused")
