"""What a run has found by tuning, read from the files that its step left here or in a bucket."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from models.tuning.results import BEST_FILE, TRIALS_FILE
from pipelines.history.run_record import RunRecord
from preprocessing.files import open_file


def study_of(record: RunRecord) -> str:
    """Returns the folder or URI of a run's `trials.csv` and `best.json`; "" if there are none."""
    ended = [step for step in record.steps if step.status in ("succeeded", "cached")]
    study = next((step.artifacts["study"] for step in ended if "study" in step.artifacts), "")
    if "://" in study:
        return study
    return study if study and Path(study, TRIALS_FILE).is_file() else ""


def read_trials(study: str) -> list[dict[str, str]]:
    """Returns the rows of `trials.csv`, with the names of its columns.

    Raises:
        InputError: it is in a bucket and cannot be read.
    """
    return list(csv.DictReader(io.StringIO(_read(study, TRIALS_FILE))))


def read_best(study: str) -> dict[str, Any]:
    """Returns the best parameters, as PARAMS takes them.

    Raises:
        InputError: they are in a bucket and cannot be read, or no trial came to its end.
    """
    best: dict[str, Any] = json.loads(_read(study, BEST_FILE))
    return best


def _read(study: str, name: str) -> str:
    with open_file(f"{study.rstrip('/')}/{name}") as file:
        return bytes(file.read()).decode()
