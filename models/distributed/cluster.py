"""The workers that train one model together, as TF_CONFIG names them."""

import json
import os
from dataclasses import dataclass

from preprocessing.errors import InputError

_EXPECTED = (
    '{"cluster": {"chief": ["host:port"], "worker": ["host:port", ...]},'
    ' "task": {"type": "worker", "index": 0}}'
)


class LostWorkerError(InputError):
    """Another worker is gone; nothing is wrong with the input, and a new start goes on."""


@dataclass(frozen=True)
class Cluster:
    """Which worker of how many this process is.

    Attributes:
        workers: processes that train together, one a machine.
        worker: this one of them, from 0, the chief, which alone writes files.
    """

    workers: int = 1
    worker: int = 0

    @property
    def several(self) -> bool:
        """Whether there are other workers."""
        return self.workers > 1

    @property
    def chief(self) -> bool:
        """Whether this is the worker that writes."""
        return self.worker == 0


ALONE = Cluster()


def find_cluster() -> Cluster:
    """Returns what TF_CONFIG says, as Vertex AI sets it for a job with worker pools.

    Without a `chief` the first `worker` is it. Without TF_CONFIG, or where it names one machine,
    this process trains alone.

    Raises:
        InputError: TF_CONFIG is not understood, or names tasks of other types.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return ALONE
    try:
        config = json.loads(text)
        tasks = {str(kind): len(hosts) for kind, hosts in config.get("cluster", {}).items()}
        if sum(tasks.values()) <= 1:
            return ALONE
        kind, index = str(config["task"]["type"]), int(config["task"]["index"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"TF_CONFIG={text}: expected {_EXPECTED}, or no TF_CONFIG") from None
    unknown = sorted(set(tasks) - {"chief", "worker"})
    if unknown or tasks.get("chief", 0) > 1 or not 0 <= index < tasks.get(kind, 0):
        raise InputError(
            f"TF_CONFIG: this is task {index} of type {kind!r} of {tasks}; expected a task of one"
            " chief and any number of workers, or of workers alone"
        )
    before = tasks.get("chief", 0) if kind == "worker" else 0
    return Cluster(sum(tasks.values()), before + index)


def expect_one_machine(what: str) -> None:
    """Checks that this process trains alone.

    Args:
        what: trains on one machine only, for the message.

    Raises:
        InputError: TF_CONFIG names several workers.
    """
    if (cluster := find_cluster()).several:
        raise InputError(
            f"TF_CONFIG: names {cluster.workers} workers, but {what} is trained on one machine"
            " only; set WORKERS=1"
        )
