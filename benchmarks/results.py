"""Keeps the results: all of them in a JSON file, the medians as a table in the documentation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import machine
from benchmarks.row import Row

RESULTS = Path("benchmarks/results.json")
DOCUMENT = Path("docs/performance.md")
_HEAD = ("| path | beside | ours | beside it | | goal | |", "|---|---|---|---|---|---|---|")
_BEGIN, _END = "<!-- make bench writes from here -->", "<!-- to here -->"


def keep(name: str, rows: Sequence[Row]) -> None:
    """Puts the rows of a benchmark in the place of its earlier ones."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "rows": [asdict(row) | {"value": row.value} for row in rows],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def write_table(names: Sequence[str]) -> None:
    """Writes what is kept into the document, between its two marks: a table for each machine.

    Args:
        names: of the benchmarks, in the order that their rows come in.
    """
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    tables: dict[str, list[str]] = {}
    for name in names:
        if name in kept:
            where = f"{'; '.join(kept[name]['machine'].values())} ({kept[name]['measured']})"
            tables.setdefault(where, []).extend(map(_line, kept[name]["rows"]))
    text = "".join("\n".join(["", where, "", *_HEAD, *rows, ""]) for where, rows in tables.items())
    write_between(_BEGIN, _END, text)


def write_between(begin: str, end: str, text: str) -> None:
    """Writes lines into the document in place of what is between two marks.

    Args:
        begin: the first mark, a line.
        end: the second.
        text: with an empty line before and after.
    """
    before, _, rest = DOCUMENT.read_text().partition(begin)
    after = rest.partition(end)[2]
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def _line(row: Mapping[str, Any]) -> str:
    path = f"{row['path']} ({row['note']})" if row["note"] else row["path"]
    sign, unit = "≥" if row["at_least"] else "≤", row["unit"]
    goal = {"ratio": f"{row['goal']:g} x", "difference": f"{row['goal']:+g} {unit}"}.get(
        row["compared"], f"{row['goal']:g} {unit}"
    )
    value = {"ratio": f"{row['value']:.3g} x", "difference": f"{row['value']:+.3g} {unit}"}.get(
        row["compared"], ""
    )
    other = f"{_number(median(row['other']))} {unit}" if row["other"] else ""
    cells = (
        path,
        row["beside"],
        f"{_number(median(row['ours']))} {unit}",
        other,
        value,
        f"{sign} {goal}",
        "reached" if row["reached"] else "**missed**",
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
