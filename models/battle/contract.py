"""What a submission promises, and the rules that its answers may break.

A submission is a SavedModel with two signatures:

    generate(noise float32[None, 100]) -> {generated_images float32[None, pixels]}
    discriminate(input_batch_raw float32[None, pixels]) -> {p_for_data float32[None, 1]}

Noise is uniform in [-1, 1]; images are in [0, 1], 0 black, pixels being height * width; more than
0.5 means real.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from preprocessing.errors import InputError

NOISE_NUMBERS = 100
REAL_ABOVE = 0.5

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

Rule = Literal[
    "files",
    "signature",
    "operation",
    "dtype",
    "shape",
    "nan",
    "range",
    "same image",
    "time",
    "memory",
    "crash",
]
"""What can be broken, in the order in which it is looked at."""

_TOLERANCE = 5e-4  # how far from [0, 1] rounding may take a value
_BYTES_ABOVE = 16  # the brightest pixel of what are not 0 to 1, but 0 to 255


@dataclass(frozen=True)
class Signature:
    """One of the two questions that a submission answers.

    Attributes:
        name: of the SavedModel's signature.
        argument: its only argument's name, float32 `[None, width]`.
        width: numbers a row of it.
        result: name of the result, float32 `[None, result_width]`.
        result_width: numbers a row of it.
    """

    name: str
    argument: str
    width: int
    result: str
    result_width: int


def generate_signature(pixels: int) -> Signature:
    """Returns what the generator's signature must be."""
    return Signature("generate", "noise", NOISE_NUMBERS, "generated_images", pixels)


def discriminate_signature(pixels: int) -> Signature:
    """Returns what the discriminator's signature must be."""
    return Signature("discriminate", "input_batch_raw", pixels, "p_for_data", 1)


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a submission breaks.

    Attributes:
        rule: which.
        told: a sentence without a full stop that says what was found and what was expected.
    """

    rule: Rule
    told: str


class ForfeitError(Exception):
    """A submission broke rules: it cannot go on.

    Attributes:
        broken: the rules, one at least.
    """

    def __init__(self, broken: Sequence[BrokenRule]) -> None:
        super().__init__("; ".join(one.told for one in broken))
        self.broken = list(broken)


class SandboxEndedError(InputError):
    """What players are run by ended, through no fault of theirs."""


@dataclass(frozen=True)
class Answer:
    """What a submission answered.

    Attributes:
        values: images float32 `[N, pixels]` in [0, 1], or probabilities float32 `[N]`.
        seconds: wall time from the question to the answer.
    """

    values: Floats
    seconds: float


class Player(Protocol):
    """A submission that answers; it runs somewhere else."""

    def generate(self, noise: Floats) -> Answer:
        """Returns an image for each row of noise `[N, 100]`.

        Raises:
            ForfeitError: the answer breaks a rule, or there is none.
        """

    def discriminate(self, images: Floats) -> Answer:
        """Returns the probability that each image `[N, pixels]` is real.

        Raises:
            ForfeitError: the answer breaks a rule, or there is none.
        """


def draw_noise(rng: np.random.Generator, count: int) -> Floats:
    """Returns noise for `count` images, `[count, 100]`, uniform in [-1, 1]."""
    return rng.uniform(-1, 1, (count, NOISE_NUMBERS)).astype(np.float32)


def as_bytes(images: Floats) -> Bytes:
    """Returns images of [0, 1] as uint8, rounded: as files have them, the real ones too."""
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)


def as_floats(images: Bytes) -> Floats:
    """Returns uint8 images as float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)


def check_images(values: npt.NDArray[np.generic], count: int, pixels: int) -> list[BrokenRule]:
    """Returns the rules that `count` images of different noise break; [] for none."""
    broken = _check(generate_signature(pixels), values, count)
    if not broken and count > 1 and (as_bytes(values) == as_bytes(values[:1])).all():  # type: ignore[arg-type]
        told = f"generate: the same image {count} times; expected others for other noise"
        broken.append(BrokenRule("same image", told))
    return broken


def check_probabilities(values: npt.NDArray[np.generic], count: int) -> list[BrokenRule]:
    """Returns the rules that the answers on `count` images break; [] for none."""
    return _check(discriminate_signature(0), values, count)


def _check(signature: Signature, values: npt.NDArray[np.generic], count: int) -> list[BrokenRule]:
    what, shape = f"{signature.name}: {signature.result}", (count, signature.result_width)
    broken = []
    if values.dtype != np.float32:
        broken.append(BrokenRule("dtype", f"{what} is {values.dtype}; expected float32"))
    if values.shape != shape:
        found = list(values.shape)
        broken.append(BrokenRule("shape", f"{what} has the shape {found}; expected {list(shape)}"))
    if not np.issubdtype(values.dtype, np.floating) or not values.size:
        return broken
    bad = int((~np.isfinite(values)).sum())
    if bad:
        broken.append(
            BrokenRule("nan", f"{what} has {bad:,} values that are nan or infinite; expected none")
        )
        return broken
    low, high = float(values.min()), float(values.max())  # type: ignore[arg-type]
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        told = f"{what} has values from {low:.3g} to {high:.3g}; expected 0 to 1"
        broken.append(BrokenRule("range", f"{told}; {_range_cure(signature, low, high)}"))
    return broken


def _range_cure(signature: Signature, low: float, high: float) -> str:
    """Says what to do about values that are not in [0, 1], by what they seem to be."""
    if signature.name == "discriminate":
        return "a sigmoid brings logits there"
    if low >= -1 - _TOLERANCE and high <= 1 + _TOLERANCE:
        return "(x + 1) / 2 brings them there"
    if low >= -_TOLERANCE and _BYTES_ABOVE < high <= 256:
        return "divide by 255"
    return "end the generator with a sigmoid"
