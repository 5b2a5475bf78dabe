"""Batches that threads prepare before they are asked for, so that an accelerator does not wait."""

from concurrent.futures import Future, ThreadPoolExecutor

import keras

from models.input import Batch, ExampleBatches


class Ahead(keras.utils.PyDataset):
    """The same batches, asked for one after the other; its threads end with the `with` block.

    Keras's own threads wait for a tenth of a second at the end of every epoch and of every
    validation (`PyDatasetEnqueuer.stop`), and the accelerator with them.

    Args:
        batches: prepared by as many threads as it has `workers`.
    """

    def __init__(self, batches: ExampleBatches) -> None:
        super().__init__(workers=1)  # Keras prepares nothing itself
        self._batches = batches
        self._threads = ThreadPoolExecutor(batches.workers)
        self._coming: dict[int, Future[Batch]] = {}

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *exception: object) -> None:
        # Keras keeps its batches in a cycle, so the threads would not end by themselves.
        self._threads.shutdown(cancel_futures=True)

    def __len__(self) -> int:
        """Returns the number of batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        """Returns a batch, and has the next ones prepared."""
        wanted = range(index, min(index + 2 * self._batches.workers + 1, len(self)))
        self._coming = {
            ahead: self._coming.get(ahead) or self._threads.submit(self._batches.__getitem__, ahead)
            for ahead in wanted
        }
        return self._coming.pop(index).result()
