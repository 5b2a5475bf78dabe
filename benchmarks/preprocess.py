"""npy -> examples: the whole component, beside the script that one would write without it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.drawings import write_drawings
from benchmarks.process import run, run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row

_SMALL, _LARGE = 1_000_000, 4_000_000
_SCRIPT = 20_000  # drawings that the script is measured with; each takes it the same time
_SETTLE = 3.0  # seconds
_READ_BYTES = 2**22

COMPONENT = """
from kfp import local
from components.preprocess import preprocess
local.init(local.SubprocessRunner(use_venv=False), pipeline_root={written!r})
preprocess(
    challenge="quickdraw", source={source!r}, source_fingerprint="", seed=0, shard_size=32768,
    image_size=0, max_bad_fraction=0.0, full_pass=False, compression="none",
    beam_args=[],
    train_per_class={drawings} * 8 // 100, validation_per_class={drawings} // 100,
    test_per_class={drawings} // 100,
)
"""
_USUAL_SCRIPT = """
import pathlib, time
import numpy as np, tensorflow as tf
start = time.perf_counter()
with tf.io.TFRecordWriter({written!r} + "/examples.tfrecord") as writer:
    for label, path in enumerate(sorted(pathlib.Path({source!r}).iterdir())):
        for row in np.load(path, mmap_mode="r")[: {drawings} // 10]:
            row = row.astype(np.float32) / 255
            features = {{
                "image": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }}
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
print(time.perf_counter() - start)
"""


def measure(folder: Path) -> list[Row]:
    """Measures one and four million drawings, and the bytes of an example.

    Times are whole processes, files flushed to the disk; of the script, its loop alone.

    Args:
        folder: empty, for what is written meanwhile.
    """
    sources = {drawings: folder / f"{drawings}" for drawings in (_SMALL, _LARGE)}
    for drawings, source in sources.items():
        write_drawings(source, drawings)
    kept, written = folder / "kept", folder / "written"
    kept.mkdir()

    def component(drawings: int, into: Path = written) -> None:
        source = str(sources[drawings])
        run_python(COMPONENT.format(source=source, written=str(into), drawings=drawings))

    def script() -> tuple[float, float]:
        """Returns seconds and bytes, each of one drawing."""
        written.mkdir()
        source = str(sources[_SMALL])
        code = _USUAL_SCRIPT.format(source=source, written=str(written), drawings=_SCRIPT)
        seconds = float(run_python(code).printed)
        size = _size(written)
        shutil.rmtree(written)
        return seconds / _SCRIPT, size / _SCRIPT

    component(_LARGE, kept)
    took = in_turns(
        {
            "small": lambda: _seconds(lambda: component(_SMALL), sources[_SMALL], written),
            "large": lambda: _seconds(lambda: component(_LARGE), sources[_LARGE], written),
            "copy": lambda: _seconds(
                lambda: run(["cp", "-r", str(kept), str(written)]), kept, written
            ),
            "script": lambda: script()[0],
        }
    )
    small, large, copy = took["small"], took["large"], took["copy"]
    script_rate = [1 / seconds for seconds in took["script"]]
    beyond = [(_LARGE - _SMALL) / (b - a) for a, b in zip(small, large, strict=True)]
    path, usual = "npy -> TFRecord", "a loop over tf.train.Example, float list"
    note = "with `row.tolist()` the loop is three times as fast"
    rate = "drawings/s"
    return [
        Row(
            f"{path}, beyond the first million",
            usual,
            rate,
            beyond,
            script_rate,
            40,
            True,
            note=note,
        ),
        Row(
            f"{path}, 4 million, whole component",
            usual,
            rate,
            [_LARGE / seconds for seconds in large],
            script_rate,
            25,
            True,
            note=note,
        ),
        Row(f"{path}, 4 million, whole component", "cp of the bytes, sync", "s", large, copy, 2),
        Row(
            f"{path}, size",
            usual,
            "bytes a drawing",
            [_size(kept) / _LARGE],
            [script()[1]],
            0.27,
        ),
    ]


def _seconds(work: Callable[[], object], read: Path, written: Path) -> float:
    """Returns how long work takes until its files are on the disk, and removes these.

    What it reads is in memory before. The host of a virtual machine takes freed memory back
    within a few seconds, and a new page then costs several times as much as one that was just
    freed. Waiting puts the work that comes after the removal of the largest files on a level with
    the others.
    """
    for path in filter(Path.is_file, read.rglob("*")):
        with path.open("rb") as file:
            while file.read(_READ_BYTES):
                pass
    os.sync()
    time.sleep(_SETTLE)
    start = time.perf_counter()
    work()
    os.sync()
    seconds = time.perf_counter() - start
    shutil.rmtree(written)
    return seconds


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.tfrecord"))
