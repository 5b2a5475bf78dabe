"""What the shared steps have to know of a challenge; `preprocessing/<challenge>.py` says it."""

import importlib
import pkgutil
from dataclasses import dataclass

from preprocessing.errors import InputError


@dataclass(frozen=True)
class RecordFeatures:
    """What the features of a challenge's records are called.

    Attributes:
        image: an encoded image (bytes), or its pixels (int64 `[height * width * channels]`).
        label: int64; absent where it is not known; "" where images have no labels.
        image_id: bytes; "" where records have none: then the row number is the id.
        pixels: whether `image` is pixels.
    """

    image: str
    label: str
    image_id: str = ""
    pixels: bool = False


@dataclass(frozen=True)
class Need:
    """Images that something takes which comes after the preprocessing.

    Attributes:
        split: of which split.
        images: how many at least.
        step: what takes them, in words.
        required: whether no run gets to its end without.
    """

    split: str
    images: int
    step: str
    required: bool


@dataclass(frozen=True)
class Challenge:
    """The facts of one challenge.

    Attributes:
        name: the name of its three files and of its pipeline.
        image_shape: (height, width, channels) of the uint8 images that networks see, by default.
        top_k: how many classes a prediction lists.
        record_features: what the features of its own TFRecords are called.
        label_names: what its labels mean, in their order; () where the data says it. Where images
            have no labels, the one class that all count as.
        size_choice: what sizes its stored pixels come in, in words; "" for that of `image_shape`.
        needs: what its splits must hold.
    """

    name: str
    image_shape: tuple[int, int, int]
    top_k: int
    record_features: RecordFeatures
    label_names: tuple[str, ...] = ()
    size_choice: str = ""
    needs: tuple[Need, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether images have labels."""
        return bool(self.record_features.label)

    @property
    def sizes(self) -> str:
        """What a message adds to the size of stored pixels that it expects."""
        return f" ({self.size_choice})" if self.size_choice else ""

    def shape(self, image_size: int = 0) -> tuple[int, int, int]:
        """Returns the shape of images of `image_size` pixels a side; 0 for the default.

        Raises:
            InputError: a network cannot see so small or so large an image.
        """
        if image_size == 0:
            return self.image_shape
        if not 8 <= image_size <= 1024:
            raise InputError(
                f"image_size={image_size}: expected 8 to 1024 pixels; change it or leave it out"
                f" for {self.image_shape[0]}"
            )
        return (image_size, image_size, self.image_shape[2])


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
