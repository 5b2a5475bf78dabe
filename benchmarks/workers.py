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

_DRAWINGS = 1_000_000
_SHARD = 32_768
_ONE = "1 worker"
_WAYS = {
    _ONE: (1, _SHARD),
    "2 workers": (2, _SHARD),
    "4 workers": (4, _SHARD),
    "1 worker, four times the shards": (1, _SHARD // 4),
}
"""Workers, and drawings a shard at most."""

_WRITE = """
from benchmarks.counted import seconds_a_drawing
from preprocessing.plan import plan_examples
from preprocessing.split_sizes import SplitSizes
plan = plan_examples({source!r}, "quickdraw", SplitSizes(0, 1, 1), seed=0, shard_size={shard})
options = ["--direct_running_mode=multi_processing", "--direct_num_workers={workers}"]
print(seconds_a_drawing(plan, {written!r}, options))
"""


def measure(folder: Path) -> list[Row]:
    """Measures the CPU time of 1, 2 and 4 worker processes of Beam, their start left out.

    From that of one worker it writes the plan for Dataflow into docs/performance.md.

    Args:
        folder: empty, for what is written meanwhile.

    Raises:
        SystemExit: four workers write other bytes than one.
    """
    source, written = folder / "source", folder / "written" / "examples"
    write_drawings(source, _DRAWINGS)

    def write(workers: int, shard: int) -> float:
        """Returns microseconds a drawing."""
        shutil.rmtree(written.parent, ignore_errors=True)
        written.parent.mkdir()
        code = _WRITE.format(source=str(source), written=str(written), workers=workers, shard=shard)
        return float(run_python(code).printed.split()[-1]) * 1e6

    write(1, _SHARD)
    alone = written.parent.rename(folder / "alone") / written.name
    write(4, _SHARD)
    if not _same(alone, written):
        sys.exit("error: 4 workers write other bytes than one")
    took = in_turns({name: partial(write, *way) for name, way in _WAYS.items()})
    one = took.pop(_ONE)
    write_plan(median(one) / 1e6)
    path, unit = "work a drawing", "µs of CPU a drawing"
    note = f"processes of Beam, start left out, on {os.cpu_count()} cores; the same bytes"
    return [
        Row(f"{path}, {name}", _ONE, unit, measured, one, 1.15, note=note)
        for name, measured in took.items()
    ]


def _same(one: Path, other: Path) -> bool:
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    found = [path.relative_to(other) for path in other.rglob("*") if path.is_file()]
    return sorted(files) == sorted(found) and all(
        filecmp.cmp(one / path, other / path, shallow=False) for path in files
    )
