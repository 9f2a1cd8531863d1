"""How the cost of a chat grows with the requests that wait, or with the rooms that are open.

    python -m benchmarks.growth waiting [--sizes 10,1000,10000] [--chats 48] [--at-once 2] [--server …] [--database …]
    python -m benchmarks.growth open [--sizes 10,1000,5000] …

Each size has a server, a desk and a bare driver of its own, and they live chats in turns, so that what drifts in the
machine meets all of them alike. The bare driver's figures show what the server adds by itself, which has as many rooms
for it. Where requests wait, every helper has one chat at once and takes who is next, a new request coming for each, so
that the queue stays as long; `offered` is then the time from `!close` to the next offer.
`by itself`: the CPU that component and server take in a second while nobody does anything.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks import place
from benchmarks.crowd import BARE, OURS, Crowd, Shift
from benchmarks.figures import cpu_s, keep, memory_bytes, table
from benchmarks.filling import fill_open, fill_rooms, fill_waiting, holders
from benchmarks.place import BenchDesk, Place
from benchmarks.throughput import STAGES, Lane, Result, in_turns

SIZES = {"waiting": (10, 1000, 10_000), "open": (10, 1000, 5000)}
WORKS_LIMIT_S = 300.0  # after the start; a desk that does not come to rest is measured as it is
RESTS_BELOW_S = 0.03  # of CPU in a second
LOOK_S = 5.0
PATIENT = {  # nobody is sent away or asked again because filling and measuring take long
    "routing__offer_timeout_s": 36_000,
    "routing__ring_all_after_s": 36_000,
    "routing__alarm_after_s": 36_000,
    "routing__tell_visitor_after_s": 36_000,
    "routing__first_reply_s": 36_000,
    "visitors__longest_wait_s": 36_000,
    "visitors__grace_s": 36_000,
    "rooms__helper_grace_s": 36_000,
    "rooms__resync_s": 36_000,
}


class QueueLane(Lane):
    """Ours, whose helpers take who is next in a queue."""

    async def live(self, chats: int, at_once: int) -> None:
        assert isinstance(self.crowd, Shift)
        assert at_once == len(self.crowd.helpers)
        await self.crowd.serve(chats, self.result.times)


async def comes_to_rest(*pids: int) -> float:
    """Wait until none of the processes works any more; return the seconds that took, at most WORKS_LIMIT_S.

    All that wait for each other have to be named: one that waits for another looks as if it rested.
    """
    begun_at = time.monotonic()
    while time.monotonic() - begun_at < WORKS_LIMIT_S:
        before = sum(map(cpu_s, pids))
        await asyncio.sleep(1)
        if sum(map(cpu_s, pids)) - before < RESTS_BELOW_S:
            break
    return time.monotonic() - begun_at


async def by_itself(pids: dict[str, int]) -> dict[str, float]:
    """Return the CPU ms that each takes in a second while nobody does anything."""
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    await asyncio.sleep(LOOK_S)
    return {name: round((cpu_s(pid) - before[name]) / LOOK_S * 1e3, 1) for name, pid in pids.items()}


@dataclass
class Sized:
    """A desk of one size beside the others: its lanes, and what was seen of it at rest."""

    ours: Lane
    bare: Lane
    desk: BenchDesk
    at_rest: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        errors = self.desk.log_errors()
        assert errors == [], errors[:5]
        return {"ours": _figures(self.ours.result), "bare": _figures(self.bare.result), **self.at_rest}


async def growth(places: Mapping[int, Place], of: str, chats: int, at_once: int) -> dict[str, Any]:
    """Measure the places, each with its size, in turns; return all figures by size, and the growth."""
    sized: dict[int, Sized] = {}
    async with AsyncExitStack() as stack:
        for size, at in places.items():
            initial = holders(max(places)) if of == "open" else {}  # as many staff at every size
            sized[size] = await _sized(stack, at, of, size, at_once, initial)
            print(f"{size} {of}: {sized[size].at_rest}", flush=True)
        lanes = [lane for one in sized.values() for lane in (one.ours, one.bare)]
        await in_turns(lanes, 2 * at_once, at_once)  # what is slow only once is not what is measured
        await in_turns(lanes, chats, at_once)
        said = {str(size): one.figures() for size, one in sized.items()}
    sizes = list(places)
    said["growth"] = _grown(*(said[str(size)] for size in (min(sizes), max(sizes))))
    print(growth_table(of, sizes, said))
    return said


async def _sized(
    stack: AsyncExitStack, at: Place, of: str, size: int, at_once: int, more_staff: dict[str, str]
) -> Sized:
    """Fill a place and start desk and bare driver there."""
    kind, lane = (Shift, QueueLane) if of == "waiting" else (Crowd, Lane)
    crowd = await kind.arrive(at.port, at.secret, at_once)
    stack.callback(crowd.leave)
    begun_at = time.monotonic()
    if isinstance(crowd, Shift):  # those that the helpers have already do not wait
        crowd.visitor_of |= await fill_waiting(at, range(size + at_once))
    else:
        await fill_open(at, crowd, range(size))
        await fill_rooms(at, crowd, range(size), BARE)  # what rooms cost the server shows there
    filled_s = time.monotonic() - begun_at
    initial = dict.fromkeys(crowd.helpers, "helper") | more_staff
    desk = at.desk(place.settings(at_once, **PATIENT, staff__initial=initial))
    driver = at.bare(at_once)
    driver.wait_until_up()
    stack.callback(driver.stop)
    await desk.start_async()
    stack.callback(desk.kill)
    await crowd.go_on_duty(OURS, 1 if isinstance(crowd, Shift) else 20)
    settled_s = await comes_to_rest(desk.pid, at.server.pid)
    database = {"database": at.database_pid} if at.database_pid else {}
    server = {"server": at.server.pid}
    return Sized(
        lane(crowd, OURS, {"driver": desk.pid, **server, **database}),
        Lane(crowd, BARE, {"driver": driver.pid, **server}),
        desk,
        {
            "filled_s": round(filled_s, 1),
            "settled_s": round(settled_s, 1),
            "by_itself_ms_per_s": await by_itself({"component": desk.pid, **server}),
            "memory_mib": round(memory_bytes(desk.pid) / 2**20, 1),
        },
    )


def _figures(result: Result) -> dict[str, Any]:
    return result.figures() | {
        "p50_ms": {stage: round(statistics.median(times) * 1e3, 3) for stage, times in result.times.stages.items()}
    }


def _grown(smallest: dict[str, Any], largest: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return for ours and bare how many times the smallest size's figures the largest's are."""
    grown: dict[str, dict[str, float]] = {}
    for name in ("ours", "bare"):
        small, large = smallest[name], largest[name]
        grown[name] = {s: round(large["p50_ms"][s] / small["p50_ms"][s], 2) for s in small["p50_ms"]}
        for who, spent in small["cpu_ms_per_chat"].items():
            if spent:
                grown[name][f"CPU {who}"] = round(large["cpu_ms_per_chat"][who] / spent, 2)
    return grown


