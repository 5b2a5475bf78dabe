"""What the shared steps have to know of a challenge; `preprocessing/<challenge>.py` says it."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from preprocessing.errors import InputError


@dataclass(frozen=True)
class Challenge:
    """The facts of one challenge.

    Attributes:
        name: the name of its three files and of its pipeline.
        image_shape: (height, width, channels) of the uint8 images that networks see.
        suffix: ending of the files that its sources consist of.
        top_k: how many classes a prediction lists.
        decode: part of the tf.Transform graph: raw `image` strings [N] to uint8 [N, H, W, C].
        write_sample: writes sample data, made by code, into a folder.
    """

    name: str
    image_shape: tuple[int, int, int]
    suffix: str
    top_k: int
    decode: Callable[[Any], Any]
    write_sample: Callable[[str], None]


def find_challenge(name: str) -> Challenge:
    """Returns the `CHALLENGE` of `preprocessing/<name>.py`.

    Raises:
        InputError: there is no such challenge.
    """
    import preprocessing

    modules = {module.name for module in pkgutil.iter_modules(preprocessing.__path__)}
    if name in modules:
        challenge = getattr(importlib.import_module(f"preprocessing.{name}"), "CHALLENGE", None)
        if isinstance(challenge, Challenge):
            return challenge
    raise InputError(f"challenge {name!r} is unknown: preprocessing/{name}.py does not define it")
