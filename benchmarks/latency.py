"""How long people wait for the desk, beside how long a bare stanza takes in the same run.

    python -m benchmarks.latency [--repetitions 50]

ping:     a client pings another client, and gets the answer: the server alone
desk:     a client pings the desk, and gets the answer: the server, and our process doing nothing
removal:  the last monitor sends that they leave a room -> the trainee in it is told that they are out (321)
offer:    a visitor submits the form of ask-for-help on an idle desk -> the offer is at the helper's client;
          in between a room is made, closed and named, and the helper becomes its member

Times are measured in one process, in which all the clients are. Goals: medians of `removal` and `offer`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.throwaway import Place, throwaway
from tests.people import Person
from tests.people.elements import COMMANDS, DATA, make, new_id
from tests.people.forms import submitted

GOALS_MS = {"removal": 50.0, "offer": 100.0}
RESULTS = Path(__file__).parent.parent / "var" / "bench"
REMOVED = 321

# One visitor asks as often as the offer is measured, one pings as often as the desk is.
UNLIMITED = {
    f"LIVECHAT_LIMITS__{name}": "1000000" for name in ("VISITOR_REQUESTS_PER_HOUR", "SENDER_STANZAS_PER_MINUTE")
}


async def ping(asker: Person, to: str, repetitions: int) -> list[float]:
    """Return round trips in seconds."""
    times = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        await asker.ping(to)
        times.append(time.perf_counter() - begun)
    return times


async def offer(place: Place, visitor: Person, helper: Person, repetitions: int) -> list[float]:
    """Return the seconds from a request to its offer; each request is taken back before the next."""
    times = []
    for number in range(repetitions):
        question = f"Question {number}: how do I print this page?"
        form = submitted({"username": visitor.name, "question": question})
        begun_at = await _submit(place, visitor, form)
        offered = await helper.receives(lambda one, words=question: words in one.body)  # type: ignore[misc]
        times.append(offered.at - begun_at)
        assert (await visitor.command("leave-queue", at=place.workgroup)).is_completed
        await helper.receives("is not waiting for you any more")
        await _is_idle(place, helper)
    return times


async def _submit(place: Place, visitor: Person, form: Any) -> float:
    """Submit the form of ask-for-help; return when it was sent."""
    first = await visitor.command_step("ask-for-help", at=place.workgroup)
    command = make(f"{{{COMMANDS}}}command", form, node="ask-for-help", sessionid=first.session_id, action="complete")
    assert form.tag == f"{{{DATA}}}x"
    begun_at = time.perf_counter()
    await visitor.send(make("iq", command, type="set", id=new_id(), to=place.workgroup))
    return begun_at


async def _is_idle(place: Place, helper: Person) -> None:
    """Wait until the desk has put the last request's room away: nothing then is left to do."""
    while (await helper.disco_items(place.server.muc)) or (await helper.command("list-queue")).rows:
        pass
    for _ in range(3):
        await helper.ping(place.workgroup)


async def removal(place: Place, people: dict[str, Person], repetitions: int) -> list[float]:
    """Return the seconds from the last monitor's leaving to the trainee's being out, in one chat."""
    visitor, helper, monitor, trainee = (people[name] for name in ("vic", "ana", "mia", "tom"))
    answers: dict[str, Any] = {"username": visitor.name, "question": "How do I print this page?"}
    request = await visitor.command("ask-for-help", at=place.workgroup, **answers)
    room = f"{request.fields['chat']}@{place.server.muc}"
    await helper.is_invited(room)
    await helper.enter(room)
    await visitor.is_invited(room)
    await visitor.enter(room)
    await helper.sees(room, "Who is who")
    times = []
    assert (await monitor.command("join-chat", chat=room.partition("@")[0])).is_completed
    await monitor.is_invited(room)
    for _ in range(repetitions):
        await monitor.enter(room)
        await trainee.is_invited(room)
        await trainee.enter(room)
        await helper.sees_inside(room, "tom")
        begun_at = time.perf_counter()
        await monitor.presence(to=f"{room}/mia", type="unavailable")
        departure = await trainee.is_out_of(room)
        assert departure is not None
        assert REMOVED in departure.codes
        times.append(departure.at - begun_at)
        await monitor.is_out_of(room)
    await helper.speak(room, "!close solved")
    await visitor.is_out_of(room)
    return times


async def measure(repetitions: int) -> dict[str, list[float]]:
    async with throwaway(UNLIMITED) as place:
        people = {
            "ana": await place.staff("ana", "helper"),
            "mia": await place.staff("mia", "monitor", on_duty=False),
            "tom": await place.staff("tom", "trainee"),
            "vic": await place.visitor("vic"),
        }
        vic, ana = people["vic"], people["ana"]
        await ping(vic, place.workgroup, 20)  # what is slow only once is not what is measured
        await offer(place, vic, ana, 3)
        return {
            "ping": await ping(vic, ana.jid, repetitions),
            "desk": await ping(vic, place.workgroup, repetitions),
            "removal": await removal(place, people, repetitions),
            "offer": await offer(place, vic, ana, repetitions),
        }


def summary(times_s: Sequence[float], bare_s: float) -> dict[str, float]:
    """Return median, ninth decile and maximum in ms, and how many bare round trips the median is."""
    middle = statistics.median(times_s)
    ninth = statistics.quantiles(times_s, n=10)[8]
    figures = {"median_ms": middle * 1e3, "p90_ms": ninth * 1e3, "max_ms": max(times_s) * 1e3, "ratio": middle / bare_s}
    return {name: round(value, 2) for name, value in figures.items()} | {"repetitions": len(times_s)}


def table(results: dict[str, dict[str, float]]) -> str:
    lines = [f"{'':10}{'median':>10}{'p90':>10}{'max':>10}{'x ping':>9}   goal"]
    for name, one in results.items():
        goal = GOALS_MS.get(name)
        kept = "" if goal is None else f"   < {goal:.0f} ms: {'kept' if one['median_ms'] < goal else 'MISSED'}"
        figures = "".join(f"{one[column]:7.1f} ms" for column in ("median_ms", "p90_ms", "max_ms"))
        lines.append(f"{name:10}{figures}{one['ratio']:9.1f}{kept}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=50)
    args = parser.parse_args()
    times = asyncio.run(measure(args.repetitions))
    bare_s = statistics.median(times["ping"])
    results = {name: summary(some, bare_s) for name, some in times.items()}
    print(table(results))
    RESULTS.mkdir(parents=True, exist_ok=True)
    said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": os.getloadavg()[0], "results": results}
    path = RESULTS / "latency.json"
    path.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    print(f"\nload of the machine {said['load']:.1f} on {os.cpu_count()} cores; kept in {path}")
    return 0 if all(results[name]["median_ms"] < goal for name, goal in GOALS_MS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
