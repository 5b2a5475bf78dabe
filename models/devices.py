"""Trains on every accelerator there is, without being asked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras

from models.distributed.cluster import ALONE, Cluster, expect_one_machine, find_cluster


@dataclass(frozen=True)
class Devices:
    """The accelerators that train a model together.

    Attributes:
        count: how many share a batch, over all workers.
        scope: makes the context to build and compile the model in.
        strategy: the `tf.distribute.Strategy` that trains; None where Keras does by itself.
        cluster: the workers, each with the same number of accelerators.
    """

    count: int
    scope: Callable[[], AbstractContextManager[object]]
    strategy: Any = None
    cluster: Cluster = ALONE

    def gather(self, *values: float) -> list[list[float]]:
        """Returns what each worker said, by worker; every worker has to ask at the same point."""
        if not self.cluster.several:
            return [list(values)]
        from models.distributed.workers import gather

        return gather(self.strategy, self.cluster, values)


@contextmanager
def every_device() -> Iterator[Devices]:
    """Finds all accelerators, each of which then trains its share of every batch.

    TensorFlow: MirroredStrategy over the GPUs, or MultiWorkerMirroredStrategy over those of all
    machines that TF_CONFIG names; JAX: data parallel over the devices of one machine. One device
    or none needs no more than Keras does by itself. With several workers, those that are done
    wait at the end for the others.

    Raises:
        InputError: TF_CONFIG is not understood, or names several workers for JAX.
        LostWorkerError: another worker is gone.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        expect_one_machine("with KERAS_BACKEND=jax a network")
        found = keras.distribution.list_devices()
        before = keras.distribution.distribution()
        if len(found) > 1:
            keras.distribution.set_distribution(keras.distribution.DataParallel(devices=found))
        try:
            yield Devices(len(found), nullcontext)
        finally:
            keras.distribution.set_distribution(before)
    elif (cluster := find_cluster()).several:
        from models.distributed.workers import join

        with join(cluster) as strategy:
            yield Devices(strategy.num_replicas_in_sync, strategy.scope, strategy, cluster)
    elif backend == "tensorflow" and len(names := tensorflow_accelerators()) > 1:
        strategy = _mirrored(tuple(names))
        yield Devices(len(names), strategy.scope, strategy)
    else:
        yield Devices(1, nullcontext)


@cache
def _mirrored(names: tuple[str, ...]) -> Any:
    """Returns the one MirroredStrategy of a process: a second one's numbers for the collective
    operations would be those of the first."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(list(names))


def tensorflow_accelerators() -> list[str]:
    """Returns the names of the GPUs that TensorFlow finds, such as `GPU:0`."""
    import tensorflow as tf

    return [device.name.split("device:")[-1] for device in tf.config.list_logical_devices("GPU")]


def forget_networks() -> None:
    """Makes Keras name layers as if there had been no network before; the devices stay set."""
    distribution = keras.distribution.distribution()
    keras.utils.clear_session()
    keras.distribution.set_distribution(distribution)
