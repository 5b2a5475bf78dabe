"""The table of a tuning's trials, the best first; narrow terminals leave columns out."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.wording import duration, short

SHOWN = 20
"""Trials in the table; `trials.csv` has all."""

_GAP = 2
_STATES = ("complete", "pruned", "failed")
_FACTS = ("trial", "state", "hit_at_1", "epochs", "seconds", "error")
"""The columns of `trials.csv` that are no parameter."""
_FIRST = ("trial", "Hit@1", "")
_LAST = ("epochs", "took")
_COLORS = {"best": "green", "pruned": "yellow", "failed": "red"}


def print_trials(rows: Sequence[Mapping[str, str]], console: Console) -> None:
    """Prints a line a trial: its metric, how it ended, its parameters, and how long it took.

    Args:
        rows: of `trials.csv`, see `models.tuning.results`.
        console: where to; what is no terminal has to be wide enough for everything.
    """
    ordered = sorted(rows, key=_place)
    cells = [_cells(row, best=index == 0) for index, row in enumerate(ordered)]
    if not cells:
        return
    columns = list(cells[0])
    missing: list[str] = []
    parameters = [column for column in columns if column not in (*_FIRST, *_LAST)]
    for column in (*_LAST, *reversed(parameters)):
        if _width(cells[:SHOWN], columns) > console.width:
            columns.remove(column)
            missing.append(column)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            _title(column),
            justify="right" if column else "left",
            vertical="bottom",
            no_wrap=True,
        )
    for row in cells[:SHOWN]:
        style = _COLORS.get(row[""].partition(" ")[0], "")
        table.add_row(*(Text(row[column], style=style) for column in columns))
    console.print(table)
    if missing:
        console.print(f"no room for: {', '.join(missing)}", style="bright_black", highlight=False)
    if len(cells) > SHOWN:
        console.print(f"and {len(cells) - SHOWN} more", style="bright_black", highlight=False)
    for told in dict.fromkeys(
        f"trial {row['trial']}: {row['error']}" for row in ordered if row["error"]
    ):
        console.print(told, style="red", markup=False, highlight=False, soft_wrap=True)


def _place(row: Mapping[str, str]) -> tuple[int, float, int]:
    """Returns where a trial stands: complete ones first, then those with more hits."""
    return _STATES.index(row["state"]), -float(row["hit_at_1"] or 0), int(row["trial"])


def _cells(row: Mapping[str, str], best: bool) -> dict[str, str]:
    marks = {
        "best": best and row["state"] == "complete",
        "default": row["trial"] == "0",
        row["state"]: row["state"] != "complete",
    }
    return {
        "trial": row["trial"],
        "Hit@1": f"{float(row['hit_at_1']):.4f}" if row["hit_at_1"] else "",
        "": " ".join(mark for mark, holds in marks.items() if holds),
        **{name: _short(value) for name, value in row.items() if name not in _FACTS},
        "epochs": row["epochs"],
        "took": duration(float(row["seconds"])),
    }


def _short(text: str) -> str:
    try:
        return text if text.lstrip("-").isdecimal() else short(float(text))
    except ValueError:
        return text


def _title(column: str) -> str:
    """Returns a heading in lines of one word each, so that long names need little room."""
    return column.replace("_", "\n")


def _width(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> int:
    widths = [
        max(
            *(len(word) for word in _title(column).split("\n")), *(len(row[column]) for row in rows)
        )
        for column in columns
    ]
    return sum(widths) + _GAP * (len(columns) - 1)
