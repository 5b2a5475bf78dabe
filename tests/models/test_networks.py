"""Every network of every challenge trains, gives probabilities and comes back from its file."""

import importlib
import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from models.cats_vs_dogs import MobileNetV2
from models.network import build_network
from models.search_space import argument_of
from preprocessing.errors import InputError

CHALLENGES = {
    "cats_vs_dogs": ((32, 32, 3), 2),
    "mnist": ((28, 28, 1), 10),
    "quickdraw": ((28, 28, 1), 10),
    "renaissance": ((28, 28, 1), 345),
}
"""The image shape and the number of classes of each."""

BACKBONE: dict[str, Any] = {"include_top": False, "weights": None, "pooling": "avg"}


def networks() -> list[Any]:
    modules = {name: importlib.import_module(f"models.{name}") for name in CHALLENGES}
    return [
        pytest.param(challenge, name, id=f"{challenge}-{name}")
        for challenge, module in modules.items()
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]


def build(network: Any, shape: tuple[int, int, int], classes: int) -> keras.Model:
    pixels = [100.0] * shape[2], [5000.0] * shape[2]
    return build_network(network, shape, classes, *pixels)


def some_images(shape: tuple[int, int, int], count: int = 8) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(np.uint8)


def train_a_step(model: keras.Model, images: npt.NDArray[np.uint8]) -> float:
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return float(model.train_on_batch(images, np.arange(len(images)) == 0))


def outputs(model: keras.Model, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    probabilities: npt.NDArray[Any] = keras.ops.convert_to_numpy(model(images, training=False))
    return probabilities


def arrays(variables: list[Any]) -> list[npt.NDArray[Any]]:
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def same(ours: list[npt.NDArray[Any]], others: list[npt.NDArray[Any]]) -> list[bool]:
    return [np.array_equal(*pair) for pair in zip(ours, others, strict=True)]


@pytest.mark.parametrize(("challenge", "name"), networks())
def test_a_network_trains_and_comes_back_from_its_file(
    challenge: str, name: str, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    shape, classes = CHALLENGES[challenge]
    network = getattr(importlib.import_module(f"models.{challenge}"), name)()
    model, images = build(network, shape, classes), some_images(shape)
    before = arrays(model.trainable_variables)
    assert np.isfinite(train_a_step(model, images))
    assert not any(same(before, arrays(model.trainable_variables)))

    probabilities = outputs(model, images)
    assert probabilities.shape == (len(images), classes)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)

    model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras", compile=False)
    np.testing.assert_allclose(outputs(loaded, images), probabilities, atol=1e-6)


@pytest.mark.parametrize("size", [32, 50, 64])
@pytest.mark.parametrize("name", ["Logistic", "MixtureOfExperts", "Cnn"])
def test_photos_of_any_size(name: str, size: int) -> None:
    network = getattr(importlib.import_module("models.cats_vs_dogs"), name)()
    assert build(network, (size, size, 3), 2).output_shape == (None, 2)


@pytest.fixture(scope="module")
def backbone() -> keras.Model:
    return keras.applications.MobileNetV2((32, 32, 3), **BACKBONE)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
def test_given_weights_are_used_and_kept(
    backbone: keras.Model, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"backbone{suffix}"
    (backbone.save_weights if suffix == ".weights.h5" else backbone.save)(path)
    model, images = build(MobileNetV2(str(path)), (32, 32, 3), 2), some_images((32, 32, 3))

    *frozen, kernel, bias = arrays(model.weights)
    logits = outputs(backbone, images / 127.5 - 1) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs(model, images), expected, atol=1e-5)

    train_a_step(model, images)
    assert all(same(frozen, arrays(model.weights[:-2])))
    assert not any(same([kernel, bias], arrays(model.weights[-2:])))


def test_wrong_weights_are_refused_in_one_line(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    other.save_weights(tmp_path / "other.weights.h5")
    for name in ("text.h5", "text.keras"):
        (tmp_path / name).write_text("no weights")
    for name in ("other.weights.h5", "text.h5", "text.keras"):
        refused(MobileNetV2(str(tmp_path / name)), (32, 32, 3), rf"weights=.*{name}: expected a lo")
    refused(MobileNetV2("imagenet"), (32, 32, 3), "weights=imagenet: expected .*: no such file")


def test_images_too_small_for_mobilenet_are_refused() -> None:
    refused(MobileNetV2(), (28, 28, 1), "expected images of 32x32 or more, found 28x28")


def refused(network: MobileNetV2, shape: tuple[int, int, int], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        build(network, shape, 2)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_tuning_begins_with_the_arguments_that_a_network_has_by_itself(challenge: str) -> None:
    module = importlib.import_module(f"models.{challenge}")
    tried = [name for name in module.SEARCH_SPACE if "." in name]
    assert tried
    for name in tried:
        network, argument = argument_of(name)
        parameters = inspect.signature(getattr(module, network).__init__).parameters
        assert module.SEARCH_SPACE[name]["default"] == parameters[argument].default
