"""JPEG photos -> examples, beside the loop over Pillow that one would write without it."""

import os
import shutil
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from benchmarks.photographs import write_photographs
from benchmarks.process import run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row
from preprocessing.plan import plan_examples
from preprocessing.split_sizes import SplitSizes

_SMALL, _LARGE = 4_000, 24_000
_LOOP = 2_000  # photos that the loop is measured with; each takes it the same time

_LOOP_OVER_PILLOW = """
import pathlib, time
import tensorflow as tf
from PIL import Image
paths = sorted(pathlib.Path({source!r}).iterdir())[:: {step}]
start = time.perf_counter()
with tf.io.TFRecordWriter({written!r}) as writer:
    for path in paths:
        image = Image.open(path).convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
        label = int(path.name.startswith("dog"))
        features = {{
            "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.tobytes()])),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        }}
        example = tf.train.Example(features=tf.train.Features(feature=features))
        writer.write(example.SerializeToString())
print(len(paths) / (time.perf_counter() - start))
"""


def measure(folder: Path) -> list[Row]:
    """Measures the writing by all cores, and the loop on one core.

    Ours is Beam's whole pipeline, for 24,000 photos less that for 4,000: so the start of the step,
    the analysis, which looks at 2,000 photos at most, and the loading of the graph are not in it.
    The loop is timed without its imports.

    Args:
        folder: empty, for what is written meanwhile.
    """
    from preprocessing.transform import analyze
    from preprocessing.write_examples import write_examples

    source, written, transform = (folder / name for name in ("photos", "written", "transform"))
    write_photographs(source, _LARGE)
    plans = {
        photos: plan_examples(
            str(source),
            "cats_vs_dogs",
            SplitSizes(photos * 4 // 10, photos // 20, photos // 20),
            seed=0,
            shard_size=4_096,
        )
        for photos in (_SMALL, _LARGE)
    }
    analyze(plans[_LARGE], str(transform))

    def ours(photos: int) -> float:
        """Returns seconds."""
        start = time.perf_counter()
        with redirect_stdout(StringIO()):  # the progress
            write_examples(plans[photos], str(written), str(transform))
        seconds = time.perf_counter() - start
        shutil.rmtree(written)
        return seconds

    def loop() -> float:
        """Returns photos a second."""
        values = {"source": str(source), "written": str(folder / "loop"), "step": _LARGE // _LOOP}
        return float(run_python(_LOOP_OVER_PILLOW.format(**values)).printed)

    took = in_turns({"small": lambda: ours(_SMALL), "large": lambda: ours(_LARGE), "loop": loop})
    cores = os.cpu_count() or 1
    return [
        Row(
            "JPEG photos -> examples, beyond the first 4,000",
            f"a loop over Pillow and tf.train.Example, times {cores} cores",
            "photos/s",
            [
                (_LARGE - _SMALL) / (b - a)
                for a, b in zip(took["small"], took["large"], strict=True)
            ],
            [cores * rate for rate in took["loop"]],
            goal=1.5,
            at_least=True,
            note="photos of 24 KB to 64x64 pixels",
        )
    ]
