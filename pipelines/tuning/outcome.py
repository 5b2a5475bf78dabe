"""What is shown of a run that has tuned: its trials, and what the best of them are for."""

import json
import shlex
from collections.abc import Sequence

from rich.console import Console

from models.tuning.results import BEST_FILE, TRIALS_FILE
from pipelines.history.defaults import parameter_defaults
from pipelines.history.run_record import RunRecord
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


def outcome_lines(
    record: RunRecord, data: str, model: str, loss: str, texts: Sequence[str]
) -> Sequence[str]:
    """Returns lines on what a run has found: where it lies, and what it trained or may train with.

    Args:
        record: of the run; others than those that tune get no lines.
        data: DATA, as the user typed it.
        model: MODEL, likewise.
        loss: LOSS, likewise.
        texts: PARAMS, likewise, in words.
    """
    if not (study := study_of(record)):
        return []
    best = f"{place(study)}/{BEST_FILE}"
    lines = {"best": best, "trials": f"{place(study)}/{TRIALS_FILE}"}
    if record.pipeline == tune_of(record.pipeline):
        verb = "run" if record.backend == "local" else "submit"
        variables = {
            "PIPELINE": base_of(record.pipeline),
            "DATA": data,
            "MODEL": model,
            "LOSS": loss,
            "PARAMS": " ".join([f"@{best}", *_for_training(record.pipeline, texts)]),
        }
        words = (f"{name}={shlex.quote(value)}" for name, value in variables.items() if value)
        lines["train with the best"] = " ".join([f"make {verb}", *words])
    elif words_of_best := trained_with(record):
        lines["trained with"] = words_of_best
    if record.backend == "local":
        lines["look closer"] = "make dashboard, make tensorboard"
    return [f"  {label:<{_LABEL}} {text}" for label, text in lines.items()]


def trained_with(record: RunRecord) -> str:
    """Returns the parameters that a run has found and trained with; "" for any other run."""
    study = study_of(record)
    if not study or record.pipeline == tune_of(record.pipeline):
        return ""
    try:
        found = read_best(study)
    except InputError:  # that it cannot be read is told instead of the table
        return ""
    every = found | found.pop("model_arguments", {})
    return " ".join(f"{name}={short(value)}" for name, value in every.items())


def _for_training(pipeline: str, texts: Sequence[str]) -> list[str]:
    """Returns those words of PARAMS that are of the training too, as PARAMS takes them."""
    known = parameter_defaults(base_of(pipeline))
    names = [text.partition("=")[0] for text in texts]
    return [
        text if _is_json(text.partition("=")[2]) else shlex.quote(text)
        for name, text in zip(names, texts, strict=True)
        if name in known or text.startswith("@")
    ]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
