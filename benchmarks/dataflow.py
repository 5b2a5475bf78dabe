"""The plan for all drawings of Quick, Draw! on Dataflow, worked out from the measured cost."""

import json
import pickle
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import write_between
from preprocessing.plan import Plan
from preprocessing.records import RecordLayout
from preprocessing.sources.bitmaps import BitmapFile, Bitmaps
from preprocessing.sources.source import Source
from preprocessing.split_sizes import SplitSizes

_BEGIN, _END = "<!-- make bench writes the plan from here -->", "<!-- the plan ends here -->"
_PRICES = Path(__file__).with_name("dataflow_prices.json")

_DRAWINGS, _CLASSES, _PIXELS = 50_426_266, 345, 784
_SHARD = 65_536
_NEARBY = 2**21 // _PIXELS + 1  # rows so near are one request, as in `BitmapFile.read`

_CORES, _MEMORY, _DISK = 4, 15, 25  # of n1-standard-4 with Dataflow Shuffle; GB
_THREADS = 12  # a core, each with a shard of its own
_REQUEST_CPU = 0.004  # seconds; 2 to 4 ms were measured without TLS, on loopback
_REQUEST_WAIT = 0.05  # seconds until a bucket of the same region answers
_START_MINUTES = 6  # until the workers run, and until they are gone
_WORKERS = (1, 4, 16)


@dataclass(frozen=True)
class Work:
    """What is to be done, however many do it.

    Attributes:
        shards: files to write.
        read: bytes fetched.
        requests: to the bucket, to read: of a file its size, then a run of rows each.
        written: bytes.
        shuffled: bytes; the names of the shards are all that changes the worker.
        cpu: seconds of one core.
        waiting: seconds of one thread.
    """

    shards: int
    read: int
    requests: int
    written: int
    shuffled: int
    cpu: float
    waiting: float


def work(seconds_a_drawing: float, drawings: int = _DRAWINGS, classes: int = _CLASSES) -> Work:
    """Returns the work of writing all drawings as examples.

    Args:
        seconds_a_drawing: of one core, files being local.
        drawings: in all.
        classes: files of equal size that these are in.
    """
    plan = _plan(drawings, classes)
    shards = list(plan.shards())
    runs = [np.split(rows, np.flatnonzero(np.diff(rows) > _NEARBY) + 1) for rows in _rows(plan)]
    requests = len(shards) * (classes + sum(map(len, runs)))
    fetched = sum(int(run[-1] - run[0]) + 1 for of_class in runs for run in of_class)
    return Work(
        shards=len(shards),
        read=len(shards) * fetched * _PIXELS,
        requests=requests,
        written=drawings * RecordLayout(_PIXELS).record_bytes,
        shuffled=sum(len(pickle.dumps(shard)) for shard in shards),
        cpu=drawings * seconds_a_drawing + requests * _REQUEST_CPU,
        waiting=requests * _REQUEST_WAIT,
    )


def hours(work: Work, workers: int) -> float:
    """Returns how long a job takes: by what its cores or its waiting threads need, and its start.

    Args:
        work: of the job.
        workers: machines of 4 cores.
    """
    cores = workers * _CORES
    return _START_MINUTES / 60 + max(work.cpu, work.waiting / _THREADS) / cores / 3600


def dollars(work: Work, workers: int) -> float:
    """Returns the list price of a job on that many workers, with its requests to the bucket."""
    prices = _prices()
    worker = (
        _CORES * prices["core_hour"]
        + _MEMORY * prices["gigabyte_hour"]
        + _DISK * prices["disk_gigabyte_hour"]
    )
    return float(
        hours(work, workers) * workers * worker
        + work.shuffled / 1e9 * prices["shuffled_gigabyte"]
        + work.requests * prices["read_request"]
        + 3 * work.shards * prices["write_request"]  # written, renamed: a copy and a removal
    )


def write_plan(seconds_a_drawing: float) -> None:
    """Writes the plan into docs/performance.md, between its two marks."""
    write_between(_BEGIN, _END, f"\n{table(seconds_a_drawing)}\n")


def table(seconds_a_drawing: float) -> str:
    """Returns the plan as two tables of Markdown."""
    job, prices = work(seconds_a_drawing), _prices()
    local = _DRAWINGS * seconds_a_drawing
    stored = job.written / 1e9 * prices["stored_gigabyte_month"]
    lines = [
        "| work | | |",
        "|---|---|---|",
        f"| drawings | {_DRAWINGS:,} in {_CLASSES} classes | {seconds_a_drawing * 1e6:.2f} µs of a"
        f" core each, measured: {local:,.0f} s of one core in all |",
        f"| shards | {job.shards:,} | of {_SHARD:,} drawings at most |",
        f"| read | {job.read / 1e9:.1f} GB | in {job.requests:,} requests: {job.waiting / 3600:.1f}"
        f" h of waiting, {job.requests * _REQUEST_CPU:,.0f} s of one core |",
        f"| written | {job.written / 1e9:.1f} GB | ${stored:.2f} a month to keep |",
        f"| shuffled | {job.shuffled / 1e6:.2f} MB | the names of the shards, no drawing |",
        "",
        "| workers, `n1-standard-4` | hours | of these working | dollars |",
        "|---|---|---|---|",
    ]
    for workers in _WORKERS:
        took = hours(job, workers)
        lines.append(
            f"| {workers} | {took:.2f} | {took - _START_MINUTES / 60:.2f} |"
            f" {dollars(job, workers):.2f} |"
        )
    return "\n".join(lines)


@cache
def _plan(drawings: int, classes: int) -> Plan:
    files = tuple(
        BitmapFile(f"{label}.npy", f"{label:03}", drawings * (label + 1) // classes - start, 784, 0)
        for label, start in enumerate(drawings * label // classes for label in range(classes))
    )
    source = Source([file.class_name for file in files], Bitmaps(files))
    return Plan(source, (28, 28, 1), SplitSizes(0, 2_000, 2_000), seed=0, shard_size=_SHARD)


def _rows(plan: Plan) -> list[Any]:
    """Returns the rows of each class, ascending, that the first shard reads."""
    return [np.sort(rows) for rows in plan.shard_rows(next(plan.shards()))]


@cache
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = json.loads(_PRICES.read_text())
    return prices
