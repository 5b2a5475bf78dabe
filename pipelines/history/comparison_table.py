"""Shows runs side by side, each under a number, so that long names leave room for the values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.history.comparison import Comparison, Row
from pipelines.history.run_page import shown
from pipelines.history.run_table import print_table
from pipelines.wording import duration, number

_BEST = "green bold"
_MARK = " *"
_GAP = 2
_NARROWEST = 12
"""Room for a duration, or a number with its mark."""


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Prints the runs, parameters that differ, metrics and durations, and what does not compare.

    Args:
        comparison: of the runs.
        console: where to; runs for which it is too narrow stand below the others, and long values
            lose their middle.
    """
    print_table(comparison.runs, console, numbered=True)
    sections: list[tuple[str, Sequence[Row], Callable[[Any, str], str]]] = [
        ("parameters that differ", comparison.parameters, lambda value, _: shown(value)),
        *((step, rows, number) for step, rows in comparison.metrics.items()),
        ("took", comparison.seconds, lambda value, _: duration(value)),
    ]
    names = [f"  {row.name}" for _, rows, _ in sections for row in rows]
    label = max(map(len, [*names, *(title for title, _, _ in sections)]))
    count = len(comparison.runs)
    abreast = max((console.width - label) // (_NARROWEST + _GAP), 1)
    for first in range(0, count, abreast):
        block = range(first, min(first + abreast, count))
        widest = max((console.width - label) // len(block) - _GAP, _NARROWEST)
        table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
        table.add_column("", no_wrap=True, min_width=label)
        for index in block:
            table.add_column(str(index + 1), justify="right", no_wrap=True)
        for title, rows, write in sections:
            _add(table, title, [_written(row, write, widest) for row in rows], block)
        console.print()
        console.print(table)
    best = any(row.best for rows in comparison.metrics.values() for row in rows)
    console.print()
    for note in (*comparison.notes, *((f"{_MARK.strip()} the best",) if best else ())):
        console.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _add(table: Table, title: str, rows: Sequence[Row], block: Sequence[int]) -> None:
    if not rows:
        return
    table.add_row()
    table.add_row(Text(title, style="bold"))
    # The mark has its room below and above too, so that the digits stand in line.
    unmarked = " " * len(_MARK) if any(row.best for row in rows) else ""
    for row in rows:
        cells = (
            Text(row.values[index] + _MARK, style=_BEST)
            if index in row.best
            else Text(row.values[index] + unmarked)
            for index in block
        )
        table.add_row(f"  {row.name}", *cells)


def _written(row: Row, write: Callable[[Any, str], str], width: int) -> Row:
    texts = ("" if value is None else _cut(write(value, row.name), width) for value in row.values)
    return replace(row, values=tuple(texts))


def _cut(text: str, width: int) -> str:
    """Returns the text without its middle where it is too long: the end of a path tells most."""
    if len(text) <= width:
        return text
    head = (width - 1) // 3
    return f"{text[:head]}…{text[head + 1 - width :]}"
