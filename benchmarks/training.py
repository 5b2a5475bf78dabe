"""Training from the examples, beside Keras's `fit` of the same network on arrays in memory."""

import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.drawings import write_drawings
from benchmarks.process import run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row
from models.devices import every_device, forget_networks
from models.fitting import fit
from models.network import augmented, build_network, find_augmentation, find_network
from models.training_metrics import HitAt1, StreamingGap
from models.training_options import TrainingOptions
from models.training_state import TrainingState
from preprocessing.examples import Examples

NETWORKS = "models.quickdraw"
_CNN = TrainingOptions(model="Cnn", epochs=2)
_LOGISTIC = TrainingOptions(model="Logistic", epochs=3, augment=False)

_PREPROCESS = """
from preprocessing.preprocess import preprocess
from preprocessing.split_sizes import SplitSizes
preprocess(
    {source!r}, {written!r}, {written!r} + "-transform", "quickdraw",
    SplitSizes(train={train}, validation={train} // 10, test=10),
)
"""


def measure(folder: Path) -> list[Row]:
    """Measures `Cnn` with its augmentation, and `Logistic` without, where the input is the limit.

    Args:
        folder: empty, for what is written meanwhile.
    """
    return [
        _row(folder, _CNN, 2_560, "batches of 128, augmentation"),
        _row(folder, _LOGISTIC, 19_200, "batches of 128, no augmentation: the input is the limit"),
    ]


def _row(folder: Path, options: TrainingOptions, per_class: int, note: str) -> Row:
    """Measures a network on so many examples a class, in images/s of the epochs after the first.

    Hit@1, GAP, validation and early stopping are in both; in ours checkpoints and logs too.
    """
    source, written = folder / f"drawings-{per_class}", folder / f"examples-{per_class}"
    write_drawings(source, per_class * 15)
    run_python(_PREPROCESS.format(source=str(source), written=str(written), train=per_class))
    examples = Examples(written)
    train = examples.info.splits["train"].examples
    took = in_turns(
        {
            "ours": lambda: rate(train, epoch_ends(examples, options)),
            "keras": lambda: rate(train, _keras(examples, options)),
        }
    )
    return Row(
        f"training from TFRecords, {options.model}",
        "model.fit on uint8 arrays in memory, the same metrics, validation",
        "images/s",
        took["ours"],
        took["keras"],
        0.95,
        True,
        note=note,
    )


def epoch_ends(
    examples: Examples, options: TrainingOptions, networks: str = NETWORKS
) -> list[float]:
    """Trains as the project does; returns when that began and when each epoch ended, in seconds."""
    times = [time.perf_counter()]

    def note_time(state: TrainingState) -> bool:
        times.append(time.perf_counter())
        return False

    with tempfile.TemporaryDirectory(dir=".") as folder, every_device() as devices:
        fit(
            examples,
            Path(folder),
            networks,
            options,
            devices,
            stop=note_time,
            report=lambda *_: None,
        )
    return times


class EpochEnds(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers when Keras's `fit` began and when each epoch and its validation ended.

    Attributes:
        times: in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.times = [time.perf_counter()]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remembers the time."""
        self.times.append(time.perf_counter())


def plain_model(
    examples: Examples,
    options: TrainingOptions,
    metrics: Sequence[Any],
    networks: str = NETWORKS,
) -> keras.Model:
    """Returns the network that `fit` would train, compiled as one would without this project."""
    forget_networks()
    keras.utils.set_random_seed(options.seed)
    info = examples.info
    network = build_network(
        find_network(networks, options.model),
        info.image_shape,
        len(info.class_names),
        info.pixel_mean,
        info.pixel_variance,
        options.mixed_precision,
    )
    if options.augment:
        network = augmented(network, find_augmentation(networks, options.model, options.seed))
    schedule = keras.optimizers.schedules.ExponentialDecay(
        options.learning_rate,
        info.splits["train"].examples / options.batch_size,
        options.learning_rate_decay,
    )
    network.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=options.clip_norm),
        "sparse_categorical_crossentropy",
        metrics=list(metrics),
    )
    return network


def arrays(examples: Examples, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Returns all images uint8 `[N, H, W, C]` and labels `[N]` of a split."""
    layout, records = examples.info.layout(split), np.concatenate(examples.open(split))
    images = np.ascontiguousarray(layout.images(records))
    return images.reshape(-1, *examples.info.image_shape), layout.labels(records)


def rate(images: int, times: Sequence[float]) -> float:
    """Returns images/s of the epochs after the first, which compiles, of so many images each."""
    return images / fmean(after - before for before, after in pairwise(times[1:]))


def _keras(examples: Examples, options: TrainingOptions) -> list[float]:
    metrics = [HitAt1(), StreamingGap()]
    model, ends = plain_model(examples, options, metrics), EpochEnds()
    images, labels = arrays(examples, "train")
    model.fit(
        images,
        labels,
        batch_size=options.batch_size,
        epochs=options.epochs,
        validation_data=arrays(examples, "validation"),
        callbacks=[
            keras.callbacks.EarlyStopping(patience=options.patience, restore_best_weights=True),
            ends,
        ],
        verbose=0,
    )
    return ends.times
