"""Pictures that have something in common, and GANs that answer with given pictures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.battle.contract import as_floats
from preprocessing.examples import Examples, ExamplesInfo, Split, shard_name
from preprocessing.records import Bytes, RecordLayout

SHAPE = (28, 28, 1)
TRAIN, VALIDATION = 260, 120

Discriminate = Callable[[Any], Any]


def pictures(count: int, seed: int) -> Bytes:
    """Draws images: the same waves for all, each in amounts of its own, and a little noise."""
    y, x = np.mgrid[0:28, 0:28] / 28
    waves = [np.cos(np.pi * (i * x + j * y) + i - j) for i in range(1, 7) for j in range(1, 7)]
    rng = np.random.default_rng(seed)
    amounts = rng.normal(0, 8, (count, 36))
    images: npt.NDArray[np.float64] = 128 + 40 * waves[0] + np.tensordot(amounts, waves, 1)
    images += rng.normal(0, 4, (count, 28, 28))
    return np.clip(images, 0, 255).astype(np.uint8)[..., None]


def write_pictures(folder: Path, splits: dict[str, list[Bytes]]) -> Examples:
    """Writes examples of given images, a list of shards a split."""
    layout = RecordLayout(int(np.prod(SHAPE)))
    for split, shards in splits.items():
        (folder / split).mkdir(parents=True)
        for index, images in enumerate(shards):
            records = layout.allocate(len(images))
            layout.images(records)[:] = images.reshape(len(images), -1)
            layout.set_labels(records, np.zeros(len(images), np.int32))
            layout.seal(records)
            path = folder / split / shard_name(index, len(shards))
            path.write_bytes(records.tobytes())
    info = ExamplesInfo(
        challenge="gan",
        image_shape=SHAPE,
        class_names=["picture"],
        seed=0,
        source="waves",
        source_fingerprint="0",
        pixel_mean=[128.0],
        pixel_variance=[900.0],
        splits={name: Split(sum(map(len, one)), len(one), 0) for name, one in splits.items()},
    )
    (folder / "examples.json").write_text(info.to_json())
    return Examples(folder)


def by_brightness(images: Any) -> Any:
    """Says that an image is real when its pixels are brighter than the middle."""
    import tensorflow as tf

    return tf.sigmoid(20 * (tf.reduce_mean(images, axis=1, keepdims=True) - 0.5))


def write_gan(folder: Path, images: Bytes, discriminate: Discriminate = by_brightness) -> Path:
    """Writes a model folder whose generator picks one of the images by the first number."""
    import tensorflow as tf

    class Gan(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.images = tf.Variable(as_floats(images.reshape(len(images), -1)))

        @tf.function(input_signature=[tf.TensorSpec([None, 100], tf.float32, name="noise")])
        def generate(self, noise: Any) -> dict[str, Any]:
            which = tf.cast((noise[:, 0] + 1) / 2 * (len(images) - 0.01), tf.int32)
            return {"generated_images": tf.gather(self.images, which)}

        @tf.function(
            input_signature=[tf.TensorSpec([None, images[0].size], tf.float32, "input_batch_raw")]
        )
        def discriminate(self, input_batch_raw: Any) -> dict[str, Any]:
            return {"p_for_data": discriminate(input_batch_raw)}

    gan = Gan()
    signatures = {"generate": gan.generate, "discriminate": gan.discriminate}
    tf.saved_model.save(gan, str(folder / "saved_model"), signatures=signatures)
    return folder


def write_history(folder: Path, rows: int) -> None:
    """Writes the `history.json` that a training leaves."""
    history = [
        {
            "step": 50 * row,
            "epoch": row,
            "discriminator_loss": 0.7 - row / 1000,
            "generator_loss": 0.7,
            "accuracy_real": 0.6,
            "accuracy_generated": 0.625,
            "diversity": 0.5,
            "seconds": 3.0 * row,
            "images_per_second": 1234.0,
        }
        for row in range(1, rows + 1)
    ]
    (folder / "history.json").write_text(json.dumps(history))


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    train, validation = pictures(TRAIN, seed=1), pictures(VALIDATION, seed=2)
    folder = tmp_path_factory.mktemp("faces") / "examples"
    return write_pictures(folder, {"train": [train[:100], train[100:]], "validation": [validation]})
