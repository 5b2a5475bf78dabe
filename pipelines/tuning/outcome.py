"""What is shown of a run that has tuned: its trials, and what the best of them are for."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from models.tuning.results import BEST_FILE, TRIALS_FILE
from pipelines.history.defaults import parameter_defaults
from pipelines.history.run_record import RunRecord
from pipelines.parameters import TAKEN
from pipelines.tuning.found import read_best, read_trials, study_of
from pipelines.tuning.trial_table import print_trials
from pipelines.variants import base_of, tune_of
from pipelines.wording import place, short
from preprocessing.errors import InputError

_LABEL = 20


def show_trials(record: RunRecord, console: Console) -> None:
    """Prints the table of a run's trials; nothing for a run that has none.

    Args:
        record: of the run.
        console: where to; what is no terminal has to be wide enough for everything.
    """
    if not (study := study_of(record)):
        return
    console.print()
    try:
        print_trials(read_trials(study), console)
    except InputError as error:
        console.print(f"  trials: {error}", markup=False, highlight=False, soft_wrap=True)


def outcome_lines(record: RunRecord, data: str, given: Mapping[str, Any]) -> Sequence[str]:
    """Returns lines on what a run has found: where it lies, and what it trained or may train with.

    Args:
        record: of the run; others than those that tune get no lines.
        data: DATA, as it was given.
        given: arguments of the pipeline that the user gave.

    Raises:
        InputError: what it found is in a bucket and cannot be read.
    """
    if not (study := study_of(record)):
        return []
    best = f"{place(study)}/{BEST_FILE}"
    lines = {"best": best, "trials": f"{place(study)}/{TRIALS_FILE}"}
    if record.pipeline == tune_of(record.pipeline):
        verb = "run" if record.backend == "local" else "submit"
        lines["train with the best"] = " ".join(
            [f"make {verb}", *_words(record, best, data, given)]
        )
    else:
        found = read_best(study)
        every = found | found.pop("model_arguments", {})
        lines["trained with"] = " ".join(f"{name}={short(value)}" for name, value in every.items())
    if record.backend == "local":
        lines["look closer"] = "make dashboard, make tensorboard"
    return [f"  {label:<{_LABEL}} {text}" for label, text in lines.items()]


def _words(record: RunRecord, best: str, data: str, given: Mapping[str, Any]) -> list[str]:
    """Returns the words of a command that trains as the trials were, with the best parameters."""
    base = base_of(record.pipeline)
    defaults = parameter_defaults(base)
    other = {
        name: value
        for name, value in given.items()
        if name in defaults and name not in TAKEN and value != defaults[name]
    }
    variables = {"PIPELINE": base, "DATA": data}
    for name in ("model", "loss"):
        if chosen := other.pop(name, ""):
            variables[name.upper()] = place(chosen) if "/" in chosen else chosen
    words = [
        shlex.quote(f"{name}={value}") if isinstance(value, str) else f"{name}={json.dumps(value)}"
        for name, value in other.items()
    ]
    variables["PARAMS"] = " ".join([f"@{best}", *words])
    return [f"{name}={shlex.quote(value)}" for name, value in variables.items() if value]
