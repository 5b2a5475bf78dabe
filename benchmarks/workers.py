"""Work a drawing as workers and shards grow: what a plan for many machines rests on."""

import filecmp
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.dataflow import write_plan
from benchmarks.drawings import write_drawings
from benchmarks.process import run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row

_CLASSES = 345  # as many as Quick, Draw! has: each shard reads a few rows of each
_ROWS = 100_000  # a class
_FEW, _MANY = 700, 2_800  # drawings a class that are written
_ONE, _QUARTER = "1 worker", "1 worker, a quarter of the shards"
_WAYS = {_ONE: (1, _MANY), "2 workers": (2, _MANY), "4 workers": (4, _MANY), _QUARTER: (1, _FEW)}
"""Workers, and drawings a class."""

_WRITE = """
from benchmarks.counted import write_counted
from preprocessing.plan import plan_examples
from preprocessing.split_sizes import SplitSizes
sizes = SplitSizes({drawings}, 1, 1)
plan = plan_examples({source!r}, "quickdraw", sizes, seed=0, shard_size=65536)
options = ["--direct_running_mode=multi_processing", "--direct_num_workers={workers}"]
print(write_counted(plan, {written!r}, options, {notes!r}))
"""


def measure(folder: Path) -> list[Row]:
    """Measures the CPU time of 1, 2 and 4 worker processes of Beam, their start left out.

    From that of one worker it writes the plan for Dataflow into docs/performance.md.

    Args:
        folder: empty, for what is written meanwhile.

    Raises:
        SystemExit: four workers write other bytes than one.
    """
    source, written, notes = folder / "classes", folder / "written", folder / "notes"
    write_drawings(folder / "source", 10 * _ROWS)
    source.mkdir()
    files = sorted((folder / "source").iterdir())
    for label in range(_CLASSES):
        (source / f"{label:03}.npy").hardlink_to(files[label % len(files)])

    def write(workers: int, drawings: int) -> float:
        """Returns microseconds a drawing."""
        for old in (written, notes):
            shutil.rmtree(old, ignore_errors=True)
        notes.mkdir()
        code = _WRITE.format(
            source=str(source),
            written=str(written),
            notes=str(notes),
            workers=workers,
            drawings=drawings,
        )
        seconds = float(run_python(code).printed.split()[-1])
        return seconds * 1e6 / _CLASSES / (drawings + 2)

    write(1, _FEW)
    alone = written.rename(folder / "alone")
    write(4, _FEW)
    if not _same(alone, written):
        sys.exit("error: 4 workers write other bytes than one")
    took = in_turns({name: partial(write, *way) for name, way in _WAYS.items()})
    one, quarter = took.pop(_ONE), took.pop(_QUARTER)
    write_plan(median(one) / 1e6)
    path, unit = "work a drawing", "µs of CPU a drawing"
    note = f"processes of Beam, start left out, on {os.cpu_count()} cores; the same bytes"
    return [
        *(
            Row(f"{path}, {name}", _ONE, unit, measured, one, 1.15, note=note)
            for name, measured in took.items()
        ),
        Row(f"{path}, {_ONE}", _QUARTER, unit, one, quarter, 1.15),
    ]


def _same(one: Path, other: Path) -> bool:
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    found = [path.relative_to(other) for path in other.rglob("*") if path.is_file()]
    return sorted(files) == sorted(found) and all(
        filecmp.cmp(one / path, other / path, shallow=False) for path in files
    )
