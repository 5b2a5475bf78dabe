from typing import Any

import keras
import numpy as np
import pytest

from models.augmentation import RandomAffine
from models.losses import find_loss
from models.metrics import gap
from models.network import augmented, build_network, find_network
from models.training_metrics import StreamingGap
from preprocessing.errors import InputError


@pytest.mark.parametrize("name", ["Logistic", "Cnn", "Renaissance"])
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_networks_give_probabilities(name: str, mixed_precision: bool) -> None:
    network = find_network("models.quickdraw", name)
    model = build_network(network, (28, 28, 1), 10, [47.0], [7000.0], mixed_precision)
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1)).astype(np.uint8)
    probabilities = model.predict(images, verbose=0)
    assert probabilities.shape == (4, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_an_unknown_network_is_told_with_the_choices() -> None:
    with pytest.raises(InputError, match=r"model=cn: .* Cnn, Logistic, Renaissance; .* Cnn\?"):
        find_network("models.quickdraw", "cn")


def test_a_wrong_output_shape_is_told() -> None:
    class NoFlatten:
        def __call__(self, images: Any, num_classes: int) -> Any:
            return keras.layers.Dense(num_classes)(images)

    with pytest.raises(
        InputError, match=r"NoFlatten: expected .*\[None, 10\].* \[None, 8, 8, 10\]"
    ):
        build_network(NoFlatten(), (8, 8, 1), 10, [0.0], [1.0])


def test_augmentation_changes_images_in_training_only() -> None:
    images = np.zeros((8, 16, 16, 1), np.uint8)
    images[:, 4:12, 6:9] = 255
    layer = RandomAffine(flip=True, seed=3)
    np.testing.assert_array_equal(layer(images, training=False), images)
    moved = keras.ops.convert_to_numpy(layer(images, training=True))
    assert moved.dtype == np.uint8
    assert (moved != images).any(axis=(1, 2, 3)).all()
    np.testing.assert_allclose(moved.sum(), images.sum(), rtol=0.15)


def test_augmentation_without_limits_changes_nothing() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 9, 7, 3)).astype(np.uint8)
    layer = RandomAffine(rotation=0, scale=0, shift=0)
    np.testing.assert_array_equal(layer(images, training=True), images)


def test_the_trained_model_shares_its_weights() -> None:
    network = build_network(find_network("models.quickdraw", "Logistic"), (8, 8, 1), 3, [0], [1])
    model = augmented(network, RandomAffine())
    images = np.ones((2, 8, 8, 1), np.uint8)
    model.set_weights([np.full_like(weight, 0.5) for weight in model.get_weights()])
    np.testing.assert_array_equal(network(images), model(images))


def test_losses() -> None:
    labels, probabilities = np.array([0, 2]), np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])

    def loss(name: str) -> float:
        return float(find_loss(name)(labels, probabilities.astype(np.float32)))

    truths = probabilities[[0, 1], labels]
    assert loss("CrossEntropy") == pytest.approx(-np.log(truths).mean(), rel=1e-5)
    assert loss("FocalCrossEntropy") == pytest.approx(
        -((1 - truths) ** 2 * np.log(truths)).mean(), rel=1e-5
    )
    smoothed = 0.9 * np.eye(3)[labels] + 0.1 / 3
    assert loss("LabelSmoothedCrossEntropy") == pytest.approx(
        -(smoothed * np.log(probabilities)).sum(axis=1).mean(), rel=1e-5
    )
    with pytest.raises(InputError, match=r"loss=Hinge: .*CrossEntropy, Focal"):
        find_loss("Hinge")


@pytest.mark.parametrize("classes", [10, 40])
@pytest.mark.parametrize("sharpness", [0.5, 3, 12])
def test_streaming_gap_is_near_the_exact_one(classes: int, sharpness: float) -> None:
    rng = np.random.default_rng(0)
    logits = sharpness * rng.normal(size=(3000, classes))
    labels = np.where(rng.random(3000) < 0.6, logits.argmax(1), rng.integers(0, classes, 3000))
    scores = np.exp(logits - logits.max(1, keepdims=True))
    scores = (scores / scores.sum(1, keepdims=True)).astype(np.float32)
    metric = StreamingGap()
    for rows in np.array_split(np.arange(3000), 7):
        metric.update_state(labels[rows], scores[rows])
    assert float(metric.result()) == pytest.approx(gap(scores, labels), abs=0.002)
