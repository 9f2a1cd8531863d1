"""Chats per second through the whole life, ours beside the bare driver's in the same run, in turns.

    python -m benchmarks.throughput [--server prosody] [--database sqlite] [--chats 200] [--at-once 16] [--profile]

chats: of each driver, for each number at once (several with commas). With --profile the component alone is driven,
under cProfile: what takes the time, and the SQL statements a chat.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pstats
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks import place
from benchmarks.crowd import BARE, OURS, Crowd, Target, Times, closed_loop
from benchmarks.figures import cpu_s, keep, stage_figures, table
from benchmarks.place import Place
from benchmarks.tap import Count, Tap

BLOCKS = 6  # turns of each driver: ABBAABBA…, so that what drifts in the machine meets both
COUNTED = 12  # chats whose stanzas are counted
STAGES = ("queued", "offered", "helper in", "accepted", "visitor in", "story", "message", "closed", "whole")
NOT_WAITING = r"^(?!.*(SimpleQueue|epoll|lock' objects|poll'))"  # functions that do nothing but wait
REST_S, REST_LIMIT_S = 0.1, 5.0


async def at_rest(*pids: int) -> None:
    """Wait until the processes do nothing any more: the tail of one turn does not count as the next one's."""
    give_up_at = time.monotonic() + REST_LIMIT_S
    before = -1.0
    while (now := sum(map(cpu_s, pids))) > before and time.monotonic() < give_up_at:
        before = now
        await asyncio.sleep(REST_S)


@dataclass
class Result:
    """What one driver did in all its turns. cpu_s: by process."""

    chats: int = 0
    wall_s: float = 0.0
    cpu_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    times: Times = field(default_factory=Times)

    @property
    def per_second(self) -> float:
        return self.chats / self.wall_s

    def figures(self) -> dict[str, Any]:
        return {
            "chats": self.chats,
            "chats_per_s": round(self.per_second, 2),
            "cpu_ms_per_chat": {name: round(s / self.chats * 1e3, 2) for name, s in self.cpu_s.items()},
            "stages": stage_figures(self.times.stages),
        }


@dataclass
class Lane:
    """A driver and what is measured of it. pids: by name, whose CPU is counted."""

    crowd: Crowd
    target: Target
    pids: Mapping[str, int]
    result: Result = field(default_factory=Result)

    async def live(self, chats: int, at_once: int) -> None:
        await closed_loop(self.crowd, self.target, chats, at_once, self.result.times)

    async def run(self, chats: int, at_once: int) -> None:
        before = {name: cpu_s(pid) for name, pid in self.pids.items()}
        begun_at, own = time.perf_counter(), time.process_time()
        await self.live(chats, at_once)
        self.result.wall_s += time.perf_counter() - begun_at
        own = time.process_time() - own
        await at_rest(*self.pids.values())
        for name, pid in self.pids.items():
            self.result.cpu_s[name] += cpu_s(pid) - before[name]
        self.result.cpu_s["crowd"] += own
        self.result.chats += chats


