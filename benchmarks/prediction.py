"""Batch prediction: test shards to JSON lines, beside Keras on arrays in memory."""

import shutil
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
    """Measures the whole function, loading of the model and Beam included.

    Args:
        folder: empty, for what is written meanwhile.
    """
    write_classifier(folder, _EXAMPLES)
    took = in_turns({"ours": _prediction(folder), "keras": keras_rate(folder)})
    return [
        Row(
            "batch prediction, network Cnn",
            "model.predict on arrays in memory",
            "images/s",
            took["ours"],
            took["keras"],
            0.9,
            at_least=True,
            note=f"batches of {BATCH}; all of {_EXAMPLES:,}, with loading the model and Beam",
        )
    ]


def _prediction(folder: Path) -> Callable[[], float]:
    from models.prediction import batch_predict

    def rate() -> float:
        start = time.perf_counter()
        with redirect_stdout(StringIO()):  # the progress
            batch_predict(
                folder / MODEL, folder / "examples", folder / "predictions", batch_size=BATCH
            )
        seconds = time.perf_counter() - start
        shutil.rmtree(folder / "predictions")
        return _EXAMPLES / seconds

    rate()
    return rate
