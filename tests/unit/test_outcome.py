"""How a request ended: one outcome for each way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_xmpp.domain.model import Chat, ChatState, Outcome, Part
from livechat_xmpp.domain.outcome import outcome_when_closed, outcome_when_left
from tests.factories import NOW, a_chat, a_request, a_visit

CAME = a_visit("v1@anon.localhost", part=Part.VISITOR, entered_s=1, left_s=9)
HELPER_CAME = a_visit("ana", entered_s=1)
MONITOR_CAME = a_visit("mia", part=Part.MONITOR, entered_s=1)


def returned(**more: object) -> Chat:
    """Return a chat that waits again, since its helper has gone."""
    chat = a_chat(**more)
    return a_request(
        first_opened_at=chat.first_opened_at, room=chat.room, visits=chat.visits, replied_at=chat.replied_at
    )


@pytest.mark.parametrize(
    ("chat", "when_left", "when_closed"),
    [
        pytest.param(a_request(), Outcome.ABANDONED, Outcome.REFUSED, id="nobody took it"),
        pytest.param(a_chat(), Outcome.ABANDONED, Outcome.SERVED, id="taken; nobody came"),
        pytest.param(
            a_chat(visits=(HELPER_CAME, MONITOR_CAME)),
            Outcome.ABANDONED,
            Outcome.SERVED,
            id="taken; all but the visitor came",
        ),
        pytest.param(a_chat(visits=(HELPER_CAME, CAME)), Outcome.SERVED, Outcome.SERVED, id="they met"),
        pytest.param(
            returned(visits=(CAME,), replied_at=NOW),
            Outcome.SERVED,
            Outcome.SERVED,
            id="they met, and the helper has gone since",
        ),
        pytest.param(
            returned(visits=(CAME,)),
            Outcome.ABANDONED,
            Outcome.SERVED,
            id="nobody ever wrote to them",
        ),
        pytest.param(
            replace(a_chat(visits=(HELPER_CAME, CAME)), state=ChatState.CLOSED),
            Outcome.SERVED,
            Outcome.SERVED,
            id="they met, as it turned out after the end",
        ),
        pytest.param(
            replace(returned(visits=(CAME,)), state=ChatState.CLOSED),
            Outcome.ABANDONED,
            Outcome.SERVED,
            id="nobody ever wrote to them, also after the end",
        ),
        pytest.param(returned(), Outcome.ABANDONED, Outcome.SERVED, id="taken and given back; the visitor never came"),
    ],
)
def test_outcomes(chat: Chat, when_left: Outcome, when_closed: Outcome) -> None:
    assert (outcome_when_left(chat), outcome_when_closed(chat)) == (when_left, when_closed)
