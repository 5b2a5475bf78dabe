"""Judges a trained model: streams a split through its SavedModel, writes the report.

The model is the artifact that ships, loaded without the project's code:

    model/
        saved_model/    signature `predict_images`: image uint8 [None, height, width, channels]
                        -> probabilities float32 [None, classes]
        labels.txt      a class name a line, in label order
        history.json    a dict an epoch; may be absent
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.confusion import most_confused_classes, most_confused_pairs
from models.metrics import ClassificationMetrics
from models.mistakes import Mistakes
from models.ranking import Floats, Ints
from models.report import Evaluation, write_report
from models.saved_model import SIGNATURE, SavedClassifier
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_progress
from preprocessing.records import Bytes

LARGEST_MATRIX = 30
"""Classes of the confusion matrix that `evaluate` returns, at most."""

_PAIRS, _MISTAKES_OF_A_PAIR, _MISTAKES = 6, 4, 21
_SECONDS_BETWEEN_PROGRESS = 2.0

Predict = Callable[[Bytes], Floats]


def evaluate(
    model_folder: str | Path,
    examples_folder: str | Path,
    report_file: str | Path,
    split: str = "validation",
    batch_size: int = 1024,
    facts: dict[str, str] | None = None,
    history_file: str | Path | None = None,
) -> dict[str, Any]:
    """Evaluates a model on a split and writes the HTML report.

    Memory holds one batch, and of every example what the metrics need: its 20 highest scores.

    Args:
        model_folder: what training wrote.
        examples_folder: what the preprocessing wrote.
        report_file: the HTML page to write.
        split: a split whose records hold labels.
        batch_size: examples a call of the model.
        facts: what else the report should say of the run, such as `{"model": "Cnn"}`.
        history_file: what to draw the training curves from; by default the model folder's.

    Returns:
        What `json.dumps` takes: `examples`, `loss`, `hit_at_1`, `top_5`, `perr`, `gap`, `map`, and
        `confusion`: `class_names` and `matrix`, a row of counts a true class. Of more than
        `LARGEST_MATRIX` classes, the matrix holds the most confused.

    Raises:
        InputError: the model or the examples are not whole, or do not belong together.
    """
    model_folder, examples = Path(model_folder), Examples(examples_folder)
    class_names = examples.info.class_names
    check_split(examples, split)
    check_labels(model_folder / "labels.txt", class_names, examples.folder)
    history = read_history(history_file or model_folder / "history.json")
    predict = load_saved_model(model_folder / "saved_model", examples)

    metrics, mistakes = ClassificationMetrics(len(class_names)), Mistakes()
    total, done = examples.info.splits[split].examples, 0
    started = told = time.monotonic()
    for images, labels in labelled_batches(examples, split, batch_size):
        ranking = metrics.update(predict(images), labels)
        mistakes.update(labels, ranking.classes[:, 0], ranking.scores[:, 0])
        done += len(labels)
        now = time.monotonic()
        if done == total or now - told > _SECONDS_BETWEEN_PROGRESS:
            rate = done / (now - started)
            report_progress(done / total, f"evaluated {done:,} of {total:,}, {rate:,.0f} images/s")
            told = now

    result, confusion = metrics.result(), metrics.confusion
    pairs = most_confused_pairs(confusion, _PAIRS)
    write_report(
        report_file,
        Evaluation(
            info=examples.info,
            split=split,
            metrics=result,
            confusion=confusion,
            pairs=[
                (
                    pair,
                    mistakes.most_confident(
                        examples, split, _MISTAKES_OF_A_PAIR, (pair.first, pair.second)
                    ),
                    mistakes.most_confident(
                        examples, split, _MISTAKES_OF_A_PAIR, (pair.second, pair.first)
                    ),
                )
                for pair in pairs
            ],
            mistakes=mistakes.most_confident(examples, split, _MISTAKES),
            history=history,
            facts=facts or {},
        ),
    )
    shown = most_confused_classes(confusion, LARGEST_MATRIX)
    return {
        **result,
        "confusion": {
            "class_names": [class_names[index] for index in shown],
            "matrix": confusion[np.ix_(shown, shown)].tolist(),
        },
    }


def check_split(examples: Examples, split: str) -> None:
    """Raises InputError unless the split has examples with labels."""
    labelled = [name for name, one in examples.info.splits.items() if not one.id_bytes]
    if split not in labelled:
        raise InputError(
            f"{examples.folder}: the split {split!r} has no labels or does not exist;"
            f" choose one of {', '.join(labelled)}"
        )
    if not examples.info.splits[split].examples:
        raise InputError(
            f"{examples.folder / split}: this split is empty, so there is nothing to evaluate on;"
            " run the preprocessing again with some examples for it"
        )


def check_labels(path: Path, class_names: list[str], examples_folder: Path) -> None:
    """Raises InputError unless the model's `labels.txt` names the classes of the examples."""
    if not path.is_file():
        raise InputError(f"{path}: not found; train the model again, or name its folder")
    found = path.read_text().splitlines()
    if found == class_names:
        return
    cure = f"evaluate on the examples that the model was trained on, not {examples_folder}"
    if len(found) != len(class_names):
        raise InputError(
            f"{path}: {len(found)} classes, but the examples have {len(class_names)}; {cure}"
        )
    line, ours, theirs = next(
        (number, ours, theirs)
        for number, (ours, theirs) in enumerate(zip(found, class_names, strict=True), start=1)
        if ours != theirs
    )
    raise InputError(f"{path}: line {line} is {ours!r}, but the examples say {theirs!r}; {cure}")


def read_history(file: str | Path) -> list[dict[str, Any]]:
    """Reads `history.json`: a dict an epoch, none where there is no such file.

    Raises:
        InputError: it is not that.
    """
    path = Path(file)
    if not path.is_file():
        return []
    try:
        history = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(
            f"{path}: not valid JSON ({error}); train again, or delete it to do without its curves"
        ) from None
    if not isinstance(history, list) or not all(isinstance(epoch, dict) for epoch in history):
        raise InputError(
            f"{path}: expected a list with a dict an epoch; train again, or delete it to do"
            " without its curves"
        )
    return history


def load_saved_model(path: Path, examples: Examples) -> Predict:
    """Loads the SavedModel and returns its signature as a function of arrays.

    Raises:
        InputError: there is none, or its signature does not fit the examples. The function
            raises it for probabilities that are not finite.
    """
    model = SavedClassifier(path)
    needed = examples.info.image_shape, len(examples.info.class_names)
    if not model.fits(*needed):
        raise InputError(
            f"{path}: {SIGNATURE} has {model.shapes}, but these examples need"
            f" {model.expected(*needed)}; evaluate on the examples that the model was trained on"
        )
    return model.predict


def labelled_batches(
    examples: Examples, split: str, batch_size: int
) -> Iterator[tuple[Bytes, Ints]]:
    """Yields images `[n, height, width, channels]` and labels `[n]`, shard by shard."""
    layout = examples.info.layout(split)
    for shard in examples.open(split):
        for start in range(0, len(shard), batch_size):
            records = shard[start : start + batch_size]
            images = layout.images(records).reshape(-1, *examples.info.image_shape)
            yield images, layout.labels(records)
