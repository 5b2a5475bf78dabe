"""What trains a model's batches: Keras, or a step of our own where several accelerators do.

Keras's `fit` does not run on several machines, and on one it clips the gradients of each
accelerator before it adds them up, so that the result depends on how many there are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras

from models.ahead import Ahead
from models.dataset import as_dataset
from models.devices import Devices
from models.input import ExampleBatches

Values = dict[str, float]


class Events(Protocol):
    """Whom an engine tells how far it is."""

    def begin_batches(self) -> None:
        """Is called when the metrics were set to zero, before an epoch's first batch."""

    def end_batch(self, read: Callable[[], Values]) -> None:
        """Is called after a batch; `read` returns loss and metrics of the epoch so far.

        It waits for the accelerator, and for all other workers, which have to call it too.
        """

    def end_validation_batch(self) -> None:
        """Is called after a batch of validation."""


class Engine(Protocol):
    """Trains and validates with a compiled model."""

    def build(self, batches: ExampleBatches) -> None:
        """Makes every variable there will be."""

    def fit(self, batches: ExampleBatches, events: Events) -> None:
        """Trains the batches."""

    def evaluate(self, batches: ExampleBatches, events: Events) -> Values:
        """Returns loss and metrics of the batches."""


def find_engine(model: keras.Model, devices: Devices) -> Engine:
    """Returns what trains a model, which was compiled in the devices' scope."""
    if devices.strategy is None:
        return KerasEngine(model)
    from models.distributed.engine import DistributedEngine

    return DistributedEngine(model, devices.strategy)


class KerasEngine:
    """Keras trains, with any backend, in a `fit` an epoch.

    Args:
        model: compiled.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def build(self, batches: ExampleBatches) -> None:
        """Makes every variable there will be."""
        self._model.evaluate(batches, steps=1, verbose=0)
        self._model.optimizer.build(self._model.trainable_variables)

    def fit(self, batches: ExampleBatches, events: Events) -> None:
        """Trains the batches."""
        callbacks = _Callbacks(events, self._model)
        with _prepared(batches) as prepared:
            self._model.fit(prepared, shuffle=False, verbose=0, callbacks=callbacks)

    def evaluate(self, batches: ExampleBatches, events: Events) -> Values:
        """Returns loss and metrics of the batches."""
        callbacks = _Callbacks(events, self._model)
        with _prepared(batches) as prepared:
            values = self._model.evaluate(
                prepared, verbose=0, return_dict=True, callbacks=callbacks
            )
        return {name: float(value) for name, value in values.items()}


@contextmanager
def _prepared(batches: ExampleBatches) -> Iterator[Any]:
    """Yields the batches as Keras's `fit` takes them fastest: prepared by other threads."""
    if keras.backend.backend() == "tensorflow":
        yield as_dataset(batches)
    elif batches.workers > 1:
        with Ahead(batches) as ahead:
            yield ahead
    else:
        yield batches


class _Callbacks(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Calls the loop after each batch, in its own thread and without waiting for the result.

    Keras's own list reads the loss of every batch, which keeps an accelerator waiting, unless a
    callback is said to be safe in another thread, where it could not write a checkpoint.
    """

    def __init__(self, events: Events, model: keras.Model) -> None:
        super().__init__(add_history=True, model=model)
        self._events = events

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._events.begin_batches()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._events.end_batch(lambda: {name: float(value) for name, value in (logs or {}).items()})

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._events.end_validation_batch()
