"""What is measured of processes and times, and how it is written down."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "var" / "bench"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of the process, of its children, and of theirs, the ended ones too."""
    return sum(_ticks(one) for one in _family(pid)) / _TICKS


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold anything: [0] is the state (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(pid: int) -> int:
    return sum(map(int, _stat(pid)[11:15]))  # utime, stime, cutime, cstime


def _family(pid: int) -> Iterable[int]:
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return
    for thread in threads:
        try:
            children = (thread / "children").read_text("utf-8").split()
        except FileNotFoundError:
            continue
        for child in children:
            yield from _family(int(child))


def memory_bytes(pid: int) -> int:
    """Return the resident memory of the process."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * _PAGE


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` of all values do not exceed; the nearest one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def stage_figures(stages: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Return p50 and p99 in ms of each stage."""
    return {
        name: {"p50_ms": round(statistics.median(times) * 1e3, 2), "p99_ms": round(quantile(times, 0.99) * 1e3, 2)}
        for name, times in stages.items()
    }


def table(rows: Sequence[Sequence[object]]) -> str:
    """Return the rows in columns: the first to the left, the others to the right."""
    texts = [[f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    lines = []
    for first, *others in texts:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)


def keep(name: str, results: Mapping[str, Any]) -> Path:
    """Write the results of a run, with when it was and how busy the machine; return where."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        **results,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    return path
