"""Runs one benchmark in a process of its own, since what one imports would speed up the next."""

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

from benchmarks.row import Row


def measure(name: str) -> list[Row]:
    """Returns the rows of the benchmark in the module of that name.

    Raises:
        NotHereError: this machine lacks what it needs.
        SystemExit: a program that it runs failed.
    """
    spawn = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder,
        ProcessPoolExecutor(1, spawn) as process,
    ):
        return process.submit(_measure, name, folder).result()


def _measure(name: str, folder: str) -> list[Row]:
    rows: list[Row] = import_module(f"benchmarks.{name}").measure(Path(folder))
    return rows
