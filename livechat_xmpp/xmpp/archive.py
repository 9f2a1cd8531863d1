"""What a room has kept (XEP-0313), read page by page, and what one of its messages says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from slixmpp import Iq, Message
from slixmpp.xmlstream import ET

from livechat_xmpp.domain.model import ChatId
from livechat_xmpp.reconcile.ports import StepRefused
from livechat_xmpp.usecases.transcripts import Heard
from livechat_xmpp.xmpp import muc

PAGE = 100
NO_ARCHIVE = {"item-not-found", "feature-not-implemented", "service-unavailable"}


class RoomArchive:
    """Reads archives. ask: sends an IQ set to the chat's room; is_desk: whether nick and occupant id are ours."""

    def __init__(
        self,
        ask: Callable[[ChatId, ET.Element], Awaitable[Iq]],
        room_of: Callable[[ChatId], str],
        is_desk: Callable[[ChatId, muc.Said], bool],
        new_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._ask = ask
        self._room_of = room_of
        self._is_desk = is_desk
        self._new_id = new_id
        self._now = now
        self._pages: dict[str, list[ET.Element]] = {}

    async def read(self, chat_id: ChatId) -> Sequence[Heard]:
        """Return all that the room has kept, oldest first; nothing when there is no such room or no archive."""
        heard: list[Heard] = []
        after, is_complete = "", False
        while not is_complete:
            query_id = self._new_id()
            page = self._pages[query_id] = []
            try:
                answer = await self._ask(chat_id, muc.archive_query(query_id, after, PAGE))
            except StepRefused as refusal:
                if refusal.condition in NO_ARCHIVE:
                    return heard
                raise
            finally:
                del self._pages[query_id]
            heard += [h for result in page if (h := self._heard(chat_id, result)) is not None]
            fin = answer.xml.find(f"{{{muc.MAM}}}fin")
            is_complete = not page or fin is None or fin.get("complete") in ("true", "1")
            before, after = after, page[-1].get("id", "") if page else ""
            is_complete |= after == before  # one that does not understand paging gives the first page without end
        return heard

    def take(self, message: Message) -> bool:
        """Take in a result of a query of ours, known by its random id; return whether it was a result at all."""
        result = message.xml.find(f"{{{muc.MAM}}}result")
        if result is None:
            return False
        page = self._pages.get(result.get("queryid", ""))
        if page is not None:
            page.append(result)
        return True

    def _heard(self, chat_id: ChatId, result: ET.Element) -> Heard | None:
        forwarded = result.find("{urn:xmpp:forward:0}forwarded")
        if forwarded is None:
            return None
        message = next((c for c in forwarded if c.tag.endswith("}message")), None)
        said = muc.read_said(message, self._room_of(chat_id)) if message is not None else None
        if said is None:
            return None
        delay = forwarded.find("{urn:xmpp:delay}delay")
        return Heard(
            at=muc.stamp(delay.get("stamp") if delay is not None else None, self._now()),
            nick=said.nick,
            body=said.body,
            is_desk=self._is_desk(chat_id, said),
            stanza_id=said.stanza_id,
            archive_id=result.get("id", ""),
            occupant_id=said.occupant_id,
        )
