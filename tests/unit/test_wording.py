"""Texts with keys: their fields, parts and numbers, and those for the staff, in English."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.errors import BadInput, NotFound
from livechat_xmpp.domain.model import DutyRole, Standing
from livechat_xmpp.domain.routing import Cover
from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.domain.wording import ENGLISH, Sayable, Text, lines, sentences, staff, troubles
from livechat_xmpp.domain.wording.lengths import length
from tests.factories import at, jid, s

CHATS = Text("chats", "{count} chat of {name}", "{count} chats of {name}")
MISSING = Text("missing", "What is missing: {what}.")


def english(phrase: Sayable) -> str:
    return ENGLISH.say(phrase, "")


def test_fields_are_filled() -> None:
    assert ENGLISH.say(MISSING, "", what="time") == "What is missing: time."


@pytest.mark.parametrize(("count", "said"), [(0, "0 chats"), (1, "1 chat"), (2, "2 chats")])
def test_a_text_that_counts_has_two_forms(count: int, said: str) -> None:
    assert ENGLISH.say(CHATS, "", count=count, name="Tom") == f"{said} of Tom"


def test_parts_of_a_text_are_texts() -> None:
    one, two = CHATS.of(count=1, name="Tom"), CHATS.of(count=2, name="Ana")
    assert english(MISSING.of(what=one)) == "What is missing: 1 chat of Tom."
    assert english(MISSING.of(what=(one, two, "time"))) == "What is missing: 1 chat of Tom, 2 chats of Ana, time."
    assert english(MISSING.of(what=[one, two])) == "What is missing: 1 chat of Tom\n2 chats of Ana."
    assert english(MISSING.of(what=Text("time", "time"))) == "What is missing: time."


def test_what_people_write_is_said_as_it_is() -> None:
    assert ENGLISH.say("{name}", "", name="Tom") == "{name}"
    assert english(MISSING.of(what="{name}")) == "What is missing: {name}."


def test_a_refusal_gives_its_reason_in_any_language_and_in_english() -> None:
    assert str(BadInput(MISSING.of(what="time"))) == "What is missing: time."
    assert str(NotFound("There is none.")) == NotFound("There is none.").why == "There is none."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(-5, "0 seconds", id="never negative"),
        pytest.param(1, "1 second", id="one second"),
        pytest.param(59.4, "59 seconds", id="under a minute in seconds"),
        pytest.param(59.6, "1 minute", id="nearly a minute"),
        pytest.param(61, "2 minutes", id="minutes are rounded up"),
        pytest.param(7200, "120 minutes", id="two hours in minutes"),
        pytest.param(7201, "3 hours", id="hours are rounded up"),
        pytest.param(24 * 3600, "24 hours", id="a day in hours"),
        pytest.param(48 * 3600 + 1, "3 days", id="days are rounded up"),
    ],
)
def test_a_length_is_told_in_one_unit(seconds: float, said: str) -> None:
    assert english(length(s(seconds))) == said


@pytest.mark.parametrize(
    ("standing", "old", "duty", "said"),
    [
        pytest.param(Standing.TRAINEE, Standing.HELPER, None, 'Write "ready"', id="demoted, off duty"),
        pytest.param(
            Standing.TRAINEE, Standing.HELPER, DutyRole.TRAINEE, "on duty as trainee now", id="demoted, on duty"
        ),
        pytest.param(
            Standing.HELPER, Standing.ADMIN, DutyRole.ADVISOR, "on duty as advisor now", id="still an advisor"
        ),
        pytest.param(Standing.HELPER, Standing.TRAINEE, None, 'Write "on"', id="promoted, off duty"),
        pytest.param(
            Standing.HELPER, Standing.TRAINEE, DutyRole.HELPER, "on duty as helper now", id="promoted, on duty"
        ),
    ],
)
def test_nobody_on_duty_is_told_to_go_on_duty(
    standing: Standing, old: Standing, duty: DutyRole | None, said: str
) -> None:
    told = english(staff.new_standing(standing, jid("ada"), "", old, duty))
    assert said in told
    assert ("Write" in told) is (duty is None)


@pytest.mark.parametrize("old", [None, *Standing])
@pytest.mark.parametrize("standing", Standing)
def test_a_new_standing_is_told_with_who_and_why(standing: Standing, old: Standing | None) -> None:
    if standing in (old, Standing.INACTIVE if old is None else None):
        return  # no change, and nobody begins with a break
    told = english(staff.new_standing(standing, jid("ada"), "did\nwell", old))
    assert told.endswith('ada@localhost decided this and writes: "did well"')
    assert english(staff.new_standing(standing, jid("ada"), "", old)).endswith("ada@localhost decided this.")
    assert ("Thank you for" in told) is (old is not None and old.rank > standing.rank)
    assert ("Welcome back" in told) is (old is Standing.INACTIVE)


def test_a_break_names_the_contributors_room_where_there_is_one() -> None:
    for room, where in (("team@conference.localhost", ", for example in the contributors' room (team@"), ("", ".")):
        told = english(staff.new_standing(Standing.INACTIVE, jid("ada"), "", Standing.HELPER, room=room))
        assert f"To come back, tell an admin{where}" in told
        assert "Your place stays yours." in told


@pytest.mark.parametrize(
    ("requests", "waited", "state", "expected"),
    [
        (1, 120, Cover(False, False, 0, 0), "A request has been waiting for 2 minutes: nobody is on duty."),
        (1, 50, Cover(True, True, 0, 0), "A request has been waiting for 50 seconds: everybody on duty is away."),
        (
            2,
            121,
            Cover(True, False, 2, 0),
            "2 requests are waiting, the longest for 3 minutes: everybody on duty is busy.",
        ),
        (
            1,
            60,
            Cover(True, False, 2, 1),
            "A request has been waiting for 1 minute: those on duty have not taken it.",
        ),
        (
            3,
            60,
            Cover(True, False, 2, 1),
            "3 requests are waiting, the longest for 1 minute: those on duty have not taken them.",
        ),
    ],
)
def test_the_alarm_says_why(requests: int, waited: float, state: Cover, expected: str) -> None:
    assert english(staff.nobody_takes(requests, s(waited), state)) == expected


def test_problems_are_told_a_few_at_a_time() -> None:
    found = [Problem(f"c{n}", Trouble.STUCK, at(0), "forbidden" if n else "") for n in range(12)]
    lines = english(troubles.problems(found)).split("\n")
    what = "what has to be done in a room fails, or does not help"
    assert lines[1:3] == [f"- c0: {what}", f"- c1: {what} (forbidden)"]
    assert (len(lines), lines[-1]) == (12, "and 2 more")


@pytest.mark.parametrize("what", Trouble)
def test_every_trouble_is_told_in_words(what: Trouble) -> None:
    (line,) = english(troubles.problems([Problem("", what, at(0))])).split("\n")[1:]
    assert line == f"- {troubles.KINDS[what].english}"


def test_several_things_are_said_one_after_the_other() -> None:
    both = (MISSING.of(what="time"), "so it is")
    assert english(lines(*both)) == "What is missing: time.\nso it is"
    assert english(MISSING.of(what=sentences(*both))) == "What is missing: What is missing: time. so it is."
    assert str(BadInput(lines(*both))) == "What is missing: time.\nso it is"
