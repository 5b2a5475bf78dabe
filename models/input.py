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
        super().__init__(workers=min(4, (cpu_count() or 1) // 2), max_queue_size=16)
        self._layout = examples.info.layout(split)
        self._image_shape = examples.info.image_shape
        # Slicing a plain view of a memory map takes a fraction of the time.
        self._shards = [np.asarray(records) for records in examples.open(split)]
        self._batch_size = batch_size
        self._multiple = multiple
        blocks = [
            (shard, start, min(BLOCK, len(records) - start))
            for shard, records in enumerate(self._shards)
            for start in range(0, len(records), BLOCK)
        ]
        if not blocks:
            raise InputError(
                f"{examples.folder / split}: no examples; give the preprocessing more data"
            )
        table = np.array(blocks, np.int64)
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
        filled = -(-given // self._multiple) * self._multiple if self._multiple else given
        images = np.empty((filled, self._layout.image_bytes), np.uint8)
        labels = np.empty(filled, np.int32)
        done = 0
        for records in self._runs(start, start + given):
            here = slice(done, done + len(records))
            images[here], labels[here] = self._layout.images(records), self._layout.labels(records)
            done += len(records)
        batch: Batch = (images.reshape(-1, *self._image_shape), labels)
        if self._multiple:
            images[given:] = np.resize(images[:given], (filled - given, images.shape[1]))
            labels[given:] = np.resize(labels[:given], filled - given)
            batch += ((np.arange(filled) < count).astype(np.float32),)
        return batch

    def _runs(self, start: int, stop: int) -> Iterator[npt.NDArray[np.uint8]]:
        """Yields the records from `start` to `stop` in the order of the blocks, by block."""
        block = int(np.searchsorted(self._ends, start, side="right"))
        while start < stop:
            shard, first, count = self._blocks[block].tolist()
            end = int(self._ends[block])
            last = first + count - (end - min(end, stop))
            yield self._shards[shard][first + count - (end - start) : last]
            start, block = end, block + 1


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
