"""Trains a batch with all accelerators: the same step, whatever their number."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.engine import Events, Values
from models.input import ExampleBatches

_AHEAD = 4  # batches that wait on the accelerators
_SEED = "seed_generator_state"  # as Keras calls the variables of its random numbers
_SUM = tf.distribute.ReduceOp.SUM


class DistributedEngine:
    """Trains with a `tf.distribute` strategy.

    The loss of a step is the mean over the weighted examples of all accelerators, and its gradient
    is clipped after it was added up: so a step is what one accelerator would do with the whole
    batch. Loss and metrics are of all accelerators too, and reading them is a common act of all
    workers.

    Args:
        model: built and compiled in the strategy's scope; its optimizer then expects gradients
            that were added up.
        strategy: whose accelerators all get an equal part of each batch, filled up with examples
            of weight 0.
    """

    def __init__(self, model: keras.Model, strategy: Any) -> None:
        self._model = model
        self._strategy = strategy
        self._seeds = [v for v in model.non_trainable_variables if v.name == _SEED]
        self._averaged = _averages(model)
        self._loss = model.metrics[0]  # of its `compile`: the mean of the losses
        # Keras clips before it adds up; here they are added up before, so it is not to do it.
        model.optimizer._all_reduce_sum_gradients = lambda pairs: pairs
        self._train = self._on_all(self._train_part)
        self._test = self._on_all(self._test_part)
        self._results = tf.function(model.get_metrics_result, autograph=False)

    def build(self, batches: ExampleBatches) -> None:
        """Makes every variable there will be."""
        with self._strategy.scope():
            self._model.optimizer.build(self._model.trainable_variables)
        self._test(*next(self._parts(batches)))

    def fit(self, batches: ExampleBatches, events: Events) -> None:
        """Trains the batches."""
        self._model.reset_metrics()
        events.begin_batches()
        for parts in self._parts(batches):
            self._train(*parts)
            events.end_batch(self._read)

    def evaluate(self, batches: ExampleBatches, events: Events) -> Values:
        """Returns loss and metrics of the batches."""
        self._model.reset_metrics()
        for parts in self._parts(batches):
            self._test(*parts)
            events.end_validation_batch()
        return self._read()

    def _read(self) -> Values:
        return {name: float(value) for name, value in self._results().items()}

    def _on_all(self, step: Callable[..., None]) -> Callable[..., None]:
        """Returns a compiled function that runs a step on each accelerator's part of a batch."""

        def run(*parts: Any) -> None:
            self._strategy.run(step, parts)

        compiled: Callable[..., None] = tf.function(run, autograph=False)
        return compiled

    def _train_part(self, images: Any, labels: Any, weights: Any) -> None:
        """Trains with this accelerator's part of a batch."""
        accelerator = tf.distribute.get_replica_context()
        variables = [variable.value for variable in self._model.trainable_variables]
        with tf.GradientTape() as tape:
            loss = self._forward(images, labels, weights, training=True)
        gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
        # What layers follow by themselves, such as moving averages, would differ between workers.
        averaged = [
            variable.value / self._strategy.num_replicas_in_sync for variable in self._averaged
        ]
        loss, *sums = accelerator.all_reduce(_SUM, [loss, *gradients, *averaged])
        gradients, averaged = sums[: len(gradients)], sums[len(gradients) :]
        for variable, value in zip(self._averaged, averaged, strict=True):
            variable.assign(value)
        self._loss.update_state(loss, sample_weight=tf.reduce_sum(weights))
        self._model.optimizer.apply(gradients, self._model.trainable_variables)

    def _test_part(self, images: Any, labels: Any, weights: Any) -> None:
        """Validates with this accelerator's part of a batch."""
        accelerator = tf.distribute.get_replica_context()
        loss = self._forward(images, labels, weights, training=False)
        (loss,) = accelerator.all_reduce(_SUM, [loss])
        self._loss.update_state(loss, sample_weight=tf.reduce_sum(weights))

    def _forward(self, images: Any, labels: Any, weights: Any, training: bool) -> Any:
        """Returns this accelerator's share of the batch's loss; follows the metrics."""
        accelerator = tf.distribute.get_replica_context()
        (total,) = accelerator.all_reduce(_SUM, [tf.reduce_sum(weights)])
        # Each accelerator draws random numbers of its own; the states stay the same on all.
        own = tf.stack([tf.cast(accelerator.replica_id_in_sync_group, tf.uint32), 0])
        for state in self._seeds:
            state.assign(state + own)
        probabilities = self._model(images, training=training)
        for state in self._seeds:
            state.assign(state - own)
        # Keras divides by all rows there are, also those of weight 0.
        rows = tf.cast(tf.shape(weights)[0] * accelerator.num_replicas_in_sync, weights.dtype)
        loss = self._model.compute_loss(
            images, labels, probabilities, weights * rows / total, training
        )
        self._model.compute_metrics(images, labels, probabilities, weights)
        return loss

    def _parts(self, batches: ExampleBatches) -> Iterator[tuple[Any, ...]]:
        """Yields batches cut into this worker's accelerators' parts; threads prepare the next."""
        with ThreadPoolExecutor(max(1, batches.workers)) as threads:
            waiting: deque[Future[tuple[Any, ...]]] = deque()
            try:
                for index in range(len(batches)):
                    waiting.append(threads.submit(self._cut, batches, index))
                    if len(waiting) == _AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                threads.shutdown(cancel_futures=True)

    def _cut(self, batches: ExampleBatches, index: int) -> tuple[Any, ...]:
        devices = self._strategy.extended.worker_devices
        cut = []
        for array in batches[index]:
            parts = np.split(array, len(devices))
            values = []
            for device, part in zip(devices, parts, strict=True):
                with tf.device(device):
                    values.append(tf.constant(part))
            each = iter(values)
            cut.append(
                self._strategy.experimental_distribute_values_from_function(
                    lambda context, each=each: next(each)
                )
            )
        return tuple(cut)


def _averages(layer: keras.Layer) -> list[Any]:
    """Returns the variables that a layer follows in training by itself, such as moving averages.

    Those of a frozen backbone, which may be many, do not change.
    """
    if not layer.trainable:
        return []
    if inner := getattr(layer, "layers", []):
        return list({id(v): v for each in inner for v in _averages(each)}.values())
    return [v for v in layer.non_trainable_variables if v.dtype.startswith("float")]
