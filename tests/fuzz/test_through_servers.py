"""Odd but well-formed stanzas from ordinary clients, through real servers: the component answers on, over one link."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from xml.etree.ElementTree import Element

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.stanzas import NS, stanzas, written
from tests.people.person import Person
from tests.scenarios.stages import RealStage
from tests.servers.metrics import metrics
from tests.servers.outside import stage

__all__ = ["stage"]

STANZAS = 250  # for each server
AT_ONCE = 25  # and then a look whether the component still answers
TARGETS = ("{workgroup}", "{component}", "{chat}@{component}/desk", "{chat}@{component}", "{room}", "{room}/ana")


def some_stanzas(count: int) -> list[Element]:
    """Return stanzas as Hypothesis makes them: always the same ones, so that a failure comes again."""
    made: list[Element] = []

    @given(st.lists(stanzas(), min_size=20, max_size=20))
    @settings(
        max_examples=count // 20 + 1,
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def make(some: Sequence[Element]) -> None:
        made.extend(some)

    make()
    return made[-count:]


@pytest.fixture(scope="module")
def odd_stanzas() -> list[Element]:
    return some_stanzas(STANZAS)


def by_a_client(stanza: Element, number: int) -> str:
    """Return the stanza as a client writes it: in its own namespace, without a sender; ROOM, CHAT are still signs."""
    stanza.set("id", f"f{number}")
    stanza.attrib.pop("from", None)
    return written(stanza, "CHAT").replace(NS, "jabber:client")


@pytest.mark.desk(LIVECHAT_XMPP__PENDING_PER_SENDER="1000", LIVECHAT_LIMITS__SENDER_STANZAS_PER_MINUTE="100000")
async def test_nothing_that_clients_send_ends_the_link_or_reaches_a_handlers_top(
    stage: RealStage, odd_stanzas: list[Element]
) -> None:
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    chat = await stage.chat(ana)
    await stage.enters_as_monitor(mia, chat)
    await stage.enters_as_trainee(tom, chat)
    names = {"workgroup": stage.workgroup, "component": stage.server.component, "chat": chat.id, "room": chat.room}
    targets = itertools.cycle(target.format(**names) for target in TARGETS)
    senders = {"visitor": chat.visitor, "staff": ana, "trainee": tom, "stranger": await stage.visitor("eve")}
    turns = itertools.cycle(senders)
    for start in range(0, len(odd_stanzas), AT_ONCE):
        for number, stanza in enumerate(odd_stanzas[start : start + AT_ONCE], start):
            stanza.set("to", next(targets))
            who = next(turns)
            senders[who] = await connected(stage, who, senders[who])
            with suppress(ConnectionError):  # the server ended it: it has rules for its own clients
                await senders[who].send_raw(by_a_client(stanza, number).replace("CHAT", chat.id))
        senders["stranger"] = await connected(stage, "stranger", senders["stranger"])
        await stage.ada.ping(stage.workgroup)
        assert (await stage.ada.command("my-status")).is_completed
    seen = await asyncio.to_thread(metrics, stage.desk.web)
    assert seen["livechat_links_total"] == seen["livechat_link_up"] == 1
    assert seen.get("livechat_stanzas_dropped_total", 0) == 0
    assert sum(v for k, v in seen.items() if k.startswith("livechat_stanzas_received_total")) > STANZAS / 2
    await stage.staff("ben")  # the server may have ended the connections of all others on duty
    await stage.asks(await stage.visitor("last"))


async def connected(stage: RealStage, who: str, person: Person) -> Person:
    """Return the person, or somebody new where the server has ended the connection."""
    if person.is_connected:
        return person
    return await (stage.visitor(who) if who in ("visitor", "stranger") else stage.person(f"{who}-again"))
