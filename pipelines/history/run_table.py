"""The table of runs: in a terminal as many columns as it is wide enough for, elsewhere all."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.history.metrics import main_metric
from pipelines.history.run_record import RunRecord
from pipelines.history.status import COLORS, has_ended
from pipelines.history.winner import winner
from pipelines.wording import duration, local_time, number

_ADDED = ("run", "status", "metric", "took", "backend", "started", "pipeline", "commit", "user")
"""In this order columns come in, as long as a terminal is wide enough."""

_NARROWEST_NAME = 24
_GAP = 2


def print_table(records: Sequence[RunRecord], console: Console, numbered: bool = False) -> None:
    """Prints a line a run.

    Args:
        records: the runs, in the order of the lines.
        console: where to; what is no terminal gets every column, however wide that is.
        numbered: whether the lines are counted, from 1.
    """
    rows = [_cells(record) for record in records]
    if numbered:
        rows = [{"": str(index + 1), **row} for index, row in enumerate(rows)]
    columns = list(rows[0])
    if console.is_terminal:
        columns = _fitting(rows, console.width)
    others = _width(rows, [column for column in columns if column != "run"])
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        widest = console.width - others - _GAP if column == "run" else None
        table.add_column(column, no_wrap=True, max_width=widest)
    for row in rows:
        table.add_row(*(Text(row[column], style=_style(column, row)) for column in columns))
    console.print(table)
    missing = [column for column in _ADDED if column not in columns and _tells(rows, column)]
    if missing:
        console.print(f"no room for: {', '.join(missing)}", style="bright_black", highlight=False)


def took(record: RunRecord) -> str:
    """Returns how long a run took, or has been going on; "" where that is not known."""
    if record.status == "running":
        return duration(time.time() - record.started)
    # A killed run has written down for how long it went on when its last step began, no more.
    known = has_ended(record.status) and record.status != "killed"
    return duration(record.seconds) if known else ""


def _cells(record: RunRecord) -> dict[str, str]:
    metric = main_metric(record)
    return {
        "run": record.run,
        "backend": record.backend,
        "pipeline": record.pipeline,
        "status": record.status,
        "started": local_time(record.started) if record.started else "",
        "took": took(record),
        "metric": f"{number(metric[2])} {metric[1]}" if metric else winner(record),
        "commit": record.commit,
        "user": record.user,
    }


def _fitting(rows: Sequence[dict[str, str]], width: int) -> list[str]:
    """Returns the columns for which there is room, in their order."""
    longest = max(len(row["run"]) for row in rows)
    spare = longest - min(longest, max(width // 2, _NARROWEST_NAME))  # a longer name is cut
    added = [column for column in rows[0] if column not in _ADDED]
    for column in _ADDED:
        fits = _width(rows, [*added, column]) - spare <= width
        if column == "run" or (fits and _tells(rows, column)):
            added.append(column)
    return [column for column in rows[0] if column in added]


def _tells(rows: Sequence[dict[str, str]], column: str) -> bool:
    """Says whether a column tells anything; that all runs are local, one knows."""
    values = {row[column] for row in rows}
    return values != {""} and (column != "backend" or values != {"local"})


def _width(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> int:
    widths = [max(len(column), *(len(row[column]) for row in rows)) for column in columns]
    return sum(widths) + _GAP * (len(columns) - 1)


def _style(column: str, row: dict[str, str]) -> str:
    return COLORS.get(row[column], "") if column == "status" else ""
