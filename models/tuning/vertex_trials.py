"""From the trials of a tuning job of Vertex AI to the records that a tuning leaves."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.search_space import SearchSpace
from models.tuning.results import METRIC, TrialRecord
from models.tuning.vertex_study import parameter_ids, read_value

ENDED = ("SUCCEEDED", "INFEASIBLE")
"""States of a trial that goes on no more."""

_END_FILE = "ended.json"


@dataclass(frozen=True)
class TrialEnd:
    """What a trial leaves in its folder when it comes to its own end.

    Vertex AI does not tell a trial that it stopped early from one that was finished, nor what a
    program says that fails; this does.

    Attributes:
        seconds: of training and validation.
        error: why it failed; "" if it did not.
    """

    seconds: float = 0.0
    error: str = ""

    def write(self, folder: Path) -> None:
        """Writes it into the trial's folder, whole."""
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{_END_FILE}.unfinished"
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(folder / _END_FILE)

    @classmethod
    def read(cls, folder: Path) -> "TrialEnd | None":
        """Returns what is in the trial's folder; None if the trial was ended from outside."""
        path = folder / _END_FILE
        return cls(**json.loads(path.read_text())) if path.exists() else None


def read_trials(trials: Sequence[Any], space: SearchSpace, folder: Path) -> list[TrialRecord]:
    """Returns the trials that have ended, as trials of a tuning here are told.

    Their numbers are those that the console shows, from 1; none of them has the defaults.

    Args:
        trials: `Trial` messages.
        space: what was tried.
        folder: the folders of the trials are in it, by their numbers.
    """
    return [
        _record(trial, space, TrialEnd.read(folder / trial.id))
        for trial in trials
        if trial.state.name in ENDED
    ]


def metric_of(trial: Any) -> float | None:
    """Returns the metric of a trial; None for one that has reported none."""
    for metric in trial.final_measurement.metrics if trial.final_measurement else ():
        if metric.metric_id == METRIC:
            return float(metric.value)
    return None


def _record(trial: Any, space: SearchSpace, end: TrialEnd | None) -> TrialRecord:
    metric = metric_of(trial)
    error = " ".join(trial.infeasible_reason.split())
    if end and end.error:
        error = end.error
    failed = bool(error) or trial.state.name == "INFEASIBLE" or metric is None
    ids = parameter_ids(space)
    last = trial.final_measurement
    elapsed = last.elapsed_duration.total_seconds() if last and last.elapsed_duration else 0.0
    return TrialRecord(
        number=int(trial.id),
        state="failed" if failed else "complete" if end else "pruned",
        values={
            ids[one.parameter_id]: read_value(
                one.parameter_id, space[ids[one.parameter_id]], one.value
            )
            for one in trial.parameters
        },
        hit_at_1=None if failed else metric,
        epochs=last.step_count if last else 0,
        seconds=end.seconds if end and end.seconds else elapsed,
        error=(error or "it ended without reporting its metric") if failed else "",
    )