async def in_turns(lanes: Sequence[Lane], chats: int, at_once: int) -> list[Result]:
    """Have each lane live so many chats, in turns; return what was measured, in the lanes' order."""
    for lane in lanes:
        lane.result = Result()
    sizes = [chats // BLOCKS + (block < chats % BLOCKS) for block in range(BLOCKS)]
    for block, size in enumerate(sizes):
        for lane in lanes if block % 2 else lanes[::-1]:
            if size:
                await lane.run(size, at_once)
    return [lane.result for lane in lanes]


async def counted(at: Place, crowd: Crowd, at_once: int) -> dict[str, tuple[Count, Count]]:
    """Return what each driver sends and gets for a chat, seen by a proxy; each is started for that alone."""
    counts = {}
    helpers = len(crowd.helpers)
    for name in ("ours", "bare"):
        tap = await Tap.before(at.port)
        if name == "ours":
            driver: Any = at.desk(place.settings(helpers), tap.port)
            await driver.start_async()
            await crowd.go_on_duty(OURS)
        else:
            driver = at.bare(helpers, tap.port)
            await asyncio.to_thread(driver.wait_until_up)
        await at_rest(driver.pid)
        tap.reset()
        await closed_loop(crowd, OURS if name == "ours" else BARE, COUNTED, at_once, Times())
        await at_rest(driver.pid, at.server.pid)
        counts[name] = tap.out, tap.into
        await asyncio.to_thread(driver.stop)
        await tap.close()
    return counts


def count_table(counts: Mapping[str, tuple[Count, Count]]) -> str:
    rows: list[list[object]] = [["for each chat", "ours", "bare"]]
    for index, way in enumerate(("sent", "received")):
        ours, bare = (counts[name][index] for name in ("ours", "bare"))
        for kind in sorted(ours.kinds | bare.kinds):
            rows.append([f"{way}: {kind}", ours.kinds[kind] / COUNTED, bare.kinds[kind] / COUNTED])
        rows.append([f"{way}: all", ours.kinds.total() / COUNTED, bare.kinds.total() / COUNTED])
        rows.append([f"{way}: bytes", round(ours.size / COUNTED), round(bare.size / COUNTED)])
    return table(rows)


async def compare(at: Place, chats: int, levels: list[int], *, is_counted: bool) -> dict[str, Any]:
    """Measure at each level and print; return all figures."""
    helpers = max(8, *levels)
    crowd = await Crowd.arrive(at.port, at.secret, helpers)
    said: dict[str, Any] = {}
    if is_counted:
        counts = await counted(at, crowd, min(4, levels[-1]))
        print(count_table(counts) + "\n", flush=True)
        said["stanzas_per_chat"] = {
            name: [{kind: count / COUNTED for kind, count in way.kinds.items()} for way in ways]
            for name, ways in counts.items()
        }
    desk, driver = at.desk(place.settings(helpers)), at.bare(helpers)
    try:
        driver.wait_until_up()
        await desk.start_async()
        await crowd.go_on_duty(OURS)
        database = {"database": at.database_pid} if at.database_pid else {}
        server = {"server": at.server.pid}
        ours = Lane(crowd, OURS, {"driver": desk.pid, **server, **database})
        bare = Lane(crowd, BARE, {"driver": driver.pid, **server})
        await in_turns([ours, bare], 2 * BLOCKS, 2)  # what is slow only once is not what is measured
        for at_once in levels:
            results = await in_turns([ours, bare], chats, at_once)
            said[f"{at_once} at once"] = dict(zip(("ours", "bare"), (r.figures() for r in results), strict=True))
            said[f"{at_once} at once"]["ratio"] = round(results[0].per_second / results[1].per_second, 3)
            print(level_table(at_once, *results) + "\n", flush=True)
        assert desk.log_errors() == [], desk.log_errors()[:5]
    finally:
        crowd.leave()
        driver.stop()
        desk.stop()
    return said


def level_table(at_once: int, ours: Result, bare: Result) -> str:
    heads = "chats/s", *(f"{name} CPU ms" for name in ours.cpu_s)
    rows: list[list[object]] = [[f"{at_once} at once, {ours.chats} chats", *heads]]
    for name, result in (("ours", ours), ("bare", bare)):
        rows.append([name, result.per_second, *(result.cpu_s[who] / result.chats * 1e3 for who in ours.cpu_s)])
    ratios = [ours.cpu_s[who] / bare.cpu_s[who] if bare.cpu_s[who] else 0.0 for who in ours.cpu_s]
    rows.append(["ours / bare", ours.per_second / bare.per_second, *ratios])
    stages: list[list[object]] = [["stage, ms", "ours p50", "bare p50", "ours p99", "bare p99"]]
    figures = [stage_figures(result.times.stages) for result in (ours, bare)]
    for stage in STAGES:
        stages.append([stage, *(f[stage][part] for part in ("p50_ms", "p99_ms") for f in figures)])
    return f"{table(rows)}\n\n{table(stages)}"


# --- where the time goes


async def profile(at: Place, chats: int, at_once: int) -> dict[str, Any]:
    """Drive the component under cProfile, print what takes the time, and return the SQL for a chat."""
    helpers = max(8, at_once)
    crowd = await Crowd.arrive(at.port, at.secret, helpers)
    desk = at.desk(place.settings(helpers))
    desk.module = "benchmarks.profiled"
    try:
        await desk.start_async()
        await crowd.go_on_duty(OURS)
        await closed_loop(crowd, OURS, 8, 2, Times())
        await at_rest(desk.pid)
        before, begun_at = cpu_s(desk.pid), time.perf_counter()
        os.kill(desk.pid, signal.SIGUSR1)
        await closed_loop(crowd, OURS, chats, at_once, Times())
        await at_rest(desk.pid)
        cpu, wall = cpu_s(desk.pid) - before, time.perf_counter() - begun_at
    finally:
        crowd.leave()
        desk.stop()
    print(f"{chats} chats, {at_once} at once, profiled: {chats / wall:.1f}/s, {cpu / chats * 1e3:.1f} ms CPU a chat\n")
    stats = pstats.Stats(str(desk.config.with_suffix(".prof")))
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(NOT_WAITING, 40)
    statements = Counter(json.loads(desk.config.with_suffix(".sql").read_text("utf-8")))
    rows: list[list[object]] = [["a chat", "SQL"]]
    rows += [[count / chats, statement[:150]] for statement, count in statements.most_common()]
    left = [[f"{row[0]:.2f}" if isinstance(row[0], float) else row[0], row[1]] for row in rows]
    print("\n".join(f"{count!s:>8}  {statement}" for count, statement in left))
    ends = sum(count for statement, count in statements.items() if statement.startswith(("COMMIT", "(end")))
    total = statements.total() - ends
    print(
        f"\nfor each chat: {total / chats:.1f} statements (BEGIN and the like with them), "
        f"{statements['COMMIT'] / chats:.1f} commits, {ends / chats:.1f} transactions"
    )
    return {"chats": chats, "sql_per_chat": {s: n / chats for s, n in statements.most_common()}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=place.SERVERS, default="prosody")
    parser.add_argument("--database", choices=place.DATABASES, default="sqlite")
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--at-once", default="16", help="numbers with commas between")
    parser.add_argument("--no-count", action="store_true", help="leave out the counting of stanzas")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    levels = [int(number) for number in args.at_once.split(",")]
    with place.running(args.server, args.database) as at:
        if args.profile:
            results = asyncio.run(profile(at, args.chats, levels[0]))
        else:
            results = asyncio.run(compare(at, args.chats, levels, is_counted=not args.no_count))
    name = f"{'profile' if args.profile else 'throughput'}-{args.server}-{args.database}"
    print(f"kept in {keep(name, {'server': args.server, 'database': args.database, **results})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
