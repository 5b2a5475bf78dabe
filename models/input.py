"""Batches for training and validation, sliced out of the memory-mapped shards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.distributed.cluster import ALONE, Cluster
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, Examples

BLOCK = 64
"""Neighbouring records that are drawn together, so that a disk is read in runs."""

MOUNTED_BUCKETS = "/gcs/"
"""Where Vertex AI mounts buckets; random reads through a mount are slow."""

_TRAINED = ("train", "validation")

Batch = tuple[npt.NDArray[Any], ...]


class ExampleBatches(keras.utils.PyDataset):
    """The examples of a split as batches, each example exactly once.

    A batch is `(images uint8 [n, H, W, C], labels int32 [n])`, n being `batch_size` but for the
    last batch. Memory holds the batches under way and eight bytes a block of records, whatever
    the size of the data.

    Args:
        examples: the folder of examples, opened.
        split: `train` or `validation`.
        batch_size: examples a batch.
        order: seeds of the order in which blocks of records come, such as (seed, epoch); records
            come as they lie in the shards without it.
        first_batch: batch to begin with, to go on within an epoch.
        stop_batch: batch to stop before; the end of the split without it.
        multiple: every batch is filled up to a multiple of this (the number of accelerators) by
            repeating its first examples, and has a third part: weights float32 [n], 0 for these.
            0 for neither.
        batches: batches that an epoch has at least; those after the last example are filled with
            the first ones, of weight 0. For a worker that has fewer examples than another.

    Attributes:
        examples: of an epoch, each counted once.

    Raises:
        InputError: the split is empty, or its shards are not what `examples.json` says.
    """

    def __init__(
        self,
        examples: Examples,
        split: str,
        batch_size: int,
        order: tuple[int, ...] | None = None,
        first_batch: int = 0,
        stop_batch: int | None = None,
        multiple: int = 0,
        batches: int = 0,
    ) -> None:
        super().__init__(workers=min(4, (cpu_count() or 1) // 2))
        self._layout = examples.info.layout(split)
        self._image_shape = examples.info.image_shape
        # Slicing a plain view of a memory map takes a fraction of the time.
        self._shards = [np.asarray(records) for records in examples.open(split)]
        self._batch_size = batch_size
        self._multiple = multiple
        if not any(map(len, self._shards)):
            raise InputError(
                f"{examples.folder / split}: no examples; give the preprocessing more data"
            )
        table = np.concatenate([_blocks(index, len(s)) for index, s in enumerate(self._shards)])
        self._blocks = table if order is None else np.random.default_rng(order).permutation(table)
        self._ends = self._blocks[:, 2].cumsum()
        self.examples = int(self._ends[-1])
        every = range(max(batches, -(-self.examples // batch_size)))
        self._batches = every[first_batch:stop_batch]

    def __len__(self) -> int:
        """Returns the number of batches from `first_batch` to `stop_batch`."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        """Returns batch `first_batch + index`."""
        start = self._batches[index] * self._batch_size
        count = max(0, min(self._batch_size, self.examples - start))
        if not count:  # only the other workers have examples left
            start = 0
        given = count or min(self._batch_size, self.examples)
        records = self._records(start, start + given)
        if not self._multiple:
            return self._batch(records)
        filled = -(-given // self._multiple) * self._multiple
        weights = (np.arange(filled) < count).astype(np.float32)
        return *self._batch(np.resize(records, (filled, records.shape[1]))), weights

    def _batch(self, records: npt.NDArray[np.uint8]) -> Batch:
        images = np.ascontiguousarray(self._layout.images(records))
        return images.reshape(-1, *self._image_shape), self._layout.labels(records)

    def _records(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Returns the records from `start` to `stop` in the order of the blocks.

        They are copied whole: that is one call, and other threads run meanwhile.
        """
        first, last = np.searchsorted(self._ends, (start, stop - 1), side="right").tolist()
        blocks = self._blocks[first : last + 1].tolist()
        runs = [self._shards[shard][begin : begin + count] for shard, begin, count in blocks]
        before, beyond = start - (self._ends[first] - blocks[0][2]), self._ends[last] - stop
        runs[-1] = runs[-1][: len(runs[-1]) - beyond]
        runs[0] = runs[0][before:]
        return np.concatenate(runs)


def _blocks(shard: int, records: int) -> npt.NDArray[np.int64]:
    """Returns a shard's blocks: a row of shard, first record and number of records for each."""
    starts = np.arange(0, records, BLOCK)
    counts = np.minimum(BLOCK, records - starts)
    return np.stack([np.full_like(starts, shard), starts, counts], axis=1)


@contextmanager
def local_examples(folder: str | Path, cluster: Cluster = ALONE) -> Iterator[Examples]:
    """Opens a folder of examples; one on a mounted bucket is copied to local disk first.

    Compressed shards are not copied: they are read once only, to be unpacked.

    Args:
        folder: of the examples.
        cluster: each of its workers gets a part, and copies only the files that this is in.

    Yields:
        The examples of this worker. The copy, if there is one, is removed afterwards.

    Raises:
        InputError: the folder is no complete folder of examples, or the copy does not fit.
    """
    examples = Examples(folder, cluster.worker, cluster.workers)
    if not str(folder).startswith(MOUNTED_BUCKETS) or examples.info.compression != "none":
        yield examples
        return
    with tempfile.TemporaryDirectory(prefix="examples-") as copy:
        try:
            shutil.copy(examples.folder / METADATA_FILE, copy)
            for split in _TRAINED:
                (Path(copy) / split).mkdir()
                for shard in examples.shards(split):
                    shutil.copy(shard, Path(copy) / split)
        except OSError as error:
            raise InputError(
                f"{folder}: could not be copied to {copy} ({error}); check the folder, or set"
                " TMPDIR to a disk with room for the examples"
            ) from error
        yield Examples(copy, cluster.worker, cluster.workers)
