"""The desk seen from outside while a chat goes its way: what it counts, and what its log keeps to itself."""

from __future__ import annotations

import asyncio
import urllib.error

import pytest

from tests.people.elements import make, new_id
from tests.scenarios.stages import RealStage
from tests.servers.metrics import metrics
from tests.servers.outside import log_lines, stage
from tests.servers.waiting import wait_until_async

__all__ = ["stage"]

MARK = "zebrafish"  # in everything that people say or are called by


async def a_whole_chat(stage: RealStage) -> list[str]:
    """Play a chat from asking to its end, everything marked; return what of it must stay between those in it."""
    ana, mia = await stage.staff("ana"), await stage.staff("mia", "monitor", on_duty=False)
    tom = await stage.staff("tom", "trainee")
    vic = await stage.visitor(f"vic{MARK}")
    request = await stage.asks(vic, f"How do I print a {MARK}?")
    room = await stage.is_offered(ana, request)
    await ana.say(stage.workgroup, "yes")
    await ana.enter(room)
    await vic.is_invited(room)
    await vic.enter(room)
    await mia.command("join-chat", chat=request.chat)
    await mia.is_invited(room)
    await mia.enter(room)
    await tom.is_invited(room)
    await tom.enter(room)
    await vic.speak(room, f"It prints a {MARK} upside down")
    await ana.speak(room, f"Turn the {MARK} around")
    await vic.whisper(room, "ana", f"my {MARK} is shy")
    await vic.say(stage.workgroup, f"{MARK}?")
    await vic.presence(to=stage.workgroup, status=MARK)
    await vic.drop()
    back = await stage.visitor(f"vic{MARK}")
    again = await stage.comes_back(back, request.token)
    await back.is_invited(room)
    await back.enter(room)
    await back.speak(room, f"The {MARK} is fine")
    await mia.leave(room)
    await tom.is_out_of(room)
    await wait_until_async(lambda: "left" in stage.desk.log.read_text("utf-8"), "that somebody left is recorded")
    await ana.say(stage.workgroup, f"close {request.chat} solved {MARK}")
    await stage.ended(request.chat)
    refused = await stage.visitor("sly")
    await refused.send(f"<message to='{room}' type='groupchat'><body>{MARK}</body></message>")
    await refused.send(f"<iq type='get' id='{new_id()}' to='{stage.workgroup}'><{MARK} xmlns='urn:{MARK}'/></iq>")
    await refused.say(stage.workgroup, MARK)
    await refused.receives(lambda received: received.body)
    with pytest.raises(AssertionError):
        await stage.comes_back(refused, f"{MARK}-token")
    people = (vic, back, refused)
    return [MARK, request.token, again["token"], *(p.bare for p in people), *(p.bare.partition("@")[0] for p in people)]


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.desk(LIVECHAT_LOG__LEVEL="debug")
async def test_the_log_tells_of_a_chat_and_nothing_that_was_said_in_it(
    stage: RealStage, kind: str, request: pytest.FixtureRequest
) -> None:
    await stage.stop_component()
    begin = stage.desk.log.stat().st_size
    stage.desk._environment["LIVECHAT_LOG__FORMAT"] = kind
    await stage.start_component()
    kept_back = [*await a_whole_chat(stage), stage.server.component_secret]
    await stage.stop_component()
    with stage.desk.log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode()
    assert [word for word in kept_back if word in text] == []
    for fact in ("help asked for", "request offered", "request accepted", "entered", "left", "request ended"):
        assert fact in text
    if kind == "json":
        lines = log_lines(text)
        assert {"at", "level", "logger", "what"} <= set.intersection(*(set(line) for line in lines))
        (ended,) = [line for line in lines if line["what"] == "request ended"]
        assert (ended["outcome"], ended["disposition"]) == ("served", "solved")


async def test_a_chat_shows_in_the_metrics(stage: RealStage) -> None:
    ana = await stage.staff("ana")
    first = await asyncio.to_thread(metrics, stage.desk.web)
    assert first["livechat_link_up"] == first["livechat_database_up"] == first["livechat_links_total"] == 1
    assert (first["livechat_chats_open"], first["livechat_rooms_to_repair"]) == (0, 0)
    assert first['livechat_queue_length{workgroup="support"}'] == 0
    vic, sam = await stage.visitor(), await stage.visitor("sam")
    request = await stage.asks(vic)
    room = await stage.is_offered(ana, request)
    await stage.asks(sam)
    waiting = await asyncio.to_thread(metrics, stage.desk.web)
    assert waiting['livechat_queue_length{workgroup="support"}'] == 2
    assert waiting['livechat_queue_oldest_seconds{workgroup="support"}'] > 0
    assert waiting["livechat_offers_open"] == 1
    await ana.enter(room)
    await vic.is_invited(room)
    with pytest.raises(Exception, match="not-implemented"):
        await vic.iq(stage.workgroup, make("{urn:unknown}x"), "get")
    await ana.command("close-chat", chat=request.chat)
    await stage.ended(request.chat)
    await sam.command("leave-queue", at=stage.workgroup)
    await stage.settled()
    last = await asyncio.to_thread(metrics, stage.desk.web)
    assert {name: last[name] for name in last if name.startswith(("livechat_offers_total", "livechat_requests"))} == {
        'livechat_requests_total{workgroup="support"}': 2,
        'livechat_offers_total{result="made"}': 2,
        'livechat_offers_total{result="accepted"}': 1,
        'livechat_offers_total{result="revoked"}': 1,
        'livechat_requests_ended_total{outcome="served"}': 1,
        'livechat_requests_ended_total{outcome="abandoned"}': 1,
    }
    assert last["livechat_accept_wait_seconds_count"] == 1
    assert last["livechat_offer_wait_seconds_count"] == 2
    for name in (
        'livechat_database_seconds_count{kind="write"}',
        'livechat_database_seconds_sum{kind="read"}',
        'livechat_reconcile_round_seconds_count{result="done"}',
        'livechat_stanzas_received_total{kind="presence"}',
        'livechat_stanzas_sent_total{kind="message"}',
        "livechat_link_seconds",
        "process_cpu_seconds_total",
    ):
        assert last[name] > 0, name
    assert last["livechat_iqs_in_flight"] == last["livechat_turns_waiting"] == 0


async def test_without_a_link_the_metrics_say_so(stage: RealStage) -> None:
    await stage.break_link()
    assert (await asyncio.to_thread(metrics, stage.desk.web))["livechat_link_up"] == 0
    await stage.mend_link()
    assert (await asyncio.to_thread(metrics, stage.desk.web))["livechat_links_total"] == 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_was_sent_on_by_somebody_sees_no_metrics(stage: RealStage, header: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        await asyncio.to_thread(metrics, stage.desk.web, {header: "127.0.0.1"})
    refused.value.close()
    assert refused.value.code == 404


@pytest.mark.desk(LIVECHAT_WEB__METRICS_ALLOW="[]")
async def test_there_are_no_metrics_unless_somebody_may_read_them(stage: RealStage) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        await asyncio.to_thread(metrics, stage.desk.web)
    refused.value.close()
    assert refused.value.code == 404
