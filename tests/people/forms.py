"""Data forms (XEP-0004) and the results of ad-hoc commands (XEP-0050) as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from tests.people.elements import COMMANDS, DATA, make, text_of

Value = str | list[str]
LISTS = {"list-multi", "jid-multi"}


@dataclass(frozen=True)
class FormField:
    """A field that a form asks for. options: the values of a list; value: what it is filled with already."""

    var: str
    type: str
    label: str
    value: Value
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    required: bool = False


def value_of(element: Element, kind: str | None = None) -> Value:
    """Return a list for the types with several values, text otherwise; the lines of text-multi are joined."""
    kind = element.get("type") or kind
    values = [value.text or "" for value in element.iterfind(f"{{{DATA}}}value")]
    if kind in LISTS or (kind is None and len(values) > 1):
        return values
    return "\n".join(values)


def form_fields(form: Element) -> dict[str, FormField]:
    fields = {}
    for element in form.iterfind(f"{{{DATA}}}field"):
        if element.get("var") is None:  # a text between the fields
            continue
        options = element.findall(f"{{{DATA}}}option")
        one = FormField(
            element.get("var", ""),
            element.get("type", "text-single"),
            element.get("label", ""),
            value_of(element),
            tuple(text_of(option, f"{{{DATA}}}value") or "" for option in options),
            tuple(option.get("label", "") for option in options),
            element.find(f"{{{DATA}}}required") is not None,
        )
        fields[one.var] = one
    return fields


def submitted(fields: Mapping[str, object], form_type: str | None = None, asked: Iterable[FormField] = ()) -> Element:
    """Return the form to submit: what is given, and for the rest what the form was filled with, as clients do.

    None leaves a field out. True and False are sent as 1 and 0, lists as several values, lines as text-multi has them.
    """
    kinds = {one.var: one.type for one in asked}
    values: dict[str, object] = {} if form_type is None else {"FORM_TYPE": form_type}
    values |= {one.var: one.value for one in asked if one.type != "fixed" and one.value not in ("", [])}
    values |= fields
    form = make(f"{{{DATA}}}x", type="submit")
    for var, value in values.items():
        if value is None:
            continue
        if isinstance(value, bool):
            several = [str(int(value))]
        elif isinstance(value, (list, tuple, set, frozenset)):
            several = [str(each) for each in value]
        elif kinds.get(var) == "text-multi":
            several = str(value).split("\n")
        else:
            several = [str(value)]
        form.append(make(f"{{{DATA}}}field", *(make(f"{{{DATA}}}value", one) for one in several), var=var))
    return form


@dataclass
class CommandResult:
    """One answer of a command.

    status: completed, executing or canceled. notes: pairs of type (info, warn, error) and text.
    fields: the result's values by var. rows: a result table. form_fields: what a form asks for while executing.
    """

    status: str
    session_id: str
    notes: list[tuple[str, str]] = field(default_factory=list)
    fields: dict[str, Value] = field(default_factory=dict)
    rows: list[dict[str, Value]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    form_fields: dict[str, FormField] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    title: str = ""
    instructions: str = ""

    @property
    def is_completed(self) -> bool:
        return self.status == "completed"

    @property
    def error(self) -> str:
        """Return the texts of the error notes, "" when there is none."""
        return " ".join(text for kind, text in self.notes if kind == "error")

    @property
    def info(self) -> str:
        return " ".join(text for kind, text in self.notes if kind != "error")

    def row(self, **wanted: str) -> dict[str, Value]:
        """Return the only row with these values; fails with the table when there are none or several."""
        found = [row for row in self.rows if all(row.get(var) == value for var, value in wanted.items())]
        assert len(found) == 1, f"{len(found)} rows with {wanted} in {self.rows}"
        return found[0]


def read_command(iq: Element) -> CommandResult:
    command = iq.find(f"{{{COMMANDS}}}command")
    assert command is not None, "the answer has no command in it"
    result = CommandResult(command.get("status", ""), command.get("sessionid", ""))
    for note in command.iterfind(f"{{{COMMANDS}}}note"):
        result.notes.append((note.get("type", "info"), note.text or ""))
    actions = command.find(f"{{{COMMANDS}}}actions")
    if actions is not None:
        result.actions = tuple(child.tag.rpartition("}")[2] for child in actions)
    form = command.find(f"{{{DATA}}}x")
    if form is None:
        return result
    result.title = text_of(form, f"{{{DATA}}}title") or ""
    result.instructions = " ".join(line.text or "" for line in form.iterfind(f"{{{DATA}}}instructions"))
    if form.get("type") != "result":
        result.form_fields = form_fields(form)
        return result
    result.fields = {var: one.value for var, one in form_fields(form).items() if var != "FORM_TYPE"}
    kinds = {}
    for column in form.iterfind(f"{{{DATA}}}reported/{{{DATA}}}field"):
        kinds[column.get("var", "")] = column.get("type", "text-single")
    result.columns = list(kinds)
    for item in form.iterfind(f"{{{DATA}}}item"):
        cells = item.findall(f"{{{DATA}}}field")
        result.rows.append({cell.get("var", ""): value_of(cell, kinds.get(cell.get("var", ""))) for cell in cells})
    return result
