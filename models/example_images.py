"""Single images out of a split's shards, to be looked at."""

from collections.abc import Sequence

import numpy as np

from preprocessing.examples import Examples
from preprocessing.records import Bytes


def read_images(examples: Examples, split: str, records: Sequence[int]) -> Bytes:
    """Returns the images of some records: uint8 `[N, height, width, channels]`.

    Args:
        examples: the folder of examples, opened.
        split: such as `validation`.
        records: which, in any order, counted over all shards of the split.
    """
    shards, layout = examples.open(split), examples.info.layout(split)
    starts = np.cumsum([0, *map(len, shards)])
    images = np.empty((len(records), layout.image_bytes), np.uint8)
    wanted = np.asarray(records, np.int64)
    for shard, start, stop in zip(shards, starts[:-1], starts[1:], strict=True):
        here = (start <= wanted) & (wanted < stop)
        images[here] = layout.images(shard)[wanted[here] - start]
    return images.reshape(-1, *examples.info.image_shape)
