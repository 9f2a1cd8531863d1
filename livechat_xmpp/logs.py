"""What the process writes of itself: one line a fact, constant words, values as fields, for people or for programs.

People's words, visitors' addresses and secrets stay out, and what our own code does not put in, others might: texts
of exceptions, and what libraries log of the stanzas and values that they work on. Of these only the where is told.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

OWN = "livechat_xmpp"
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# Exceptions that speak of the machine: files, sockets, a database that is locked or away.
SAYABLE = ("OperationalError", "InterfaceError")

log = logging.getLogger(__name__)


def set_up(level: str, kind: str) -> None:
    """Log to standard error; level: the least that our own code tells, kind: "text" or "json"."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OWN).setLevel(level.upper())
    logging.getLogger("alembic").setLevel(max(logging.INFO, logging.getLogger(OWN).level))
    logging.getLogger("slixmpp").setLevel(logging.ERROR)  # its warnings are about what it expects of others
    sys.excepthook = _on_crash


def _on_crash(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
    if isinstance(bug, KeyboardInterrupt):
        sys.__excepthook__(kind, bug, trace)
    else:
        log.critical("the process ends", exc_info=bug)


def what(record: logging.LogRecord) -> str:
    """Return what happened, in constant words: of a library's record the words without the values."""
    if record.name.partition(".")[0] in (OWN, "alembic"):
        return record.getMessage()
    words = record.msg.partition("\n")[0] if isinstance(record.msg, str) else type(record.msg).__name__
    return f"{words} ({record.funcName})"


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the values that our own code has put in."""
    if record.name.partition(".")[0] != OWN:
        return {}
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


def trouble(bug: BaseException) -> Iterator[str]:
    """Yield the lines of a traceback: all of the where, of the what no more than may be told."""
    if bug.__cause__ is not None or (bug.__context__ is not None and not bug.__suppress_context__):
        yield from trouble(bug.__cause__ or bug.__context__ or bug)
        yield ""
    yield "Traceback (most recent call last):"
    for part in traceback.format_tb(bug.__traceback__):
        yield from part.rstrip("\n").split("\n")
    yield _named(bug)
    if isinstance(bug, BaseExceptionGroup):
        for one in bug.exceptions:
            yield from (f"  | {line}" for line in trouble(one))


def _named(bug: BaseException) -> str:
    kind = type(bug)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    is_sayable = isinstance(bug, OSError) or kind.__name__ in SAYABLE
    return f"{name}: {' '.join(str(bug).split())}" if is_sayable else name


class TextFormatter(logging.Formatter):
    """One line a fact: time, level, where, what, then the fields as name=value; after it the lines of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {what(record)}"
        line += "".join(f" {name}={_on_one_line(value)}" for name, value in fields(record).items())
        lines = trouble(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ()
        return "\n".join([line, *lines])


def _on_one_line(value: object) -> str:
    """Return the value, quoted where nobody could tell where it ends."""
    text = str(value)
    return text if text.isprintable() and not set(' "=') & set(text) and text else json.dumps(text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, what, the fields; traceback: its lines."""

    def format(self, record: logging.LogRecord) -> str:
        shown = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": what(record),
        }
        values = {name: value for name, value in fields(record).items() if name not in shown}
        lines = list(trouble(record.exc_info[1])) if record.exc_info and record.exc_info[1] else []
        return json.dumps({**shown, **values, **({"traceback": lines} if lines else {})}, default=str)
