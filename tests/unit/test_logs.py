"""What goes into the log: one line a fact, values as fields; of exceptions and libraries only the where."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime

import pytest

from livechat_xmpp.logs import JsonFormatter, TextFormatter

WORDS = "my password is hunter2"


def a_record(message: object, *args: object, name: str = "livechat_xmpp.x", **more: object) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.INFO, "x.py", 1, message, args, None, "do_it")
    vars(record).update(more)
    return record


def failed(raise_it: BaseException) -> logging.LogRecord:
    """Return what is logged of the exception, which came while another one was handled."""
    try:
        try:
            raise KeyError(WORDS)
        except KeyError:
            raise raise_it  # noqa: B904
    except BaseException:
        record = a_record("handler failed", error_id="1f2e3d4c")
        record.exc_info = sys.exc_info()
        return record


def test_a_fact_is_one_line_with_its_fields() -> None:
    line = TextFormatter().format(a_record("request accepted", chat="q7hm2k42wx3n", waited_s=12))
    assert line.endswith(" INFO livechat_xmpp.x request accepted chat=q7hm2k42wx3n waited_s=12")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("two\nlines", '"two\\nlines"'),
        ("a=b", '"a=b"'),
        ("", '""'),
        ("\x1b[2J", '"\\u001b[2J"'),
        (None, "None"),
    ],
)
def test_nobody_can_forge_a_line_or_a_field(value: object, shown: str) -> None:
    assert TextFormatter().format(a_record("x", why=value)).endswith(f"x why={shown}")


def test_for_programs_each_line_is_an_object() -> None:
    line = JsonFormatter().format(a_record("link lost", why="two\nlines", level="forged"))
    assert "\n" not in line
    shown = json.loads(line)
    assert datetime.fromisoformat(shown.pop("at")).utcoffset() is not None
    assert shown == {"level": "info", "logger": "livechat_xmpp.x", "what": "link lost", "why": "two\nlines"}


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
@pytest.mark.parametrize(
    "bug", [ValueError(WORDS), ExceptionGroup(WORDS, [ValueError(WORDS)]), KeyError(WORDS), Exception(WORDS, WORDS)]
)
def test_an_exception_shows_where_and_not_what_it_carries(formatter: logging.Formatter, bug: Exception) -> None:
    shown = formatter.format(failed(bug))
    assert WORDS not in shown
    assert type(bug).__name__ in shown
    assert "in failed" in shown
    assert "1f2e3d4c" in shown


def test_what_the_machine_says_is_shown() -> None:
    assert "OSError: [Errno 28] No space left on device" in TextFormatter().format(
        failed(OSError(28, "No space left on device"))
    )


@pytest.mark.parametrize(
    "record",
    [
        a_record("Unable to parse stanza: %s", WORDS, name="slixmpp.xmlstream"),
        a_record(ValueError(WORDS), name="slixmpp.basexmpp"),
        a_record(f"Task exception was never retrieved\nfuture: {WORDS}", name="asyncio"),
        a_record("parameters", name="sqlalchemy.engine", parameters=WORDS),
    ],
)
@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_of_a_library_only_the_constant_words_are_shown(
    formatter: logging.Formatter, record: logging.LogRecord
) -> None:
    shown = formatter.format(record)
    assert WORDS not in shown
    assert "do_it" in shown
