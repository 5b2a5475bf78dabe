"""What a tuning leaves: `trials.csv`, a row a trial, and `best.json`, which PARAMS takes."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from models.search_space import SearchSpace, argument_of, as_arguments
from models.training_state import TrainingState
from preprocessing.errors import InputError

TRIALS_FILE = "trials.csv"
BEST_FILE = "best.json"

METRIC = "hit_at_1"
"""Hit@1 of the validation examples, in the epoch with the smallest validation loss."""


@dataclass(frozen=True)
class TrialRecord:
    """A trial that has ended.

    Attributes:
        number: from 0, and the first is tried with the defaults; on Vertex AI from 1, as its
            console has them, and none is.
        state: `pruned` if it was stopped because others were better at that epoch.
        values: that it was trained with, by their names in the search space.
        hit_at_1: the metric; None for one that failed.
        epochs: trained.
        seconds: of training and validation.
        error: why it failed; "" if it did not.
    """

    number: int
    state: Literal["complete", "pruned", "failed"]
    values: Mapping[str, Any]
    hit_at_1: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    error: str = ""


def metric_by_epoch(state: TrainingState) -> dict[int, float]:
    """Returns the metric as it was after each epoch; none before the loss was a number."""
    values = {}
    for epoch in range(1, len(state.history) + 1):
        best = replace(state, history=state.history[:epoch]).best
        if best:
            values[epoch] = best["val_hit_at_1"]
    return values


@dataclass(frozen=True)
class TuningResult:
    """What a tuning found.

    Attributes:
        best: parameters of the training, as `best.json` has them.
        best_trial: the trial that had them.
        trials: all of them, by number.
    """

    best: dict[str, Any]
    best_trial: TrialRecord
    trials: Sequence[TrialRecord] = field(repr=False)

    def metrics(self) -> dict[str, float]:
        """Returns what a run's history shows of it."""
        states = [trial.state for trial in self.trials]
        found = {f"best_{METRIC}": self.best_trial.hit_at_1, "best_trial": self.best_trial.number}
        first = self.trials[0]
        if first.number == 0 and first.state == "complete":
            found[f"default_{METRIC}"] = first.hit_at_1
        for state in ("complete", "pruned", "failed"):
            found[f"trials_{state}"] = states.count(state)
        return {name: float(value) for name, value in found.items() if value is not None}


def write_results(
    folder: Path, space: SearchSpace, trials: Sequence[TrialRecord]
) -> TuningResult | None:
    """Writes `trials.csv` and, once a trial is complete, `best.json`; each is always whole.

    Args:
        folder: made if it is not there.
        space: gives the columns of the parameters.
        trials: those that have ended.

    Returns:
        The result so far; None as long as no trial is complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trials = sorted(trials, key=lambda trial: trial.number)
    unfinished = folder / f"{TRIALS_FILE}.unfinished"
    with unfinished.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [argument_of(name)[1] for name in space]
        writer.writerow(["trial", "state", METRIC, *names, "epochs", "seconds", "error"])
        for trial in trials:
            values = [trial.values.get(name, "") for name in space]
            metric = "" if trial.hit_at_1 is None else trial.hit_at_1
            last = [trial.epochs, round(trial.seconds, 1), trial.error]
            writer.writerow([trial.number, trial.state, metric, *values, *last])
    unfinished.replace(folder / TRIALS_FILE)
    complete = [trial for trial in trials if trial.state == "complete"]
    if not complete:
        return None
    best = max(complete, key=lambda trial: (trial.hit_at_1 or 0.0, -trial.number))
    result = TuningResult(as_arguments(best.values), best, trials)
    unfinished = folder / f"{BEST_FILE}.unfinished"
    unfinished.write_text(json.dumps(result.best, indent=2) + "\n")
    unfinished.replace(folder / BEST_FILE)
    return result


def expect_result(result: TuningResult | None, trials: Sequence[TrialRecord]) -> TuningResult:
    """Returns the result.

    Raises:
        InputError: no trial was complete.
    """
    if result:
        return result
    errors = [trial.error for trial in trials if trial.error]
    told = f": the last says: {errors[-1]}" if errors else ""
    raise InputError(f"none of {len(trials)} trials came to its end{told}")
