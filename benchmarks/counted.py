"""Writes examples, and counts the CPU time of shards, in whatever process and thread it is."""

import functools
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from preprocessing import write_examples as module
from preprocessing.plan import Plan

_FOLDER = "COUNTED_SECONDS"
"""Environment variable: where each process notes what its shards took."""


def _timed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.thread_time()
        result = function(*arguments, **options)
        seconds = time.thread_time() - start
        if _FOLDER in os.environ:
            with Path(os.environ[_FOLDER], f"{os.getpid()}").open("a") as file:
                file.write(f"{seconds}\n")
        return result

    return timed


class _Counted(module._WriteShard):
    """Found in this module, so that every worker imports it, and with it what is below."""


module.shard_records = _timed(module.shard_records)
module.write_file = _timed(module.write_file)


def write_counted(plan: Plan, folder: str, beam_args: Sequence[str], notes: str) -> float:
    """Writes the shards of a plan; returns the CPU seconds of making and writing them.

    Args:
        plan: of what is written.
        folder: for the examples.
        beam_args: how many workers there are.
        notes: an empty folder.
    """
    os.environ[_FOLDER] = notes
    module._WriteShard = _Counted  # type: ignore[misc]
    module.write_examples(plan, folder, "unread", beam_args)
    lines = [line for path in Path(notes).iterdir() for line in path.read_text().splitlines()]
    return sum(map(float, lines))
