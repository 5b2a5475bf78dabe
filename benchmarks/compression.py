"""Compressed examples beside plain ones: their size, and what they cost to write and to read."""

import shutil
from functools import partial
from pathlib import Path

from benchmarks.drawings import write_drawings
from benchmarks.process import run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row
from preprocessing.compression import COMPRESSIONS

_DRAWINGS = 400_000

_WRITE = """
import time
from pathlib import Path
from preprocessing.examples import METADATA_FILE, SPLITS, ExamplesInfo
from preprocessing.plan import plan_examples
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import write_examples
plan = plan_examples({source!r}, "quickdraw", SplitSizes(0, 1, 1), seed=0, shard_size=32768)
start = time.process_time()
write_examples(plan, {written!r}, "unread", compression={compression!r})
print(time.process_time() - start)
splits = {{split: plan.split(split) for split in SPLITS}}
info = ExamplesInfo(
    "quickdraw", plan.image_shape, plan.class_names, 0, "", "", [0.0], [1.0], splits,
    compression={compression!r},
)
Path({written!r}, METADATA_FILE).write_text(info.to_json())
"""
_READ = """
import time
from preprocessing.examples import Examples
examples = Examples({written!r})
times = [time.perf_counter()]
for _ in range(2):
    for records in examples.open("train"):
        for start in range(0, len(records), 1024):
            records[start : start + 1024].copy()
    times.append(time.perf_counter())
print(times[1] - times[0], times[2] - times[1])
"""


def measure(folder: Path) -> list[Row]:
    """Measures 400,000 drawings: CPU seconds of the writing, seconds of the reading, bytes.

    Read is what lies in the system's cache, so that the disk is left out.

    Args:
        folder: empty, for what is written meanwhile.
    """
    source = folder / "source"
    write_drawings(source, _DRAWINGS)
    kept = {compression: folder / compression for compression in COMPRESSIONS}
    again = folder / "again"

    def write(compression: str, into: Path = again) -> float:
        """Returns microseconds of CPU time a drawing."""
        code = _WRITE.format(source=str(source), written=str(into), compression=compression)
        seconds = float(run_python(code).printed.split()[-1])
        shutil.rmtree(again, ignore_errors=True)
        return seconds * 1e6 / _DRAWINGS

    def read(compression: str) -> list[float]:
        """Returns seconds a million drawings, opening included, and then without it."""
        printed = run_python(_READ.format(written=str(kept[compression]))).printed
        return [float(seconds) * 1e6 / _DRAWINGS for seconds in printed.split()]

    for compression, written in kept.items():
        write(compression, written)
    wrote = in_turns({one: partial(write, one) for one in COMPRESSIONS})
    took = in_turns({one: partial(read, one) for one in COMPRESSIONS})
    sizes = {one: [_size(kept[one]) / _DRAWINGS] for one in COMPRESSIONS}
    first = {one: [first for first, _ in took[one]] for one in COMPRESSIONS}
    later = {one: [later for _, later in took[one]] for one in COMPRESSIONS}
    path, plain = "compressed examples", "uncompressed ones"
    return [
        Row(f"{path}, size", plain, "bytes a drawing", sizes["gzip"], sizes["none"], 0.5),
        Row(
            f"{path}, written",
            plain,
            "µs of CPU a drawing",
            wrote["gzip"],
            wrote["none"],
            8,
            compared="difference",
        ),
        Row(
            f"{path}, opened and read once",
            plain,
            "s a million drawings",
            first["gzip"],
            first["none"],
            3,
            compared="difference",
            note="from the system's cache; unpacked on all cores",
        ),
        Row(
            f"{path}, read again",
            plain,
            "s a million drawings",
            later["gzip"],
            later["none"],
            1.1,
            note="every epoch after the first",
        ),
    ]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.tfrecord*"))
