"""What training examples look like, in few numbers that can be kept beside a model."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.records import Bytes

BINS = 16
"""Of the histogram, each 256 / 16 values of a pixel wide."""

EXAMPLES = 20_000
"""How many examples' pixels are counted, at most."""

STATISTICS_FILE = "statistics.json"

_BATCH_BYTES = 2**24


@dataclass(frozen=True)
class DataStatistics:
    """Statistics of a train split.

    Attributes:
        examples: how many the split has.
        class_shares: share of each class, by name.
        pixel_mean: of each channel, 0 to 255.
        pixel_deviation: standard deviation of each channel.
        pixel_histogram: of each channel the share of pixels in each of `BINS` equal ranges.
    """

    examples: int
    class_shares: dict[str, float]
    pixel_mean: list[float]
    pixel_deviation: list[float]
    pixel_histogram: list[list[float]]

    def save(self, path: str | Path) -> None:
        """Writes them as JSON."""
        Path(path).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            InputError: the file is missing or something else.
        """
        try:
            values: dict[str, Any] = json.loads(path.read_bytes())
            return cls(**values)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}: no statistics of this version ({error}); train and promote again"
            ) from None


def data_statistics(examples: Examples) -> DataStatistics:
    """Returns the statistics of the train split: of all its labels, of 20,000 examples' pixels.

    These lie evenly spread over the shards. Memory holds one batch.

    Raises:
        InputError: the split is empty or not whole.
    """
    split = examples.info.splits["train"]
    if not split.examples:
        raise InputError(f"{examples.folder}/train: this split is empty; give it some examples")
    counts = np.zeros((examples.info.image_shape[2], 256), np.int64)
    for images in _spread(examples):
        for channel, one in enumerate(counts):
            one += np.bincount(images[..., channel].ravel(), minlength=256)
    shares = counts / counts.sum(axis=1, keepdims=True)
    values = np.arange(256)
    mean = shares @ values
    variance = shares @ values**2 - mean**2
    by_class = {name: split.by_class.get(name, 0) for name in examples.info.class_names}
    return DataStatistics(
        split.examples,
        {name: count / split.examples for name, count in by_class.items()},
        mean.tolist(),
        np.sqrt(np.maximum(variance, 0)).tolist(),
        shares.reshape(len(shares), BINS, -1).sum(axis=2).tolist(),
    )


def _spread(examples: Examples) -> Iterator[Bytes]:
    """Yields images `[n, height, width, channels]`, every so many-th of the train split."""
    layout = examples.info.layout("train")
    batch = max(1, _BATCH_BYTES // layout.record_bytes)
    step = -(-examples.info.splits["train"].examples // EXAMPLES)
    for shard in examples.open("train"):
        chosen = shard[::step]
        for start in range(0, len(chosen), batch):
            records = np.ascontiguousarray(chosen[start : start + batch])
            yield layout.images(records).reshape(-1, *examples.info.image_shape)
