"""Does the memory of a step grow with the data? At a hundred thousand, one and four million.

Each step is the command of a compiled pipeline. Training and prediction have nearly all drawings
in their split; the preprocessing is measured with either.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from benchmarks.compiled_steps import CompiledSteps
from benchmarks.drawings import CLASSES, write_drawings
from benchmarks.errors import NotHereError
from benchmarks.process import run
from benchmarks.row import Row

_SIZES = 100_000, 1_000_000, 4_000_000
_TINY = {"network_class": "Logistic", "batch_size": 4_096, "epochs": 1, "augment": False}
_STEPS = (
    "preprocess, to train with",
    "preprocess, to predict",
    "train",
    "batch-predict",
    "predictions-to-csv",
)


def measure(folder: Path) -> list[Row]:
    """Measures the peak of each step, once a size: it hardly differs from one run to the next.

    Args:
        folder: empty, for what is written meanwhile.

    Raises:
        NotHereError: this is no Linux, so no peak can be seen.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        raise NotHereError("it needs Linux, which tells how much memory a process has of its own")
    steps = CompiledSteps(folder / "compiled")
    peaks = {}
    for drawings in _SIZES:
        peaks[drawings] = _peaks(steps, drawings, folder / "data")
        shutil.rmtree(folder / "data")
    few, *more = _SIZES
    return [
        Row(
            f"memory of {step}, {drawings:,} drawings",
            f"{few:,} drawings",
            "MB",
            [peaks[drawings][step] / 1e6],
            [peaks[few][step] / 1e6],
            1.15,
        )
        for step in _STEPS
        for drawings in more
    ]


def _peaks(steps: CompiledSteps, drawings: int, folder: Path) -> Mapping[str, int]:
    """Returns the most bytes that each step held."""
    source = folder / "drawings"
    write_drawings(source, drawings)
    most, few = drawings // CLASSES * 98 // 100, drawings // CLASSES // 100
    sizes = {"train_per_class": few, "validation_per_class": few, "test_per_class": few}

    def peak(step: str, inputs: Mapping[str, Path], outputs: Path, **parameters: object) -> int:
        return run(steps.command(step, inputs, outputs, **parameters)).memory

    learnt, asked = folder / "learnt", folder / "asked"
    given = {"source": str(source)}
    data = {name: learnt / name for name in ("examples", "transform")}
    test = {"model": learnt / "model", "examples": asked / "examples"}
    answered = {"predictions": asked / "predictions", "examples": asked / "examples"}
    return dict(
        zip(
            _STEPS,
            (
                peak("preprocess", {}, learnt, **given, **sizes | {"train_per_class": most}),
                peak("preprocess", {}, asked, **given, **sizes | {"test_per_class": most}),
                peak("train", data, learnt, **_TINY),
                peak("batch-predict", test, asked),
                peak("predictions-to-csv", answered, asked),
            ),
            strict=True,
        )
    )
