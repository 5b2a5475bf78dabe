"""One step of training: both networks learn, by every loss, and as its formula says."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import KerasTensor, layers

from models.adversarial.losses import CrossEntropy, GradientPenalty, find_loss
from models.adversarial.networks import find_networks
from models.adversarial.options import AdversarialOptions
from models.adversarial.step import Opponents
from models.battle.contract import draw_noise
from models.choices import class_names

SHAPE = (12, 12, 1)
IMAGES = np.random.default_rng(0).integers(0, 256, (6, *SHAPE)).astype(np.uint8)


def opponents(networks: tuple[Any, Any], loss: Any, **options: Any) -> Opponents:
    keras.utils.set_random_seed(0)
    return Opponents(networks, loss, SHAPE, AdversarialOptions(**options))


@pytest.mark.parametrize("loss", class_names("models.adversarial.losses"))
@pytest.mark.parametrize("model", class_names("models.gan"))
def test_both_networks_learn_by_every_loss(model: str, loss: str) -> None:
    networks = find_networks("models.gan", model), find_networks("models.gan", model)
    trained = opponents(networks, find_loss(loss))
    models = trained.generator, trained.discriminator, trained.average
    before = [model.get_weights() for model in models]
    trained.train(IMAGES, 0)
    trained.train(IMAGES[:1], 1)
    for model_now, weights in zip(models, before, strict=True):
        assert any(
            not np.array_equal(*pair) for pair in zip(model_now.get_weights(), weights, strict=True)
        )
    means = trained.take_means()
    assert np.isfinite(list(means.values())).all()
    assert means["accuracy_real"] * 7 == pytest.approx(round(means["accuracy_real"] * 7))


class Linear:
    """A discriminator whose logit is 0.5 times the sum of the pixels, a generator of grey."""

    def generator(self, noise: KerasTensor, image_shape: tuple[int, int, int]) -> KerasTensor:
        x = layers.Dense(144, "sigmoid", kernel_initializer="zeros")(noise)
        return layers.Reshape(image_shape)(x)

    def discriminator(self, images: KerasTensor) -> KerasTensor:
        weights = keras.initializers.Constant(0.5)
        return layers.Dense(1, kernel_initializer=weights)(layers.Flatten()(images))


def test_the_means_are_those_worked_out_by_hand() -> None:
    trained = opponents((Linear(), Linear()), CrossEntropy(), learning_rate=1e-9)
    for step in range(2):
        trained.train(np.zeros((4, *SHAPE), np.uint8), step)  # logits 0: not above 0, so wrong
    means = trained.take_means()
    assert means["discriminator_loss"] == pytest.approx(np.log(2) + 36, rel=1e-5)  # 144 * 0.5 * 0.5
    assert means["generator_loss"] == pytest.approx(0, abs=1e-5)
    assert (means["accuracy_real"], means["accuracy_generated"]) == (0, 0)


def test_the_penalty_is_that_of_the_paper() -> None:
    losses = []
    for loss in (CrossEntropy(), GradientPenalty()):
        trained = opponents((Linear(), Linear()), loss, learning_rate=1e-9)
        trained.train(IMAGES, 0)
        losses.append(trained.take_means()["discriminator_loss"])
    squared_norm = 144 * 0.5**2
    assert losses[1] - losses[0] == pytest.approx(
        GradientPenalty.gradient_penalty / 2 * squared_norm, rel=1e-5
    )


class Half(Linear):
    """Layers that compute in float16."""

    def generator(self, noise: KerasTensor, image_shape: tuple[int, int, int]) -> KerasTensor:
        x = layers.Dense(144, "sigmoid", dtype="mixed_float16")(noise)
        return layers.Reshape(image_shape, dtype="mixed_float16")(x)

    def discriminator(self, images: KerasTensor) -> KerasTensor:
        return layers.Dense(1, dtype="mixed_float16")(layers.Flatten()(images))


def test_networks_may_compute_in_float16() -> None:
    trained = opponents((Half(), Half()), GradientPenalty())
    trained.train(IMAGES, 0)
    assert np.isfinite(list(trained.take_means().values())).all()
    assert trained.draw(draw_noise(np.random.default_rng(0), 2)).dtype == np.float32


def test_what_is_drawn_is_the_moving_average_with_that_of_the_batch_statistics() -> None:
    networks = find_networks("models.gan", "Dcgan"), find_networks("models.gan", "Dcgan")
    trained = opponents(networks, CrossEntropy(), learning_rate=0.1)
    before = trained.generator.get_weights()
    expected = before
    for step in range(3):
        trained.train(IMAGES, step)
        memory = (1 + step) / (10 + step)
        now = trained.generator.get_weights()
        expected = [memory * a + (1 - memory) * w for a, w in zip(expected, now, strict=True)]
    for average, wanted, first in zip(trained.average.get_weights(), expected, before, strict=True):
        np.testing.assert_allclose(average, wanted, rtol=1e-4, atol=1e-6)
        assert not np.allclose(average, first)
    noise = draw_noise(np.random.default_rng(0), 2)
    for model, same in ((trained.average, True), (trained.generator, False)):
        assert np.allclose(trained.draw(noise), model(noise, training=False), atol=1e-5) == same
