"""The table of a challenge's versions: narrow terminals leave columns out, files get all."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.promotion.version import Version
from pipelines.wording import local_time

_GAP = 2
_LEFT_OUT = ("commit", "registered")
"""Left out in this order where there is no room; then the run's name is cut."""


def print_versions(versions: Sequence[Version], console: Console) -> None:
    """Prints a line a version, and below them since when and why each champion is one.

    Args:
        versions: one at least.
        console: where to; what is no terminal has to be wide enough for everything.
    """
    rows = [_cells(version) for version in versions]
    columns = list(rows[0])
    missing = []
    for column in _LEFT_OUT:
        if _width(rows, columns) > console.width:
            columns.remove(column)
            missing.append(column)
    room = console.width - _width(rows, [column for column in columns if column != "run"]) - _GAP
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        right = column in ("version", "accuracy")
        table.add_column(
            column,
            no_wrap=True,
            justify="right" if right else "left",
            max_width=room if column == "run" else None,
        )
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
    console.print(table)
    if missing:
        console.print(f"no room for: {', '.join(missing)}", style="bright_black", highlight=False)
    console.print()
    for version in versions:
        if version.champion and version.reigns:
            reign = version.reigns[-1]
            console.print(
                f"{version.facts.challenge}: version {version.number} is champion since"
                f" {_local(reign.since)}, by {reign.by}: {reign.why}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


def _cells(version: Version) -> dict[str, str]:
    facts = version.facts
    return {
        "model": facts.challenge,
        "version": str(version.number),
        "": "champion" if version.champion else "",
        "accuracy": f"{facts.accuracy:.4f}",
        "registered": _local(version.created),
        "run": facts.run,
        "commit": facts.commit,
    }


def _local(moment: str) -> str:
    """Returns an ISO 8601 time as the clock here shows it."""
    return local_time(datetime.fromisoformat(moment).timestamp())


def _width(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> int:
    widths = [max(len(column), *(len(row[column]) for row in rows)) for column in columns]
    return sum(widths) + _GAP * (len(columns) - 1)
