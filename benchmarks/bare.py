"""The bare driver: sends for each chat what the component sends, in the same order, with no rules and no database.

    python -m benchmarks.bare PORT SECRET COMPONENT MUC HELPERS

It is the yardstick of benchmarks.throughput, which counts the stanzas of both and prints them side by side. Where the
component has to wait for an answer before it goes on, it waits too. Prints "up" when it is linked.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
import sys
from collections.abc import Hashable
from dataclasses import dataclass

from benchmarks.crowd import MUC, Target, helper_jid
from benchmarks.wire import Stanza, Wire, is_own
from livechat_xmpp.xmpp.muc import CONFIG, ROOM_CONFIG
from livechat_xmpp.xmpp.rooms import PAST

_QUESTION = re.compile(r"var='question'[^>]*><value>([^<]*)|var=\"question\"[^>]*><value>([^<]*)")
_NAME = re.compile(r"var=[\"']username[\"'][^>]*><value>([^<]*)")
_OFFERED_FIELD = re.compile(r"\bvar=[\"']([^\"']+)")
HINT = '<no-store xmlns="urn:xmpp:hints" />'


@dataclass(slots=True)
class Chat:
    """What is known of a chat, and who takes it."""

    id: str
    room: str
    desk: str
    visitor: str
    name: str
    question: str
    helper: str


class Bare:
    """One link, and a task for each chat on it."""

    def __init__(self, target: Target, helpers: int) -> None:
        self._target, self._numbers = target, itertools.count(1)
        self._helpers = itertools.cycle([helper_jid(number) for number in range(helpers)])
        self._awaited: dict[Hashable, asyncio.Future[Stanza]] = {}
        self._chats: set[asyncio.Task[None]] = set()
        self._wire: Wire | None = None

    async def run(self, port: int, secret: str) -> None:
        """Serve until SIGTERM or until the link is lost."""
        wire = await self.connect(port, secret)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, wire.close)
        print("up", flush=True)
        await wire.lost

    async def connect(self, port: int, secret: str) -> Wire:
        self._wire = await Wire.connect(port, self._target.component, secret, self._take)
        return self._wire

    # --- what comes in

    def _take(self, stanza: Stanza) -> None:
        if stanza.to.startswith("support@"):
            self._on_visitor(stanza)
        elif stanza.kind == "iq":
            self._saw(stanza, stanza.id)
        elif stanza.kind == "presence":
            self._on_room_presence(stanza)
        elif "<subject" in stanza.body:
            self._saw(stanza, stanza.sender, "subject")
        elif "<body>!close" in stanza.body:
            self._saw(stanza, stanza.sender.partition("/")[0], "close")
        elif stanza.type == "groupchat":
            self._saw(stanza, stanza.id)

    def _on_visitor(self, stanza: Stanza) -> None:
        if stanza.kind == "presence" and not stanza.type:
            self._send(
                f'<presence id="{self._id()}" from="{stanza.to}" to="{stanza.sender}">'
                "<status>The help desk is open.</status></presence>"
            )
        elif stanza.kind == "iq" and "join-queue" in stanza.body:
            task = asyncio.get_running_loop().create_task(self._live(self._chat(stanza), stanza.id))
            self._chats.add(task)
            task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._chats.discard(task)
        task.result()

    def _chat(self, asked: Stanza) -> Chat:
        question, name = _QUESTION.search(asked.body), _NAME.search(asked.body)
        assert question is not None
        assert name is not None
        chat_id = f"b{next(self._numbers):012}"
        words = question[1] or question[2]
        room, desk = f"{chat_id}@{self._target.muc}", f"{chat_id}@{self._target.component}/desk"
        return Chat(chat_id, room, desk, asked.sender, name[1], words, next(self._helpers))

    def _on_room_presence(self, stanza: Stanza) -> None:
        if stanza.type:
            return
        room = stanza.sender.partition("/")[0]
        self._saw(stanza, room, "entered" if is_own(stanza) else "helper")

    def _expect(self, *key: Hashable) -> asyncio.Future[Stanza]:
        future = self._awaited[key] = asyncio.get_running_loop().create_future()
        return future

    def _saw(self, stanza: Stanza, *key: Hashable) -> None:
        future = self._awaited.pop(key, None)
        if future is not None and not future.done():
            future.set_result(stanza)

    # --- what goes out

    def _send(self, text: str) -> None:
        assert self._wire is not None
        self._wire.send(text)

    def _id(self) -> str:
        return f"{next(self._numbers):032x}"  # as long as the component's

    async def _iq(self, chat: Chat, kind: str, payload: str) -> Stanza:
        number = self._id()
        answered = self._expect(number)
        desk = chat.desk.partition("/")[0]
        self._send(f'<iq id="{number}" type="{kind}" from="{desk}" to="{chat.room}">{payload}</iq>')
        answer = await answered
        assert answer.type == "result", answer.body
        return answer

    def _say(self, to: str, content: str, kind: str = "chat") -> None:
        sender = self._target.workgroup
        self._send(f'<message type="{kind}" from="{sender}" to="{to}" id="{self._id()}">{content}</message>')

    async def _speak(self, chat: Chat, content: str, *key: Hashable, number: str = "") -> None:
        echo = self._expect(*key)
        number = number or self._id()
        self._send(f'<message type="groupchat" from="{chat.desk}" to="{chat.room}" id="{number}">{content}</message>')
        await echo

    # --- a chat

    async def _live(self, chat: Chat, join_id: str) -> None:
        self._send(f'<iq type="result" id="{join_id}" from="{self._target.workgroup}" to="{chat.visitor}" />')
        self._say(
            chat.visitor,
            "<body>You are next in the queue. The wait is less than a minute.</body>"
            '<queue-status xmlns="http://jabber.org/protocol/workgroup"><position>1</position><time>10</time>'
            f'</queue-status><resume xmlns="urn:livechat-xmpp:visit:0" chat="{chat.id}" token="{self._id()[:24]}" />',
        )
        await self.make_room(chat)
        helper = self._expect(chat.room, "helper")
        await self._offer(chat)
        await helper
        close = self._expect(chat.room, "close")
        await self._let_visitor_in(chat)
        await close
        await self._end(chat)

    async def make_room(self, chat: Chat) -> None:
        entered = self._expect(chat.room, "entered")
        self._enter(chat)
        await entered
        offered = (await self._iq(chat, "get", f'<query xmlns="{MUC}#owner" />')).body
        names = set(_OFFERED_FIELD.findall(offered))
        wanted = {"muc#roomconfig_roomname": f"{chat.name}: {chat.question[:60]}", **CONFIG}
        fields = "".join(
            f'<field var="{name}"><value>{value}</value></field>' for name, value in wanted.items() if name in names
        )
        form_type = f'<field var="FORM_TYPE"><value>{ROOM_CONFIG}</value></field>'
        form = f'<x xmlns="jabber:x:data" type="submit">{form_type}{fields}</x>'
        await self._iq(chat, "set", f'<query xmlns="{MUC}#owner">{form}</query>')

    def _enter(self, chat: Chat) -> None:
        self._send(
            f'<presence id="{self._id()}" from="{chat.desk}" to="{chat.room}/Help desk">'
            f'<x xmlns="{MUC}"><history maxstanzas="{PAST}" /></x></presence>'
        )

    async def make_member(self, chat: Chat, jid: str) -> None:
        item = f'<item jid="{jid}" affiliation="member" />'
        await self._iq(chat, "set", f'<query xmlns="{MUC}#admin">{item}</query>')

    async def set_subject(self, chat: Chat) -> None:
        subject = f"<subject>{chat.name}: {chat.question}</subject>"
        await self._speak(chat, subject, f"{chat.room}/Help desk", "subject")

    def _invite(self, chat: Chat, to: str) -> None:
        reason = f"{chat.name}: {chat.question}"
        self._say(to, f'<x xmlns="jabber:x:conference" jid="{chat.room}" reason="{reason}" />{HINT}', "normal")

    async def _offer(self, chat: Chat) -> None:
        await self.make_member(chat, chat.helper)
        await self.set_subject(chat)
        self._say(
            chat.helper,
            f"<body>{chat.name} asks for help:\n&gt; {chat.question}\nYou have 20 seconds. To take it, enter the room, "
            "or answer &quot;yes&quot; here. Answer &quot;no&quot; to pass it on.\n"
            f"xmpp:{chat.room}?join</body>{HINT}",
        )
        self._invite(chat, chat.helper)

    async def _let_visitor_in(self, chat: Chat) -> None:
        await self.make_member(chat, chat.visitor.partition("/")[0])
        self._say(
            chat.visitor,
            f"<body>A helper is here for you. Please come in: xmpp:{chat.room}?join</body>"
            '<queue-status xmlns="http://jabber.org/protocol/workgroup"><time>0</time></queue-status>'
            f'<resume xmlns="urn:livechat-xmpp:visit:0" chat="{chat.id}" room="{chat.room}" />',
        )
        self._invite(chat, chat.visitor)
        number = f"notice-{next(self._numbers)}"
        story = (
            f"<body>{chat.name} asked:\n&gt; {chat.question}\nWho is who: {chat.name} is the visitor, "
            f"{chat.helper.partition('@')[0]} answers. Helpers are volunteers; never give a password; "
            "what is said is kept.</body>"
        )
        await self._speak(chat, story, number, number=number)

    async def _end(self, chat: Chat) -> None:
        self._say(chat.helper, f"<body>Chat {chat.id} is closed as &quot;Solved&quot;.</body>")
        shown = self._expect(f"{chat.room}/Help desk", "subject")
        self._enter(chat)
        await shown
        ended = "The chat has ended. Thank you for asking."
        self._say(
            chat.visitor,
            f'<body>{ended}</body>{HINT}<ended xmlns="urn:livechat-xmpp:visit:0" chat="{chat.id}" />',
        )
        destroy = f"<destroy><reason>{ended}</reason></destroy>"
        await self._iq(chat, "set", f'<query xmlns="{MUC}#owner">{destroy}</query>')


def main() -> None:
    port, secret, component, muc, helpers = sys.argv[1:]
    asyncio.run(Bare(Target(component, muc), int(helpers)).run(int(port), secret))


if __name__ == "__main__":
    main()