def growth_table(of: str, sizes: list[int], said: dict[str, Any]) -> str:
    rows: list[list[object]] = [[of, *(f"ours {size}" for size in sizes), "x", *(f"bare {s}" for s in sizes), "x"]]
    for stage in STAGES:
        row: list[object] = [f"{stage}, p50 ms"]
        for name in ("ours", "bare"):
            row += [said[str(size)][name]["p50_ms"].get(stage, "-") for size in sizes]
            row.append(said["growth"][name].get(stage, "-"))
        rows.append(row)
    for who in ("driver", "server", "database", "crowd"):
        row = [f"CPU of {who}, ms a chat"]
        for name in ("ours", "bare"):
            row += [said[str(size)][name]["cpu_ms_per_chat"].get(who, "-") for size in sizes]
            row.append(said["growth"][name].get(f"CPU {who}", "-"))
        rows.append(row)
    return table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("of", choices=list(SIZES))
    parser.add_argument("--sizes", help="numbers with commas between, the smallest first")
    parser.add_argument("--server", choices=place.SERVERS, default="prosody")
    parser.add_argument("--database", choices=place.DATABASES, default="sqlite")
    parser.add_argument("--chats", type=int, default=48, help="of each driver at each size")
    parser.add_argument("--at-once", type=int, default=2)
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")] if args.sizes else list(SIZES[args.of])
    with ExitStack() as stack:
        places = {size: stack.enter_context(place.running(args.server, args.database)) for size in sizes}
        results = asyncio.run(growth(places, args.of, args.chats, args.at_once))
    name = f"growth-{args.of}-{args.server}-{args.database}"
    print(f"kept in {keep(name, {'server': args.server, 'database': args.database, **results})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
