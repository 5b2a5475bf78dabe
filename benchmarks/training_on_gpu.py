"""Training from the examples on one GPU with Keras on JAX, beside batches already on it.

It needs NumPy, Keras, JAX, google-crc32c and TensorBoard, and neither TensorFlow nor Beam.
"""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from benchmarks.errors import NotHereError
from benchmarks.rounds import in_turns
from benchmarks.row import Row
from benchmarks.training import EpochEnds, epoch_ends, plain_model, rate
from models.engine import KerasEngine
from models.input import ExampleBatches
from models.training_options import TrainingOptions
from preprocessing.challenge import find_challenge
from preprocessing.examples import METADATA_FILE, Examples, ExamplesInfo, Split, shard_name
from preprocessing.records import RecordLayout

NETWORKS = "models.renaissance"
CLASSES, PER_CLASS = 345, 10_000
_BATCH, _EPOCHS = 16_384, 20
_RESIDENT = 32  # batches that are on the device
_SHARD = 53_907  # records; 64 shards


def measure(folder: Path) -> list[Row]:
    """Measures the `Renaissance` network on 345 classes of 10,000 drawings.

    Args:
        folder: empty, for what is written meanwhile.

    Raises:
        NotHereError: Keras does not run on JAX, or JAX sees no GPU.
    """
    on_jax = keras.backend.backend() == "jax"
    if not on_jax or not keras.distribution.list_devices()[0].startswith("gpu"):
        raise NotHereError(
            "it needs one GPU that JAX sees, and KERAS_BACKEND=jax; see docs/performance.md"
        )
    examples = write_examples(folder / "examples", CLASSES, PER_CLASS)
    return rows(examples, _BATCH, _EPOCHS)


def rows(examples: Examples, batch_size: int, epochs: int) -> list[Row]:
    """Returns the rows for examples of any number, with batches of any size.

    Args:
        examples: to train on.
        batch_size: examples a batch.
        epochs: of the whole training.
    """
    single = TrainingOptions(
        model="Renaissance", batch_size=batch_size, epochs=4, augment=False, learning_rate=0.001
    )
    measured = []
    for mixed, augment, goal in (
        (False, False, 0.95),
        (True, False, 0.95),
        (False, True, 0.8),
        (True, True, 0.8),
    ):
        options = replace(single, mixed_precision=mixed, augment=augment)
        took = in_turns(
            {
                "files": partial(_files, examples, options),
                "device": partial(_on_device, examples, replace(options, augment=False)),
            }
        )
        precision = "bfloat16" if mixed else "float32"
        augmentation = "with augmentation" if augment else "augmentation off"
        measured.append(
            Row(
                f"training from TFRecords on a GPU, Renaissance, {precision}, {augmentation}",
                "batches already on the device",
                "images/s",
                took["files"],
                took["device"],
                goal,
                True,
                note=f"batches of {batch_size:,}, accuracy alone, no validation",
            )
        )
    whole = replace(single, epochs=epochs, patience=epochs, mixed_precision=True)
    return [
        *measured,
        Row(
            f"{len(examples.info.class_names)} classes,"
            f" {examples.info.splits['train'].examples:,} drawings, {epochs} epochs, from the files"
            " to the trained network",
            "",
            "s",
            [_seconds(examples, whole)],
            [],
            45,
            compared="alone",
            note=f"bfloat16, batches of {batch_size:,}, augmentation off; validation, Hit@1, GAP,"
            " early stopping and checkpoints on; measured once",
        ),
    ]


def write_examples(folder: Path, classes: int, per_class: int) -> Examples:
    """Writes drawings of random strokes and returns them opened; a hundredth is for validation.

    What a drawing shows does not change how fast it is trained on.

    Args:
        folder: is made.
        classes: whose drawings there are.
        per_class: drawings of each to train on.
    """
    shape = find_challenge("renaissance").image_shape
    layout = RecordLayout(int(np.prod(shape)))
    rng = np.random.default_rng(0)
    splits = {}
    for split, count in (
        ("train", classes * per_class),
        ("validation", classes * per_class // 100),
    ):
        shards = -(-count // _SHARD)
        (folder / split).mkdir(parents=True)
        for index in range(shards):
            records = layout.allocate(min(_SHARD, count - index * _SHARD))
            pixels = rng.integers(0, 256, layout.image_bytes + len(records), np.uint8)
            windows = np.lib.stride_tricks.sliding_window_view(pixels, layout.image_bytes)
            layout.images(records)[:] = windows[: len(records)]
            layout.set_labels(records, rng.integers(0, classes, len(records)))
            layout.seal(records)
            records.tofile(folder / split / shard_name(index, shards))
        splits[split] = Split(count, shards, 0)
    names = [f"class {number:03d}" for number in range(classes)]
    info = ExamplesInfo("renaissance", shape, names, 0, "", "", [127.5], [5_418.75], splits)
    (folder / METADATA_FILE).write_text(info.to_json())
    return Examples(folder)


class _Nothing:
    """Does nothing between two batches."""

    def begin_batches(self) -> None:
        """Does nothing."""

    def end_batch(self, read: object) -> None:
        """Does nothing."""

    def end_validation_batch(self) -> None:
        """Does nothing."""


def _files(examples: Examples, options: TrainingOptions) -> float:
    """Returns the images/s of whole epochs from the files, read, shuffled and trained."""
    engine = KerasEngine(plain_model(examples, options, ["accuracy"], NETWORKS))
    times = [time.perf_counter()]
    for epoch in range(options.epochs):
        engine.fit(ExampleBatches(examples, "train", options.batch_size, (0, epoch)), _Nothing())
        times.append(time.perf_counter())
    return rate(examples.info.splits["train"].examples, times)


class _OnDevice(keras.utils.PyDataset):  # type: ignore[misc]
    """The same few batches, on the device, over and over, as many as an epoch has."""

    def __init__(self, batches: ExampleBatches) -> None:
        super().__init__()
        count = min(_RESIDENT, max(1, len(batches) - 1))  # the last one is smaller
        self._count = len(batches)
        self._batches = [
            tuple(keras.ops.convert_to_tensor(array) for array in batches[index])
            for index in range(count)
        ]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> object:
        return self._batches[index % len(self._batches)]


def _on_device(examples: Examples, options: TrainingOptions) -> float:
    """Returns the images/s of Keras's `fit` with batches that are on the device."""
    model, ends = plain_model(examples, options, ["accuracy"], NETWORKS), EpochEnds()
    batches = _OnDevice(ExampleBatches(examples, "train", options.batch_size))
    model.fit(batches, epochs=options.epochs, shuffle=False, verbose=0, callbacks=[ends])
    return rate(len(batches) * options.batch_size, ends.times)


def _seconds(examples: Examples, options: TrainingOptions) -> float:
    """Returns the seconds of a whole training through `fit`, compilation included."""
    times = epoch_ends(examples, options, NETWORKS)
    return times[-1] - times[0]
