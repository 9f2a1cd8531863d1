"""Lengths of time, as people say them."""

from __future__ import annotations

from datetime import timedelta

from livechat_xmpp.domain.wording import Phrase, Text

SECONDS = Text("seconds", "{count} second", "{count} seconds")
MINUTES = Text("minutes", "{count} minute", "{count} minutes")
HOURS = Text("hours", "{count} hour", "{count} hours")
DAYS = Text("days", "{count} day", "{count} days")

IN_FULL = (SECONDS, MINUTES, HOURS, DAYS)
IN_SHORT = (
    Text("short-seconds", "{count} s"),
    Text("short-minutes", "{count} min"),
    Text("short-hours", "{count} h"),
    DAYS,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def length(time: timedelta) -> Phrase:
    """Return a length in one unit, rounded up: seconds under a minute, minutes and hours each up to two of the next."""
    return _in_one_unit(time, IN_FULL)


def short_length(time: timedelta) -> Phrase:
    """Return a length as lists have it: 3 min."""
    return _in_one_unit(time, IN_SHORT)


def _in_one_unit(time: timedelta, units: tuple[Text, ...]) -> Phrase:
    seconds, minutes, hours, days = units
    if round(time.total_seconds()) < 60:
        return seconds.of(count=max(0, round(time.total_seconds())))
    if time <= 2 * HOUR:
        return minutes.of(count=_rounded_up(time, timedelta(minutes=1)))
    if time <= 2 * DAY:
        return hours.of(count=_rounded_up(time, HOUR))
    return days.of(count=_rounded_up(time, DAY))


def _rounded_up(time: timedelta, unit: timedelta) -> int:
    return -(-time // unit)
