"""Command sessions: bound to who began them, where, and which command; over when done, or too old."""

from __future__ import annotations

from datetime import datetime

import pytest

from livechat_xmpp.xmpp.commands.sessions import SESSION_LIFE, CommandSessions
from tests.factories import NOW, s

ANA, DESK, NODE = "ana@localhost/phone", "support@workgroup.localhost", "promote"


class Watch:
    def __init__(self) -> None:
        self.moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def test_a_session_is_good_for_who_began_it_again_and_again() -> None:
    sessions = CommandSessions("secret", Watch().now)
    session = sessions.begin(ANA, DESK, NODE)
    assert sessions.is_good(session, ANA, DESK, NODE)
    assert sessions.is_good(session, ANA, DESK, NODE)


@pytest.mark.parametrize(
    ("who", "where", "node"),
    [
        pytest.param("eve@localhost/phone", DESK, NODE, id="somebody else"),
        pytest.param("ana@localhost/laptop", DESK, NODE, id="another client of theirs"),
        pytest.param(ANA, "workgroup.localhost", NODE, id="another address of ours"),
        pytest.param(ANA, DESK, "demote", id="another command"),
        pytest.param("ana@localhost", f"phone\0{DESK}", NODE, id="the parts shifted"),
    ],
)
def test_a_session_is_not_good_for(who: str, where: str, node: str) -> None:
    sessions = CommandSessions("secret", Watch().now)
    assert not sessions.is_good(sessions.begin(ANA, DESK, NODE), who, where, node)


@pytest.mark.parametrize("session", ["", ".", "..", "x", "zz.zz.zz", "é.ü.ñ", "\ud7ff", "0" * 10_000])
def test_what_was_never_a_session_is_not_good(session: str) -> None:
    assert not CommandSessions("secret", Watch().now).is_good(session, ANA, DESK, NODE)


def test_a_session_cannot_be_made_longer_by_its_owner() -> None:
    sessions = CommandSessions("secret", Watch().now)
    begun, rest = sessions.begin(ANA, DESK, NODE).split(".", 1)
    assert not sessions.is_good(f"{int(begun, 16) + 3600:x}.{rest}", ANA, DESK, NODE)


def test_two_sessions_are_never_the_same() -> None:
    sessions = CommandSessions("secret", Watch().now)
    assert sessions.begin(ANA, DESK, NODE) != sessions.begin(ANA, DESK, NODE)


def test_one_that_is_over_stays_over() -> None:
    watch = Watch()
    sessions = CommandSessions("secret", watch.now)
    session, other = sessions.begin(ANA, DESK, NODE), sessions.begin(ANA, DESK, NODE)
    sessions.end(session)
    assert not sessions.is_good(session, ANA, DESK, NODE)
    assert sessions.is_good(other, ANA, DESK, NODE)
    watch.moment += SESSION_LIFE + s(1)
    sessions.end(other)  # forgets the first, which is too old by now in any case
    assert not sessions.is_good(session, ANA, DESK, NODE)
    assert list(sessions._over) == [other]


def test_of_very_many_that_are_over_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat_xmpp.xmpp.commands.sessions.MOST_OVER", 2)
    sessions = CommandSessions("secret", Watch().now)
    over = [sessions.begin(ANA, DESK, NODE) for _ in range(4)]
    for session in over:
        sessions.end(session)
    assert list(sessions._over) == over[-2:]


def test_one_grows_too_old() -> None:
    watch = Watch()
    sessions = CommandSessions("secret", watch.now)
    session = sessions.begin(ANA, DESK, NODE)
    watch.moment += SESSION_LIFE
    assert sessions.is_good(session, ANA, DESK, NODE)
    watch.moment += s(1)
    assert not sessions.is_good(session, ANA, DESK, NODE)


def test_a_session_outlives_a_restart_and_is_no_good_with_another_secret() -> None:
    watch = Watch()
    session = CommandSessions("secret", watch.now).begin(ANA, DESK, NODE)
    assert CommandSessions("secret", watch.now).is_good(session, ANA, DESK, NODE)
    assert not CommandSessions("another", watch.now).is_good(session, ANA, DESK, NODE)
