"""How soon contact lists show the groups, what that costs, and what others wait for meanwhile.

    python -m benchmarks.groups [--sizes 50,200] [--server prosody|ejabberd]

So many people have accounts and a standing; some of them are there, with clients that show their contacts. Measured:
the first filling of all lists, from the start of the desk; a promotion, until all who are there see it, and until all
lists have it; and a look at all lists that finds nothing to do, as at each new link and each hour. While lists are
filled, clients ping the desk. Stanzas are counted on the desk's link, requests before the server's HTTP API.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import place
from benchmarks.figures import cpu_s, keep, quantile, table
from benchmarks.place import BenchDesk, Place
from benchmarks.tap import Tap
from tests.people import Person, RealServer
from tests.servers.waiting import wait_until_async

SIZES = (50, 200)
THERE = 10
LIMIT_S = 1800.0
QUIET_S = 1.0
DESK = "workgroup.localhost"


class Bench:
    """A server with accounts, and what goes over the desk's link and to the API."""

    def __init__(self, at: Place, people: RealServer, tap: Tap, api: Tap | None) -> None:
        self.at, self.people, self.tap, self.api = at, people, tap, api
        self.there: list[Person] = []
        self.jids: list[str] = []

    async def gather(self, size: int) -> None:
        """Make the accounts; the first few of them arrive."""
        self.jids = [await self.people.register(f"p{size}-{number}") for number in range(size)]
        self.there = [await self.people.person(f"p{size}-{number}") for number in range(THERE)]
        for person in self.there:
            person.keeps_log = False
            await person.fetch_contacts()

    def desk(self, folder: str) -> BenchDesk:
        standings = {jid: "trainee" if number % 2 else "helper" for number, jid in enumerate(self.jids)}
        standings[self.jids[0]] = "admin"
        values = {"staff__initial": standings, "staff__domains": ["localhost"], "groups__enabled": True}
        environment = place.settings(0, **values, groups__most_people=max(2, len(self.jids)))
        if self.api is not None:
            environment["LIVECHAT_GROUPS__API_URL"] = f"http://127.0.0.1:{self.api.port}/api/v0"
        return self.at.desk(environment, self.tap.port, folder)

    def shows(self, jid: str, group: str) -> bool:
        return all(group in person.groups_of(jid) for person in self.there if person.bare != jid)

    def are_full(self) -> bool:
        others = set(self.jids)
        return all(len(others & person.contacts.keys()) == len(others) - 1 for person in self.there)

    def sent(self) -> int:
        """Return the stanzas that the desk has sent, its answers to pings left out."""
        return sum(count for kind, count in self.tap.out.kinds.items() if not kind.startswith("iq result"))

    def crossed(self) -> int:
        """Return how much has gone to the server until now."""
        return self.sent() + (self.api.out.size if self.api is not None else 0)

    async def rest(self) -> float:
        """Wait until nothing is asked of the server any more; return when that began."""
        seen, since = self.crossed(), time.perf_counter()
        while time.perf_counter() - since < QUIET_S:
            await asyncio.sleep(0.02)
            if (now := self.crossed()) != seen:
                seen, since = now, time.perf_counter()
        return since

    def requests(self) -> int:
        return self.api.out.posts if self.api is not None else 0

    async def timed(self, desk: BenchDesk, is_seen: Callable[[], bool]) -> dict[str, float]:
        """Return seconds until it is seen and until all is done, and what that took; begun before the call."""
        begun_at, before = time.perf_counter(), (self.sent(), self.requests(), cpu_s(self.at.server.pid))
        pings: list[float] = []
        pinging = asyncio.ensure_future(self._ping(pings))
        await wait_until_async(is_seen, "the groups in the clients' lists", LIMIT_S)
        seen_s = time.perf_counter() - begun_at
        done_s = await self.rest() - begun_at
        pinging.cancel()
        said = {"seen s": round(seen_s, 2), "done s": round(max(seen_s, done_s), 2)}
        said |= {"stanzas sent": self.sent() - before[0], "API requests": self.requests() - before[1]}
        said["server CPU s"] = round(cpu_s(self.at.server.pid) - before[2], 1)
        if pings:
            said |= {"ping p50 ms": round(quantile(pings, 0.5) * 1000, 1), "ping max ms": round(max(pings) * 1000, 1)}
        assert desk.log_errors() == [], desk.log_errors()[:5]
        return said

    async def _ping(self, took: list[float]) -> None:
        for person in itertools.cycle(self.there):
            begun_at = time.perf_counter()
            await person.ping(DESK)
            took.append(time.perf_counter() - begun_at)
            await asyncio.sleep(0.05)


async def measure(at: Place, size: int) -> dict[str, Any]:
    tap = await Tap.before(at.port)
    api = await Tap.before(at.server.ports.api) if at.server.api_url else None
    async with RealServer.of(at.server) as people:
        bench = Bench(at, people, tap, api)
        await bench.gather(size)
        desk = bench.desk(str(size))
        await desk.start_async()
        try:
            said = {"filling": await bench.timed(desk, bench.are_full)}
            trainee, ada = bench.jids[1], bench.there[0]
            await ada.command("promote", accounts=[trainee], standing="helper")
            said["promotion"] = await bench.timed(desk, lambda: bench.shows(trainee, "support"))
            await desk.stop_async()
            await desk.start_async()
            said["look"] = await bench.timed(desk, lambda: True)
        finally:
            desk.kill()
    for one in (tap, api):
        if one is not None:
            await one.close()
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers with commas between")
    parser.add_argument("--server", choices=place.SERVERS, default="prosody")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    rows: list[list[object]] = []
    for size in map(int, args.sizes.split(",")):
        with place.running(args.server, "sqlite") as at:
            results[str(size)] = asyncio.run(measure(at, size))
        for what, figures in results[str(size)].items():
            rows = rows or [["people", "what", *figures]]
            rows.append([size, what, *figures.values()])
            print(json.dumps({"people": size, "what": what, **figures}), flush=True)
    print("\n" + table(rows))
    print(f"kept in {keep(f'groups-{args.server}', {'server': args.server, **results})}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
