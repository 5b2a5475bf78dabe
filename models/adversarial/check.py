"""Tries a generator, a discriminator and a loss on random images, in seconds.

python -m models.adversarial.check '{"networks": "models.gan", "model": "mine.py:MyGan", ...}'
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.adversarial.export import export_gan
from models.adversarial.losses import find_loss
from models.adversarial.networks import find_networks
from models.adversarial.options import AdversarialOptions
from models.adversarial.step import Opponents
from models.adversarial.training import expect_tensorflow
from models.battle.contract import check_images, draw_noise
from models.trial import shown, trial
from preprocessing.errors import InputError

IMAGES = 4


def check_gan(networks: str, model: str, loss: str, image_shape: Sequence[int]) -> None:
    """Checks that networks and a loss can be trained together and exported.

    Args:
        networks: module with the challenge's networks, such as `models.gan`.
        model: the networks, such as `Dcgan` or `path/to/mine.py:MyGan`.
        loss: the loss, such as `CrossEntropy` or `path/to/mine.py:MyLoss`.
        image_shape: (height, width, channels).

    Raises:
        InputError: something is wrong; the message says what, and in which line of which file.
    """
    expect_tensorflow()
    keras.utils.set_random_seed(0)  # the same classes get the same answer
    height, width, channels = image_shape
    model_name, loss_name = shown("model", model), shown("loss", loss)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES, *image_shape)).astype(np.uint8)
    with trial(loss_name):
        _check_loss(loss_name, find_loss(loss))
    with trial(model_name):
        opponents = Opponents(
            (find_networks(networks, model), find_networks(networks, model)),
            find_loss(loss),
            (height, width, channels),
            # So small that after the discriminator's step the generator still has a slope.
            AdversarialOptions(model=model, loss=loss, learning_rate=1e-4),
        )
        _check_images(model_name, opponents, rng)
        _check_logits(model_name, opponents.discriminator, images)
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            export_gan(opponents.generator, opponents.discriminator, Path(folder))
    with trial(f"{model_name} with {loss_name}"):
        _check_learning(model_name, opponents, images)


def _check_images(name: str, opponents: Opponents, rng: np.random.Generator) -> None:
    images = opponents.draw(draw_noise(rng, IMAGES)).reshape(IMAGES, -1)
    for broken in check_images(images, *images.shape):
        cure = "; begin with the noise" if broken.rule == "same image" else ""
        raise InputError(f"{name}: {broken.told}{cure}")


def _check_logits(name: str, discriminator: keras.Model, images: Any) -> None:
    logits = discriminator(images / np.float32(255), training=False).numpy()
    if not np.isfinite(logits).all():
        raise InputError(f"{name}: its discriminator gives nan or infinite values")


def _check_loss(name: str, loss: Any) -> None:
    """Checks what a loss returns, and that it rewards logits above 0 for real images."""
    real, generated = tf.constant([[0.1], [0.2], [-0.3]]), tf.constant([[-0.1], [-0.2], [-0.4]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((real, generated))
        values = {
            "discriminator": loss.discriminator(real, generated),
            "generator": loss.generator(generated),
        }
    for method, value in values.items():
        if tuple(getattr(value, "shape", (None,))) != () or not np.isfinite(float(value)):
            raise InputError(
                f"{name}: expected one number for ordinary logits, its {method} returned"
                f" {getattr(value, 'shape', value)}; end it with ops.mean, and keep log and"
                " division away from 0"
            )
    for method, logits, sign, wish in (
        ("discriminator", real, -1, "fall as logits of real images rise"),
        ("discriminator", generated, 1, "rise with the logits of generated images"),
        ("generator", generated, -1, "fall as logits of generated images rise"),
    ):
        slope = tape.gradient(values[method], logits, unconnected_gradients="zero")
        if not sign * float(tf.reduce_sum(slope)) > 0:
            raise InputError(
                f"{name}: its {method} should {wish}, as a logit above 0 means real; use"
                " differentiable operations only, and check the signs"
            )


def _check_learning(name: str, opponents: Opponents, images: Any) -> None:
    """Checks that one step of training changes both networks, and into numbers."""
    both = opponents.generator, opponents.discriminator
    before = [[weight.numpy().copy() for weight in m.trainable_variables] for m in both]
    opponents.train(images, step=0)
    for network, earlier in zip(both, before, strict=True):
        now = [weight.numpy() for weight in network.trainable_variables]
        if not all(np.isfinite(weight).all() for weight in now):
            raise InputError(
                f"{name}: after one step of training its {network.name} is no longer of numbers;"
                " keep log, division and square roots away from 0"
            )
        if all(np.array_equal(*pair) for pair in zip(now, earlier, strict=True)):
            raise InputError(
                f"{name}: one step of training changed no weight of its {network.name}; use"
                " differentiable operations only: no round, argmax or comparison"
            )


if __name__ == "__main__":
    try:
        check_gan(**json.loads(sys.argv[1]))
    except InputError as told:
        sys.exit(f"error: {told}")
