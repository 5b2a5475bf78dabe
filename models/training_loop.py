"""The loop of a training: epochs, validation, early stopping, checkpoints, logs and progress."""

import signal
import time
from collections.abc import Callable
from typing import Any

import keras

from models.checkpoint import Checkpoint, Checkpoints
from models.devices import Devices
from models.engine import Values, find_engine
from models.input import ExampleBatches
from models.interruption import InterruptionError, catch_signals
from models.training_arrays import Weights, take_on, training_arrays
from models.training_log import TrainingLog
from models.training_options import TrainingOptions
from models.training_state import TrainingState
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_progress

LOG_STEPS = 10
"""Steps between two points in TensorBoard, and between two agreements of several workers."""

_PROGRESS_SECONDS = 0.5


class TrainingLoop:
    """Trains a compiled model, going on from the newest checkpoint.

    An engine trains the batches (see `models.engine`); what happens between two of them is here.
    Several workers all run this loop. What one of them may want at any time, a checkpoint or to
    stop, they agree on every LOG_STEPS, as saving and reading the metrics takes all of them.

    Args:
        model: compiled with metrics called `hit_at_1` and `gap`.
        examples: what to train on and to validate with.
        devices: what trains.
        options: of the training.
        checkpoints: of this training.
        log: makes the log, given the history so far.
        learning_rate: the learning rate of a step.
        export: called every `export_model_steps`, with the step; None for never.
        stop: asked when it goes on and after each epoch, whether to end there; None for never. Of
            several workers the chief's counts.
        report: told how far it is, as `report_progress` is.

    Attributes:
        state: how far the training is.
        resumed_from_step: step of the checkpoint it went on from; 0 for none.
    """

    def __init__(
        self,
        model: keras.Model,
        examples: Examples,
        devices: Devices,
        options: TrainingOptions,
        checkpoints: Checkpoints,
        log: Callable[[list[dict[str, Any]]], TrainingLog],
        learning_rate: Callable[[int], float],
        export: Callable[[int], None] | None = None,
        stop: Callable[[TrainingState], bool] | None = None,
        report: Callable[[float, str], None] = report_progress,
    ) -> None:
        self.state = TrainingState()
        self.resumed_from_step = 0
        self._model = model
        self._examples = examples
        self._devices = devices
        self._options = options
        self._checkpoints = checkpoints
        self._make_log = log
        self._learning_rate = learning_rate
        self._export = export
        self._stop = stop
        self._tell = report
        self._cluster = devices.cluster
        self._engine = find_engine(model, devices)
        self._validation = self._batches("validation")
        self._epoch_batches = self._common_batches("train", self._batches("train"))
        self._validation = self._batches(
            "validation", batches=self._common_batches("validation", self._validation)
        )
        self._validated = 0
        self._best_weights: Weights = []
        self._metrics_before: Weights = []

    def run(self) -> dict[str, Any]:
        """Trains to the end; the model then has the weights of its best epoch.

        Returns:
            The row of `state.history` of the best epoch.

        Raises:
            InputError: a checkpoint cannot be written, or the loss never was a number.
            SystemExit: a signal asked to stop and a checkpoint was written; the status is 128
                and the signal's number.
        """
        # Makes every variable there will be, so that a checkpoint's values have their place.
        self._engine.build(self._validation)
        self._resume()
        self._log = self._make_log(self.state.history)
        self._time = self._last_checkpoint = time.monotonic()
        self._last_report = 0.0
        try:
            with catch_signals() as self._interruption:
                self._train()
        finally:
            self._log.close()
        best = self.state.best
        if best is None:
            raise InputError(
                f"learning_rate={self._options.learning_rate}: the validation loss was not a"
                " number in any epoch; try a smaller learning_rate or another loss"
            )
        self._model.set_weights(self._best_weights)
        return best

    def _train(self) -> None:
        """Trains epoch after epoch; a second signal does not disturb what the first asked for."""
        try:
            while not self._finished():
                self._train_epoch()
                self._validate()
            self._meet(False)  # a signal of the last moments is not to be forgotten
        except InterruptionError as interrupted:
            self._save()
            raise interrupted.end(self.state.step) from None

    def _finished(self) -> bool:
        options, state = self._options, self.state
        asked = bool(state.history and self._stop and self._stop(state))
        if self._devices.gather(asked)[0][0]:  # the chief's answer
            return True
        return state.finished(options.epochs, options.max_steps, options.patience)

    def _batches(
        self,
        split: str,
        order: tuple[int, ...] | None = None,
        first: int = 0,
        stop: int | None = None,
        batches: int = 0,
    ) -> ExampleBatches:
        """Returns this worker's part of the batches of a split."""
        devices, share = self._devices, self._options.batch_size // self._cluster.workers
        multiple = devices.count if devices.count > 1 else 0
        if devices.strategy:
            multiple = share  # as another shape is compiled anew
        return ExampleBatches(self._examples, split, share, order, first, stop, multiple, batches)

    def _common_batches(self, split: str, own: ExampleBatches) -> int:
        """Returns the batches of an epoch, which all workers train: those of the most examples.

        Raises:
            InputError: the workers do not have all examples together.
        """
        rows = self._devices.gather(len(own), own.examples)
        found, promised = sum(row[1] for row in rows), self._examples.info.splits[split].examples
        if found != promised:
            raise InputError(
                f"{self._examples.folder / split}: the workers have {found:.0f} examples together,"
                f" but there are {promised}; give all the same folder, or run the preprocessing"
                " again"
            )
        return int(max(row[0] for row in rows))

    def _training_batches(self, first: int, stop: int | None) -> ExampleBatches:
        """Returns batches of this epoch, whose order nothing but seed, epoch and worker decide."""
        order: tuple[int, ...] = (self._options.seed, self.state.epoch)
        if self._cluster.several:
            order += (self._cluster.worker,)
        return self._batches("train", order, first, stop, self._epoch_batches)

    def _train_epoch(self) -> None:
        """Trains what is left of the epoch, up to `max_steps`."""
        state, stop = self.state, self._epoch_batches
        if self._options.max_steps:
            stop = min(stop, state.batch + self._options.max_steps - state.step)
        if state.batch < stop:
            self._engine.fit(self._training_batches(state.batch, stop), self)

    def _validate(self) -> None:
        """Ends the epoch: evaluates, keeps the weights of the best, logs, saves."""
        self._validated = 0
        values = self._engine.evaluate(self._validation, self)
        state = self.state
        state.seconds += self._passed()
        # The chief's times, so that all workers write the same history.
        state.seconds, state.batch_seconds = self._devices.gather(
            state.seconds, state.batch_seconds
        )[0]
        state.epoch += 1
        row = {"epoch": state.epoch, "steps": state.step, **self._training_values()}
        row |= {f"val_{name}": value for name, value in values.items()}
        state.history.append(row | {"seconds": round(state.seconds, 3)})
        if state.best is state.history[-1]:
            self._best_weights = self._model.get_weights()
        state.batch, state.batch_seconds, state.training_values = 0, 0.0, {}
        self._log.epoch(state.history)
        self._save()
        self._report(
            f"epoch {state.epoch} of {self._options.epochs}, validation:"
            f" loss {row['val_loss']:.4f}, Hit@1 {row['val_hit_at_1']:.4f}"
        )

    def begin_batches(self) -> None:
        """Gives the metrics what they had before an interruption; `fit` starts them at zero."""
        for variable, value in zip(
            self._model.metrics_variables, self._metrics_before, strict=False
        ):
            variable.assign(value)
        self._metrics_before = []

    def end_batch(self, read: Callable[[], Values]) -> None:
        """Counts a step and does what is due after it.

        Args:
            read: returns loss and metrics of the epoch so far; it waits for the accelerator.
        """
        state, options = self.state, self._options
        passed = self._passed()
        state.seconds += passed
        state.batch_seconds += passed
        state.batch += 1
        state.step += 1
        last = state.batch == self._epoch_batches or state.step == options.max_steps
        logged = last or state.step % LOG_STEPS == 0
        meeting = logged or not self._cluster.several
        due = meeting and self._time - self._last_report >= _PROGRESS_SECONDS
        if due or logged:
            state.training_values = read()
        if logged:
            self._log.steps(state.step, self._training_values())
        if due:
            values = self._training_values()
            self._report(
                f"epoch {state.epoch + 1} of {options.epochs}, step {state.step:,}:"
                f" loss {values['loss']:.4f}, Hit@1 {values['hit_at_1']:.4f},"
                f" {values['examples_per_second']:,.0f} images/s"
            )
        every = options.export_model_steps
        if self._export and every and state.step % every == 0:
            self._synchronize()
            self._export(state.step)
        if meeting:
            self._meet(self._time - self._last_checkpoint >= options.checkpoint_seconds)

    def end_validation_batch(self) -> None:
        """Stops here if a signal asked for it."""
        self._validated += 1
        if not self._cluster.several or self._validated % LOG_STEPS == 0:
            self._meet(False)

    def _meet(self, checkpoint_due: bool) -> None:
        """Saves if a worker says that it is due, and stops if one of them got a signal."""
        wishes = self._devices.gather(checkpoint_due, self._interruption.number)
        if any(due for due, _ in wishes):
            self._save()
        if number := int(max(number for _, number in wishes)):
            raise InterruptionError(signal.Signals(number))

    def _training_values(self) -> dict[str, float]:
        """Returns loss, metrics, learning rate and speed of this epoch's batches so far."""
        state = self.state
        examples = min(
            state.batch * self._options.batch_size, self._examples.info.splits["train"].examples
        )
        return state.training_values | {
            "learning_rate": self._learning_rate(state.step),
            "examples_per_second": round(examples / max(state.batch_seconds, 1e-6), 1),
        }

    def _passed(self) -> float:
        """Returns the seconds since the last time this was asked."""
        before, self._time = self._time, time.monotonic()
        return self._time - before

    def _report(self, message: str) -> None:
        if not self._cluster.chief:
            return
        steps = self._options.epochs * self._epoch_batches
        if self._options.max_steps:
            steps = min(steps, self._options.max_steps)
        self._last_report = self._time
        self._tell(self.state.step / steps, message)

    def _synchronize(self) -> None:
        """Under JAX the variables are behind while batches are trained; this takes them along."""
        if keras.backend.backend() == "jax":
            self._model.jax_state_sync()

    def _save(self) -> None:
        """Writes a checkpoint of all that decides how the training goes on.

        All workers wait until the chief has written it.
        """
        self._synchronize()
        arrays = training_arrays(self._model, self._best_weights)
        if self._cluster.chief:
            self._checkpoints.save(self.state.step, arrays, self.state.to_json())
        self._devices.gather()
        self._last_checkpoint = time.monotonic()

    def _resume(self) -> None:
        """Takes on the newest checkpoint, if there is one."""
        found = self._common_checkpoint()
        if found is None:
            return
        arrays, state = found
        self._best_weights, metrics = take_on(self._model, arrays)
        self.state = TrainingState(**state)
        self.state.go_on()
        self.state.seconds_lost = self._devices.gather(self.state.seconds_lost)[0][0]
        if 0 < self.state.batch < self._epoch_batches:
            self._metrics_before = metrics
        self.resumed_from_step = self.state.step
        if self._cluster.chief:
            print(
                f"going on from the checkpoint of step {self.state.step}; lost to interruptions so"
                f" far: {self.state.seconds_lost:,.0f} s",
                flush=True,
            )

    def _common_checkpoint(self) -> Checkpoint | None:
        """Returns the newest checkpoint that the chief can read, if there is one."""
        found = self._checkpoints.newest() if self._cluster.chief else None
        step = int(self._devices.gather(found[1]["step"] if found else -1)[0][0])
        if step < 0 or self._cluster.chief:
            return found
        return self._checkpoints.of_step(step)
