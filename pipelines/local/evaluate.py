"""Evaluates the exports of a local run, each once, while its training goes on or afterwards."""

import os
import time
from pathlib import Path

from rich.console import Console

from models.adversarial.export_kind import GAN
from models.export_evaluation import (
    CLASSIFICATION,
    FINAL,
    Export,
    ExportEvaluations,
    ExportKind,
    find_exports,
)
from pipelines.history.run_record import RunRecord
from pipelines.local.redirect import printed_to
from pipelines.training_kind import ADVERSARIAL, training_kind
from pipelines.tuning.found import read_best, study_of
from preprocessing.errors import InputError

EVALUATIONS_FOLDER = "evaluations"
LOG_FILE = "evaluate.log"

_SECONDS_BETWEEN_LOOKS = 2.0
_ASK = 'PARAMS="export_model_steps=100"'


def evaluate_run(folder: Path, watch: bool, console: Console) -> None:
    """Evaluates what a run's training has exported; writes into `evaluations/` of its folder.

    Args:
        folder: of the run; its steps `preprocess` and `train` (of a GAN `preprocess-gan` and
            `train-gan`) leave `examples` and `model`.
        watch: evaluate each export there is, and each new one until the training ends; else only
            the newest.
        console: gets a line an export, and which was best.

    Raises:
        InputError: there is nothing to evaluate and will be nothing, or it is not whole.
    """
    run = _Run(folder, console)
    try:
        while True:
            record = RunRecord.read(folder)  # before the exports: the last may come with the end
            run.evaluate(record, watch)
            if not watch or not _training_goes_on(record):
                break
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    finally:
        run.close()
    run.summary(record)


class _Run:
    """A run under evaluation, and what was shown of it so far."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._kind = CLASSIFICATION
        self._evaluations: ExportEvaluations | None = None
        self._results: dict[Export, dict[str, float]] = {}
        self._failed: dict[Export, InputError] = {}
        self._told = ""
        self._tell(f"  {'run':<20} {folder}")

    def evaluate(self, record: RunRecord, watch: bool) -> None:
        """Evaluates the exports there are, or says what has to come first."""
        self._kind = _kind(record)
        model_folder = self._folder / _name(record, "train") / "model"
        exports = find_exports(model_folder, self._kind)
        if not exports and not _training_goes_on(record):
            last = record.steps[-1]
            raise InputError(
                f"{self._folder}: no model was exported ({last.name}: {last.status}); run"
                f" `make run PIPELINE={record.pipeline}` again, with {_ASK} for an export every"
                " 100 steps"
            )
        if not exports and not watch:
            raise InputError(f"{self._folder}: {_what_comes_first(record)}; WATCH=1 waits for it")
        if not exports:
            self._tell(f"  {'waiting':<20} {_what_comes_first(record)}")
        for export in exports:
            if export in self._results or export in self._failed:
                continue
            evaluations = self._evaluations or self._begin(record)
            result = evaluations.read(export)
            if result is None and (watch or export == exports[-1]):
                try:
                    result = self._evaluate(evaluations, export)
                except InputError as error:
                    if not watch:
                        raise
                    self._failed[export] = error
                    self._tell(f"  {_step(export):<20} {error}")
            if result is not None:
                self._show(export, result)

    def summary(self, record: RunRecord) -> None:
        """Says how the training ended, which export was best, and where its report is."""
        if not self._results:
            raise next(iter(self._failed.values()))
        assert self._evaluations is not None
        kind = self._kind
        best = max(self._results, key=lambda export: kind.rank(self._results[export]))
        title = f"best {kind.columns[kind.best]}"
        self._tell(f"\n  {'training':<20} {_status(record, 'train')}")
        self._tell(f"  {title:<20} {_step(best)}, {self._results[best][kind.best]:.4f}")
        self._tell(f"  {'report':<20} {self._evaluations.report(best)}")

    def close(self) -> None:
        """Closes the logs."""
        if self._evaluations is not None:
            self._evaluations.close()

    def _begin(self, record: RunRecord) -> ExportEvaluations:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if _training_goes_on(record):
            os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the training fills the accelerator's memory
        names = ("model", "loss", "batch_size", "learning_rate")
        study = study_of(record)
        trained_with = record.parameters | (read_best(study) if study else {})
        self._evaluations = ExportEvaluations(
            self._folder / EVALUATIONS_FOLDER,
            self._folder / _name(record, "preprocess") / "examples",
            self._folder / _name(record, "train") / "model",
            {
                name.replace("_", " "): str(trained_with[name])
                for name in names
                if name in trained_with
            },
            self._kind,
            record.parameters.get("seed", 0),
        )
        return self._evaluations

    def _evaluate(self, evaluations: ExportEvaluations, export: Export) -> dict[str, float]:
        log = self._folder / EVALUATIONS_FOLDER / LOG_FILE
        with self._console.status(f"evaluating {_step(export)}"), printed_to(log):
            return evaluations.evaluate(export)

    def _show(self, export: Export, result: dict[str, float]) -> None:
        columns = {
            title: result[name] for name, title in self._kind.columns.items() if name in result
        }
        if not self._results:
            self._tell(f"\n  {'':<20}" + "".join(f"{title:>10}" for title in columns))
        self._results[export] = result
        values = "".join(f"{value:>10.4f}" for value in columns.values())
        self._tell(f"  {_step(export):<20}{values}")

    def _tell(self, line: str) -> None:
        """Prints a line, but not the same twice in a row."""
        if line != self._told:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._told = line


def _training_goes_on(record: RunRecord) -> bool:
    """Says whether a run trains, or has yet to."""
    status = _status(record, "train")
    return record.status == "running" and status in ("", "running")


def _kind(record: RunRecord) -> ExportKind:
    return GAN if training_kind(record.pipeline) is ADVERSARIAL else CLASSIFICATION


def _name(record: RunRecord, step: str) -> str:
    """Returns what a run calls a step: `train`, or `train-gan`."""
    names = [one.name for one in record.steps]
    return next((name for name in names if name in (step, f"{step}-gan")), step)


def _status(record: RunRecord, step: str) -> str:
    """Returns the status of a step; "" if it has not begun."""
    name = _name(record, step)
    return next((one.status for one in record.steps if one.name == name), "")


def _what_comes_first(record: RunRecord) -> str:
    """Returns why a run that goes on has no export yet, and how to have one sooner."""
    step, every = record.steps[-1].name, record.parameters.get("export_model_steps", 0)
    if step != _name(record, "train"):
        return f"no export yet, the run is at {step}"
    first = f"after {every:,} steps" if every else "at the end (export_model_steps=0)"
    return f"no export yet, the first comes {first}; {_ASK} asks for one every 100 steps"


def _step(export: Export) -> str:
    return f"final, step {export.step:,}" if export.name == FINAL else f"step {export.step:,}"
