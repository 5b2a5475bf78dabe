"""The files that a tuning leaves."""

import csv
import json
from pathlib import Path

import pytest

from models.search_space import read_search_space
from models.training_options import TrainingOptions
from models.tuning.results import TrialRecord, expect_result, write_results
from preprocessing.errors import InputError

SPACE = read_search_space("models.quickdraw", "Cnn", fixed=["learning_rate_decay", "dropout"])
VALUES = {"learning_rate": 0.002, "batch_size": 64, "Cnn.units": 300}
TRIALS = [
    TrialRecord(2, "complete", {**VALUES, "Cnn.units": 128}, 0.9, 3, 2.04),
    TrialRecord(0, "complete", VALUES, 0.8, 3, 2.0),
    TrialRecord(3, "pruned", VALUES, 0.95, 1, 1.0),
    TrialRecord(4, "complete", VALUES, 0.9, 3, 2.0),
    TrialRecord(1, "failed", VALUES, error='units="300", of all things'),
]


def test_trials_and_the_best_parameters_are_written(tmp_path: Path) -> None:
    result = write_results(tmp_path / "new", SPACE, TRIALS)
    assert result is not None
    with (tmp_path / "new" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert rows[2] == {
        "trial": "2",
        "state": "complete",
        "hit_at_1": "0.9",
        "learning_rate": "0.002",
        "batch_size": "64",
        "units": "128",
        "epochs": "3",
        "seconds": "2.0",
        "error": "",
    }
    assert (rows[1]["hit_at_1"], rows[1]["error"]) == ("", 'units="300", of all things')
    best = json.loads((tmp_path / "new" / "best.json").read_text())
    assert best == result.best
    tuned = TrainingOptions(model_arguments={"dropout": 0.1}).tuned(best)
    assert (tuned.learning_rate, tuned.batch_size) == (0.002, 64)
    assert tuned.model_arguments == {"dropout": 0.1, "units": 128}
    assert result.best_trial.number == 2  # the first of equals, and none that was stopped
    assert result.metrics() == {
        "best_hit_at_1": 0.9,
        "best_trial": 2.0,
        "default_hit_at_1": 0.8,
        "trials_complete": 3.0,
        "trials_pruned": 1.0,
        "trials_failed": 1.0,
    }
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["best.json", "trials.csv"]


def test_without_a_complete_trial_there_is_no_best(tmp_path: Path) -> None:
    failed = [TrialRecord(0, "failed", VALUES, error="no number")]
    assert write_results(tmp_path, SPACE, failed) is None
    assert [path.name for path in tmp_path.iterdir()] == ["trials.csv"]
    with pytest.raises(InputError, match=r"none of 1 trials came to its end: .* no number"):
        expect_result(None, failed)
