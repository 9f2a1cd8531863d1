"""The table of faults: gathered from the tests' properties, also from other processes, printed and kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

PROPERTY, SEED = "fault", "fault seed"
FOLDER = Path(__file__).resolve().parents[2] / "var" / "faults"
COLUMNS = (
    ("fault", "fault"),
    ("server", "server"),
    ("database", "database"),
    ("times", "times"),
    ("requests", "requests"),
    ("messages", "messages"),
    ("lost", "lost"),
    ("doubled", "doubled"),
    ("rule", "rule broken"),
    ("seconds", "recovered s"),
)
SUMMED = ("times", "requests", "messages", "lost", "doubled", "rule")

Row = Mapping[str, Any]


def summed(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return one row for each fault, server and database; seconds are those of the slowest."""
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["fault"], row["server"], row["database"])
        line = lines.setdefault(key, {**row, **dict.fromkeys(SUMMED, 0), "seconds": 0.0, "objections": []})
        for name in SUMMED:
            line[name] += row[name]
        line["seconds"] = max(line["seconds"], row["seconds"])
        line["objections"] = [*line["objections"], *row["objections"]]
    return [lines[key] for key in sorted(lines)]


def as_table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the table."""
    cells = [[title for _, title in COLUMNS]] + [[str(row[name]) for name, _ in COLUMNS] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    is_text = [True] * 3 + [False] * (len(COLUMNS) - 3)

    def written(line: Sequence[str]) -> str:
        parts = [
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(line, widths, is_text, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return [written(cells[0]), "  ".join("-" * width for width in widths), *(written(line) for line in cells[1:])]


def write(rows: Sequence[Row], seeds: Sequence[str], folder: Path = FOLDER) -> Path:
    """Write the rows as JSON, with the seeds that make them come again; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "faults.json"
    whole = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seeds": sorted(set(seeds)), "faults": list(rows)}
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return file


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table when faults were injected, whichever process did that."""
    rows: list[Row] = []
    seeds: list[str] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                told: list[tuple[str, Any]] = report.user_properties
                rows += [value for name, value in told if name == PROPERTY]
                seeds += [value for name, value in told if name == SEED]
    if not rows:
        return
    lines = summed(rows)
    terminalreporter.section(f"faults (seed {', '.join(sorted(set(seeds)))})")
    for text in as_table(lines):
        terminalreporter.write_line(text)
    for line in lines:
        for objection in line["objections"]:
            terminalreporter.write_line(f"{line['fault']}, {line['server']}, {line['database']}: {objection}")
    terminalreporter.write_line(f"also in {write(lines, seeds)}")
