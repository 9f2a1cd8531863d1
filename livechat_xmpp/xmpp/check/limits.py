"""What a server bounds, and must not bound below what the desk needs: names, people in a room, rooms of one person."""

from __future__ import annotations

from livechat_xmpp.domain.model import Affiliation, ChatId
from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble
from livechat_xmpp.xmpp.check.findings import Findings, NotAsNeeded, Wanted
from livechat_xmpp.xmpp.check.guest import Guest
from livechat_xmpp.xmpp.check.link import OneLink
from livechat_xmpp.xmpp.check.tried_rooms import TITLE, TriedRooms
from livechat_xmpp.xmpp.check.words import Need


async def try_limits(wanted: Wanted, found: Findings, link: OneLink, rooms: TriedRooms, chat_id: ChatId) -> None:
    """Try how much there may be; chat_id: whose room is set up, with the desk inside. Raises LinkDown."""
    naming = rooms.configure(chat_id, wanted.longest_title)
    await found.tried(f"a room's name has {wanted.title_characters} characters", Need.ROOM_TITLES, naming)
    if Need.ROOM_SIZE not in found.missing:
        filling = _fill(link, rooms, chat_id, wanted.people_in_room - 1, wanted.component)
        await found.tried(f"{wanted.people_in_room} are in one room", Need.ROOM_SIZE, filling)
    everywhere = _be_everywhere(link, rooms, wanted.rooms_of_one, wanted.component)
    await found.tried(f"one of the staff is in {wanted.rooms_of_one} rooms", Need.MANY_ROOMS, everywhere)


async def _fill(link: OneLink, rooms: TriedRooms, chat_id: ChatId, people: int, component: str) -> None:
    for number in range(1, people + 1):
        guest = Guest(link, f"guest{number}-{chat_id}@{component}/check")
        if refusal := await _let_in(rooms, chat_id, guest):
            raise NotAsNeeded(f"{refusal} with {number} inside")


async def _be_everywhere(link: OneLink, rooms: TriedRooms, count: int, component: str) -> None:
    made: list[ChatId] = []
    guest = Guest(link, f"guest-everywhere-{rooms.new_chat()}@{component}/check")
    try:
        for number in range(1, count + 1):
            made.append(chat_id := rooms.new_chat())
            try:
                await rooms.enter(chat_id)
                await rooms.configure(chat_id, TITLE)
                refusal = await _let_in(rooms, chat_id, guest)
            except LinkDown:
                raise
            except LinkTrouble as trouble:
                refusal = str(trouble)
            if refusal:
                raise NotAsNeeded(f"{refusal} in room {number}")
    finally:
        for chat_id in made if link.is_up else ():
            if rooms.view(chat_id) is not None:
                await rooms.end(chat_id)


async def _let_in(rooms: TriedRooms, chat_id: ChatId, guest: Guest) -> str:
    """Make the guest a member and let them enter; return why they may not, "" if they do."""
    await rooms.set_affiliation(chat_id, guest.bare_jid, Affiliation.MEMBER, "")
    return await guest.enter(rooms.room(chat_id))
