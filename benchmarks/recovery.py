"""How soon the desk is right again after it was killed, and how much memory an open chat takes.

    python -m benchmarks.recovery [--sizes 10,1000,5000] [--server …] [--database …]
    python -m benchmarks.recovery --standby [--sizes 1,100,1000] …

Chats in progress are made (benchmarks.filling), the desk is started, killed (-9), and started again. Seconds are
counted from the new process's start: until it answers the first ping, until it answers a new request, and until it has
read who is a member of the last room, which it asks last when it looks at a room anew (a proxy on its link counts).
With --standby a second desk waits beside the first, which is killed: seconds from the kill.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks import place
from benchmarks.crowd import OURS, Crowd, Times
from benchmarks.figures import cpu_s, keep, memory_bytes, table
from benchmarks.filling import fill_open, holders
from benchmarks.growth import PATIENT, comes_to_rest
from benchmarks.place import BenchDesk, Place
from benchmarks.tap import Tap
from tests.servers.waiting import wait_until_async

SIZES, STANDBY_SIZES = (10, 1000, 5000), (1, 100, 1000)
HELPERS = 2
LIMIT_S = 900.0
PATIENCE_S = 0.2


class NoStandbyError(Exception):
    """Two desks with the same settings do not take turns."""


@dataclass
class Bench:
    """What stays the same for all sizes."""

    at: Place
    crowd: Crowd
    tap: Tap
    environment: dict[str, str]

    def desk(self, folder: str = "") -> BenchDesk:
        return self.at.desk(self.environment, self.tap.port, folder)

    async def right_again(self, chats: int) -> dict[str, float]:
        """Return the seconds from now until each sign that the desk is right again."""
        self.tap.reset()
        begun_at = time.perf_counter()
        async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
            answered = group.create_task(self._answers())
            looked = group.create_task(self._looked_at(chats))
        ping_at, asked_at = answered.result()
        moments = {"first answer": ping_at, "new request": asked_at, "all rooms": looked.result()}
        return {name: round(moment - begun_at, 2) for name, moment in moments.items()}

    async def _answers(self) -> tuple[float, float]:
        """Return when the first ping was answered, and then when a request was."""
        answered_at = await self.crowd.answered_at(OURS, PATIENCE_S)
        await self.crowd.ask(OURS, Times())
        return answered_at, time.perf_counter()

    async def _looked_at(self, rooms: int) -> float:
        """Return when the desk had the lists of members and outcasts of so many rooms."""

        def are_read() -> bool:
            return self.tap.into.kinds["iq result query muc#admin"] >= 2 * rooms

        await wait_until_async(are_read, f"{rooms} rooms are looked at", LIMIT_S)
        return time.perf_counter()


async def recovery(bench: Bench, sizes: list[int]) -> dict[str, Any]:
    """Measure at each size, the smallest first; return all figures."""
    said: dict[str, Any] = {}
    heads = "first answer s", "new request s", "all rooms s", "component CPU s", "server CPU s", "component MiB"
    rows: list[list[object]] = [["chats in progress", *heads]]
    filled = 0
    for size in sizes:
        await fill_open(bench.at, bench.crowd, range(filled, size))
        filled = size
        desk = bench.desk()
        await desk.start_async()
        await bench.crowd.go_on_duty(OURS)
        await comes_to_rest(desk.pid, bench.at.server.pid)
        desk.kill()
        desk.launch()
        server = cpu_s(bench.at.server.pid)
        moments = await bench.right_again(size)
        spent = {"component_cpu_s": cpu_s(desk.pid), "server_cpu_s": cpu_s(bench.at.server.pid) - server}
        await comes_to_rest(desk.pid, bench.at.server.pid)
        memory = memory_bytes(desk.pid)
        assert desk.log_errors() == [], desk.log_errors()[:5]
        await desk.stop_async()
        said[str(size)] = {**moments, **spent, "memory_bytes": memory}
        rows.append([size, *moments.values(), *spent.values(), memory / 2**20])
        print(f"{size}: {said[str(size)]}", flush=True)
    print("\n" + table(rows))
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        more = said[str(large)]["memory_bytes"] - said[str(small)]["memory_bytes"]
        said["memory_bytes_per_chat"] = round(more / (large - small))
        print(f"\nmemory of an open chat: {said['memory_bytes_per_chat'] / 1024:.1f} KiB")
    return said


async def standby(bench: Bench, sizes: list[int]) -> dict[str, Any]:
    """Have a second desk take over from one that is killed, at each size."""
    said: dict[str, Any] = {}
    rows: list[list[object]] = [["chats in progress", "first answer s", "new request s", "all rooms s"]]
    filled = 0
    for size in sizes:
        await fill_open(bench.at, bench.crowd, range(filled, size))
        filled = size
        first, second = bench.desk("first"), bench.desk("second")
        await first.start_async()
        await bench.crowd.go_on_duty(OURS)
        await comes_to_rest(first.pid, bench.at.server.pid)
        second.launch()
        await comes_to_rest(second.pid, bench.at.server.pid)
        if not second.is_running() or second.is_linked():
            raise NoStandbyError("The second desk does not wait for the first to end: there is no standby to measure.")
        first.kill()
        moments = await bench.right_again(size)
        assert second.log_errors() == [], second.log_errors()[:5]
        await second.stop_async()
        said[str(size)] = moments
        rows.append([size, *moments.values()])
    print(table(rows))
    return said


async def measure(at: Place, sizes: list[int], *, is_standby: bool) -> dict[str, Any]:
    crowd = await Crowd.arrive(at.port, at.secret, HELPERS)
    tap = await Tap.before(at.port)
    initial = dict.fromkeys(crowd.helpers, "helper") | holders(max(sizes))
    try:
        bench = Bench(at, crowd, tap, place.settings(HELPERS, **PATIENT, staff__initial=initial))
        return await (standby if is_standby else recovery)(bench, sizes)
    finally:
        crowd.leave()
        await tap.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", help="numbers with commas between, the smallest first")
    parser.add_argument("--standby", action="store_true")
    parser.add_argument("--server", choices=place.SERVERS, default="prosody")
    parser.add_argument("--database", choices=place.DATABASES, default="sqlite")
    args = parser.parse_args()
    usual = STANDBY_SIZES if args.standby else SIZES
    sizes = [int(size) for size in args.sizes.split(",")] if args.sizes else list(usual)
    with place.running(args.server, args.database) as at:
        try:
            results = asyncio.run(measure(at, sizes, is_standby=args.standby))
        except NoStandbyError as why:
            print(why)
            return 1
    name = f"{'standby' if args.standby else 'recovery'}-{args.server}-{args.database}"
    print(f"kept in {keep(name, {'server': args.server, 'database': args.database, **results})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
