"""A room as its owner sees it on the server: asked over the desk's own link, but not by the desk."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from livechat_xmpp.demo.places import Names
from tests.faults.cable import Cable
from tests.faults.evidence import RoomSeen
from tests.people.elements import CLIENT, DISCO_INFO, FORWARD, MAM, MUC_ADMIN, RSM, bare, body_of, condition_of, make

PAGE = 200


class Owner:
    """The chat's address, which owns its room; `inside` speaks as the occupant."""

    def __init__(self, cable: Cable, names: Names, chat_id: str) -> None:
        self._cable = cable
        self.bare = f"{chat_id}@{names.component}"
        self.inside = f"{self.bare}/desk"
        self.room = f"{chat_id}@{names.muc}"

    async def ask(self, payload: Element, kind: str = "get", *, inside: bool = False) -> tuple[Element, list[Element]]:
        sender = self.inside if inside else self.bare
        return await self._cable.ask(make("iq", payload, type=kind, from_=sender, to=self.room))

    async def exists(self) -> bool:
        answer, _ = await self.ask(make(f"{{{DISCO_INFO}}}query"))
        return answer.get("type") == "result"

    async def members(self) -> frozenset[str]:
        answer, _ = await self.ask(make(f"{{{MUC_ADMIN}}}query", make(f"{{{MUC_ADMIN}}}item", affiliation="member")))
        return _addresses(answer)

    async def occupants(self) -> frozenset[str] | None:
        """Return everybody inside; None when the desk is not, for only occupants may ask that."""
        found: set[str] = set()
        for role in ("moderator", "participant", "visitor"):
            item = make(f"{{{MUC_ADMIN}}}item", role=role)
            answer, _ = await self.ask(make(f"{{{MUC_ADMIN}}}query", item), inside=True)
            if answer.get("type") == "error":
                return None
            found |= _addresses(answer)
        return frozenset(found)

    async def archive(self) -> tuple[str, ...]:
        """Return all that was said, as the server keeps it."""
        said: list[str] = []
        after: str | None = None
        while True:
            limits = make(f"{{{RSM}}}set", make(f"{{{RSM}}}max", str(PAGE)))
            if after is not None:
                limits.append(make(f"{{{RSM}}}after", after))
            answer, told = await self.ask(make(f"{{{MAM}}}query", limits, queryid=""), "set")
            if answer.get("type") == "error":
                return tuple(said)
            for one in told:
                message = one.find(f"{{{MAM}}}result/{{{FORWARD}}}forwarded/{{{CLIENT}}}message")
                said += [body] if message is not None and (body := body_of(message)) else []
            fin = answer.find(f"{{{MAM}}}fin")
            after = None if fin is None else fin.findtext(f"{{{RSM}}}set/{{{RSM}}}last")
            if fin is None or fin.get("complete") == "true" or after is None:
                return tuple(said)

    async def destroy(self) -> None:
        """Destroy the room, as an owner or an administrator of the service may."""
        space = "http://jabber.org/protocol/muc#owner"
        answer, _ = await self.ask(make(f"{{{space}}}query", make(f"{{{space}}}destroy")), "set")
        assert answer.get("type") == "result", condition_of(answer)


def _addresses(answer: Element) -> frozenset[str]:
    return frozenset(bare(item.get("jid", "")) for item in answer.iter(f"{{{MUC_ADMIN}}}item"))


async def room_seen(cable: Cable, names: Names, chat_id: str, *, is_gone: bool) -> RoomSeen:
    """Return what the owner sees; of a room that has to be gone only whether it is."""
    owner = Owner(cable, names, chat_id)
    if not await owner.exists():
        return RoomSeen(exists=False, has_desk=False)
    if is_gone:
        return RoomSeen()
    occupants = await owner.occupants()
    has_desk = occupants is not None and owner.bare in occupants
    members = await owner.members()
    return RoomSeen(True, has_desk, members, (occupants or frozenset()) - {owner.bare}, await owner.archive())
