"""Runs side by side: parameters that differ, all metrics with the best of each, and how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.history.metrics import better
from pipelines.history.run_record import RunRecord

_FINGERPRINT = "source_fingerprint"


@dataclass(frozen=True)
class Row:
    """One fact about each run.

    Attributes:
        name: of the parameter, metric or step.
        values: one a run, in their order; None where a run has none.
        best: positions of the runs with the best value; empty where neither more nor less is
            better, where all are the same, and where the runs had different data.
    """

    name: str
    values: tuple[Any, ...]
    best: tuple[int, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What is alike and what differs in some runs.

    Attributes:
        runs: their records.
        parameters: those that differ.
        metrics: all, by the step that logged them.
        seconds: how long each step took, where it was not answered from the cache.
        notes: why some of this may not compare.
    """

    runs: tuple[RunRecord, ...]
    parameters: tuple[Row, ...]
    metrics: dict[str, tuple[Row, ...]]
    seconds: tuple[Row, ...]
    notes: tuple[str, ...]


def compare_runs(runs: Sequence[RunRecord], parameters: Sequence[dict[str, Any]]) -> Comparison:
    """Puts runs side by side.

    Args:
        runs: two or more, of one pipeline or of several.
        parameters: of each run, with the defaults of those that were not given.
    """
    data = {values[_FINGERPRINT] for values in parameters if values.get(_FINGERPRINT)}
    metrics = {
        name: _metric_rows([_metrics(run, name) for run in runs], comparable=len(data) < 2)
        for name in dict.fromkeys(step.name for run in runs for step in run.steps if step.metrics)
    }
    return Comparison(
        runs=tuple(runs),
        parameters=tuple(
            row for row in _rows(parameters) if any(v != row.values[0] for v in row.values)
        ),
        metrics=metrics,
        seconds=_rows([_seconds(run) for run in runs]),
        notes=tuple(_notes(runs, different_data=len(data) > 1, unknown=_unknown(runs, parameters))),
    )


def _unknown(runs: Sequence[RunRecord], parameters: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the runs whose data is not known, such as those that a schedule started."""
    pairs = zip(runs, parameters, strict=True)
    return [run.run for run, values in pairs if values.get(_FINGERPRINT) == ""]


def _notes(runs: Sequence[RunRecord], different_data: bool, unknown: Sequence[str]) -> list[str]:
    notes = []
    pipelines = dict.fromkeys(run.pipeline for run in runs)
    if len(pipelines) > 1:
        notes.append(
            f"different pipelines ({', '.join(pipelines)}): metrics of the same name need not mean"
            " the same"
        )
    if different_data:
        notes.append("different data: the metrics do not compare, so no best one is marked")
    if unknown:
        notes.append(f"the data of {', '.join(unknown)} may have been other than that of the rest")
    unfinished = [f"{run.run} ({run.status})" for run in runs if run.status != "succeeded"]
    if unfinished:
        notes.append(f"not whole: {', '.join(unfinished)}")
    return notes


def _metrics(run: RunRecord, step: str) -> dict[str, float]:
    return {n: v for one in run.steps if one.name == step for n, v in one.metrics.items()}


def _seconds(run: RunRecord) -> dict[str, float]:
    return {step.name: step.seconds for step in run.steps if step.status == "succeeded"}


def _rows(columns: Sequence[dict[str, Any]]) -> tuple[Row, ...]:
    names = dict.fromkeys(name for column in columns for name in column)
    return tuple(Row(name, tuple(column.get(name) for column in columns)) for name in names)


def _metric_rows(columns: Sequence[dict[str, float]], comparable: bool) -> tuple[Row, ...]:
    rows = sorted(_rows(columns), key=lambda row: row.name)
    return tuple(Row(row.name, row.values, _best(row) if comparable else ()) for row in rows)


def _best(row: Row) -> tuple[int, ...]:
    choose: dict[str, Callable[[list[float]], float]] = {"higher": max, "lower": min}
    there = [value for value in row.values if value is not None and value == value]  # no NaN
    way = better(row.name)
    if not way or len(there) < 2 or min(there) == max(there):
        return ()
    best = choose[way](there)
    return tuple(index for index, value in enumerate(row.values) if value == best)
