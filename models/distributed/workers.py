"""Joins the workers that TF_CONFIG names, and ends them all when one of them is gone."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from models.distributed.cluster import Cluster, LostWorkerError
from preprocessing.errors import InputError
from preprocessing.progress import report_note

_TASK = re.compile(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)")


@contextmanager
def join(cluster: Cluster) -> Iterator[Any]:
    """Waits for the other workers and yields the strategy that trains with all their accelerators.

    At the end the workers wait for each other, so that none ends while another needs it.

    Raises:
        InputError: this worker cannot be reached.
        LostWorkerError: another one is gone.
    """
    report_note(f"TF_CONFIG: worker {cluster.worker} of {cluster.workers} waits for the others")
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise InputError(
            f"TF_CONFIG: worker {cluster.worker} of {cluster.workers} could not join the others"
            f" ({_first_line(error)}); check that the addresses are those of the machines and"
            " that their ports are free"
        ) from error
    try:
        gather(strategy, cluster, ())
        yield strategy
        gather(strategy, cluster, ())
    except tf.errors.OpError as error:
        if not _is_loss(error):
            raise
        raise LostWorkerError(
            f"training stopped because {_lost(error, strategy, cluster)} is gone; start all"
            f" {cluster.workers} workers again and they go on from the last checkpoint"
        ) from error


def gather(strategy: Any, cluster: Cluster, values: Sequence[float]) -> list[list[float]]:
    """Returns what each worker called this with, by worker; it waits until all have."""
    table = np.zeros((cluster.workers, len(values) + 1))  # never empty, as those are not sent
    table[cluster.worker, :-1] = values
    table = strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant(table), axis=None).numpy()
    rows: list[list[float]] = table[:, :-1].tolist()
    return rows


def _is_loss(error: Any) -> bool:
    """Says whether an error is of the connection to other workers."""
    kinds = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
    return isinstance(error, kinds) or "ollective ops is aborted" in error.message


def _lost(error: Any, strategy: Any, cluster: Cluster) -> str:
    """Returns what to call the worker that an error is about."""
    chiefs = len(strategy.cluster_resolver.cluster_spec().as_dict().get("chief", []))
    named = [
        int(index) + (chiefs if kind == "worker" else 0)
        for kind, index in _TASK.findall(error.message)
    ]
    others = [worker for worker in named if worker != cluster.worker]
    return f"worker {others[-1]}" if others else "another worker"  # who tells it is named first


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
