"""Writes examples, and counts the CPU time that workers spend on shards."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from preprocessing import write_examples as module
from preprocessing.plan import Plan

_ENDING = "seconds"


class _Counted(module._WriteShard):
    """Adds to a file of its process what each shard took."""

    def process(self, shard: Any) -> Iterator[Any]:
        start = time.process_time()
        yield from super().process(shard)
        seconds = time.process_time() - start
        drawings = sum(map(len, self._plan.shard_rows(shard)))
        with Path(f"{self._folder}-{os.getpid()}.{_ENDING}").open("a") as file:
            file.write(f"{seconds} {drawings}\n")


def seconds_a_drawing(plan: Plan, folder: str, beam_args: Sequence[str]) -> float:
    """Writes the shards of a plan; returns the CPU seconds a drawing, whoever writes it.

    The first shard of each process is not counted: it waits for imports and fresh memory.

    Args:
        plan: of what is written; each process gets two shards at least.
        folder: for the examples; beside it each process leaves a small file.
        beam_args: how many workers there are, each a process of its own.
    """
    module._WriteShard = _Counted  # type: ignore[misc]
    module.write_examples(plan, folder, "unread", beam_args)
    shards: list[list[float]] = []
    for path in Path(folder).parent.glob(f"{Path(folder).name}-*.{_ENDING}"):
        lines = path.read_text().splitlines()[1:]
        shards += [[float(word) for word in line.split()] for line in lines]
    return sum(seconds for seconds, _ in shards) / sum(drawings for _, drawings in shards)
