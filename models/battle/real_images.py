"""Real images, drawn from a split of the examples."""

import numpy as np

from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.records import Bytes


class RealImages:
    """A split's images; they stay on disk, only those that are drawn are read.

    Args:
        examples: where they are.
        split: which of them.
        at_least: how many will be drawn at once.

    Raises:
        InputError: the split has fewer images than that, or is not whole.
    """

    def __init__(self, examples: Examples, split: str, at_least: int) -> None:
        self.info = examples.info
        self.split = split
        self._layout = examples.info.layout(split)
        self._shards = examples.open(split)
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        if len(self) < at_least:
            raise InputError(
                f"{examples.folder / split}: {len(self)} images, but {at_least} real ones are"
                " needed at once; preprocess more"
            )

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def draw(self, rng: np.random.Generator, count: int) -> Bytes:
        """Returns `count` different images, uint8 `[count, pixels]`, in the order drawn."""
        rows = rng.choice(len(self), count, replace=False)
        shards = np.searchsorted(self._ends, rows, side="right")
        images = np.empty((count, self._layout.image_bytes), np.uint8)
        for index in np.unique(shards):
            here = shards == index
            records = self._shards[index]
            in_shard = rows[here] - (self._ends[index] - len(records))
            images[here] = self._layout.images(records)[in_shard]
        return images
