"""A trained GAN as others use it: the SavedModel that fights, and both networks for Keras."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models.battle.contract import NOISE_NUMBERS
from models.export import SAVED_MODEL_FOLDER
from models.whole_files import whole_files

GENERATOR_FILE = "generator.keras"
DISCRIMINATOR_FILE = "discriminator.keras"


def export_gan(generator: keras.Model, discriminator: keras.Model, folder: str | Path) -> None:
    """Writes `saved_model/`, `generator.keras` and `discriminator.keras` into `folder`.

    The SavedModel needs neither this project nor Keras, and has two signatures and no more; see
    `models.battle.contract`:

        generate(noise float32[None, 100]) -> {generated_images float32[None, pixels]}
        discriminate(input_batch_raw float32[None, pixels]) -> {p_for_data float32[None, 1]}

    Their graphs compute and read weights; nothing in them is random or keeps a state. All three
    are moved into place when written.

    Args:
        generator: from noise `[N, 100]` to images `[N, H, W, C]` in [0, 1].
        discriminator: from such images to logits `[N, 1]`.
        folder: made if it is not there.
    """
    height, width, channels = discriminator.input_shape[1:]
    pixels = height * width * channels

    def generate(noise: tf.Tensor) -> dict[str, tf.Tensor]:
        images = generator(noise, training=False)
        return {"generated_images": tf.reshape(images, (-1, pixels))}

    def discriminate(input_batch_raw: tf.Tensor) -> dict[str, tf.Tensor]:
        images = tf.reshape(input_batch_raw, (-1, height, width, channels))
        return {"p_for_data": tf.sigmoid(discriminator(images, training=False))}

    # Only the weights are tracked: a Keras model would bring functions of its own.
    module = tf.Module()
    module.weights = [w.value for m in (generator, discriminator) for w in m.variables]
    signatures = {
        "generate": _function(generate, NOISE_NUMBERS, "noise"),
        "discriminate": _function(discriminate, pixels, "input_batch_raw"),
    }
    with whole_files(folder) as unfinished:
        generator.save(unfinished / GENERATOR_FILE)
        discriminator.save(unfinished / DISCRIMINATOR_FILE)
        tf.saved_model.save(module, str(unfinished / SAVED_MODEL_FOLDER), signatures)


def _function(function: Any, numbers: int, name: str) -> Any:
    signature = [tf.TensorSpec((None, numbers), tf.float32, name)]
    return tf.function(function, signature, autograph=False).get_concrete_function()
