"""The training step: examples and transform graph -> model."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import keras

from models.checkpoint import CHECKPOINTS_FOLDER, Checkpoints, code_hashes
from models.devices import every_device
from models.export import EXPORT_FOLDER, export_model
from models.input import local_examples
from models.losses import find_loss
from models.network import augmented, build_network, find_augmentation, find_network
from models.own_files import files_fingerprint
from models.training_log import TrainingLog
from models.training_loop import TrainingLoop
from models.training_metrics import HitAt1, StreamingGap
from models.training_options import TrainingOptions
from models.weights import local_weights, weights_fingerprint
from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError

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
    """

    steps: int
    epochs: int
    best_epoch: int
    validation_loss: float
    validation_hit_at_1: float
    seconds: float
    examples_per_second: float
    resumed_from_step: int


def train(
    examples_folder: str | Path,
    transform_folder: str | Path,
    model_folder: str | Path,
    networks: str,
    options: TrainingOptions,
    top_k: int = 5,
) -> TrainingResult:
    """Trains a network, going on where an interrupted training of the same stopped.

    Args:
        examples_folder: what `preprocess` wrote; only `train` and `validation` are read.
        transform_folder: the tf.Transform graph that goes into the exported model.
        model_folder: gets the model (see `models.export`), `history.json`, TensorBoard's `logs/`
            and the exports of `export_model_steps`.
        networks: module with the challenge's networks, such as `models.quickdraw`.
        options: the parameters.
        top_k: classes a prediction of the exported model.

    Returns:
        Steps, epochs, validation values, times.

    Raises:
        InputError: the examples, an option or the network cannot be used, or the disk is full.
        SystemExit: SIGTERM or SIGINT came (status 143 or 130); a checkpoint was written first.
    """
    keras.utils.clear_session()  # layers get the same names, so a checkpoint's hash is the same
    keras.utils.set_random_seed(options.seed)
    folder = Path(model_folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        local_examples(examples_folder) as examples,
        local_weights(options.weights) as weights,
        every_device() as devices,
    ):
        if options.batch_size % devices.count:
            raise InputError(
                f"batch_size={options.batch_size}: expected a multiple of the {devices.count}"
                " accelerators that share a batch"
            )
        info = examples.info
        schedule = _learning_rate(options, info.splits["train"].examples)

        def build(mixed_precision: bool) -> keras.Model:
            return build_network(
                find_network(networks, options.model, weights),
                info.image_shape,
                len(info.class_names),
                info.pixel_mean,
                info.pixel_variance,
                mixed_precision,
            )

        def export(destination: Path) -> None:
            plain = build(mixed_precision=False)
            plain.set_weights(network.get_weights())
            features = find_challenge(info.challenge).record_features
            export_model(plain, transform_folder, info.class_names, top_k, destination, features)

        with devices.scope():
            network = build(options.mixed_precision)
            model = _compiled(network, networks, options, schedule)
        checkpoints = Checkpoints(
            options.checkpoint_dir or folder / CHECKPOINTS_FOLDER,
            {
                "examples": info.to_json(),
                "network": model.get_config(),
                "options": options.decides(),
                "code": code_hashes([networks, *_DECIDING]),
                "own": files_fingerprint([options.model, options.loss]),
                "weights": weights_fingerprint(weights),
            },
        )
        if options.start_new_model:
            checkpoints.clear()
        loop = TrainingLoop(
            model,
            examples,
            devices.count,
            options,
            checkpoints,
            lambda history: TrainingLog(folder, history),
            lambda step: float(keras.ops.convert_to_numpy(schedule(step))),
            lambda step: export(folder / EXPORT_FOLDER / f"step_{step}"),
        )
        best = loop.run()
        export(folder)
    checkpoints.clear()
    if not options.checkpoint_dir:
        with suppress(OSError):  # it is not part of the model, but another training's may be in it
            checkpoints.folder.parent.rmdir()
    state = loop.state
    return TrainingResult(
        steps=state.step,
        epochs=state.epoch,
        best_epoch=best["epoch"],
        validation_loss=best["val_loss"],
        validation_hit_at_1=best["val_hit_at_1"],
        seconds=state.seconds,
        examples_per_second=fmean(row["examples_per_second"] for row in state.history),
        resumed_from_step=loop.resumed_from_step,
    )


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
) -> keras.optimizers.schedules.LearningRateSchedule:
    period = options.learning_rate_decay_examples or examples
    return keras.optimizers.schedules.ExponentialDecay(
        options.learning_rate, period / options.batch_size, options.learning_rate_decay
    )
