"""Tries a network and a loss on random images, in seconds, before hours are spent on them.

python -m models.check '{"networks": "models.quickdraw", "model": "mine.py:MyNet", ...}'
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.losses import find_loss
from models.network import augmented, build_network, find_augmentation, find_network
from models.own_module import own_errors
from models.trial import as_numpy, shown, trial
from models.weights import local_weights
from preprocessing.errors import InputError

IMAGES = 3
TOLERANCE = 1e-3
"""How far from 1 the probabilities of an image may sum to."""

_NONE: Mapping[str, Any] = MappingProxyType({})


def check(
    networks: str,
    model: str,
    loss: str,
    image_shape: Sequence[int],
    num_classes: int,
    weights: str = "",
    model_arguments: Mapping[str, Any] = _NONE,
) -> None:
    """Checks that a network and a loss can be trained together.

    Args:
        networks: module with the challenge's networks, such as `models.quickdraw`.
        model: the network, such as `Cnn` or `path/to/mine.py:MyNet`.
        loss: the loss, likewise.
        image_shape: (height, width, channels).
        num_classes: of the data, or any number of 2 or more where it is not known yet.
        weights: file or URI of the weights that the network starts from; "" for none.
        model_arguments: of the network's `__init__`.

    Raises:
        InputError: something is wrong; the message says what, and in which line of which file.
    """
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES, *image_shape)).astype(np.uint8)
    labels = (np.arange(IMAGES) % num_classes).astype(np.int32)
    model_name, loss_name = shown("model", model), shown("loss", loss)
    with trial(model_name):
        with local_weights(weights) as file:
            pixels = [127.5] * image_shape[-1], [5461.0] * image_shape[-1]
            made = find_network(networks, model, file, model_arguments)
            network = build_network(made, image_shape, num_classes, *pixels)
        probabilities = as_numpy(network(images, training=False))
        _check_probabilities(model_name, probabilities)
        trained = augmented(network, find_augmentation(networks, model, seed=0))
        if not trained.trainable_variables:
            raise InputError(
                f"{model_name}: has no weights to train; make its layers in __call__ or __init__,"
                " and leave some of them trainable"
            )
        with tempfile.TemporaryDirectory(prefix="check-") as folder:
            network.save(Path(folder, "network.keras"))
    with trial(loss_name):
        _check_loss(loss_name, find_loss(loss), labels, num_classes)
    with trial(f"{model_name} with {loss_name}"):
        if not _learns(trained, find_loss(loss), images, labels):
            raise InputError(
                f"{model_name}: one step of training changed no weight; use differentiable"
                " operations only, and bring its input to a small range"
            )


def _check_probabilities(name: str, probabilities: npt.NDArray[Any]) -> None:
    if not np.isfinite(probabilities).all():
        raise InputError(f"{name}: gives nan or infinite values for random images")
    sums, low, high = probabilities.sum(axis=1), probabilities.min(), probabilities.max()
    worst = sums[np.abs(sums - 1).argmax()]
    if low < 0 or high > 1 or abs(worst - 1) > TOLERANCE:
        raise InputError(
            f"{name}: expected probabilities, but its values go from {low:.3g} to {high:.3g} and"
            f" an image's sum to {worst:.3g}; end it with softmax:"
            " Dense(num_classes, activation='softmax')"
        )


def _check_loss(
    name: str, loss: keras.losses.Loss, labels: npt.NDArray[Any], num_classes: int
) -> None:
    """Checks what a loss returns, and that something can be learnt by it."""
    rng = np.random.default_rng(0)
    for count in (len(labels), 1):
        probabilities = rng.dirichlet(np.ones(num_classes), count).astype(np.float32)
        with own_errors():
            # Keras casts labels too.
            pair = (labels[:count], probabilities)
            value = loss.call(*(keras.ops.convert_to_tensor(x, loss.dtype) for x in pair))
        found = as_numpy(value) if value is not None else np.array(None)
        if found.shape not in ((), (count,)) or not np.issubdtype(found.dtype, np.floating):
            raise InputError(
                f"{name}: expected a float for each of the {count} labels, or one for all; its call"
                f" returned {found.dtype if value is not None else None} {list(found.shape)}"
            )
        if not np.isfinite(found).all():
            raise InputError(
                f"{name}: is nan or infinite for ordinary probabilities; keep log and division"
                " away from 0"
            )
    images = rng.normal(size=(len(labels), 4)).astype(np.float32)
    dense = keras.layers.Dense(num_classes, activation="softmax")
    if not _learns(keras.Sequential([keras.Input((4,)), dense]), loss, images, labels):
        raise InputError(
            f"{name}: has no gradient, so nothing can be learnt by it; use differentiable"
            " operations only: no argmax, round or comparison"
        )


def _learns(
    model: keras.Model,
    loss: keras.losses.Loss,
    images: npt.NDArray[Any],
    labels: npt.NDArray[Any],
) -> bool:
    """Says whether one step of training changes any weight."""
    model.compile(optimizer=keras.optimizers.Adam(global_clipnorm=1.0), loss=loss)
    before = [as_numpy(variable).copy() for variable in model.trainable_variables]
    try:
        with own_errors():
            model.train_on_batch(images, labels)
    except ValueError as error:
        if "No gradients" not in str(error):
            raise
        return False
    after = map(as_numpy, model.trainable_variables)
    return any(not np.array_equal(*pair) for pair in zip(before, after, strict=True))


if __name__ == "__main__":
    try:
        check(**json.loads(sys.argv[1]))
    except InputError as told:
        sys.exit(f"error: {told}")
