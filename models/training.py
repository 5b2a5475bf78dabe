"""The training step: examples and transform graph -> model."""

from contextlib import suppress
from pathlib import Path

import keras

from models.devices import every_device
from models.export import EXPORT_FOLDER, export_model
from models.fitting import TrainingResult, fit
from models.input import local_examples
from models.training_options import TrainingOptions
from models.weights import local_weights
from preprocessing.challenge import find_challenge


def train(
    examples_folder: str | Path,
    transform_folder: str | Path,
    model_folder: str | Path,
    networks: str,
    options: TrainingOptions,
    top_k: int = 5,
) -> TrainingResult:
    """Trains a network, going on where an interrupted training of the same stopped.

    Several workers (see `models.distributed.cluster`) all call this with the same arguments.
    Each trains with its part of the files, and all return the same; only the chief writes.

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
    folder = Path(model_folder)
    with (
        every_device() as devices,
        local_examples(examples_folder, devices.cluster) as examples,
        local_weights(options.weights) as weights,
    ):
        info = examples.info

        def export(network: keras.Model, destination: Path) -> None:
            features = find_challenge(info.challenge).record_features
            export_model(network, transform_folder, info.class_names, top_k, destination, features)

        fitted = fit(
            examples,
            folder,
            networks,
            options,
            devices,
            weights,
            lambda network, step: export(network, folder / EXPORT_FOLDER / f"step_{step}"),
        )
        if chief := devices.cluster.chief:
            export(fitted.network, folder)
    if chief:  # and all workers have come to their end
        fitted.checkpoints.clear()
        if not options.checkpoint_dir:
            with suppress(OSError):  # another training's may be in it
                fitted.checkpoints.folder.parent.rmdir()
    return fitted.result
