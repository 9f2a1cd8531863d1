"""What a room remembers: the history shown to entrants (XEP-0045 §7.2.13) and its archive (XEP-0313)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

from tests.people.elements import (
    DATA,
    DELAY,
    FORWARD,
    MAM,
    RSM,
    error_to,
    make,
    readdressed,
    reply_to,
    text_of,
)
from tests.people.forms import form_fields

PAGE_LIMIT = 50


def stamp(moment: datetime) -> str:
    """Return a moment as XEP-0082 writes it, in whole seconds as Prosody does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class History:
    """The last messages, as entrants get them; limit: how many are kept."""

    def __init__(self, room: str, limit: int = 20) -> None:
        self._room, self.limit = room, limit
        self._kept: list[tuple[datetime, Element]] = []

    def add(self, message: Element, now: datetime) -> None:
        old = readdressed(message)
        old.append(make(f"{{{DELAY}}}delay", from_=self._room, stamp=stamp(now)))
        self._kept.append((now, old))
        del self._kept[: max(0, len(self._kept) - self.limit)]

    def asked_for(self, wish: Element | None, now: datetime) -> list[Element]:
        """Return the messages, the oldest first; wish: the <history/> element, by maxstanzas, since and seconds."""
        wanted = {} if wish is None else wish.attrib
        since = moment_of(wanted["since"]) if "since" in wanted else None
        if "seconds" in wanted:
            since = max(filter(None, (since, now - timedelta(seconds=int(wanted["seconds"])))))
        if wanted.get("maxchars") == "0":
            return []
        found = [message for at, message in self._kept if since is None or at >= since]
        most = int(wanted.get("maxstanzas", self.limit))
        return found[max(0, len(found) - most) :]


@dataclass(frozen=True)
class Kept:
    """An archived message; id: as the archive and its stanza-id name it."""

    id: str
    at: datetime
    message: Element


class Archive:
    """All that was said in one room, as far as it is archived."""

    _serial = itertools.count(1)

    def __init__(self, room: str, *, knows_its_ids: bool) -> None:
        self._room, self._knows_its_ids = room, knows_its_ids
        self.kept: list[Kept] = []

    def new_id(self) -> str:
        return f"arch{next(self._serial):08d}"

    def add(self, key: str, at: datetime, message: Element) -> None:
        self.kept.append(Kept(key, at, message))

    def answer(self, iq: Element) -> list[Element]:
        """Return the messages of the page asked for, and the IQ that ends it (XEP-0313 §4, XEP-0059)."""
        query = iq.find(f"{{{MAM}}}query")
        assert query is not None
        if iq.get("type") == "get":
            return [reply_to(iq, self._form())]
        rsm = query.find(f"{{{RSM}}}set")
        found = self._selected(query)
        total = len(found)
        after = None if rsm is None else text_of(rsm, f"{{{RSM}}}after")
        before = None if rsm is None else text_of(rsm, f"{{{RSM}}}before")
        most = PAGE_LIMIT if rsm is None else min(PAGE_LIMIT, int(text_of(rsm, f"{{{RSM}}}max") or PAGE_LIMIT))
        known = {one.id for one in self.kept}
        if self._knows_its_ids and {after or "", before or ""} - known - {""}:
            return [error_to(iq, "item-not-found", kind="modify")]
        if after in known:
            found = [one for one in found if one.id > after]
        if before in known:
            found = [one for one in found if one.id < before]
        is_complete = len(found) <= most
        page = found[:most] if before is None else found[max(0, len(found) - most) :]
        return [self._forwarded(iq, query, one) for one in page] + [self._end(iq, page, total, is_complete)]

    def _selected(self, query: Element) -> list[Kept]:
        form = query.find(f"{{{DATA}}}x")
        wanted = {} if form is None else {var: str(one.value) for var, one in form_fields(form).items()}
        start = moment_of(wanted["start"]) if wanted.get("start") else None
        end = moment_of(wanted["end"]) if wanted.get("end") else None
        # kept in whole seconds, as the stamps that the archive gives away
        return [
            one
            for one in self.kept
            if (start is None or one.at.replace(microsecond=0) >= start)
            and (end is None or one.at.replace(microsecond=0) <= end)
        ]

    def _forwarded(self, iq: Element, query: Element, one: Kept) -> Element:
        said = make(
            f"{{{FORWARD}}}forwarded", make(f"{{{DELAY}}}delay", stamp=stamp(one.at)), readdressed(one.message, to=None)
        )
        result = make(f"{{{MAM}}}result", said, queryid=query.get("queryid"), id=one.id)
        return make("message", result, to=iq.get("from"), from_=self._room)

    def _end(self, iq: Element, page: list[Kept], total: int, is_complete: bool) -> Element:
        rsm = make(f"{{{RSM}}}set")
        if page:
            rsm.append(make(f"{{{RSM}}}first", page[0].id))
            rsm.append(make(f"{{{RSM}}}last", page[-1].id))
        rsm.append(make(f"{{{RSM}}}count", str(total)))
        return reply_to(iq, make(f"{{{MAM}}}fin", rsm, complete="true" if is_complete else None))

    def _form(self) -> Element:
        fields = [
            make(f"{{{DATA}}}field", make(f"{{{DATA}}}value", MAM), var="FORM_TYPE", type="hidden"),
            *(
                make(f"{{{DATA}}}field", var=var, type=kind)
                for var, kind in (("with", "jid-single"), ("start", "text-single"), ("end", "text-single"))
            ),
        ]
        return make(f"{{{MAM}}}query", make(f"{{{DATA}}}x", *fields, type="form"))
