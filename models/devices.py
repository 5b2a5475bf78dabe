"""Trains on every accelerator there is, without being asked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class Devices:
    """The accelerators that train a model together.

    Attributes:
        count: how many share a batch.
        scope: makes the context to build and compile the model in.
    """

    count: int
    scope: Callable[[], AbstractContextManager[object]]


@contextmanager
def every_device() -> Iterator[Devices]:
    """Finds all accelerators, each of which then trains its share of every batch.

    TensorFlow: MirroredStrategy over the GPUs; JAX: data parallel over its devices. One device
    or none needs no more than Keras does by itself.
    """
    if keras.backend.backend() == "jax":
        found = keras.distribution.list_devices()
        before = keras.distribution.distribution()
        if len(found) > 1:
            keras.distribution.set_distribution(keras.distribution.DataParallel(devices=found))
        try:
            yield Devices(len(found), nullcontext)
        finally:
            keras.distribution.set_distribution(before)
    elif keras.backend.backend() == "tensorflow" and len(names := tensorflow_accelerators()) > 1:
        import tensorflow as tf

        yield Devices(len(names), tf.distribute.MirroredStrategy(names).scope)
    else:
        yield Devices(1, nullcontext)


def tensorflow_accelerators() -> list[str]:
    """Returns the names of the GPUs that TensorFlow finds, such as `GPU:0`."""
    import tensorflow as tf

    return [device.name.split("device:")[-1] for device in tf.config.list_logical_devices("GPU")]
