"""Who may be in a chat's room: the trainee rule, and everybody else's place."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_xmpp.domain.access import allowed_members, is_monitored, part_of
from livechat_xmpp.domain.model import ChatState, Part
from tests.factories import (
    NOW,
    a_chat,
    a_helper,
    a_monitor,
    a_request,
    a_trainee,
    an_admin,
    an_invitation,
    an_offer,
    jid,
    jids,
    names,
)

WATCHED = a_chat(
    a_helper("ana"),
    a_trainee("tom"),
    a_monitor("mia"),
    invitations=(an_invitation("tom", Part.TRAINEE), an_invitation("mia", Part.MONITOR)),
)


@pytest.mark.parametrize(
    ("present", "admitted"),
    [
        pytest.param({"ana", "mia"}, {"v1", "ana", "tom", "mia"}, id="monitor present: trainee admitted"),
        pytest.param({"mia"}, {"v1", "ana", "tom", "mia"}, id="the monitor alone is enough"),
        pytest.param({"ana", "v1@anon.localhost"}, {"v1", "ana", "mia"}, id="a helper is no monitor: trainee kept out"),
        pytest.param({"tom"}, {"v1", "ana", "mia"}, id="a trainee does not let themself in"),
        pytest.param(set(), {"v1", "ana", "mia"}, id="empty room: the monitor goes in first"),
    ],
)
def test_a_trainee_is_a_member_only_while_a_monitor_is_present(present: set[str], admitted: set[str]) -> None:
    assert names(allowed_members(WATCHED, jids(*present))) == admitted


@pytest.mark.parametrize(
    ("helper", "helper_counts", "monitored"),
    [
        pytest.param(a_monitor("ben"), True, True, id="a monitor who answers counts, by default"),
        pytest.param(a_monitor("ben"), False, False, id="a monitor who answers does not count where told so"),
        pytest.param(an_admin("ben"), True, True, id="an admin is a monitor too"),
        pytest.param(a_helper("ben"), True, False, id="a helper who answers never counts"),
    ],
)
def test_whether_the_helper_makes_the_chat_monitored(helper: Any, helper_counts: bool, monitored: bool) -> None:
    chat = a_chat(helper, helper="ben")
    assert is_monitored(chat, jids("ben"), helper_counts=helper_counts) is monitored


def test_who_asked_is_no_room_monitor_in_their_own_chat() -> None:
    """RO-3: whatever they have become meanwhile"""
    chat = a_chat(a_monitor("v1@anon.localhost"), a_trainee("tom"))
    assert not is_monitored(chat, jids("v1@anon.localhost", "ana", "tom"))


def test_a_second_monitor_counts_also_where_the_helper_does_not() -> None:
    chat = a_chat(a_monitor("ben"), a_monitor("mia"), helper="ben")
    assert is_monitored(chat, jids("ben", "mia"), helper_counts=False)


@pytest.mark.parametrize(
    ("chat", "admitted"),
    [
        pytest.param(a_request(), set(), id="nobody while nobody was asked"),
        pytest.param(a_request(a_helper("ana"), offers=(an_offer("ana"),)), {"ana"}, id="who is offered the request"),
        pytest.param(a_request(a_trainee("ana"), offers=(an_offer("ana"),)), set(), id="not one demoted since"),
        pytest.param(a_chat(), {"v1", "ana"}, id="visitor and helper, once accepted"),
        pytest.param(
            a_chat(state=ChatState.WAITING, helper="ana", opened_at=None, invitations=()),
            {"v1", "ana"},
            id="the visitor stays while another helper is looked for",
        ),
        pytest.param(a_chat(a_trainee("ana")), {"v1"}, id="not a helper who is a trainee now"),
        pytest.param(
            a_chat(a_monitor("mia"), invitations=(an_invitation("mia", Part.MONITOR),)),
            {"v1", "ana", "mia"},
            id="a monitor who came to look",
        ),
        pytest.param(
            a_chat(a_helper("mia"), invitations=(an_invitation("mia", Part.MONITOR),)),
            {"v1", "ana"},
            id="not a monitor who is a helper now",
        ),
        pytest.param(
            a_chat(a_helper("mia"), invitations=(an_invitation("mia", Part.ADMIN),)),
            {"v1", "ana"},
            id="not an admin who is a helper now",
        ),
        pytest.param(
            a_chat(a_monitor("art"), invitations=(an_invitation("art", Part.ADMIN),)),
            {"v1", "ana", "art"},
            id="an admin who is a monitor now",
        ),
        pytest.param(
            a_chat(a_helper("ben"), invitations=(an_invitation("ben", Part.ADVISOR),)),
            {"v1", "ana", "ben"},
            id="an advisor",
        ),
        pytest.param(
            a_chat(a_helper("tom"), invitations=(an_invitation("tom", Part.TRAINEE),)),
            {"v1", "ana", "tom"},
            id="a trainee who is a helper now needs no monitor",
        ),
        pytest.param(
            a_chat(a_trainee("tom"), a_monitor("ana"), invitations=(an_invitation("tom", Part.ADVISOR),)),
            {"v1", "ana"},
            id="a trainee asked in as something else has no place",
        ),
        pytest.param(
            a_chat(invitations=(an_invitation("eve", Part.ADVISOR),)), {"v1", "ana"}, id="nobody without a standing"
        ),
        pytest.param(a_chat(state=ChatState.CLOSED), set(), id="nobody when the chat is over"),
    ],
)
def test_who_may_be_a_member_with_the_helper_inside(chat: Any, admitted: set[str]) -> None:
    assert names(allowed_members(chat, jids("ana"))) == admitted


@pytest.mark.parametrize(
    ("person", "part"),
    [
        pytest.param("v1@anon.localhost", Part.VISITOR, id="the visitor"),
        pytest.param("ana", Part.HELPER, id="who answers, whatever their standing"),
        pytest.param("ben", Part.HELPER, id="who is offered the request"),
        pytest.param("tom", Part.TRAINEE, id="a trainee"),
        pytest.param("una", Part.ADVISOR, id="who was asked in as an advisor"),
        pytest.param("new", Part.HELPER, id="asked in as a trainee, but a helper now"),
        pytest.param("mia", Part.MONITOR, id="a monitor who was not asked"),
        pytest.param("eve", Part.VISITOR, id="a stranger"),
    ],
)
def test_the_part_that_a_person_plays(person: str, part: Part) -> None:
    chat = a_chat(
        a_monitor("ana"),
        a_helper("ben"),
        a_trainee("tom"),
        a_monitor("mia"),
        a_helper("una"),
        a_helper("new"),
        helper="ana",
        offers=(an_offer("ben"),),
        invitations=(an_invitation("una", Part.ADVISOR), an_invitation("new", Part.TRAINEE)),
        first_opened_at=NOW,
    )
    assert part_of(chat, jid(person)) is part
