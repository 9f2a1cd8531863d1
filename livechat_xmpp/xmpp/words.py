"""The same verbs as words: what staff write to a workgroup, and `!close` in a room. Each is one command."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_xmpp.domain.errors import BadInput, DeskError, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, ChatId, FullJid, Standing, WorkgroupName, bare
from livechat_xmpp.domain.wording import Sayable, lines, sentences
from livechat_xmpp.domain.wording import words as texts
from livechat_xmpp.usecases import chats, offers
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.staff import Asker, who_is
from livechat_xmpp.xmpp.commands.command import Asked, Command, Commands, Done, Form
from livechat_xmpp.xmpp.vocabulary import (
    HELP,
    IN_ROOMS,
    NO,
    WORDS,
    YES,
    Say,
    Word,
    arguments,
    cleaned,
    is_word,
    meant,
    named,
)

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
        word, *given = text.split() or [HELP]
        asker = await self._desk.ask(who_is, bare(jid))
        say = self._sayer(asker)
        try:
            match meant(word, say):
                case "yes":
                    return say(await self._yes(bare(jid)))
                case "no":
                    chat = await self._desk.do(offers.decline, bare(jid))
                    return say(texts.PASSED_ON.of(visitor=chat.visitor_name))
                case "help":
                    return await self._help(asker, meant(given[0], say, WORDS) if given else None)
                case None:
                    room = self._desk.rules.contributors
                    return say(texts.NOT_UNDERSTOOD.of(room=room) if room else texts.NOT_UNDERSTOOD_ALONE)
                case name:
                    return await self._run(WORDS[name], WORDS[name].hint, given, asker, jid, workgroup)
        except DeskError as refusal:
            return say(refusal.why)

    def _sayer(self, asker: Asker) -> Say:
        """Return what says things in the language of the person."""
        return lambda text: self._desk.rules.said(text, asker.jid, asker.language)

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
        self,
        word: Word,
        usage: Sayable,
        given: Sequence[str],
        asker: Asker,
        jid: FullJid,
        workgroup: WorkgroupName | None,
    ) -> str:
        """Give the command that the word stands for. usage: how it is written where this was written."""
        command, say = self._command(word, asker), self._sayer(asker)
        try:
            form = arguments(word, given, say)
        except BadInput as refusal:
            return say(texts.USAGE.of(why=refusal.why, usage=usage))
        answer = await command.handle(Asked(asker, jid, self._desk, workgroup, form))
        if isinstance(answer, Form):
            return say(texts.USAGE.of(why=answer.note or texts.INCOMPLETE, usage=usage))
        if word.is_shown and answer.note_type == "info":
            return ""
        return as_text(answer, say)

    def _command(self, word: Word, asker: Asker) -> Command:
        """Return what the word stands for. Raises NotPermitted where it is not for this person."""
        command = self._commands.find(word.node)
        if command is None or not command.is_for(asker):
            raise NotPermitted(texts.NOT_FOR_YOU)
        return command

    async def _help(self, asker: Asker, about: str | None) -> str:
        """Return the words that this person can use now, the rarer ones by name; about: all there is to say of one."""
        say = self._sayer(asker)
        if about is not None:
            word = WORDS[about]
            self._command(word, asker)
            return say(sentences(word.hint, word.more) if word.more else word.hint)
        may = {c.node for c in self._commands.listed_for(asker)}
        words = [w for w in WORDS.values() if w.node in may and not _is_idle(w, asker)]
        answers: list[Sayable] = []
        if asker.has_offer:
            answers = [texts.ANSWER_OFFER]
        elif await self._desk.ask(chats.is_asked_in, asker.jid):
            answers = [texts.ANSWER_INVITATION]
        rare = tuple(named(w.word, say) for w in words if w.is_rare)
        also = [texts.ALSO.of(words=rare)] if rare else []
        return say(lines(texts.CAN_WRITE, *answers, *(w.hint for w in words if not w.is_rare), *also))

    async def in_room(self, jid: BareJid, chat_id: ChatId, workgroup: WorkgroupName, text: str) -> str:
        """Do what was typed with `!` in a chat's room, and return what to say to who typed it.

        Only for the chat's helper, monitors and admins; what others type is passed over ("").
        """
        name, *given = text.removeprefix("!").split() or [""]
        asker = await self._desk.ask(who_is, jid)
        if not (asker.answers or asker.reaches(Standing.MONITOR)):
            return ""
        say = self._sayer(asker)
        found = meant(name, say, IN_ROOMS)
        if found is None:
            is_lent = workgroup in self._desk.rules.rooms.lent_voice
            return say(lines(texts.CAN_WRITE, *(WORDS[w].in_room for w in IN_ROOMS if w != "voice" or is_lent)))
        word = WORDS[found]
        try:
            return await self._run(word, word.in_room, [chat_id, *given], asker, FullJid(jid), workgroup)
        except NotFound:
            return ""
        except DeskError as refusal:
            return say(refusal.why)


def _is_idle(word: Word, asker: Asker) -> bool:
    """Return whether a word would do nothing for them now; trainees have "ready" for "on"."""
    if word.word in ("on", "ready"):
        return asker.duty is not None or word.word == ("on" if asker.standing is Standing.TRAINEE else "ready")
    return False


def yes_or_no(text: str, say: Say) -> bool | None:
    """Return what somebody says, who says just yes or no; None: something else, as the "ok" that means thanks."""
    for word, is_yes in ((YES, True), (NO, False)):
        if cleaned(text) in (word, named(word, say).casefold()):
            return is_yes
    return None


def is_ready(text: str, say: Say) -> bool:
    """Return whether somebody says that they want to watch and help, and nothing else."""
    return is_word(text, texts.NAMES["ready"], say)


def as_text(done: Done, say: Say) -> str:
    """Return a command's result for people: its text, then a line for each row."""
    said = [done.text] if done.text else []
    said += [f"- {say(line)}" for line in done.lines[:ROWS]]
    if len(done.lines) > ROWS:
        said.append(say(texts.MORE_ROWS.of(count=len(done.lines) - ROWS)))
    return "\n".join(said)
