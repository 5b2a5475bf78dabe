"""Evaluation: a split through the exported model, beside Keras on arrays in memory."""

import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from benchmarks.classifier import MODEL, write_classifier
from benchmarks.in_memory import BATCH, keras_rate
from benchmarks.rounds import in_turns
from benchmarks.row import Row

_EXAMPLES = 150_000


def measure(folder: Path) -> list[Row]:
    """Measures the whole function, loading of the model and the report included.

    Args:
        folder: empty, for what is written meanwhile.
    """
    write_classifier(folder, _EXAMPLES)
    took = in_turns({"ours": _evaluation(folder), "keras": keras_rate(folder)})
    return [
        Row(
            "evaluation, network Cnn",
            "model.predict on arrays in memory",
            "images/s",
            took["ours"],
            took["keras"],
            0.9,
            at_least=True,
            note=f"batches of {BATCH}; all of {_EXAMPLES:,}, with loading the model and the report",
        )
    ]


def _evaluation(folder: Path) -> Callable[[], float]:
    from models.evaluation import evaluate

    def rate() -> float:
        start = time.perf_counter()
        with redirect_stdout(StringIO()):  # the progress
            evaluate(folder / MODEL, folder / "examples", folder / "report.html", batch_size=BATCH)
        return _EXAMPLES / (time.perf_counter() - start)

    rate()
    return rate
