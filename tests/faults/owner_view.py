"""A room as its owner sees it on the server: asked over the desk's own link, but not by the desk."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from livechat_xmpp.demo.places import Names
from tests.faults.cable import Cable
from tests.faults.evidence import RoomSeen
from tests.people.elements import (
    CLIENT,
    DISCO_INFO,
    FORWARD,
    MAM,
    MUC_ADMIN,
    MUC_CONFIG,
    MUC_OWNER,
    RSM,
    bare,
    body_of,
    condition_of,
    make,
)
from tests.people.forms import submitted

PAGE = 200
CLOSED = {"muc_membersonly", "muc_hidden", "muc_persistent", "muc_unmoderated"}


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

    async def features(self) -> frozenset[str] | None:
        """Return what the room says of itself; None when there is none."""
        answer, _ = await self.ask(make(f"{{{DISCO_INFO}}}query"))
        if answer.get("type") != "result":
            return None
        return frozenset(one.get("var", "") for one in answer.iter(f"{{{DISCO_INFO}}}feature"))

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

    async def configure(self, **options: object) -> None:
        """Change settings, named without `muc#roomconfig_`."""
        fields = {f"muc#roomconfig_{name}": value for name, value in options.items()}
        answer, _ = await self.ask(make(f"{{{MUC_OWNER}}}query", submitted(fields, MUC_CONFIG)), "set")
        assert answer.get("type") == "result", condition_of(answer)

    async def destroy(self) -> None:
        """Destroy the room, as an owner or an administrator of the service may."""
        answer, _ = await self.ask(make(f"{{{MUC_OWNER}}}query", make(f"{{{MUC_OWNER}}}destroy")), "set")
        assert answer.get("type") == "result", condition_of(answer)


def _addresses(answer: Element) -> frozenset[str]:
    return frozenset(bare(item.get("jid", "")) for item in answer.iter(f"{{{MUC_ADMIN}}}item"))


async def room_seen(cable: Cable, names: Names, chat_id: str, *, is_gone: bool) -> RoomSeen:
    """Return what the owner sees; of a room that has to be gone only whether it is."""
    owner = Owner(cable, names, chat_id)
    features = await owner.features()
    if features is None:
        return RoomSeen(exists=False, has_desk=False)
    if is_gone:
        return RoomSeen()
    occupants = await owner.occupants()
    has_desk = occupants is not None and owner.bare in occupants
    members = await owner.members()
    inside = (occupants or frozenset()) - {owner.bare}
    return RoomSeen(True, has_desk, members, inside, await owner.archive(), is_closed=features >= CLOSED)
