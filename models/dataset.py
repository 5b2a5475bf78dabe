"""Batches as TensorFlow takes them fastest: several cross from Python at a time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from models.input import Batch, ExampleBatches

if TYPE_CHECKING:
    import tensorflow as tf

_BYTES = 4 << 20


def as_dataset(batches: ExampleBatches) -> "tf.data.Dataset":
    """Returns the same batches, in the same order.

    A call from tf.data into Python takes as long as a small batch is trained. So a call brings
    about 4 MB of batches, and TensorFlow cuts them apart again.

    Args:
        batches: of the same size, but for the last.
    """
    import tensorflow as tf

    first = batches[0]
    count = max(1, _BYTES // first[0].nbytes)

    def several() -> Iterator[Batch]:
        for start in range(0, len(batches), count):
            some = [batches[n] for n in range(start, min(start + count, len(batches)))]
            yield tuple(map(np.concatenate, zip(*some, strict=True)))

    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in first)
    return (
        tf.data.Dataset.from_generator(several, output_signature=signature)
        .rebatch(len(first[0]))
        .apply(tf.data.experimental.assert_cardinality(len(batches)))
        .prefetch(tf.data.AUTOTUNE)
    )
