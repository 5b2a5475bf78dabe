"""From a class with a generator and a discriminator to the two Keras models that are trained."""

from collections.abc import Sequence
from typing import Any, Protocol

import keras
from keras import KerasTensor, ops

from models.adversarial.pair import Method, pair_fault
from models.battle.contract import NOISE_NUMBERS
from models.choices import find_class, make
from models.own_module import own_errors
from preprocessing.errors import InputError

_NEVER_BELOW_0 = {"sigmoid", "hardsigmoid", "softmax", "relu", "relu6", "softplus", "exponential"}
_SIGN_KEPT = {
    *("Cast", "Dropout", "Flatten", "GetItem", "Identity", "Reshape", "Squeeze"),
    *("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Max", "Mean"),
}
"""Layers and operations after which numbers that were 0 or more still are."""


class Networks(Protocol):
    """What the challenge or a participant writes: two networks; it is made without arguments."""

    def generator(self, noise: KerasTensor, image_shape: tuple[int, int, int]) -> KerasTensor:
        """Returns images `[N, H, W, C]` in [0, 1] of noise `[N, 100]` in [-1, 1]."""

    def discriminator(self, images: KerasTensor) -> KerasTensor:
        """Returns logits `[N, 1]` of images `[N, H, W, C]` in [0, 1]: above 0 means real."""


def find_networks(module_name: str, name: str) -> Networks:
    """Returns new networks by their name.

    Args:
        module_name: of the challenge's networks, such as `models.gan`.
        name: such as `Dcgan`, or `path/to/mine.py:MyGan` for a participant's.

    Raises:
        InputError: there is no such class, it lacks a method, or it cannot be made.
    """
    networks: Networks = make(find_class(module_name, name, "model", _fault), "model")
    return networks


def build_generator(networks: Networks, image_shape: Sequence[int], name: str) -> keras.Model:
    """Builds the model from noise float32 `[N, 100]` to images float32 `[N, H, W, C]`.

    Args:
        networks: of which to take the generator.
        image_shape: (height, width, channels).
        name: of the networks in messages, such as `model=mine.py:MyGan`.

    Raises:
        InputError: its output has another shape, or a participant's raised an exception.
    """
    noise = keras.Input((NOISE_NUMBERS,), name="noise")
    height, width, channels = image_shape
    with own_errors():
        images = networks.generator(noise, (height, width, channels))
    _expect_shape(name, "generator", images, tuple(image_shape))
    return keras.Model(noise, _as_float32(images), name="generator")


def build_discriminator(networks: Networks, image_shape: Sequence[int], name: str) -> keras.Model:
    """Builds the model from images float32 `[N, H, W, C]` to logits float32 `[N, 1]`.

    Args:
        networks: of which to take the discriminator.
        image_shape: (height, width, channels).
        name: of the networks in messages, such as `model=mine.py:MyGan`.

    Raises:
        InputError: its output has another shape or can never be below 0, or a participant's raised
            an exception.
    """
    images = keras.Input(tuple(image_shape), name="images")
    with own_errors():
        logits = networks.discriminator(images)
    _expect_shape(name, "discriminator", logits, (1,))
    model = keras.Model(images, _as_float32(logits), name="discriminator")
    ending = _ending(model.operations)
    if ending.replace("_", "") in _NEVER_BELOW_0:
        raise InputError(
            f"{name}: its discriminator ends in {ending}; it has to give a logit, above 0 for real:"
            " leave the activation out"
        )
    return model


def _as_float32(output: KerasTensor) -> KerasTensor:
    """Returns the output of a participant's layers, whatever precision these compute in."""
    return output if output.dtype == "float32" else ops.cast(output, "float32")


def _ending(operations: Sequence[Any]) -> str:
    """Returns the last activation's or else last layer's name in lower case; "" if it is unseen."""
    last = next((one for one in reversed(operations) if type(one).__name__ not in _SIGN_KEPT), None)
    if isinstance(last, keras.Sequential):
        return _ending(last.layers)
    if not type(last).__module__.startswith("keras."):
        return ""  # what a participant's layer does with its attributes is not known
    last = getattr(last, "layer", last)  # which SpectralNormalization wraps
    last = getattr(last, "activation", last)
    if getattr(last, "negative_slope", 0):
        return "leaky_relu"
    name: str = getattr(last, "__name__", type(last).__name__)
    return name.lower()


def _expect_shape(name: str, method: str, output: Any, shape: tuple[int, ...]) -> None:
    expected = ", ".join(map(str, (None, *shape)))
    found = getattr(output, "shape", None)
    if found is None or tuple(found) != (None, *shape):
        returned = "no tensor" if found is None else f"[{', '.join(map(str, found))}]"
        cure = "layers.Reshape(image_shape)" if method == "generator" else "layers.Dense(1)"
        raise InputError(
            f"{name}: expected [{expected}], its {method} returned {returned}; end it with {cure}"
        )


def _fault(cls: type[Any]) -> str:
    """Says why a class has not the two networks; "" if it has."""
    return pair_fault(
        cls,
        Method("generator", ("noise", "image_shape"), "images [N, H, W, C] in [0, 1]"),
        Method("discriminator", ("images",), "logits [N, 1], above 0 for real"),
    )
