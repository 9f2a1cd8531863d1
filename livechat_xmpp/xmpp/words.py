"""The same verbs as words: what staff write to a workgroup, and `!close` in a room. Each is one command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from livechat_xmpp.domain.errors import DeskError, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, ChatId, DutyRole, FullJid, Standing, WorkgroupName, bare
from livechat_xmpp.domain.wording import Sayable, forms, languages, taking, training
from livechat_xmpp.domain.wording import words as texts
from livechat_xmpp.usecases import chats, offers
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.staff import Asker, who_is
from livechat_xmpp.xmpp.commands.command import Asked, Column, Commands, Done, Form

YES = {"yes", "y", "ok", "accept", "ja"}
NO = {"no", "n", "reject", "decline", "nein"}
HELP = {"", "help", "?", "hilfe"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the command it stands for. fields: what its arguments fill, in order; the last takes the rest.

    given: fields that the word itself fills. is_shown: what comes of it is shown by itself, by an invitation.
    """

    word: str
    node: str
    fields: Sequence[str] = ()
    hint: Sayable = ""
    given: Mapping[str, str] = field(default_factory=dict)
    is_shown: bool = False


WORDS = {
    w.word: w
    for w in (
        Word("on", "go-on-duty", ("duty_role", "max_chats"), texts.ON),
        Word("off", "go-off-duty", (), texts.OFF),
        Word("ready", "go-on-duty", (), texts.READY),
        Word("status", "my-status", (), texts.STATUS),
        Word("all", "tell-on-duty", ("message",), texts.ALL),
        Word("queue", "list-queue", (), texts.QUEUE),
        Word("take", "take-request", ("chat",), taking.HINT_TAKE, is_shown=True),
        Word("chats", "list-chats", (), texts.CHATS),
        Word("join", "join-chat", ("chat",), texts.JOIN),
        Word("close", "close-chat", ("chat", "disposition", "tags"), texts.CLOSE),
        Word("voice", "lend-voice", ("chat", "trainee"), texts.VOICE),
        Word("add", "add-account", ("jid",), texts.ADD),
        Word("promote", "promote", ("accounts", "standing", "reason"), texts.PROMOTE),
        Word("demote", "demote", ("accounts", "standing", "reason"), texts.DEMOTE),
        Word("endorse", "endorse-trainee", ("trainee", "comment"), training.HINT_ENDORSE),
        Word("later", "put-off-endorsement", ("trainee",), training.HINT_LATER),
        Word("withdraw", "withdraw-endorsement", ("trainee",), training.HINT_WITHDRAW),
        Word("decide", "ask-for-decision", ("trainee", "comment"), training.HINT_DECIDE),
        Word("trainees", "list-trainees", (), training.HINT_TRAINEES),
        Word("refuse", "refuse-trainees", ("accounts", "reason"), training.HINT_REFUSE),
        Word("stuck", "list-stuck", (), training.HINT_STUCK),
        Word("nudge", "move-stuck", ("accounts",), training.HINT_NUDGE, {"what": "nudge"}),
        Word("ask-endorsers", "move-stuck", ("accounts",), training.HINT_ASK_ENDORSERS, {"what": "ask-endorsers"}),
        Word("audit", "list-audit", ("account",), training.HINT_AUDIT),
        Word("problems", "list-problems", (), texts.PROBLEMS),
        Word("language", "set-language", ("language",), languages.HINT),
        Word("accounts", "list-accounts", ("standing",), texts.ACCOUNTS),
    )
}
IN_ROOMS = ("close", "voice")  # with ! in a chat's room; the chat is the one that the room is for
ROWS = 50  # lines of a list that fit into one message and into a person


