"""Evaluates what a training exports, each export once, while the training goes on or afterwards.

evaluations/
    step-1000/          of the export `export/step_1000/`; whole or not there
        metrics.json
        report.html
    step-final/         of the model that the training ended with
    logs/               the metrics of all, for TensorBoard
"""

import gc
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.evaluation import evaluate, read_history
from models.training_log import HISTORY_FILE, LOGS_FOLDER
from models.training_state import TrainingState

FINAL = "final"

_METRICS_FILE, _REPORT_FILE = "metrics.json", "report.html"
Metrics = dict[str, float]


@dataclass(frozen=True)
class ExportKind:
    """How the exports of one kind of model are evaluated and compared.

    Attributes:
        evaluate: takes a model's folder, the examples' folder and the page to write, and by name
            `facts` and `history_file`, as `models.evaluation.evaluate` does, and the run's `seed`;
            returns metrics.
        final_step: steps that the final model was trained for, by its history.
        columns: titles of the metrics to show, by name.
        plotted: metrics for TensorBoard.
        best: the metric that names the best export.
        rank: is largest for that one.
    """

    evaluate: Callable[..., Metrics]
    final_step: Callable[[list[dict[str, Any]]], int]
    columns: dict[str, str]
    plotted: tuple[str, ...]
    best: str
    rank: Callable[[Metrics], tuple[float, ...]]


def _evaluate_classification(*folders: Path, seed: int, **options: Any) -> Metrics:
    """Evaluates a model; nothing in that is random."""
    model_folder, examples_folder, report_file = folders
    result = evaluate(model_folder, examples_folder, report_file, **options)
    if len(result.pop("confusion")["class_names"]) <= 5:
        del result["top_5"]
    return result


def _best_step(history: list[dict[str, Any]]) -> int:
    best = TrainingState(history=history).best
    return best["steps"] if best else 0


CLASSIFICATION = ExportKind(
    _evaluate_classification,
    _best_step,
    columns={"hit_at_1": "Hit@1", "top_5": "top-5", "gap": "GAP", "loss": "loss"},
    plotted=("loss", "hit_at_1", "top_5", "perr", "gap"),
    best="hit_at_1",
    rank=lambda metrics: (metrics["hit_at_1"], -metrics["loss"]),
)


@dataclass(frozen=True)
class Export:
    """A model that a training has written.

    Attributes:
        name: its step, such as `1000`, or `final`.
        step: steps that its weights were trained for.
        folder: what `models.export` wrote.
    """

    name: str
    step: int
    folder: Path


def find_exports(model_folder: str | Path, kind: ExportKind = CLASSIFICATION) -> list[Export]:
    """Returns the whole exports in a model's folder by step, the final model last.

    The final model of a classification has the weights of its best epoch, so its step may be
    before the last.

    Raises:
        InputError: `history.json` cannot be read.
    """
    folder = Path(model_folder)
    found = (
        (path, re.fullmatch(r"step_(\d+)", path.name)) for path in folder.glob("export/step_*")
    )
    exports = [Export(match[1], int(match[1]), path) for path, match in found if match]
    exports.sort(key=lambda export: export.step)
    if _is_whole(folder):
        step = kind.final_step(read_history(folder / HISTORY_FILE))
        exports.append(Export(FINAL, step, folder))
    return [export for export in exports if _is_whole(export.folder)]


def _is_whole(folder: Path) -> bool:
    return (folder / "saved_model" / "saved_model.pb").is_file()  # it comes last, by a rename


class ExportEvaluations:
    """The evaluations of one training's exports.

    Args:
        folder: gets them.
        examples_folder: what the model was trained on.
        model_folder: the training's, where `history.json` is.
        facts: what the reports should say of the run.
        kind: of the model.
        seed: of the run.
    """

    def __init__(
        self,
        folder: str | Path,
        examples_folder: str | Path,
        model_folder: str | Path,
        facts: dict[str, str],
        kind: ExportKind = CLASSIFICATION,
        seed: int = 0,
    ) -> None:
        self._kind = kind
        self._folder = Path(folder)
        self._examples_folder = Path(examples_folder)
        self._history_file = Path(model_folder) / HISTORY_FILE
        self._facts = facts
        self._seed = seed
        self._writer: Any = None

    def report(self, export: Export) -> Path:
        """Returns where the report of an export is, or will be."""
        return self._of(export) / _REPORT_FILE

    def read(self, export: Export) -> Metrics | None:
        """Returns what `evaluate` returned for this export; None if it was not evaluated yet."""
        path = self._of(export) / _METRICS_FILE
        return json.loads(path.read_text()) if path.exists() else None

    def evaluate(self, export: Export) -> Metrics:
        """Evaluates an export on the validation split; nothing of it stays in memory.

        Returns:
            The kind's metrics (`top_5` where there are more than five classes), and `step`.

        Raises:
            InputError: the export or the examples are not whole, or do not belong together.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=self._folder) as temporary:
            unfinished = Path(temporary, "evaluation")
            result = self._kind.evaluate(
                export.folder,
                self._examples_folder,
                unfinished / _REPORT_FILE,
                facts=self._facts | {"export": export.name},
                history_file=self._history_file,
                seed=self._seed,
            )
            gc.collect()  # a loaded SavedModel is full of cycles
            result = {"step": export.step, **result}
            (unfinished / _METRICS_FILE).write_text(json.dumps(result, indent=2) + "\n")
            self._log(result)
            if not self._of(export).exists():  # else another watch was first
                unfinished.rename(self._of(export))
        return result

    def close(self) -> None:
        """Closes the log."""
        if self._writer is not None:
            self._writer.close()

    def _of(self, export: Export) -> Path:
        return self._folder / f"step-{export.name}"

    def _log(self, result: Metrics) -> None:
        """Writes the metrics by the names that the training's own curves have."""
        if self._writer is None:
            from tensorboard.summary import Writer

            self._writer = Writer(str(self._folder / LOGS_FOLDER))
        for name in self._kind.plotted:
            if name in result:
                self._writer.add_scalar(name, result[name], int(result["step"]))
        self._writer.flush()
