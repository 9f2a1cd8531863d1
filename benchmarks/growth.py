"""How the cost of a chat grows with the requests that wait, or with the rooms that are open.

    python -m benchmarks.growth waiting [--sizes 10,1000,10000] [--chats 40] [--at-once 2] [--server …] [--database …]
    python -m benchmarks.growth open [--sizes 10,1000,5000] …

At each size chats are lived in turns by the component and the bare driver, whose figures show what the server and the
machine add by themselves. Where requests wait, every helper has one chat at once and takes who is next, a new request
coming for each, so that the queue stays as long; `offered` is then the time from `!close` to the next offer.
`by itself`: the CPU that component and server take in a second while nobody does anything.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from typing import Any

from benchmarks import place
from benchmarks.crowd import BARE, OURS, Crowd, Shift
from benchmarks.figures import cpu_s, keep, memory_bytes, table
from benchmarks.filling import fill_open, fill_rooms, fill_waiting, holders
from benchmarks.place import Place
from benchmarks.throughput import STAGES, Lane, Result, in_turns

SIZES = {"waiting": (10, 1000, 10_000), "open": (10, 1000, 5000)}
WORKS_LIMIT_S = 300.0  # after the start; a desk that does not come to rest is measured as it is
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

    async def live(self, crowd: Crowd, chats: int, at_once: int) -> None:
        assert isinstance(crowd, Shift)
        assert at_once == len(crowd.helpers)
        await crowd.serve(chats, self.result.times)


async def comes_to_rest(pid: int) -> float:
    """Wait until the process hardly works any more; return the seconds that took, at most WORKS_LIMIT_S."""
    begun_at = time.monotonic()
    while time.monotonic() - begun_at < WORKS_LIMIT_S:
        before = cpu_s(pid)
        await asyncio.sleep(1)
        if cpu_s(pid) - before < 0.02:
            break
    return time.monotonic() - begun_at


async def by_itself(pids: dict[str, int]) -> dict[str, float]:
    """Return the CPU ms that each takes in a second while nobody does anything."""
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    await asyncio.sleep(LOOK_S)
    return {name: round((cpu_s(pid) - before[name]) / LOOK_S * 1e3, 1) for name, pid in pids.items()}


async def growth(at: Place, of: str, sizes: list[int], chats: int, at_once: int) -> dict[str, Any]:
    """Measure at each size; return all figures by size, and the growth."""
    crowd: Crowd = await (Shift if of == "waiting" else Crowd).arrive(at.port, at.secret, at_once)
    environment = place.settings(at_once, **PATIENT)
    if of == "open":
        initial = dict.fromkeys(crowd.helpers, "helper") | holders(max(sizes))
        environment = place.settings(at_once, **PATIENT, staff__initial=initial)
    said: dict[str, Any] = {}
    try:
        filled = 0
        for size in sizes:
            begun_at = time.monotonic()
            if isinstance(crowd, Shift):
                wanted = size + at_once  # those that the helpers have already do not wait
                crowd.visitor_of |= await fill_waiting(at, range(filled, wanted))
            else:
                wanted = size
                await fill_open(at, crowd, range(filled, wanted))
                await fill_rooms(at, crowd, range(filled, wanted), BARE)  # what rooms cost the server shows there
            filled = wanted
            print(f"{size} {of}: filled in {time.monotonic() - begun_at:.0f} s", flush=True)
            said[str(size)] = await _measured(at, crowd, environment, chats, at_once)
    finally:
        crowd.leave()
    smallest, largest = (said[str(size)] for size in (sizes[0], sizes[-1]))
    said["growth"] = _grown(smallest, largest)
    print(growth_table(of, sizes, said))
    return said


async def _measured(at: Place, crowd: Crowd, environment: dict[str, str], chats: int, at_once: int) -> dict[str, Any]:
    desk, driver = at.desk(environment), at.bare(at_once)
    try:
        driver.wait_until_up()
        await desk.start_async()
        await crowd.go_on_duty(OURS, 1 if isinstance(crowd, Shift) else 20)
        settled_s = await comes_to_rest(desk.pid)
        database = {"database": at.database_pid} if at.database_pid else {}
        server = {"server": at.server.pid}
        idle = await by_itself({"component": desk.pid, **server})
        ours = (QueueLane if isinstance(crowd, Shift) else Lane)(OURS, {"driver": desk.pid, **server, **database})
        bare = Lane(BARE, {"driver": driver.pid, **server})
        await in_turns(crowd, [ours, bare], 2 * at_once, at_once)  # what is slow only once is not what is measured
        results = await in_turns(crowd, [ours, bare], chats, at_once)
        errors = desk.log_errors()
        assert errors == [], errors[:5]
        figures = {name: _figures(result) for name, result in zip(("ours", "bare"), results, strict=True)}
        memory = round(memory_bytes(desk.pid) / 2**20, 1)
        print(f"  at rest after {settled_s:.0f} s, then by itself {idle} ms/s, {memory} MiB", flush=True)
        return {**figures, "settled_s": round(settled_s, 1), "by_itself_ms_per_s": idle, "memory_mib": memory}
    finally:
        driver.stop()
        desk.stop()


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
    parser.add_argument("--chats", type=int, default=40, help="of each driver at each size")
    parser.add_argument("--at-once", type=int, default=2)
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")] if args.sizes else list(SIZES[args.of])
    with place.running(args.server, args.database) as at:
        results = asyncio.run(growth(at, args.of, sizes, args.chats, args.at_once))
    name = f"growth-{args.of}-{args.server}-{args.database}"
    print(f"kept in {keep(name, {'server': args.server, 'database': args.database, **results})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
