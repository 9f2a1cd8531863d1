"""Lists as people read them in a message: a line each, with ages and moments that nobody has to work out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from livechat_xmpp.domain.apprenticeship import Application, Endorsement, Progress, TrainingRules
from livechat_xmpp.domain.model import BareJid, ChatId, Duty, DutyRole, Standing
from livechat_xmpp.domain.sweep import Problem, Trouble
from livechat_xmpp.domain.wording import ENGLISH, Sayable, lists
from livechat_xmpp.domain.wording.moments import moment
from livechat_xmpp.usecases.chats import ChatLine
from livechat_xmpp.usecases.deciding import TraineeLine
from livechat_xmpp.usecases.ports import Entry
from livechat_xmpp.usecases.stuck import Stuck, Why
from livechat_xmpp.xmpp.commands import in_words
from tests.factories import NOW, a_chat, a_helper, a_request, a_trainee, at, jid, s

DAY = 24 * 3600
RULES = TrainingRules(watched_needed=1, helped_needed=1, endorsers_needed=1, days_needed=1)


def english(text: Sayable) -> str:
    return ENGLISH.say(text, "")


@pytest.mark.parametrize(
    ("seconds", "now", "said"),
    [
        pytest.param(300, NOW, "today 10:05 UTC", id="today"),
        pytest.param(-9 * 3600, NOW, "today 01:00 UTC", id="earlier today"),
        pytest.param(DAY, NOW, "tomorrow 10:00 UTC", id="tomorrow"),
        pytest.param(-DAY, NOW, "2026-01-04 10:00 UTC", id="yesterday"),
        pytest.param(0, None, "2026-01-05 10:00 UTC", id="nobody knows when it is read"),
    ],
)
def test_a_moment(seconds: float, now: datetime | None, said: str) -> None:
    assert english(moment(at(seconds), now)) == said


def test_a_chat_is_told_with_what_is_written_to_enter_it() -> None:
    chat = replace(a_chat(), id=ChatId("q7"), question="How do I\nprint?")
    line = ChatLine(chat, s(170), (jid("mia"),), (jid("tom"), jid("una")))
    told = english(in_words.chat(line, may_enter=True))
    assert told == (
        f'join q7: {chat.visitor_name}: "How do I print?"'
        " (ana answers, for 3 min, room monitor: mia, trainee: tom, una)"
    )
    assert english(in_words.chat(line, may_enter=False)) == told.removeprefix("join ")
    alone = english(in_words.chat(ChatLine(replace(chat, helper=None), s(9)), may_enter=True))
    assert alone.endswith("(nobody answers now, for 9 s)")


@pytest.mark.parametrize(("state", "known"), [("waiting", "waits for 2 min"), ("offered", "waits for 2 min, offered")])
def test_a_request_is_told_with_its_place_and_wait(state: str, known: str) -> None:
    request = replace(a_request(), id=ChatId("q7"), question="x" * 200)
    told = english(in_words.request(ChatLine(request, s(61), position=3, state=state)))
    assert told == f'3. {request.visitor_name}: "{"x" * 79}…" ({known}), id q7'


def test_an_account_is_told_with_its_duty() -> None:
    ana = replace(a_helper("ana"), since_at=at(-2 * DAY))
    told = "ana@localhost: helper since 2026-01-03 10:00 UTC"
    assert english(in_words.account(ana, None, NOW)) == told
    duty = Duty(jid("ana"), DutyRole.ANCHOR, 2, NOW, NOW)
    assert english(in_words.account(ana, duty, NOW)) == f"{told}, on duty as anchor"


def test_a_trainee_is_told_with_the_evidence_and_what_is_missing() -> None:
    tom = replace(a_trainee("tom"), since_at=NOW)
    line = TraineeLine(tom, Progress(1, 0), None)
    assert english(in_words.trainee(line, RULES, NOW)) == (
        "tom@localhost, since today 10:00 UTC: watched 1, helped in 0, endorsed by nobody;"
        " missing: 1 chat to help in, 1 endorsement"
    )
    done = Progress(1, 1, (Endorsement(jid("ana"), NOW, ChatId("q7")),))
    application = Application(1, tom.jid, "", "", NOW, at(DAY))
    told = english(in_words.trainee(TraineeLine(tom, done, application), RULES, NOW))
    assert told.endswith("endorsed by ana; nothing is missing; to be decided by tomorrow 10:00 UTC")


def test_who_is_stuck_and_what_is_wrong_are_told_with_since_when() -> None:
    tom = a_trainee("tom")
    stuck = Stuck(tom, Why.NEVER_INVITED, at(-3 * DAY), Progress(), "nudge tom@localhost")
    assert english(in_words.stuck(stuck, NOW)) == (
        "tom@localhost: in no chat yet, since 2026-01-02 10:00 UTC → nudge tom@localhost"
    )
    problem = Problem("q7", Trouble.NO_ROOM, NOW, "forbidden")
    assert english(in_words.problem(problem, NOW)) == "q7: a chat has no room (forbidden), since today 10:00 UTC"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        pytest.param(
            Entry(
                NOW, "standing", jid("tom"), "ada@localhost", Standing.TRAINEE, Standing.HELPER, "well\ndone", "f00d"
            ),
            'tom@localhost: trainee → helper, by ada: "well done"',
            id="a promotion, without the version of the settings",
        ),
        pytest.param(
            Entry(NOW, "standing", jid("tom"), "settings", None, Standing.ADMIN),
            "tom@localhost: now admin, by settings",
            id="somebody who is new",
        ),
        pytest.param(
            Entry(NOW, "standing", jid("tom"), "tom@localhost", Standing.TRAINEE, None),
            "tom@localhost: trainee → left the team, by tom",
            id="somebody who has left",
        ),
        pytest.param(
            Entry(NOW, "refused", jid("tom"), "ada@localhost", reason="Later."),
            'tom@localhost: stays a trainee for now, by ada: "Later."',
            id="a refusal",
        ),
        pytest.param(
            Entry(NOW, "stuck listed", BareJid(""), "desk"), "admins told who is stuck, by desk", id="nobody's"
        ),
    ],
)
def test_a_line_of_the_audit(entry: Entry, told: str) -> None:
    assert english(in_words.entry(entry, NOW)) == f"today 10:00 UTC: {told}"


def test_what_happened_is_told_in_words_for_every_kind_that_is_recorded() -> None:
    kinds = {"decision asked for", "endorsed", "endorsement withdrawn", "agreed", "refused", "remade", "stuck listed"}
    assert kinds | {"nudge", "ask-endorsers"} == set(lists.HAPPENED)
