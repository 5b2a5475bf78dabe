"""The loop of a GAN's training: batches, history, grids, exports, checkpoints and progress."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from models.adversarial.collapse import collapse_news
from models.adversarial.diversity import mean_difference
from models.adversarial.log import GRID_IMAGES, AdversarialLog
from models.adversarial.options import AdversarialOptions
from models.adversarial.state import AdversarialState
from models.adversarial.step import Opponents
from models.battle.contract import as_bytes, check_images, draw_noise
from models.checkpoint import Checkpoints
from models.input import ExampleBatches
from models.interruption import InterruptionError, catch_signals
from models.trial import shown
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_note, report_progress
from preprocessing.records import Bytes

ROW_STEPS, MOST_ROWS = 50, 2_000
"""Steps between two rows of the history, more where there would be more rows than that.

Only then is the device waited for.
"""

_PROGRESS_SECONDS, _LOG_SECONDS = 0.5, 10.0


class AdversarialLoop:
    """Trains two networks against each other, going on from the newest checkpoint.

    Args:
        opponents: the networks.
        examples: whose split `train` has the real images.
        options: of the training.
        checkpoints: of this training.
        log: makes the log, given how far the training is.
        export: called every `export_model_steps`, with the step.

    Attributes:
        state: how far the training is.
        resumed_from_step: step of the checkpoint it went on from; 0 for none.
        epoch_batches: batches an epoch.

    Raises:
        InputError: there are no training images, or they are all alike.
    """

    def __init__(
        self,
        opponents: Opponents,
        examples: Examples,
        options: AdversarialOptions,
        checkpoints: Checkpoints,
        log: Callable[[AdversarialState], AdversarialLog],
        export: Callable[[int], None],
    ) -> None:
        self.state = AdversarialState()
        self.resumed_from_step = 0
        self._opponents = opponents
        self._examples = examples
        self._options = options
        self._checkpoints = checkpoints
        self._make_log = log
        self._export = export
        self.epoch_batches = len(ExampleBatches(examples, "train", options.batch_size))
        self._steps = options.steps(self.epoch_batches)
        self._row_steps = max(ROW_STEPS, -(-self._steps // MOST_ROWS))
        self._noise = draw_noise(np.random.default_rng(options.seed), GRID_IMAGES)
        real, _ = ExampleBatches(examples, "train", GRID_IMAGES, (options.seed, 0))[0]
        self._real_difference = mean_difference(real) if len(real) > 1 else 0.0
        if not self._real_difference:
            raise InputError(
                f"{examples.folder / 'train'}: all images are alike; give the preprocessing a"
                " source with different ones"
            )

    def run(self) -> None:
        """Trains to the end.

        Raises:
            InputError: a checkpoint cannot be written, or the loss or the images are no numbers.
            SystemExit: a signal asked to stop and a checkpoint was written; the status is 128
                and the signal's number.
        """
        self._resume()
        self._log = self._make_log(self.state)
        self._time = self._last_checkpoint = self._last_log = time.monotonic()
        self._last_report = 0.0
        try:
            with catch_signals() as self._interruption:
                self._train()
        finally:
            self._log.close()

    def _train(self) -> None:
        """Trains step after step; a second signal does not disturb what the first asked for."""
        state = self.state
        try:
            for images in self._batches():
                self._opponents.train(images, state.step)
                state.step += 1
                self._end_step()
                self._interruption.check()
        except InterruptionError as interrupted:
            self._save()
            raise interrupted.end(state.step) from None

    def _batches(self) -> Iterator[Bytes]:
        """Yields the real images of each step to come, in an order that seed and epoch decide."""
        options = self._options
        while self.state.step < self._steps:
            epoch, first = divmod(self.state.step, self.epoch_batches)
            stop = min(self.epoch_batches, first + self._steps - self.state.step)
            order = (options.seed, epoch)
            batches = ExampleBatches(
                self._examples, "train", options.batch_size, order, first, stop
            )
            for index in range(len(batches)):
                yield self._filled(batches[index][0], order)

    def _filled(self, images: Bytes, order: tuple[int, int]) -> Bytes:
        """Returns a last, shorter batch with the epoch's first images after it.

        So each step has `batch_size` images, and none is of the statistics of one image.
        """
        size = self._options.batch_size
        if len(images) == size:
            return images
        first, _ = ExampleBatches(self._examples, "train", size, order)[0]
        return np.resize(np.concatenate([images, first]), (size, *images.shape[1:]))

    def _end_step(self) -> None:
        """Does what is due after a step."""
        state, options = self.state, self._options
        self._count_time()
        last = state.step == self._steps
        export = bool(options.export_model_steps) and state.step % options.export_model_steps == 0
        if last or state.step % self._row_steps == 0:
            self._add_row()
        elif self._time - self._last_report >= _PROGRESS_SECONDS:
            self._report()
        if last or export:
            self._log.grid(state.step, self._draw())
        if export or self._time - self._last_log >= _LOG_SECONDS:
            self._write_log()
        if export:
            self._export(state.step)
        if last or self._time - self._last_checkpoint >= options.checkpoint_seconds:
            self._save()

    def _add_row(self) -> None:
        """Adds a row to the history, logs it and tells what is odd in it."""
        state = self.state
        means = self._opponents.take_means()
        if not math.isfinite(means["discriminator_loss"] + means["generator_loss"]):
            raise self._no_number()
        before: dict[str, Any] = state.history[-1] if state.history else {"step": 0, "seconds": 0.0}
        self._count_time()  # once more, as the device was waited for
        images = self.images_trained(state.step) - self.images_trained(before["step"])
        row = {
            "step": state.step,
            "epoch": -(-state.step // self.epoch_batches),
            **means,
            "diversity": mean_difference(self._draw()) / self._real_difference,
            "seconds": round(state.seconds, 3),
            "images_per_second": round(images / max(state.seconds - before["seconds"], 1e-3), 1),
        }
        state.history.append(row)
        self._log.row(row)
        self._report()
        for told in collapse_news(state.history):
            report_note(told)

    def _count_time(self) -> None:
        before, self._time = self._time, time.monotonic()
        self.state.seconds += self._time - before

    def images_trained(self, steps: int) -> int:
        """Returns how many real images the first steps take; those that fill up do not count."""
        epochs, batches = divmod(steps, self.epoch_batches)
        return epochs * self._examples.info.splits["train"].examples + (
            batches * self._options.batch_size
        )

    def _draw(self) -> Bytes:
        """Returns the images of the fixed noise."""
        images = self._opponents.draw(self._noise)
        broken = check_images(images.reshape(len(images), -1), len(images), images[0].size)
        told = {one.rule: one.told for one in broken}
        if "nan" in told:
            raise self._no_number()
        if "range" in told:
            raise InputError(f"{shown('model', self._options.model)}: {told['range']}")
        return as_bytes(images)

    def _no_number(self) -> InputError:
        return InputError(
            f"learning_rate={self._options.learning_rate}: the losses were no longer numbers at"
            f" step {self.state.step:,}; try a smaller learning_rate or another loss"
        )

    def _report(self) -> None:
        state, steps = self.state, self._steps
        epoch = -(-state.step // self.epoch_batches)
        self._last_report = self._time
        told = f"epoch {epoch}, step {state.step:,} of {steps:,}{state.last_values()}"
        report_progress(state.step / steps, told)

    def _save(self) -> None:
        """Writes a checkpoint of all that decides how the training goes on, and the log."""
        self._write_log()
        values = {f"variable-{i}": value for i, value in enumerate(self._opponents.arrays())}
        self._checkpoints.save(self.state.step, values, self.state.to_json())
        self._last_checkpoint = time.monotonic()

    def _write_log(self) -> None:
        self._log.write(self.state.history)
        self._last_log = time.monotonic()

    def _resume(self) -> None:
        """Takes on the newest checkpoint, if there is one."""
        found = self._checkpoints.newest()
        if found is None:
            return
        arrays, state = found
        self._opponents.restore([arrays[f"variable-{i}"] for i in range(len(arrays))])
        self.state = AdversarialState(**state)
        self.resumed_from_step = self.state.step
        print(f"going on from the checkpoint of step {self.state.step}", flush=True)
