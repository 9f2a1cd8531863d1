"""All benchmarks, one after the other: `make bench` in a short form, `make bench-full` at all sizes.

    python -m benchmarks [--full]

Each writes its table to standard output and its figures to var/bench/; at the end stand the ratios to the bare driver.
The status is 1 when one of them failed, or a goal of benchmarks.latency was missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import RESULTS, table
from livechat_xmpp.demo.places import PROJECT

PAIRS = [(server, database) for database in ("sqlite", "postgresql") for server in ("prosody", "ejabberd")]


@dataclass(frozen=True, slots=True)
class Step:
    """One benchmark. limit_s: after that it is ended, and counts as failed."""

    module: str
    arguments: tuple[str, ...]
    limit_s: int

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.{self.module}", *self.arguments]


def _on(server: str, database: str) -> tuple[str, ...]:
    return "--server", server, "--database", database


SHORT = [
    Step("latency", ("--repetitions", "20"), 120),
    Step("throughput", ("--chats", "48", "--at-once", "1,8,32"), 300),
    *(Step("throughput", ("--chats", "36", "--at-once", "8", "--no-count", *_on(*pair)), 180) for pair in PAIRS[1:]),
    Step("growth", ("waiting", "--sizes", "10,1000", "--chats", "18"), 240),
    Step("growth", ("open", "--sizes", "10,200", "--chats", "18"), 240),
    Step("recovery", ("--sizes", "10,200"), 180),
    *(Step("groups", ("--sizes", "20", "--server", server), 120) for server in ("prosody", "ejabberd")),
    Step("apprenticeship", (), 180),
]

FULL = [
    Step("latency", (), 300),
    *(Step("throughput", ("--chats", "240", "--at-once", "1,8,32", *_on(*pair)), 1800) for pair in PAIRS),
    *(Step("growth", ("waiting", *_on("prosody", database)), 3600) for database in ("sqlite", "postgresql")),
    *(Step("growth", ("open", *_on(server, "sqlite")), 3600) for server in ("prosody", "ejabberd")),
    *(Step("recovery", _on(*pair), 3600) for pair in PAIRS),
    *(Step("groups", ("--server", server), 3600) for server in ("prosody", "ejabberd")),
    *(Step("apprenticeship", ("--database", database), 600) for database in ("sqlite", "postgresql")),
    *(Step("recovery", ("--standby", *_on("prosody", database)), 1800) for database in ("sqlite", "postgresql")),
]


def run(step: Step) -> bool:
    """Run one benchmark; return whether it went well."""
    print(f"\n=== {' '.join([step.module, *step.arguments])}\n", flush=True)
    begun_at = time.monotonic()
    process = subprocess.Popen(step.command, cwd=PROJECT)
    try:
        status = process.wait(step.limit_s)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()
        print(f"ended after {step.limit_s} s", flush=True)
        return False
    print(f"\n({time.monotonic() - begun_at:.0f} s)", flush=True)
    return status == 0


def ratios() -> str:
    """Return the newest ratios of all servers and databases, as a table."""
    rows: list[list[object]] = [["chats per second", "at once", "ours", "bare", "ratio", "component CPU ms a chat"]]
    for server, database in PAIRS:
        path = RESULTS / f"throughput-{server}-{database}.json"
        for name, level in _levels(path).items():
            cpu = level["ours"]["cpu_ms_per_chat"]["driver"]
            speeds = [level[who]["chats_per_s"] for who in ("ours", "bare")]
            rows.append([f"{server}, {database}", name.split()[0], *speeds, level["ratio"], cpu])
    return table(rows)


def _levels(path: Path) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: level for name, level in kept.items() if name.endswith(" at once")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all sizes; takes hours")
    args = parser.parse_args()
    results = [run(step) for step in (FULL if args.full else SHORT)]
    print(f"\n{ratios()}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
