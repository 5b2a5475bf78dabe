"""Measures the preprocess component, whole, beside the script that one would write without it.

python -m benchmarks.preprocess [DRAWINGS ...]
"""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

CLASSES = 20
SCRIPT_DRAWINGS = 50_000

COMPONENT = """
from kfp import local
from components.preprocess import preprocess
local.init(local.SubprocessRunner(use_venv=False), pipeline_root={output!r})
preprocess(
    challenge="quickdraw", source={source!r}, source_fingerprint="", seed=0, shard_size=32768,
    image_size=0, max_bad_fraction=0.0,
    train_per_class={rows} * 8 // 10, validation_per_class={rows} // 10,
    test_per_class={rows} // 10, full_pass=False, beam_args=[],
)
"""
SCRIPT = """
import numpy as np, tensorflow as tf
with tf.io.TFRecordWriter({output!r}) as writer:
    for label in range({classes}):
        for row in np.load(f"{source}/class{{label:02d}}.npy", mmap_mode="r")[:{rows}]:
            features = {{
                "image": tf.train.Feature(float_list=tf.train.FloatList(value=row / 255)),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }}
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
"""


def main(sizes: list[int]) -> None:
    """Prints a table: drawings a second, bytes a drawing, memory of all processes together."""
    print(f"{'':<34}{'seconds':>9}{'drawings/s':>12}{'bytes':>8}{'memory':>10}")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder:
        source, output = Path(folder, "source"), Path(folder, "output")
        write_source(source, max(sizes) // CLASSES)
        output.mkdir()
        code = SCRIPT.format(
            output=str(output / "script.tfrecord"),
            source=source,
            classes=CLASSES,
            rows=SCRIPT_DRAWINGS // CLASSES,
        )
        measure("script, float list", code, output, SCRIPT_DRAWINGS)
        for size in sizes:
            few = Path(folder, f"source-{size}")
            few.mkdir()
            for path in source.iterdir():
                np.save(few / path.name, np.load(path, mmap_mode="r")[: size // CLASSES])
            code = COMPONENT.format(output=str(output), source=str(few), rows=size // CLASSES)
            measure("the preprocess component", code, output, size)


def write_source(folder: Path, rows: int) -> None:
    """Writes classes of random drawings, a quarter of their pixels inked."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    images = np.zeros((rows, 784), np.uint8)
    images[:, ::4] = generator.integers(0, 256, (rows, 196), dtype=np.uint8)
    for label in range(CLASSES):
        np.save(folder / f"class{label:02d}.npy", images)


def measure(name: str, code: str, output: Path, drawings: int) -> None:
    """Runs code in a process of its own and prints a row; empties the output folder."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    memory = Memory(process.pid)
    if process.wait():
        sys.exit(f"error: {name} ended with status {process.returncode}")
    seconds = time.perf_counter() - start
    files = [path for path in output.rglob("*.tfrecord") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / drawings
    for path in files:
        path.unlink()
    print(
        f"{name + f', {drawings:,}':<34}{seconds:>9.1f}{drawings / seconds:>12,.0f}{size:>8.0f}"
        f"{memory.stop() / 2**20:>7,.0f} MB"
    )


class Memory:
    """The peak of the memory of a process and all that it starts, shared pages counted once."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Returns the peak in bytes; 0 where there is no /proc."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self._peak = max(self._peak, sum(map(_proportional_set_size, _family(self._pid))))


def _family(pid: int) -> list[int]:
    """Returns a process and its descendants."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family


def _proportional_set_size(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000_000, 4_000_000])
