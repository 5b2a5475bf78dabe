"""From a network's class to the Keras model that is trained, saved and served."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import keras
from keras import KerasTensor

from models.augmentation import RandomAffine
from models.choices import find_class
from preprocessing.errors import InputError


class Network(Protocol):
    """What a challenge or a participant writes: layers from images to probabilities."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised float `[N, H, W, C]` images."""


def find_network(module_name: str, name: str) -> Network:
    """Returns a new network by its name, such as `Cnn` of `models.quickdraw`.

    Raises:
        InputError: no class of the module that can be called has this name.
    """

    def has_call(cls: type) -> bool:
        return any("__call__" in vars(base) for base in cls.__mro__)

    network: Network = find_class(module_name, name, "model", has_call)()
    return network


def build_network(
    network: Network,
    image_shape: Sequence[int],
    num_classes: int,
    pixel_mean: Sequence[float],
    pixel_variance: Sequence[float],
    mixed_precision: bool = False,
) -> keras.Model:
    """Builds the model that is saved and served: uint8 images in, probabilities out.

    It is of Keras's own layers, as long as `network` is, so it loads without this project.

    Args:
        network: gets the normalised images.
        image_shape: (height, width, channels).
        num_classes: width of the output.
        pixel_mean: mean of each channel, 0 to 255.
        pixel_variance: variance of each channel.
        mixed_precision: compute in bfloat16, keep weights in float32.

    Returns:
        A functional model from uint8 `[N, H, W, C]` to float32 `[N, num_classes]`.

    Raises:
        InputError: the network's output has another shape.
    """
    images = keras.Input(tuple(image_shape), dtype="uint8", name="image")
    with _dtype_policy("mixed_bfloat16" if mixed_precision else "float32"):
        normalized = keras.layers.Normalization(
            mean=list(pixel_mean), variance=list(pixel_variance), name="normalization"
        )(images)
        probabilities = network(normalized, num_classes)
    shape = getattr(probabilities, "shape", None)
    if shape is None or tuple(shape) != (None, num_classes):
        found = "no tensor" if shape is None else f"[{', '.join(map(str, shape))}]"
        raise InputError(
            f"model={type(network).__name__}: expected probabilities [None, {num_classes}] for"
            f" {num_classes} classes, its __call__ returned {found};"
            " end it with Dense(num_classes, activation='softmax')"
        )
    outputs = keras.layers.Activation("linear", dtype="float32", name="probabilities")(
        probabilities
    )
    return keras.Model(images, outputs, name=type(network).__name__.lower())


def augmented(model: keras.Model, augmentation: RandomAffine) -> keras.Model:
    """Returns `model` behind `augmentation`, with the same weights: the one that is trained."""
    images = keras.Input(model.input_shape[1:], dtype="uint8", name="image")
    return keras.Model(images, model(augmentation(images)), name=f"augmented_{model.name}")


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
