"""Whether generated images differ from one another as real ones do, and show all that is real."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.adversarial.diversity import mean_difference
from models.adversarial.features import Floats
from preprocessing.records import Bytes

NEIGHBOURS = 5

_COMPARED = 64  # images; of more, even all of a small training set would come twice
_ALL_ALIKE = 0.3  # a generator of real images, half blurred away, has 0.4
_A_FEW_IMAGES = 0.35  # the same has 0.6; ten images with a little noise have 0.2


@dataclass(frozen=True)
class Variety:
    """How images differ from one another, beside real images: 1 is as much as these.

    Attributes:
        diversity: the mean difference of two images.
        distinctness: the median distance of an image to the one most like it, of 64, in units of
            their mean distance. Near 0, a few images come again and again, however different.
    """

    diversity: float
    distinctness: float

    @property
    def collapsed(self) -> bool:
        """Whether the images are all alike, or a few again and again."""
        return self.diversity < _ALL_ALIKE or self.distinctness < _A_FEW_IMAGES


def variety(images: Bytes, real: Bytes) -> Variety:
    """Compares the differences among images with those among as many real ones.

    Args:
        images: uint8 `[N, H, W, C]`, two at least.
        real: uint8 `[N, H, W, C]`.
    """
    return Variety(
        mean_difference(images) / max(mean_difference(real), 1e-6),
        _distinctness(images[:_COMPARED]) / max(_distinctness(real[:_COMPARED]), 1e-6),
    )


def coverage(generated: Floats, real: Floats) -> float:
    """Returns the share of real images that have a generated one in their neighbourhood.

    The neighbourhood reaches to the fifth nearest real image: Naeem et al. 2020,
    https://arxiv.org/abs/2002.09797, equation 4.

    Args:
        generated: features `[N, F]`.
        real: features `[M, F]`.
    """
    neighbours = min(NEIGHBOURS, len(real) - 1)
    among_real = np.partition(_squared_distances(real, real), neighbours, axis=1)
    nearest = _squared_distances(real, generated).min(axis=1)
    return float((nearest < among_real[:, neighbours]).mean())


def _distinctness(images: Bytes) -> float:
    """Returns the median distance to the nearest other image over the mean distance."""
    pixels = images.reshape(len(images), -1).astype(np.float32)
    pixels -= pixels.mean(axis=0)  # differences of large numbers would lose digits
    distances = np.sqrt(_squared_distances(pixels, pixels))
    np.fill_diagonal(distances, 0)
    mean = distances.sum(dtype=np.float64) / (len(images) * (len(images) - 1))
    np.fill_diagonal(distances, np.inf)
    return float(np.median(distances.min(axis=1)) / max(mean, 1e-6))


def _squared_distances(
    first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1)
    distances: npt.NDArray[np.floating] = np.maximum(squares - 2 * first @ second.T, 0)
    return distances
