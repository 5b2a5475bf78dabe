"""Fits a network to examples: what a training and each trial of a tuning have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import keras

from models.checkpoint import CHECKPOINTS_FOLDER, Checkpoints, code_hashes
from models.devices import Devices, forget_networks
from models.losses import find_loss
from models.network import augmented, build_network, find_augmentation, find_network
from models.own_files import files_fingerprint
from models.training_log import NoLog, TrainingLog
from models.training_loop import TrainingLoop
from models.training_metrics import HitAt1, StreamingGap
from models.training_options import TrainingOptions
from models.training_state import TrainingState
from models.weights import weights_fingerprint
from preprocessing.errors import InputError
from preprocessing.examples import Examples, ExamplesInfo
from preprocessing.progress import report_progress

_DECIDING = ("models.augmentation", "models.losses", "models.network")  # what is trained, and how


@dataclass(frozen=True)
class TrainingResult:
    """What came out of a training.

    Attributes:
        steps: steps trained, over all runs.
        epochs: epochs trained.
        best_epoch: the epoch, from 1, whose weights the model has.
        validation_loss: of that epoch.
        validation_hit_at_1: of that epoch.
        seconds: time of training and validation, over all runs.
        examples_per_second: of training, in the epochs' mean.
        resumed_from_step: step of the checkpoint that this run went on from; 0 for none.
        interruptions: how often the training went on from a checkpoint, over all runs.
        seconds_lost: wall time from the last checkpoint before each of these to going on.
    """

    steps: int
    epochs: int
    best_epoch: int
    validation_loss: float
    validation_hit_at_1: float
    seconds: float
    examples_per_second: float
    resumed_from_step: int
    interruptions: int
    seconds_lost: float


@dataclass(frozen=True)
class Fitted:
    """A network that was trained to its end.

    Attributes:
        network: with the weights of its best epoch, without augmentation, to be saved.
        result: of the training.
        checkpoints: of the training, which go on from its end until they are cleared.
    """

    network: keras.Model
    result: TrainingResult
    checkpoints: Checkpoints


def fit(
    examples: Examples,
    folder: Path,
    networks: str,
    options: TrainingOptions,
    devices: Devices,
    weights: str = "",
    export: Callable[[keras.Model, int], None] | None = None,
    stop: Callable[[TrainingState], bool] | None = None,
    report: Callable[[float, str], None] = report_progress,
) -> Fitted:
    """Trains a network, going on where an interrupted training of the same stopped.

    Several workers all call this; only the chief exports and writes.

    Args:
        examples: on local disk, this worker's part; only `train` and `validation` are read.
        folder: gets `history.json`, TensorBoard's `logs/` and, unless `checkpoint_dir` says
            another place, the checkpoints.
        networks: module with the challenge's networks, such as `models.quickdraw`.
        options: the parameters.
        devices: what trains.
        weights: local file that the network starts from; "" for none.
        export: called every `export_model_steps` with the network as it is then, and the step.
        stop: asked when a training goes on and after each epoch, whether it is to end there.
        report: told how far it is, as `report_progress` is.

    Raises:
        InputError: an option or the network cannot be used, the loss never was a number, or the
            disk is full.
        SystemExit: SIGTERM or SIGINT came (status 143 or 130); a checkpoint was written first.
    """
    forget_networks()  # layers get the same names, so a checkpoint's hash is the same
    keras.utils.set_random_seed(options.seed)
    chief = devices.cluster.chief
    if chief:
        folder.mkdir(parents=True, exist_ok=True)
    if options.batch_size % devices.count:
        raise InputError(
            f"batch_size={options.batch_size}: expected a multiple of the {devices.count}"
            " accelerators that share a batch"
        )
    info = examples.info
    schedule = _learning_rate(options, info.splits["train"].examples)

    def build(mixed_precision: bool) -> keras.Model:
        return build_network(
            find_network(networks, options.model, weights, options.model_arguments),
            info.image_shape,
            len(info.class_names),
            info.pixel_mean,
            info.pixel_variance,
            mixed_precision,
        )

    def plain() -> keras.Model:
        """Returns the network as it is saved: in float32."""
        copy = build(mixed_precision=False)
        copy.set_weights(network.get_weights())
        return copy

    with devices.scope():
        network = build(options.mixed_precision)
        model = _compiled(network, networks, options, schedule)
    trained = {"network": model.get_config(), **deciding(info, networks, options, weights)}
    if devices.cluster.several:  # their number decides which examples a batch has
        trained["workers"] = devices.cluster.workers
    checkpoints = Checkpoints(options.checkpoint_dir or folder / CHECKPOINTS_FOLDER, trained)
    if options.start_new_model and chief:
        checkpoints.clear()
    loop = TrainingLoop(
        model,
        examples,
        devices,
        options,
        checkpoints,
        lambda history: TrainingLog(folder, history) if chief else NoLog(),
        lambda step: _at_step(schedule, step),
        (lambda step: export(plain(), step)) if export and chief else None,
        stop,
        report,
    )
    best = loop.run()
    state = loop.state
    result = TrainingResult(
        steps=state.step,
        epochs=state.epoch,
        best_epoch=best["epoch"],
        validation_loss=best["val_loss"],
        validation_hit_at_1=best["val_hit_at_1"],
        seconds=state.seconds,
        examples_per_second=fmean(row["examples_per_second"] for row in state.history),
        resumed_from_step=loop.resumed_from_step,
        interruptions=state.interruptions,
        seconds_lost=round(state.seconds_lost, 1),
    )
    return Fitted(plain(), result, checkpoints)


def deciding(
    info: ExamplesInfo, networks: str, options: TrainingOptions, weights: str
) -> dict[str, Any]:
    """Returns all that decides what a training makes, as JSON values.

    Args:
        info: of the examples.
        networks: module with the challenge's networks, such as `models.quickdraw`.
        options: the parameters.
        weights: local file that the network starts from; "" for none.
    """
    return {
        "examples": info.to_json(),
        "options": options.decides(),
        "code": code_hashes([networks, *_DECIDING]),
        "own": files_fingerprint([options.model, options.loss]),
        "weights": weights_fingerprint(weights),
    }


def _compiled(
    network: keras.Model,
    networks: str,
    options: TrainingOptions,
    schedule: keras.optimizers.schedules.LearningRateSchedule,
) -> keras.Model:
    """Returns the model that is trained: augmentation before the network, loss and optimizer."""
    model = network
    if options.augment:
        model = augmented(network, find_augmentation(networks, options.model, options.seed))
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=options.clip_norm),
        loss=find_loss(options.loss),
        weighted_metrics=[HitAt1(), StreamingGap()],
    )
    return model


def _learning_rate(
    options: TrainingOptions, examples: int
) -> keras.optimizers.schedules.ExponentialDecay:
    period = options.learning_rate_decay_examples or examples
    return keras.optimizers.schedules.ExponentialDecay(
        options.learning_rate, period / options.batch_size, options.learning_rate_decay
    )


def _at_step(schedule: keras.optimizers.schedules.ExponentialDecay, step: int) -> float:
    """Returns the learning rate of a step; asking the schedule would wait for the accelerator."""
    return float(
        schedule.initial_learning_rate * schedule.decay_rate ** (step / schedule.decay_steps)
    )
