"""What the owner or a moderator of a room can do by hand (XEP-0045 §8 to §10, XEP-0313); all raise StanzaError."""

from __future__ import annotations

from dataclasses import dataclass

from tests.people.elements import (
    CLIENT,
    DATA,
    DELAY,
    FORWARD,
    MAM,
    MUC_ADMIN,
    MUC_CONFIG,
    MUC_OWNER,
    RSM,
    body_of,
    make,
    new_id,
    resource,
    text_of,
)
from tests.people.forms import Value, form_fields, submitted
from tests.people.person import Person


async def read_configuration(owner: Person, room: str) -> dict[str, Value]:
    """Return the values of the room's form by var."""
    answer = await owner.iq(room, make(f"{{{MUC_OWNER}}}query"), "get")
    form = answer.find(f"{{{MUC_OWNER}}}query/{{{DATA}}}x")
    assert form is not None
    return {var: one.value for var, one in form_fields(form).items()}


async def configure(owner: Person, room: str, **options: object) -> None:
    """Set options, named without `muc#roomconfig_`; none at all accepts the room as it is."""
    fields = {
        (option if "#" in option or "{" in option else f"muc#roomconfig_{option}"): value
        for option, value in options.items()
    }
    await owner.iq(room, make(f"{{{MUC_OWNER}}}query", submitted(fields, MUC_CONFIG)))


async def affiliate(owner: Person, room: str, *who: str, as_: str, reason: str | None = None) -> None:
    """Give bare JIDs an affiliation (owner, admin, member, none, outcast), all in one IQ."""
    items = [
        make(
            f"{{{MUC_ADMIN}}}item",
            None if reason is None else make(f"{{{MUC_ADMIN}}}reason", reason),
            jid=jid,
            affiliation=as_,
        )
        for jid in who
    ]
    await owner.iq(room, make(f"{{{MUC_ADMIN}}}query", *items))


async def give_role(moderator: Person, room: str, nick: str, role: str, reason: str | None = None) -> None:
    """Give an occupant a role; none kicks."""
    why = None if reason is None else make(f"{{{MUC_ADMIN}}}reason", reason)
    await moderator.iq(room, make(f"{{{MUC_ADMIN}}}query", make(f"{{{MUC_ADMIN}}}item", why, nick=nick, role=role)))


async def those_with(owner: Person, room: str, *, affiliation: str | None = None, role: str | None = None) -> set[str]:
    """Return the JIDs with an affiliation, or of the occupants with a role."""
    query = make(f"{{{MUC_ADMIN}}}query", make(f"{{{MUC_ADMIN}}}item", affiliation=affiliation, role=role))
    answer = await owner.iq(room, query, "get")
    return {item.get("jid", "") for item in answer.iter(f"{{{MUC_ADMIN}}}item")}


async def destroy(owner: Person, room: str, reason: str | None = None, instead: str | None = None) -> None:
    why = None if reason is None else make(f"{{{MUC_OWNER}}}reason", reason)
    await owner.iq(room, make(f"{{{MUC_OWNER}}}query", make(f"{{{MUC_OWNER}}}destroy", why, jid=instead)))


async def set_subject(moderator: Person, room: str, subject: str) -> None:
    """Set the subject; the room tells all, wait for that with view_of(room).subject."""
    await moderator.send(make("message", make("subject", subject), to=room, type="groupchat", id=new_id()))


async def invite_directly(inviter: Person, who: str, room: str) -> None:
    """Send a direct invitation without body (XEP-0249)."""
    await inviter.send(make("message", make("{jabber:x:conference}x", jid=room), to=who))


@dataclass(frozen=True)
class Said:
    """A message in an archive; at: the stamp as text."""

    id: str
    at: str
    nick: str
    body: str


@dataclass(frozen=True)
class Page:
    """One page of an archive."""

    said: list[Said]
    is_complete: bool
    count: int | None


async def read_archive(
    reader: Person,
    room: str,
    *,
    after: str | None = None,
    most: int | None = None,
    start: str | None = None,
    before: str | None = None,
) -> Page:
    """Read a page of a room's archive: after an id, at most so many, from a stamp on, or the last before an id."""
    key = new_id()
    limits = {"after": after, "before": before, "max": None if most is None else str(most)}
    rsm = make(f"{{{RSM}}}set", *(make(f"{{{RSM}}}{name}", text) for name, text in limits.items() if text is not None))
    form = None if start is None else submitted({"start": start}, MAM)
    answer = await reader.iq(room, make(f"{{{MAM}}}query", form, rsm if len(rsm) else None, queryid=key))
    said = []
    for received in reader.inbox:
        result = received.stanza.find(f"{{{MAM}}}result")
        if result is None or result.get("queryid") != key:
            continue
        message = result.find(f"{{{FORWARD}}}forwarded/{{{CLIENT}}}message")
        delay = result.find(f"{{{FORWARD}}}forwarded/{{{DELAY}}}delay")
        assert message is not None
        assert delay is not None
        received.read = True
        said.append(
            Said(
                result.get("id", ""), delay.get("stamp", ""), resource(message.get("from", "")), body_of(message) or ""
            )
        )
    fin = answer.find(f"{{{MAM}}}fin")
    assert fin is not None
    count = text_of(fin, f"{{{RSM}}}set/{{{RSM}}}count")
    return Page(said, fin.get("complete") == "true", None if count is None else int(count))
