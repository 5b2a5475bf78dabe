"""From a network's class to the Keras model that is trained, saved and served."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import keras
from keras import KerasTensor

from models.augmentation import RandomAffine
from models.choices import find_class, find_module, make
from models.own_module import own_errors
from preprocessing.errors import InputError

_NONE: Mapping[str, Any] = MappingProxyType({})


class Network(Protocol):
    """What a challenge or a participant writes: layers from images to probabilities.

    Its `__init__` takes none, or arguments that have a default: `model_arguments` gives others, and
    a tuning tries them. One that starts from a trained backbone may take `weights`: the path of a
    local file, where the user gives one.

    It may have an attribute `raw_pixels = True`: then the images are float32 pixels from 0 to 255,
    as a backbone with an input scaling of its own wants them, not normalised ones.

    A `keras.Layer` or `keras.Model` does as well, whose `call` takes these arguments.
    """

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised float `[N, H, W, C]` images."""


def find_network(
    module_name: str, name: str, weights: str = "", arguments: Mapping[str, Any] = _NONE
) -> Network:
    """Returns a new network by its name.

    Args:
        module_name: of the challenge's networks, such as `models.quickdraw`.
        name: such as `Cnn`, or `path/to/mine.py:MyNet` for a participant's.
        weights: a local file that the network's `__init__` gets; "" for none.
        arguments: others that it gets.

    Raises:
        InputError: there is no such class, it cannot be called or made, or takes no weights or not
            these arguments.
    """
    cls = find_class(module_name, name, "model", _fault)
    taken = [
        argument.name
        for argument in list(inspect.signature(cls.__init__).parameters.values())[1:]
        if argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY)
    ]
    if unknown := [argument for argument in arguments if argument not in taken]:
        raise InputError(
            f"model_arguments: {cls.__name__} takes no {unknown[0]!r}; it takes"
            f" {', '.join(name for name in taken if name != 'weights') or 'none'}"
        )
    if weights and "weights" not in taken:
        raise InputError(
            f"weights={weights}: {cls.__name__} takes no weights; leave them out, or choose a"
            " network whose __init__ has an argument `weights`"
        )
    given = {"weights": weights} if weights else {}
    network: Network = make(cls, "model", **arguments, **given)
    return network


def find_augmentation(module_name: str, name: str, seed: int) -> RandomAffine:
    """Returns the augmentation for a network: of its own module, else of the challenge's.

    A module says it in `AUGMENTATION`, the arguments of `RandomAffine`; its defaults otherwise.

    Raises:
        InputError: the participant's file cannot be run, or `AUGMENTATION` has other arguments.
    """
    for module in (find_module(module_name, name, "model"), import_module(module_name)):
        settings = getattr(module, "AUGMENTATION", None)
        if settings is not None:
            break
    try:
        return RandomAffine(**settings or {}, seed=seed)
    except (TypeError, ValueError) as error:
        expected = list(inspect.signature(RandomAffine.__init__).parameters)[1:-2]
        raise InputError(
            f"{Path(str(module.__file__)).name}: AUGMENTATION: {error}; expected a dictionary with"
            f" any of {', '.join(expected)}"
        ) from error


def _fault(cls: type[Any]) -> str:
    """Says why a class is no network; "" if it is one."""
    if not any("__call__" in vars(base) for base in cls.__mro__):
        return (
            "has no __call__; write `def __call__(self, images, num_classes)` that returns"
            " probabilities [N, num_classes]"
        )
    method = cls.call if cls.__call__ is keras.Layer.__call__ else cls.__call__
    try:
        inspect.signature(method).bind(None, "images", num_classes=10)
    except TypeError:
        name, found = method.__name__, inspect.signature(method)
        return f"its {name} takes {found}; expected (self, images, num_classes)"
    return ""


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
        network: gets the normalised images, or with `raw_pixels` the float32 pixels 0 to 255.
        image_shape: (height, width, channels).
        num_classes: width of the output.
        pixel_mean: mean of each channel, 0 to 255.
        pixel_variance: variance of each channel.
        mixed_precision: compute in bfloat16, keep weights in float32.

    Returns:
        A functional model from uint8 `[N, H, W, C]` to float32 `[N, num_classes]`.

    Raises:
        InputError: the network's output has another shape, or a participant's raised an exception.
    """
    images = keras.Input(tuple(image_shape), dtype="uint8", name="image")
    with _dtype_policy("mixed_bfloat16" if mixed_precision else "float32"):
        if getattr(network, "raw_pixels", False):
            pixels = keras.layers.Rescaling(1.0, dtype="float32", name="raw_pixels")(images)
        else:
            pixels = keras.layers.Normalization(
                mean=list(pixel_mean), variance=list(pixel_variance), name="normalization"
            )(images)
        with own_errors():
            probabilities = network(pixels, num_classes=num_classes)
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
