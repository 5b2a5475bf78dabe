"""How long a step takes before its work begins, and the commands that start no step at all.

Each step is the command of a compiled pipeline, with an input that its first check after the heavy
import refuses: until then it has started, imported all that it needs, and worked on nothing.
Beside it, Python imports the same heavy libraries and nothing else. The preprocessing imports
TensorFlow in a child, beside Beam in the step itself, and so has two lines.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.compiled_steps import CompiledSteps
from benchmarks.drawings import write_drawings
from benchmarks.process import run, run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row

_SMALL = {"train_per_class": 80, "validation_per_class": 10, "test_per_class": 10}
_NO_SIGNATURE = "import tensorflow as tf; tf.saved_model.save(tf.Module(), {!r})"


def measure(folder: Path) -> list[Row]:
    """Measures the start of each kind of step, a cached run, `compile` and `runs`.

    Args:
        folder: empty, for what is written meanwhile.
    """
    starts = {
        "preprocess, until it writes": "import apache_beam",
        "preprocess, until its child analyses": "import tensorflow, tensorflow_transform.beam",
        "train": "import tensorflow",
        "evaluate": "import tensorflow",
        "batch-predict": "import apache_beam, tensorflow",
        "predictions-to-csv": "pass",
        "score": "pass",
    }
    refused = _refused(folder)
    data, runs = folder / "drawings", str(folder / "runs")
    compiled = [sys.executable, "-m", "pipelines", "compile", "--folder", str(folder / "all")]
    listing = [sys.executable, "-m", "pipelines", "runs", "--runs", runs]
    parameters = " ".join(f"{name}={value}" for name, value in {**_SMALL, "epochs": 1}.items())
    whole = [sys.executable, "-m", "pipelines", "run", "quickdraw", "--runs", runs]
    whole += ["--data", str(data), "--params", parameters]
    run(whole)
    took = in_turns(
        {name: lambda name=name: _start(*refused[name]) for name in starts}  # type: ignore[misc]
        | {code: lambda code=code: _import(code) for code in set(starts.values())}  # type: ignore[misc]
        | {
            "cached": lambda: _cached(whole),
            "compile": lambda: run(compiled).seconds,
            "runs": lambda: run(listing).seconds,
        }
    )
    rows = [
        Row(
            f"start of {name}",
            f"`{code}`" if code != "pass" else "Python alone",
            "s",
            took[name],
            took[code],
            0.5,
            compared="difference",
        )
        for name, code in starts.items()
    ]
    alone = {
        "cached": ("run of `quickdraw`, every step cached", 10),
        "compile": ("`compile` of all pipelines", 5),
        "runs": ("`runs`", 3),
    }
    return rows + [
        Row(path, "", "s", took[name], [], goal, compared="alone")
        for name, (path, goal) in alone.items()
    ]


def _refused(folder: Path) -> Mapping[str, tuple[list[str], str]]:
    """Returns the command of each step, and what its one line of error says."""
    steps = CompiledSteps(folder / "compiled")
    drawings, done = folder / "drawings", folder / "done"
    write_drawings(drawings, 1_000)
    preprocess = {"source": str(drawings), **_SMALL}
    run(steps.command("preprocess", {}, done, **preprocess))
    for name in "examples", "transform":
        (folder / f"no-{name}").mkdir()
        (folder / f"no-{name}" / name).symlink_to("nowhere")  # no folder can be made there
    model, empty = folder / "model", folder / "empty"
    empty.mkdir()
    run_python(_NO_SIGNATURE.format(str(model / "saved_model")))
    classes = sorted(path.stem for path in drawings.iterdir())
    (model / "labels.txt").write_text("\n".join(classes) + "\n")
    examples, outputs = done / "examples", folder / "outputs"
    kept = {"examples": examples, "transform": done / "transform"}
    return {
        "preprocess, until it writes": (
            steps.command("preprocess", {}, folder / "no-examples", **preprocess),
            "cannot be made",
        ),
        "preprocess, until its child analyses": (
            steps.command("preprocess", {}, folder / "no-transform", **preprocess),
            "cannot be made",
        ),
        "train": (steps.command("train", kept | {"examples": empty}, outputs), "not found"),
        "evaluate": (
            steps.command("evaluate", {"model": model, "examples": examples}, outputs),
            "no signature",
        ),
        "batch-predict": (
            steps.command("batch-predict", {"model": model, "examples": examples}, outputs),
            "expected a signature",
        ),
        "predictions-to-csv": (
            steps.command(
                "predictions-to-csv", {"predictions": empty, "examples": examples}, outputs
            ),
            "prediction",
        ),
        "score": (
            steps.command("score", {"submission": empty, "examples": examples}, outputs),
            "cannot be read",
        ),
    }


def _import(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return time.perf_counter() - start


def _start(command: list[str], told: str) -> float:
    """Returns how long a step takes to refuse its input.

    Raises:
        SystemExit: it did something else.
    """
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 1 or told not in done.stderr.partition("error: ")[2]:
        sys.exit(f"error: expected a step to refuse its input ({told}): {done.stderr[-500:]}")
    return seconds


def _cached(command: list[str]) -> float:
    """Returns how long a run takes all of whose steps are cached.

    Raises:
        SystemExit: one was not.
    """
    took = run(command)
    if took.printed.count(" cached ") != 6:
        sys.exit(f"error: expected six cached steps, got {took.printed[-500:]}")
    return took.seconds