class Words:
    """Turns words of the staff into commands, and their answers into text."""

    def __init__(self, commands: Commands, desk: Desk) -> None:
        self._commands = commands
        self._desk = desk

    async def answer(self, jid: FullJid, workgroup: WorkgroupName, text: str) -> str:
        """Do what a member of the staff wrote to the workgroup and return what to say; refusals are said too.

        "": what there is to say comes by itself.
        """
        word, *arguments = text.split() or [""]
        word = word.lower().strip("!.,")
        asker = await self._desk.ask(who_is, bare(jid))
        try:
            if word in YES:
                return self._say(await self._yes(bare(jid)), asker)
            if word in NO:
                chat = await self._desk.do(offers.decline, bare(jid))
                return self._say(texts.PASSED_ON.of(visitor=chat.visitor_name), asker)
            known = WORDS.get(word)
            if known is None:
                return self._help(asker, self._opening(word))
            return await self._run(known, _arguments(known, arguments), asker, jid, workgroup)
        except DeskError as refusal:
            return self._say(refusal.why, asker)

    def _say(self, text: Sayable, asker: Asker) -> str:
        return self._desk.rules.said(text, asker.jid, asker.language)

    async def _yes(self, jid: BareJid) -> Sayable:
        """Take the offer; without one, have the way to the chat sent again that the person was asked into.

        "" where the invitation that follows says all there is to say.
        """
        try:
            await self._desk.do(offers.accept_offer, jid, rules=self._desk.rules)
        except NotFound:
            chat = await self._desk.do(chats.ask_in_again, jid)
            return texts.ASKED_IN_LATER.of(visitor=chat.visitor_name) if chat is not None else ""
        return ""

    async def _run(
        self, word: Word, form: Mapping[str, Sequence[str]], asker: Asker, jid: FullJid, workgroup: WorkgroupName | None
    ) -> str:
        command = self._commands.find(word.node)
        if command is None or not command.is_for(asker):
            raise NotPermitted(texts.NOT_FOR_YOU)
        answer = await command.handle(Asked(asker, jid, self._desk, workgroup, form))
        if isinstance(answer, Form):
            return f"{answer.note or self._say(texts.INCOMPLETE, asker)} ({self._say(word.hint, asker)})"
        if word.is_shown and answer.note_type == "info":
            return ""
        return as_text(answer, lambda text: self._say(text, asker))

    def _opening(self, word: str) -> Sayable:
        """Return what is said before the words: that this one is none of them, unless it asks for them."""
        if word in HELP:
            return texts.CAN_WRITE
        room = self._desk.rules.contributors
        return texts.NOT_UNDERSTOOD.of(room=room) if room else texts.NOT_UNDERSTOOD_ALONE

    def _help(self, asker: Asker, opening: Sayable) -> str:
        """Return the words that this person may use. Trainees have "ready" for "on"."""
        may = {c.node for c in self._commands.listed_for(asker)}
        other = WORDS["on" if asker.standing is Standing.TRAINEE else "ready"]
        words = [w for w in WORDS.values() if w.node in may and w is not other]
        lines = [opening, texts.ANSWERS, *(w.hint for w in words)]
        return "\n".join(self._say(line, asker) for line in lines)

    async def in_room(self, jid: BareJid, chat_id: ChatId, workgroup: WorkgroupName, text: str) -> str:
        """Do what was typed with `!` in a chat's room, and return what to say to who typed it.

        Only for the chat's helper, monitors and admins; what others type is passed over ("").
        """
        word, *arguments = text.removeprefix("!").split() or [""]
        asker = await self._desk.ask(who_is, jid)
        if not (asker.answers or asker.reaches(Standing.MONITOR)):
            return ""
        if word.lower() not in IN_ROOMS:
            return self._say(texts.ROOM_HELP, asker)
        known = WORDS[word.lower()]
        try:
            return await self._run(known, _arguments(known, [chat_id, *arguments]), asker, FullJid(jid), workgroup)
        except NotFound:
            return ""
        except DeskError as refusal:
            return self._say(refusal.why, asker)


def yes_or_no(text: str) -> bool | None:
    """Return what somebody says, who says just yes or no; None: something else, as the "ok" that means thanks."""
    return {"yes": True, "ja": True, "no": False, "nein": False}.get(text.strip().lower().strip("!.,"))


def is_ready(text: str) -> bool:
    """Return whether somebody says that they want to watch and help, and nothing else."""
    return text.strip().lower().strip("!.,") == "ready"


def _arguments(word: Word, arguments: Sequence[str]) -> dict[str, list[str]]:
    """Return the form that the arguments fill: one field each, the last field takes what is left.

    A role given to `on` is found by its name and the cap is what else there is, whatever their order.
    """
    left = list(arguments)
    form: dict[str, list[str]] = {var: [value] for var, value in word.given.items()}
    for index, name in enumerate(word.fields):
        if not left:
            break
        if name == "duty_role":
            role = next((a for a in left if a.lower() in set(DutyRole)), None)
            if role is not None:
                left.remove(role)
                form[name] = [role.lower()]
            continue
        is_last = index == len(word.fields) - 1
        form[name] = [" ".join(left)] if is_last else [left.pop(0)]
    return form


def as_text(done: Done, say: Callable[[Sayable], str]) -> str:
    """Return a command's result for people: its text, then a line for each row."""
    lines = [done.text] if done.text else []
    for row in done.rows[:ROWS]:
        shown = [
            f"{column.label}: {_value(column, value, say)}"
            for column in done.columns
            if (value := row.get(column.var, ""))
        ]
        lines.append("- " + "; ".join(shown))
    if len(done.rows) > ROWS:
        lines.append(say(texts.MORE_ROWS.of(count=len(done.rows) - ROWS)))
    return "\n".join(lines)


def _value(column: Column, value: str | Sequence[str], say: Callable[[Sayable], str]) -> str:
    """Return a value as people read it."""
    if not isinstance(value, str):
        return ", ".join(value)
    if column.type == "boolean":
        return say(forms.YES if value == "1" else forms.NO)
    return column.names.get(value, value)
