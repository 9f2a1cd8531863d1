"""What a command is: who may give it, what it asks for, what it answers. Nothing of XMPP in here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.model import BareJid, FullJid, WorkgroupName
from livechat_xmpp.domain.texts import one_line
from livechat_xmpp.domain.wording import Sayable, Text
from livechat_xmpp.domain.wording import forms as words
from livechat_xmpp.usecases.desk import Desk
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.staff import Asker

K = TypeVar("K", bound=str)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form (XEP-0004 §3.3). options: value and label, for list-single."""

    var: str
    label: str
    type: str = "text-single"
    value: str | Sequence[str] = ""
    options: Sequence[tuple[str, str]] = ()
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Asks for values. note: why the last ones would not do."""

    title: str
    fields: Sequence[Field]
    instructions: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result table; type jid-multi for several people, one a line."""

    var: str
    label: str
    type: str = "text-single"


@dataclass(frozen=True, slots=True)
class Done:
    """The command is over. text: for people; values: result fields; columns and rows: a result table.

    lines: what the rows say, one each, where people read them in a message.
    note_type: info, warn or error (XEP-0050 §2.3).
    """

    text: str = ""
    note_type: str = "info"
    title: str = ""
    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    columns: Sequence[Column] = ()
    rows: Sequence[Mapping[str, str | Sequence[str]]] = ()
    lines: Sequence[Sayable] = ()


Answer: TypeAlias = Form | Done


@dataclass(frozen=True, slots=True)
class Asked:
    """A command being given. form: what was filled in, None at the first step.

    workgroup: where it was given; None: at the component, for all of them.
    """

    by: Asker
    jid: FullJid
    desk: Desk
    workgroup: WorkgroupName | None = None
    form: Mapping[str, Sequence[str]] | None = None

    @property
    def who(self) -> BareJid:
        return self.by.jid

    @property
    def speaks_as(self) -> WorkgroupName:
        """Return the workgroup in whose name people are told."""
        return self.workgroup or self.desk.workgroups[0]

    @property
    def workgroups(self) -> tuple[WorkgroupName, ...]:
        """Return the workgroups that the lists show."""
        return self.desk.workgroups if self.workgroup is None else (self.workgroup,)

    @property
    def language(self) -> str:
        """Return the asker's language, as a catalogue takes it."""
        return self.by.language or self.desk.rules.heard(self.who)

    async def now(self) -> datetime:
        """Return the moment by the desk's clock."""
        return await self.desk.ask(_now)

    def say(self, text: Sayable, /, **values: object) -> str:
        """Return the text in the asker's language."""
        return self.desk.rules.catalogue.say(text, self.language, **values)

    def named(self, texts: Mapping[K, Text]) -> dict[str, str]:
        """Return what values are called in the asker's language."""
        return {str(value): self.say(text) for value, text in texts.items()}

    def echo(self, var: str) -> str:
        """Return the field's value to be shown again, cut where more than a question's length was sent."""
        return self.text(var)[: self.desk.rules.answer_limit]

    def text(self, var: str) -> str:
        """Return the field's value, trimmed, lines joined; "" if it is missing."""
        return "\n".join((self.form or {}).get(var, ())).strip()

    def texts(self, var: str) -> list[str]:
        """Return the field's values, one for each line or value, empty ones left out."""
        lines = "\n".join((self.form or {}).get(var, ())).split("\n")
        return [line.strip() for line in lines if line.strip()]

    def number(self, var: str, label: Sayable) -> int | None:
        """Return the field's whole number; None if it is missing. Raises BadInput, which names the field so."""
        text = self.text(var)
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise BadInput(words.NOT_A_NUMBER.of(field=label))
        return int(text)


def _now(work: Work) -> datetime:
    return work.now


Handler: TypeAlias = Callable[[Asked], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its node, its name in lists, who may give it, to whom it is shown now, and what it does."""

    node: str
    title: Sayable
    is_for: Callable[[Asker], bool]
    is_shown: Callable[[Asker], bool]
    handle: Handler


class Commands:
    """All commands, in the order in which they are listed."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def command(
        self,
        node: str,
        title: Sayable,
        *,
        is_for: Callable[[Asker], bool],
        is_shown: Callable[[Asker], bool] = lambda asker: True,
    ) -> Callable[[Handler], Handler]:
        """Register the handler of a command. is_for: by standing; is_shown: whether there is use for it now."""

        def register(handle: Handler) -> Handler:
            if node in self._commands:
                raise ValueError(f"two commands {node}")
            self._commands[node] = Command(node, title, is_for, is_shown, handle)
            return handle

        return register

    def include(self, others: Commands) -> None:
        """Take in the commands of another subject."""
        for command in others._commands.values():
            self._commands[command.node] = command

    def find(self, node: str) -> Command | None:
        return self._commands.get(node)

    def listed_for(self, asker: Asker) -> list[Command]:
        """Return the commands that the asker may give and has a use for now."""
        return [c for c in self._commands.values() if c.is_for(asker) and c.is_shown(asker)]


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as result tables have it (XEP-0082)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def choice(form_field: Field, text: str) -> str:
    """Return the chosen value of a list-single. Raises BadInput when it is none of the options."""
    values = tuple(value for value, _ in form_field.options)
    if text not in values:
        raise no_choice(form_field.label, text, values)
    return text


def no_choice(label: Sayable, text: str, choices: tuple[str, ...]) -> BadInput:
    """Return the refusal of a value that is none of those to choose from."""
    why = words.NOT_A_CHOICE if text else words.NOT_CHOSEN
    return BadInput(why.of(field=label, value=one_line(text, 60), choices=choices))


def capital(text: str) -> str:
    """Return the text as labels have it, with a capital letter."""
    return text[:1].upper() + text[1:]
