"""Requests that wait and chats in progress, made before the desk starts: rows in its database, rooms on the server.

Faster than through the front door, and what the desk finds is the same: the rows go through the store's own tables,
and the rooms are made by a link in the component's name that ends without a word, as a killed component's does.
The helpers of the chats in progress are off duty, so that the number on duty does not grow with that of the chats.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks import bare
from benchmarks.crowd import OURS, STAFF, VISITORS, Crowd, Target
from benchmarks.place import Place
from benchmarks.wire import Stanza
from livechat_xmpp.domain.model import (
    BareJid,
    Chat,
    ChatId,
    ChatState,
    FullJid,
    Invitation,
    Message,
    Part,
    RoomState,
    Standing,
    Visit,
    WorkgroupName,
)
from livechat_xmpp.domain.model import (
    bare as bare_of,
)
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store, Transaction

AT_ONCE = 16  # rooms made at once
CHATS_OF_A_HOLDER = 20
SAID = 4  # messages in each room
_KEY = re.compile(r"<stanza-id[^>]*? id=['\"]([^'\"]+)")
_BODY = re.compile(r"<body>([^<]*)</body>")
QUESTION = "How do I print this page without the pictures?"
ROWS_AT_ONCE = 500


def holders(chats: int) -> dict[str, str]:
    """Return the standings of those who hold so many chats, for the desk's settings."""
    return {_holder(number): "helper" for number in range(0, chats, CHATS_OF_A_HOLDER)}


def _holder(number: int) -> BareJid:
    return BareJid(f"holder{number // CHATS_OF_A_HOLDER}@{STAFF}")


async def fill_waiting(at: Place, numbers: Sequence[int]) -> dict[str, str]:
    """Add requests with these numbers that wait; return who asks, by room."""
    now = datetime.now(UTC)
    chats = [_request(f"w{number}", now) for number in numbers]
    await _write(at, chats)
    return {f"{chat.id}@{OURS.muc}": str(chat.visitor) for chat in chats}


async def fill_open(at: Place, crowd: Crowd, numbers: Sequence[int]) -> None:
    """Add chats with these numbers: rows, rooms, and visitor and helper inside. The desk must not run."""
    now = datetime.now(UTC)
    await _write(at, [_in_progress(f"o{number}", _holder(number), now) for number in numbers])
    said = await fill_rooms(at, crowd, numbers, OURS)
    async with Store.opened(at.url, lambda: datetime.now(UTC)) as store:
        await store.write(lambda work: _add_words(work, said))


async def fill_rooms(at: Place, crowd: Crowd, numbers: Sequence[int], owner: Target) -> dict[ChatId, list[Message]]:
    """Make rooms with visitor and helper inside, in the name of our desk or of the bare driver, which must not run.

    Return what they said there, as the desk would have recorded it.
    """
    maker = bare.Bare(owner, 1)
    wire = await maker.connect(at.port, at.secret)
    left: Iterator[int] = iter(numbers)
    said: dict[ChatId, list[Message]] = {}

    async def one_after_the_other() -> None:
        for number in left:
            said[_chat_id(f"o{number}")] = await _make_room(maker, crowd, number, owner)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_the_other())
    wire.close()
    return said


async def _make_room(maker: bare.Bare, crowd: Crowd, number: int, owner: Target) -> list[Message]:
    name = f"o{number}"
    chat_id, visitor, helper = _chat_id(name), f"{name}@{VISITORS}/page", _holder(number)
    room = f"{chat_id}@{owner.muc}"
    chat = bare.Chat(chat_id, room, f"{chat_id}@{owner.component}/desk", visitor, name, QUESTION, helper)
    await maker.make_room(chat)
    await maker.make_member(chat, helper)
    await maker.make_member(chat, bare_of(visitor))
    await maker.set_subject(chat)
    await crowd.enter(room, f"{helper}/bench", _nick(helper))
    await crowd.enter(room, visitor, name)
    heard = await crowd.talk(room, visitor, f"{helper}/bench", SAID)
    speakers = [(name, bare_of(visitor), Part.VISITOR), (_nick(helper), helper, Part.HELPER)]
    return [_message(stanza, *speakers[number % 2]) for number, stanza in enumerate(heard)]


def _message(heard: Stanza, nick: str, jid: BareJid, part: Part) -> Message:
    key, body = _KEY.search(heard.body), _BODY.search(heard.body)
    assert key is not None, heard.body
    assert body is not None, heard.body
    return Message(datetime.now(UTC), nick, jid, part, "speech", body[1], heard.id, key[1])


def _chat_id(name: str) -> ChatId:
    return ChatId(f"{name[0]}{int(name[1:]):012}")


def _nick(jid: str) -> str:
    return jid.partition("@")[0]


def _request(name: str, now: datetime) -> Chat:
    return Chat(
        id=_chat_id(name),
        workgroup=WorkgroupName("support"),
        visitor=FullJid(f"{name}@{VISITORS}/page"),
        visitor_name=name,
        question=QUESTION,
        asked_at=now,
        form={"username": name, "question": QUESTION},
    )


def _in_progress(name: str, helper: BareJid, now: datetime) -> Chat:
    chat = _request(name, now)
    people = (chat.visitor_bare, Part.VISITOR), (helper, Part.HELPER)
    return replace(
        chat,
        state=ChatState.OPEN,
        room=RoomState.READY,
        helper=helper,
        opened_at=now,
        first_opened_at=now,
        replied_at=now,  # they have begun to talk: who is silent would lose the request
        invitations=tuple(Invitation(jid, part, now, 1) for jid, part in people),
        visits=(
            Visit(chat.visitor_bare, name, Part.VISITOR, now),
            Visit(helper, _nick(helper), Part.HELPER, now, None, Standing.HELPER),
        ),
    )


async def _write(at: Place, chats: Sequence[Chat]) -> None:
    await migrate.upgrade(at.url)
    async with Store.opened(at.url, lambda: datetime.now(UTC)) as store:
        for start in range(0, len(chats), ROWS_AT_ONCE):
            some = chats[start : start + ROWS_AT_ONCE]
            await store.write(lambda work, some=some: _add(work, some))  # type: ignore[misc]


def _add(work: Transaction, chats: Sequence[Chat]) -> None:
    for chat in chats:
        work.chats.add(chat, token_hash=chat.id)
        for invitation in chat.invitations:
            work.invitations.put(chat.id, invitation)
        for visit in chat.visits:
            work.visits.add(chat.id, visit)


def _add_words(work: Transaction, said: Mapping[ChatId, Sequence[Message]]) -> None:
    for chat_id, messages in said.items():
        work.messages.add(chat_id, messages)
